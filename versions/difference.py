"""How two releases differ and why: counts, what they break down to, and each change explained."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.urls import reverse
from errata.word_diff import told_inputs

from registry.models import Benchmark, Category
from registry.selectors import documents
from versions.changelog import SHOWN_KEYS
from versions.diffing import DiffEntry, Totals
from versions.models import Release
from versions.provenance import NONE_GIVEN, explained_by
from versions.selectors import diff, in_batches

NO_WHY: dict[str, Any] = {
    "category": "",
    "reason": "",
    "source": "",
    "origin": "",
    "decision": "",
    "ruling": "",
    "case": "",
    "reports": [],
    "rewordings": [],
}
BY = ("change", "category", "group", "reason", "origin")
KINDS = ("added", "removed", "revised", "tier")
MOST = 20  # values of each that are told


@dataclass(slots=True)
class Difference:
    """Counts over all entries, the label changes by each of `BY`, and the entries asked for.

    An entry is what `DiffEntry.to_dict` gives, why it changed, its inputs word by word, and where
    people read more; `log` holds the revised and removed ones of them as a changelog does, inputs
    beside; `added` names the first keys that came.
    """

    totals: Totals = field(default_factory=Totals.none)
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in BY})
    entries: list[dict[str, Any]] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    added: list[str] = field(default_factory=list)

    def breakdown(self) -> dict[str, dict[str, int]]:
        """The label changes by class, category, group, reason and origin: the MOST with most."""
        return {
            name: dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST])
            for name, counts in self.by.items()
        }

    def others(self) -> dict[str, int]:
        """How many other values there are of what `breakdown` does not tell whole."""
        return {name: len(counts) - MOST for name, counts in self.by.items() if len(counts) > MOST}


def difference_of(
    benchmark: Benchmark,
    old: Release | None,
    new: Release,
    *,
    start: int = 0,
    stop: int | None = None,
    kinds: Iterable[str] = KINDS,
) -> Difference:
    """Compare two releases as `difference_in` tells entries.

    It reads what changed, batch by batch, and never the rest of the releases.
    """
    return difference_in(benchmark, diff(old, new), start=start, stop=stop, kinds=kinds)


def difference_in(
    benchmark: Benchmark,
    entries: Iterable[DiffEntry],
    *,
    start: int = 0,
    stop: int | None = None,
    kinds: Iterable[str] = KINDS,
) -> Difference:
    """All entries counted, and told those from `start` to before `stop` among the ones of `kinds`.

    The entries are those of two releases or of the draft.
    """
    found, wanted = Difference(), set(kinds)
    categories = {c.pk: c.name for c in Category.objects.filter(benchmark=benchmark)}
    for batch in in_batches(entries):
        whys = {why["key"]: why for why in explained_by(categories, batch)}
        asked = []
        for entry in batch:
            found.totals.add(entry)
            if entry.kind == "added" and len(found.added) < SHOWN_KEYS:
                found.added.append(entry.key)
            if entry.label_changed:
                _count(found.by, whys[entry.key])
            if entry.kind not in wanted:
                continue
            if start <= found.count and (stop is None or found.count < stop):
                asked.append(entry)
            found.count += 1
        told = list(_told(benchmark.slug, asked, whys))
        found.entries += told
        found.log += [whys[e["key"]] | {"inputs": e["inputs"]} for e in told if e["key"] in whys]
    return found


def _count(by: dict[str, Counter[str]], why: dict[str, Any]) -> None:
    for name, counts in by.items():
        counts[why[name] or NONE_GIVEN] += 1


def _told(
    slug: str, entries: list[DiffEntry], whys: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    both = [(e, e.before, e.after) for e in entries if e.inputs_changed]
    found = documents(s.content for _, *sides in both for s in sides if s)
    for entry in entries:
        why = whys.get(entry.key, NO_WHY)
        yield {
            **entry.to_dict(),
            "label_changed": entry.label_changed,
            "group": (entry.after or entry.before).group,  # type: ignore[union-attr]
            **{name: why[name] for name in NO_WHY},
            "inputs": _inputs(entry, found),
            "links": list(_links(slug, entry.key, why)),
        }


def _links(slug: str, key: str, why: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The pages that tell more; a decision is told by its case with votes, else by the instance."""
    instance = reverse("instance", args=[slug, key])
    yield _link("instance", instance)
    for report in why["reports"]:
        yield _link("report", reverse("report", args=[report["id"]]))
    if why["ruling"]:
        yield _link("ruling", reverse("ruling", args=[slug, why["ruling"]]))
    if why["decision"]:
        case = why["case"]
        yield _link("decision", reverse("case", args=[case]) if case else instance)


def _link(kind: str, path: str) -> dict[str, str]:
    return {"type": kind, "url": f"{settings.ERRATA_HUB}{path}"}


def _inputs(entry: DiffEntry, found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    if not entry.inputs_changed or entry.before is None or entry.after is None:
        return []
    return told_inputs(found.get(entry.before.content), found.get(entry.after.content))
