"""The explanation of a label re-computes and ends with the label."""

import re
from collections.abc import Iterator
from datetime import date

from errata.answers import Answer, UnreadableAnswer

from audits.verifiers.arithmetic import NUMBER, equations, read_number
from audits.verifiers.base import (
    ABSTAIN,
    Ballot,
    Input,
    Item,
    objection,
    read_answer,
    read_label,
)

_END = 200  # characters
_LOSS = 0.01  # of a value, on the way to the answer
_NUMBERS = re.compile(NUMBER)
_DATES = re.compile(r"[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}")
_WEEKS = re.compile(r"([0-9]{1,6})\s*weeks?(?:,?\s*(?:and\s)?\s*([0-9]{1,6})\s*days?)?")


class ExplanationVerifier:
    """Objects where an explanation is wrong by itself or arrives at something else."""

    name = "explanation"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The explanation and the label."""
        explanation = item.derivation.get("explanation")
        if not isinstance(explanation, str):
            return None
        return item.label() | {"explanation": explanation}

    def judge(self, given: Input) -> Ballot:
        """Whether all equations hold, none rounds too much away, and the end is the label."""
        text, answer = given["explanation"], read_label(given).answer
        for equation in equations(text):
            if not equation.holds:
                return objection(
                    f"The explanation says {equation.left} = {equation.shown:.12g}, "
                    f"but that comes to {equation.computed:.6g}."
                )
            if equation.loss > _LOSS and not _says(answer, equation.shown, equation.half):
                return objection(
                    f"The explanation rounds {equation.computed:.4g} to {equation.shown:.4g} "
                    "on the way, and goes on with that."
                )
        ends = list(_ends(text[-_END:], answer))
        if ends and not any(ends):
            return objection(f"The explanation does not end with {given['answer']}.")
        return ABSTAIN


def _ends(end: str, answer: Answer) -> Iterator[bool]:
    """For each answer of the label's kind that stands in `end`: whether it is the label's."""
    if isinstance(answer.value, date):
        for found in _DATES.finditer(end):
            try:
                yield read_answer(found[0], "date") == answer
            except UnreadableAnswer:
                continue
    elif answer.value is not None and not isinstance(answer.value, str):
        for found in _NUMBERS.finditer(end):
            yield _says(answer, *read_number(found[0]))
    if answer.kind == "duration" and answer.value is not None:
        for found in _WEEKS.finditer(end):
            yield answer.value == 7 * int(found[1]) + int(found[2] or 0)


def _says(answer: Answer, number: float, half: float) -> bool:
    """Whether a number shown with so many digits is the answer; signs are often left to words."""
    if answer.value is None or isinstance(answer.value, str | date):
        return False
    value = abs(float(answer.value))
    return abs(value - abs(number)) <= max(half if half < 0.5 else 0.0, 1e-9 * value)
