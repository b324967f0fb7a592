"""Made-up benchmark files of a chosen size."""

import csv
import random
from pathlib import Path


def write_csv(path: Path, *, rows: int, changed: int = 0) -> Path:
    """Write `rows` question-answer rows of about 0.5 KB; `changed` of them with another answer."""
    draw = random.Random(1)
    words = [f"word{number}" for number in range(500)]
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["id", "group", "question", "context", "answer", "kind", "explanation"])
        for number in range(rows):
            texts = [" ".join(draw.choices(words, k=size)) for size in (20, 30, 8)]
            answer = number / 8 + (
                1000 if number * changed // rows != (number - 1) * changed // rows else 0
            )
            sheet.writerow([number, f"g{number % 50}", *texts[:2], answer, "number", texts[2]])
    return path
