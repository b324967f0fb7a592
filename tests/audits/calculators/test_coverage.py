"""What holds for every calculator, and that the docs list them all."""

import pytest

from audits.calculators import Calculator, known
from tests.audits.calculators import coverage


def test_the_docs_list_every_calculator() -> None:
    made = "run python -m tests.audits.calculators.coverage"
    assert coverage.DOCS.read_text(encoding="utf-8") == coverage.render(), made


@pytest.mark.parametrize("one", known(), ids=lambda one: one.name)
def test_every_calculator_names_its_source(one: Calculator) -> None:
    assert coverage.source(one), "the docstring says: Source: author. Title. Journal year"


@pytest.mark.parametrize("one", known(), ids=lambda one: one.name)
def test_bands_rise_and_lie_within_what_is_possible(one: Calculator) -> None:
    cuts = [lower for lower, _ in one.bands[1:]]
    assert cuts == sorted(cuts)
    lowest, highest = one.possible
    assert all(lowest is None or cut > lowest for cut in cuts)
    assert all(highest is None or cut <= highest for cut in cuts)
