"""Write docs/calculators.md anew: `python -m tests.audits.calculators.coverage`."""

import re
from pathlib import Path

from audits.calculators import Calculator, known

DOCS = Path("docs/calculators.md")
HEAD = """\
# Calculators

`recalculate` recomputes a label from the entities that came with it: {groups} groups by
{calculators} calculators, pure functions with units in `audits/calculators`, one module per field.
Since the entities came with the label, it objects or abstains and never supports. It compares by
the label's limits or the preset's rule, and abstains where an input is missing or cannot be read
(unless the label is wrong whatever that input is), or where the result is impossible.

An objection names the step that differs and, in a sentence, how the label comes about:

| step | the label fits when |
|---|---|
| `unit` | an amount goes into the formula in another unit, or is read as one |
| `missing-input policy` | a finding that is not given counts otherwise, or is left out |
| `formula` | another version is followed, or a component of a score counts twice or not at all |
| `rounding` | an amount is rounded on the way, or the result too far |

Where no single step explains it, the formula is named and nothing claimed. A score has few values,
so that several ways may fit: then each is told, three at most. Where one step differs in most
labels of a group (at least five), `audits.faults.group_faults` says so, and one case opens instead
of twenty. `audits.calculators.band_of` gives the published risk band of an
answer; a label whose proposed answers lie in different bands counts for more.

To add a calculator, write the function in the module of its field with `@calculator` (see
`audits/calculators/base.py`), with its source in the docstring, and tests with the source's table
or worked examples. Raise `version` when it changes: the labels of its groups are looked at again,
and no others.

Formula, bands and how they treat what is not given stand in the docstring of each. This page is
made from them (`python -m tests.audits.calculators.coverage`).

| group | calculator | version | result | source | risk bands | other versions known |
|---|---|---|---|---|---|---|
"""


def source(one: Calculator) -> str:
    """The first citation of the docstring, as far as its year; empty where there is none."""
    text = " ".join((one.function.__doc__ or "").split())
    found = re.search(r"Sources?: (.+?\b(?:18|19|20)\d\d\b)", text)
    return found[1] if found else ""


def render() -> str:
    """The page as it should be."""
    rows = sorted(((group, one) for one in known() for group in one.groups), key=lambda row: row[0])
    lines = [
        f"| {group} | {one.name} | {one.version} | {one.unit or one.kind} | {source(one)} "
        f"| {_bands(one)} | {', '.join(one.others)} |\n"
        for group, one in rows
    ]
    head = HEAD.format(groups=len(rows), calculators=len(known()))
    return head + "".join(lines)


def _bands(one: Calculator) -> str:
    first, rest = one.bands[:1], one.bands[1:]
    return ", ".join([name for _, name in first] + [f"from {cut:g} {name}" for cut, name in rest])


if __name__ == "__main__":
    DOCS.write_text(render(), encoding="utf-8")
