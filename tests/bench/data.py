"""Made-up benchmarks of a chosen size."""

import csv
import random
from pathlib import Path

from registry.presets import load_preset
from registry.selectors import system_user
from registry.services.import_benchmark import import_benchmark

WORDS = [f"word{number}" for number in range(500)]


def import_made_up(folder: Path, slug: str, *, rows: int, changed: int = 0) -> None:
    """Import question-answer rows of about 0.5 KB; `changed` of them, evenly spread, with other
    answers than an import without `changed` gives."""
    path = _write_csv(folder / f"{slug}.csv", rows=rows, changed=changed)
    import_benchmark(
        actor=system_user(),
        slug=slug,
        path=path,
        preset=load_preset("question-answer"),
        upstream="bench/test",
        licence="CC0-1.0",
    )


def _write_csv(path: Path, *, rows: int, changed: int) -> Path:
    draw = random.Random(1)
    moved = {place * rows // changed for place in range(changed)}
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["id", "group", "question", "context", "answer", "kind", "explanation"])
        for number in range(rows):
            texts = [" ".join(draw.choices(WORDS, k=size)) for size in (20, 30, 8)]
            answer = number / 8 + (1000 if number in moved else 0)
            sheet.writerow([number, f"g{number % 50}", *texts[:2], answer, "number", texts[2]])
    return path
