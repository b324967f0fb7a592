"""Write docs/calculators.md anew: `python -m tests.audits.calculators.coverage`."""

import re
from pathlib import Path

from audits.calculators import Calculator, known

DOCS = Path("docs/calculators.md")
HEAD = """\
# Calculators

What `recalculate` can recompute from an instance's entities: {groups} groups by {calculators}
calculators, pure functions with units in `audits/calculators`, one module per field. Formula,
version, bands and how they treat what is not given stand in the docstring of each; the tests hold
worked examples. This table is made from them (`python -m tests.audits.calculators.coverage`).

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
