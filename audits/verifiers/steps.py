"""A score that an explanation adds up: no step is counted twice, and the total is the label."""

import re
from collections.abc import Iterator

from audits.verifiers.arithmetic import Equation, equations
from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, objection, read_label

_ADDITION = re.compile(r"-?[0-9.]+[+-][0-9.]+")
_SUM = re.compile(r"-?[0-9.]+\s*[-+]\s*[0-9.]+\s*=\s*-?[0-9.]+")
_MIN_WORDS = 6  # in a step that is recognised when it comes again


class StepsVerifier:
    """Objects where a running total takes the same step twice or is not what the label says."""

    name = "steps"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The explanation and the label, where the answer is a number."""
        explanation = item.derivation.get("explanation")
        if item.kind not in ("number", "integer") or not isinstance(explanation, str):
            return None
        return item.label() | {"explanation": explanation}

    def judge(self, given: Input) -> Ballot:
        """Follow the running total."""
        text, answer = given["explanation"], read_label(given).answer
        seen: set[str] = set()
        total, count, end = 0.0, 0, 0
        for step in _steps(text):
            words = _words(text[max(end, text.rfind("\n", 0, step.end) + 1) : step.end])
            if len(words.split()) >= _MIN_WORDS and words in seen:
                return objection(f"The explanation takes a step twice: '{words[:160]}'.")
            seen.add(words)
            total, count, end = step.shown, count + 1, step.end
        if count > 1 and answer.value is not None and abs(total - float(str(answer.value))) > 1e-6:
            return objection(
                f"The running total of the explanation ends at {total:.12g}, "
                f"the label is {given['answer']}."
            )
        return ABSTAIN


def _steps(text: str) -> Iterator[Equation]:
    """The equations that add something to a total or take something away."""
    for equation in equations(text):
        if _ADDITION.fullmatch(equation.left) and not re.search(r"[+-]0+(\.0*)?$", equation.left):
            yield equation


def _words(step: str) -> str:
    """What a step says, without its sum."""
    return " ".join(_SUM.sub("", step).strip(" .").split())
