"""What the tests of calculators share: from entities, as a benchmark writes them, to the result."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from audits.calculators import Calculator, find

LIKE = {"rel": 1e-3, "abs": 5e-4}  # worked examples are printed to three or four digits


def of(group: str) -> Calculator:
    found = find(group)
    assert found is not None, group
    return found


def result(group: str, entities: Mapping[str, Any]) -> float | date:
    one = of(group)
    return one.compute(one.read(entities))
