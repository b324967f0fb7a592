"""What a draft is known by: a digest over all that its release would hold, and how two differ.

A draft is a basis (all that people set or say and that a release holds or is judged by: names,
preset, contract, policy, guides, gold sets, holds, reports and so on) and a line for each instance
that changes. The same lines are read from what is pending and from a frozen release. What moves by
itself, as votes and ages do, counts only by the labels that it moves.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from errata.manifest import canonical_json, sha256_hex

from audits.models import Decision, Opinion
from registry.contracts import contract_in_force
from registry.models import Benchmark, ImportBatch, Revision
from submissions.models import Report
from submissions.selectors import visible_predictions
from versions.gold import gold_sets
from versions.holds import holds_in_force
from versions.methods import guides_told, policy_told
from versions.models import Release
from versions.pending import Pending
from versions.same_meaning import rewordings_said
from versions.selectors import counts_by, withdrawn_versions

METADATA = ("slug", "title", "licence", "citation", "upstream_url", "intended_use", "canary")
TOLD = 50
_Told = Callable[[Any, Any], Iterable[str]]


class Line(NamedTuple):
    """How one instance changes; number and digest of its new revision are empty if it goes."""

    key: str
    kind: str
    number: int | None
    digest_before: str | None
    digest_after: str | None
    tier: str
    probability: float | None
    posterior: str


class Seal:
    """Digests a draft line by line and keeps, packed, what tells later how another one differs."""

    def __init__(self, basis: Mapping[str, Any]) -> None:
        head = canonical_json(basis)
        self._sha, self._pack = sha256(head.encode()), zlib.compressobj(1)
        self._packed = [self._pack.compress(f"{head}\n".encode())]

    def add(self, line: Line) -> None:
        """Take in the next line, in order of position."""
        likely = "" if line.probability is None else f"{line.probability!r}"
        told = (line.key, line.kind, line.digest_before or "", line.digest_after or "", line.tier)
        self._sha.update("\t".join(("\n", *told, likely, line.posterior)).encode())
        kept = f"{line.key}\t{line.number or ''}\t{line.tier}\t{likely}\n"
        self._packed.append(self._pack.compress(kept.encode()))

    @property
    def digest(self) -> str:
        """The SHA-256 of basis and lines so far."""
        return self._sha.hexdigest()

    def kept(self) -> bytes:
        """Basis and lines, packed; nothing can be added afterwards."""
        return b"".join((*self._packed, self._pack.flush()))


@dataclass(frozen=True, slots=True)
class Difference:
    """How a draft differs from one that was looked at before: sentences, the first labels first."""

    labels: int
    sentences: list[str] = field(default_factory=list)


def basis_of(benchmark: Benchmark, previous: Release | None) -> dict[str, Any]:
    """What a draft rests on beside its lines; `_TOLD` says how each part of it differs."""
    given = Opinion.objects.filter(case__benchmark=benchmark).exclude(practice=True)
    return {
        "format": 2,
        "previous": previous.version if previous else None,
        "held": list(holds_in_force(benchmark).values_list("public_id", flat=True)),
        "rewordings": rewordings_said(benchmark, previous.sequence if previous else 0),
        "withdrawn": withdrawn_versions(benchmark),
        "benchmark": {name: str(getattr(benchmark, name)) for name in METADATA},
        "preset": sha256_hex(benchmark.preset),
        "contract": contract_in_force(benchmark).digest,
        "policy": policy_told(benchmark),
        "guides": {each["group"]: each["sha256"] for each in guides_told(benchmark)},
        "gold": dict(gold_sets(benchmark).values_list("name", "file_digest")),
        "imports": ImportBatch.objects.filter(benchmark=benchmark).count(),
        "predictions": sorted(
            visible_predictions(benchmark, None).values_list("public_id", flat=True)
        ),
        "reports": counts_by(Report.objects.filter(benchmark=benchmark), "status"),
        "opinions": given.count(),
        "decisions": Decision.objects.filter(instance__benchmark=benchmark).count(),
    }


def line_of(change: Pending) -> Line:
    """The line of a pending change."""
    return Line(
        change.key,
        change.kind,
        change.number,
        change.digest_before,
        change.digest_after,
        change.tier_after,
        change.probability,
        change.posterior,
    )


def sealed(release: Release, previous: Release | None) -> Seal:
    """The seal of the draft that a release was made of, from the changes it holds."""
    seal = Seal(basis_of(release.benchmark, previous))
    fields = ("instance__key", "kind", "after__number", "before__digest", "after__digest", "tier")
    fields += ("probability", "posterior")
    rows = release.changes.order_by("instance__position").values_list(*fields)
    for row in rows.iterator(chunk_size=2_000):
        seal.add(Line(*row))
    return seal


def difference(benchmark: Benchmark, then: bytes, now: bytes) -> Difference:
    """How the draft kept as `now` differs from the one kept as `then`."""
    (old, old_lines), (new, new_lines) = _unpacked(then), _unpacked(now)
    moved = [
        (key, old_lines.get(key), new_lines.get(key))
        for key in (old_lines | new_lines)
        if old_lines.get(key) != new_lines.get(key)
    ]
    sentences = [*_of_basis(old, new), *_of_labels(benchmark, moved[:TOLD])]
    if len(moved) > TOLD:
        sentences.append(f"{len(moved) - TOLD} more labels differ.")
    if not sentences:  # of what is believed only a label's own probability is kept
        sentences.append("The labels are the same; how likely other answers are has moved.")
    return Difference(len(moved), sentences)


_Kept = tuple[str, str, str]  # number of the revision (empty: it goes), tier, probability


def _unpacked(kept: bytes) -> tuple[dict[str, Any], dict[str, _Kept]]:
    head, *lines = zlib.decompress(kept).decode().split("\n")
    told = (line.split("\t") for line in lines if line)
    return json.loads(head), {key: (number, tier, likely) for key, number, tier, likely in told}


def _of_basis(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["format"] != new["format"]:  # an older hub kept it, and less of it
        yield "The hub was updated, and takes more into account now."
    for name, told in _TOLD.items():
        if name in old and old[name] != new[name]:
            yield from told(old[name], new[name])


def _listed(came: str, went: str) -> _Told:
    """Tells of a list how many came and went."""

    def told(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
        for what, moved in ((went, set(old) - set(new)), (came, set(new) - set(old))):
            if moved:
                yield f"{what}: {len(moved)}."

    return told


def _more(what: str) -> _Told:
    """Tells of a count by how much it grew."""
    return lambda old, new: [f"{what}: {new - old}."]


def _named(what: str) -> _Told:
    """Tells of texts by name which are others."""
    return lambda old, new: [f"{what}: {', '.join(_differing(old, new))}."]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted(old | new) if old.get(name) != new.get(name)]


def _of_policy(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    names = [name for name in _differing(old, new) if name != "version"]
    changed = ", ".join(f"{name}{_now(new.get(name))}" for name in names)
    yield f"The policy is version {new['version']} now, in which changed: {changed or 'nothing'}."


def _now(value: Any) -> str:
    """What a key of the policy says now, where that is short."""
    if isinstance(value, list):
        return f" (now {' and '.join(map(str, value)) or 'none'})"
    return "" if value is None or isinstance(value, Mapping) else f" (now {value})"


def _of_reports(_: Any, new: Mapping[str, int]) -> Iterator[str]:
    told = ", ".join(f"{count} {status}" for status, count in sorted(new.items()))
    yield f"Reports are others: {told or 'none'}."


_TOLD: Mapping[str, _Told] = {
    "previous": lambda _, new: [f"{new} came out."],
    "held": _listed("Holds that came", "Holds that were lifted"),
    "rewordings": _more("Rewordings of which somebody said whether they keep the meaning"),
    "withdrawn": lambda old, new: [f"Withdrawn: {', '.join(v for v in new if v not in old)}."],
    "benchmark": lambda old, new: [
        f"Of the benchmark changed: {', '.join(_differing(old, new)).replace('_', ' ')}."
    ],
    "preset": lambda *_: ["The benchmark has another preset."],
    "contract": lambda *_: ["The benchmark has another answer contract."],
    "policy": _of_policy,
    "guides": _named("Guides that changed, by group"),
    "gold": _named("Gold sets that came"),
    "imports": _more("Imports that came"),
    "predictions": _listed("Published answers of models that came", "Published ones that went"),
    "reports": _of_reports,
    "opinions": _more("Opinions that experts gave"),
    "decisions": _more("Decisions that came"),
}


def _of_labels(
    benchmark: Benchmark, moved: Iterable[tuple[str, _Kept | None, _Kept | None]]
) -> Iterator[str]:
    listed = list(moved)
    revisions = Revision.objects.filter(
        instance__benchmark=benchmark, instance__key__in=[key for key, _, _ in listed]
    ).values_list("instance__key", "number", "answer")
    answers = {(key, str(number)): answer for key, number, answer in revisions}
    for key, old, new in listed:
        yield f"{key}: {_said(key, old, answers)}; now {_said(key, new, answers)}."


def _said(key: str, kept: _Kept | None, answers: Mapping[tuple[str, str], str]) -> str:
    if kept is None:
        return "no change"
    number, tier, likely = kept
    if not number:
        return "removed"
    share = f", {float(likely):.0%} likely" if likely else ""
    return f"{answers[key, number]} ({tier}, revision {number}{share})"
