"""Corrections and advisories in the shape of the Open Source Vulnerability format.

https://ossf.github.io/osv-schema/ names the fields; a benchmark stands where a package would.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse

from versions.advisories import Advisory, advisory_path
from versions.corrections import Correction

SCHEMA_VERSION = "1.7.0"
Absolute = Callable[[str], str]


def osv(record: Correction, absolute: Absolute, hidden: set[str]) -> dict[str, Any]:
    """One record; `absolute` makes a whole address of a path, `hidden` persons get no link."""
    entry, at = record.entry, _stamp(record.published)
    return {
        "schema_version": SCHEMA_VERSION,
        "id": record.id,
        "published": at,
        # A record changes once more when its release is withdrawn; nothing else touches it.
        "modified": _stamp(record.withdrawn or record.published),
        "summary": summary(record),
        "details": entry["reason"] or entry["source"] or summary(record),
        "affected": [_affected(record)],
        "references": [{"type": kind, "url": absolute(path)} for kind, path in references(record)],
        "credits": _credits(record, absolute, hidden),
        "database_specific": {
            "instance": entry["key"],
            "group": entry["group"],
            "category": entry["category"],
            "change": entry["change"] or "removed",
            "before": entry["before"],
            "after": entry["after"],
            "limits": entry["limits"],
            "decision": entry["decision"],
            "ruling": entry["ruling"],
            "reports": [report["id"] for report in entry["reports"]],
            "source": entry["source"],
            "withdrawn": record.advisory,
        },
    }


def advisory_osv(advisory: Advisory, absolute: Absolute) -> dict[str, Any]:
    """The record of a withdrawn release; it affects exactly that version."""
    at, version = _stamp(advisory.at), advisory.release.version
    release = reverse("release", args=[advisory.benchmark.slug, version])
    found = [("ADVISORY", advisory_path(advisory)), ("PACKAGE", release)]
    if advisory.instead:
        found.append(("FIX", reverse("release", args=[advisory.benchmark.slug, advisory.instead])))
    return {
        "schema_version": SCHEMA_VERSION,
        "id": advisory.id,
        "published": at,
        "modified": at,
        "summary": advisory.summary,
        "details": advisory.reason,
        "affected": [{"package": _package(advisory.benchmark.slug), "versions": [version]}],
        "references": [{"type": kind, "url": absolute(path)} for kind, path in found],
        "credits": [{"name": advisory.by, "type": "COORDINATOR"}],
        "database_specific": {"release_withdrawn": version, "instead": advisory.instead},
    }


def summary(record: Correction) -> str:
    """What changed, in one line."""
    entry, title = record.entry, record.benchmark.title
    where = f"{title}, {entry['key']}"
    if not entry["after"]:
        return f"{where}: removed (its label was {_short(entry['before'])})"
    if entry["before"] == entry["after"]:
        return f"{where}: other limits around {_short(entry['after'])}"
    return f"{where}: {_short(entry['before'])} → {_short(entry['after'])}"


def references(record: Correction) -> list[tuple[str, str]]:
    """Kind and path of all that stands behind a record."""
    slug, entry = record.benchmark.slug, record.entry
    found = [
        ("ADVISORY", reverse("erratum", args=[slug, record.id])),
        ("FIX", reverse("release", args=[slug, record.fixed])),
        ("PACKAGE", reverse("instance", args=[slug, entry["key"]])),
    ]
    found += [("REPORT", reverse("report", args=[r["id"]])) for r in entry["reports"]]
    if entry["ruling"]:
        found.append(("EVIDENCE", reverse("ruling", args=[slug, entry["ruling"]])))
    if record.case:
        found.append(("DISCUSSION", reverse("case", args=[record.case])))
    if record.advisory:
        found.append(("ADVISORY", reverse("erratum", args=[slug, record.advisory])))
    return found


def _affected(record: Correction) -> dict[str, Any]:
    events = [{"introduced": record.introduced or "0"}, {"fixed": record.fixed}]
    return {
        "package": _package(record.benchmark.slug),
        "ranges": [{"type": "SEMVER", "events": events}],
    }


def _package(slug: str) -> dict[str, str]:
    return {"ecosystem": "Errata", "name": slug}


def _credits(record: Correction, absolute: Absolute, hidden: set[str]) -> list[dict[str, Any]]:
    named = [(r["author"], r["by"], "FINDER") for r in record.entry["reports"]]
    person, name = record.decided_by
    if name:
        named.append((person, name, "REMEDIATION_REVIEWER"))
    found = []
    for person, name, kind in named:
        credit: dict[str, Any] = {"name": name, "type": kind}
        if person not in hidden:
            credit["contact"] = [absolute(reverse("person", args=[person]))]
        found.append(credit)
    return found


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
