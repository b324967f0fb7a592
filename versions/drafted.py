"""What a draft is known by: a digest over all that its release would hold, and how two differ.

A draft is a basis (names, preset, contract, which splits rewards are made from, the release before,
what is held) and a line for each instance that changes. The same lines are read from what is
pending and from a frozen release.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from errata.manifest import canonical_json, sha256_hex

from audits.selectors import current_policy
from registry.contracts import contract_in_force
from registry.models import Benchmark, Revision
from versions.holds import holds_in_force
from versions.models import Release
from versions.pending import Pending
from versions.same_meaning import rewordings_said
from versions.selectors import withdrawn_versions

METADATA = ("slug", "title", "licence", "citation", "upstream_url", "intended_use", "canary")
TOLD = 50


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
    """What a draft rests on beside its lines."""
    return {
        "format": 1,
        "benchmark": {name: str(getattr(benchmark, name)) for name in METADATA},
        "preset": sha256_hex(benchmark.preset),
        "contract": contract_in_force(benchmark).digest,
        "rewards_from": sorted(current_policy(benchmark).rewards_from),
        "previous": previous.version if previous else None,
        "held": list(holds_in_force(benchmark).values_list("public_id", flat=True)),
        "rewordings": rewordings_said(benchmark, previous.sequence if previous else 0),
        "withdrawn": withdrawn_versions(benchmark),
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
    return Difference(len(moved), sentences)


_Kept = tuple[str, str, str]  # number of the revision (empty: it goes), tier, probability


def _unpacked(kept: bytes) -> tuple[dict[str, Any], dict[str, _Kept]]:
    head, *lines = zlib.decompress(kept).decode().split("\n")
    told = (line.split("\t") for line in lines if line)
    return json.loads(head), {key: (number, tier, likely) for key, number, tier, likely in told}


def _of_basis(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["previous"] != new["previous"]:
        yield f"{new['previous']} came out."
    if lifted := set(old["held"]) - set(new["held"]):
        yield f"Holds that were lifted: {len(lifted)}."
    if held := set(new["held"]) - set(old["held"]):
        yield f"Holds that came: {len(held)}."
    if told := new["rewordings"] - old.get("rewordings", 0):  # previews once counted none
        yield f"Rewordings of which somebody said whether they keep the meaning: {told}."
    if gone := [each for each in new["withdrawn"] if each not in old.get("withdrawn", ())]:
        yield f"Withdrawn: {', '.join(gone)}."
    names = [name for name in METADATA if old["benchmark"][name] != new["benchmark"][name]]
    if names:
        yield f"Of the benchmark changed: {', '.join(name.replace('_', ' ') for name in names)}."
    if old["preset"] != new["preset"]:
        yield "The benchmark has another preset."
    if old["contract"] != new["contract"]:
        yield "The benchmark has another answer contract."
    if old.get("rewards_from") != new["rewards_from"]:  # previews once kept none
        made = ", ".join(new["rewards_from"]) or "no"
        yield f"Reward files are made from {made} splits now."


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
