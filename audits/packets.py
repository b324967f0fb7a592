"""Case packets: what an expert takes away to decide with a spreadsheet, without any label."""

import json
from collections.abc import Sequence
from typing import Any

from audits.guides import guides_of
from audits.models import Case
from audits.sheets import written_csv, written_xlsx
from registry.models import Benchmark
from registry.selectors import documents

FILLED = ("outcome", "answer", "lower", "upper", "limits_reason", "category", "reason")
TYPES = {
    "csv": ("text/csv; charset=utf-8", written_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", written_xlsx),
}
GIVEN = ("case", "key", "revision", "kind", "group")


def written_packet(benchmark: Benchmark, cases: Sequence[Case], kind: str) -> tuple[bytes, str]:
    """A packet as a file of one of TYPES, and its media type."""
    media, write = TYPES[kind]
    return write(*packet_of(benchmark, cases)), media


def packet_of(
    benchmark: Benchmark, cases: Sequence[Case]
) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a packet: inputs, kind and guide, and empty cells for the decision.

    Nothing in it tells the label, who doubts it, or why.
    """
    revisions = [case.instance.head.revision for case in cases]
    texts = documents(revision.content_id for revision in revisions)
    guides = guides_of(benchmark, {revision.group for revision in revisions})
    rows, names = [], dict[str, None]()
    for case, revision in zip(cases, revisions, strict=True):
        inputs = texts.get(revision.content_id, {}).get("inputs", {})
        shown = {f"input: {name}": _said(value) for name, value in inputs.items()}
        names |= dict.fromkeys(shown)
        guide = guides.get(revision.group)
        rows.append(
            {
                "case": case.public_id,
                "key": case.instance.key,
                "revision": str(revision.number),
                "kind": revision.content.kind,
                "group": revision.group,
                "guide": guide.text if guide else "",
                **shown,
            }
        )
    return [*GIVEN, *names, "guide", *FILLED], rows


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False)
