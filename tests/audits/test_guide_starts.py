"""The start of a guide tells what the calculator of the group does."""

import pytest
from errata.grading import Limits

from audits.calculators import known
from audits.guide_starts import missing_words, start_of
from registry.markdown import render_markdown

GFR = "CKD-EPI Equations for Glomerular Filtration Rate"


def test_source_unit_inputs_bands_and_range() -> None:
    text = start_of(GFR, Limits.exact())
    assert "Source: Inker LA et al." in text
    assert "Possible are values from 0 to 250." in text
    assert "| creatinine | mg/dL | is needed: without it not computable |" in text
    assert "- from 15: G4" in text
    assert "Exactly the label counts as right." in text
    clearance = start_of("Creatinine Clearance (Cockcroft-Gault Equation)", Limits.exact())
    assert "The result is in mL/min." in clearance


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(relative="0.05"), "within 5 % of"),
        (Limits(relative="0.125"), "within 12.5 % of"),
        (Limits(absolute="2"), "at most 2 away"),
        (Limits.exact(), "Exactly the label"),
    ],
)
def test_the_limits_rule(limits: Limits, said: str) -> None:
    assert said in start_of(GFR, limits)
    assert said in start_of("no calculator", limits)


def test_every_calculator_gives_a_start_that_can_be_read() -> None:
    for one in known():
        text = start_of(one.groups[0], Limits.exact())
        html = render_markdown(text)
        assert html.count("<tr>") == len(one.inputs) + 1, one.name
        assert "Source" in text or "source" in text, one.name
        assert len(text) < 20_000


def test_what_an_unmentioned_input_counts_as() -> None:
    said = {
        given.entities[0]: missing_words(given) for one in known() for given in one.inputs.values()
    }
    assert said["Hypertension history"] == "counts as absent"
    assert said["age"] == "is needed: without it not computable"
    assert "counts as present" not in {said["Hypertension history"]}
