"""A first text for the guide of a group, made from the calculator of the pack that serves it.

It says what the calculator does; what it cannot know is left as a question to the expert.
"""

from collections.abc import Iterable
from decimal import Decimal
from inspect import cleandoc
from typing import Any

from errata.grading import Limits

from audits.calculators import Calculator, find
from audits.calculators.fields import REQUIRED, Input

_BLANK = """## Definition

_What is asked for, by which published source?_

## Unit and rounding

_Which unit, how many digits, when is it rounded?_

## Limits

{limits}

## Findings that are not mentioned

_What does an unmentioned finding count as?_

## Which point in time

_Which value counts where several are given?_

## When it does not apply

_For which patients or questions is there no answer?_
"""


def start_of(group: str, rule: Limits) -> str:
    """The text that is offered where nobody has written a guide; the expert edits it."""
    one = find(group)
    if one is None:
        return _BLANK.format(limits=_limits(rule))
    said = "\n\n".join(cleandoc(one.function.__doc__ or "").split("\n\n"))
    parts = [
        f"## Definition\n\n{one.name}. {said}",
        f"## Unit and rounding\n\n{_unit(one)}",
        f"## Limits\n\n{_limits(rule)}",
        f"## Inputs, and findings that are not mentioned\n\n{_table(one)}",
    ]
    if one.bands:
        parts.append(f"## Bands\n\n{_bands(one)}")
    parts += [
        "## Which point in time\n\n_Which value counts where several are given?_",
        "## When it does not apply\n\nWhere an input that is needed is not given, and nothing "
        "above says what it counts as, the label is not computable. _Is there more?_",
    ]
    return "\n\n".join(parts) + "\n"


def missing_words(one: Input) -> str:
    """What counts where an input is not given, in a few words."""
    if one.missing is REQUIRED:
        return "is needed: without it not computable"
    if one.missing is None:
        return "is left out"
    if isinstance(one.missing, bool):
        for word, value in one.words.items():
            if value is one.missing:
                return f"counts as {word}"
        return "counts as present" if one.missing else "counts as absent"
    return (
        f"counts as {one.missing:g} {one.unit}".strip()
        if _is_number(one.missing)
        else (f"counts as {one.missing}")
    )


def _unit(one: Calculator) -> str:
    lowest, highest = one.possible
    unit = f"The result is in {one.unit}." if one.unit else "The result has no unit of its own."
    if one.kind == "date":
        unit = "The result is a date."
    edges = [
        f"{word} {edge:g}" for word, edge in (("from", lowest), ("to", highest)) if edge is not None
    ]
    possible = f" Possible are values {' '.join(edges)}." if edges else ""
    return f"{unit}{possible} Nothing is rounded before the end."


def _limits(rule: Limits) -> str:
    if rule.relative is not None:
        share = (Decimal(rule.relative) * 100).normalize()
        return f"Answers within {share:f} % of the label count as right."
    if rule.absolute is not None:
        return f"Answers at most {rule.absolute} away from the label count as right."
    return "Exactly the label counts as right."


def _table(one: Calculator) -> str:
    rows = [
        f"| {_cell(given.entities[0])} | {_cell(given.unit)} | {_cell(missing_words(given))} |"
        for given in one.inputs.values()
    ]
    return "\n".join(["| input | unit | if not mentioned |", "|---|---|---|", *rows])


def _bands(one: Calculator) -> str:
    lines: Iterable[str] = (
        f"- {name}" if lower == float("-inf") else f"- from {lower:g}: {name}"
        for lower, name in one.bands
    )
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
