"""Write the sample: `python -m config.demo.sample.generate`.

The same bytes come out every time; a test compares them with the committed files.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.demo.sample.blood import anion_gap, corrected_calcium, creatinine_clearance
from config.demo.sample.body import body_mass_index, mean_arterial_pressure
from config.demo.sample.draw import Draw
from config.demo.sample.item import Item
from config.demo.sample.predictions import predictions
from config.demo.sample.pregnancy import estimated_due_date, gestational_age
from config.demo.sample.questions import drug_interaction, electrolyte_disorder
from config.demo.sample.scores import coma_score, curb_65

FOLDER = Path(__file__).parent
GROUPS = (
    body_mass_index,
    mean_arterial_pressure,
    corrected_calcium,
    creatinine_clearance,
    anion_gap,
    coma_score,
    curb_65,
    estimated_due_date,
    gestational_age,
    drug_interaction,
    electrolyte_disorder,
)


def rows() -> list[tuple[Item, str]]:
    """The 120 rows in file order, each with its split; every third row of a group trains."""
    items = [item for group in GROUPS for item in group()]
    with_split = [(item, "train" if place % 3 == 1 else "test") for place, item in enumerate(items)]
    return Draw("order").shuffled(with_split)


def files() -> dict[str, bytes]:
    """Every generated file: name and bytes."""
    placed = rows()
    items = [item for item, _ in placed]
    texts = {
        "sample.csv": _csv([_sample_row(*pair, number) for number, pair in enumerate(placed, 1)]),
        "truth.csv": _csv([_truth_row(item, number) for number, item in enumerate(items, 1)]),
    }
    for name, records in predictions(items).items():
        texts[name] = "".join(f"{_json(record)}\n" for record in records)
    return {name: text.encode() for name, text in texts.items()}


def _sample_row(item: Item, split: str, number: int) -> dict[str, object]:
    lower, upper = item.limits
    return {
        "id": number,
        "case_id": item.case,
        "calculator": item.calculator,
        "split": split,
        "kind": item.kind,
        "category": item.category,
        "note": item.note,
        "question": item.question,
        "choices": _json(item.choices) if item.choices else "",
        "entities": _json(item.entities),
        "answer": item.answer,
        "lower": lower,
        "upper": upper,
        "explanation": item.explanation,
    }


def _truth_row(item: Item, number: int) -> dict[str, object]:
    fault = item.fault
    return {
        "id": number,
        "case_id": item.case,
        "answer": item.truth,
        "wrong": "yes" if fault else "no",
        "category": fault.category if fault else "",
        "fault": fault.name if fault else "",
        "found_by": fault.found_by if fault else "",
        "rationale": fault.rationale if fault else "",
    }


def _csv(records: Sequence[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_number)


def _number(value: Any) -> float | int:
    """A decimal as JSON writes it: 27 stays 27, 4.0 stays 4.0."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} has no place in the sample.")
    return int(value) if value == value.to_integral() and "." not in str(value) else float(value)


def main() -> None:
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
