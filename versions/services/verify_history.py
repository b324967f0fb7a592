"""Check that nothing of a benchmark's history was changed, cut off or put in between."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from django.db.models import Max
from errata.manifest import MANIFEST, InvalidManifest, Manifest, history_root, sha256_hex

from registry.chain import Link, moment
from registry.errors import ErrataError
from registry.importers.base import Progress, no_progress
from registry.models import Benchmark, Instance, Origin, Revision, Text
from versions.locks import benchmark_files
from versions.models import Release
from versions.selectors import artifact, heads_of, in_batches, releases_of
from versions.services.build_release import build_release
from versions.signatures import signature_of
from versions.states import ReleaseStatus
from versions.storage import folder_of, is_whole


@dataclass(slots=True)
class HistoryCheck:
    """What was walked, and the first broken row as a sentence; empty if all holds."""

    instances: int = 0
    revisions: int = 0
    texts: int = 0
    removed_texts: int = 0
    releases: int = 0
    finding: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The counts and the finding by name."""
        return asdict(self)


class _Broken(Exception):
    """The first broken row; the message names it."""


class _Step(NamedTuple):
    """One revision with its instance and head, in the order of the query below."""

    pk: int
    instance: int
    key: str
    number: int
    kind: str
    content: str
    answer: str
    limits: str
    derivation: str
    meta: str
    group: str
    reason: str
    origin: str
    cause_kind: str
    cause_id: str
    actor: str
    at: Any
    digest: str
    previous: str
    head: int | None
    retired: bool | None


_FIELDS = (
    *("pk", "instance_id", "instance__key", "number", "content__kind", "content_id", "answer"),
    *("limits", "derivation", "meta", "group", "reason", "origin", "cause_kind", "cause_id"),
    *("actor", "at", "digest", "previous", "instance__head__revision_id"),
    "instance__head__retired",
)


def verify_history(*, benchmark: Benchmark, progress: Progress = no_progress) -> HistoryCheck:
    """Walk every chain, text, head and published manifest; stop at the first that is broken."""
    check = HistoryCheck()
    try:
        _walk_chains(benchmark, check, progress)
        for release in releases_of(benchmark).select_related("benchmark").order_by("sequence"):
            _check_release(release)
            check.releases += 1
    except _Broken as broken:
        check.finding = str(broken)
    return check


def verify_labels(
    *, benchmark: Benchmark, since: int = 0, progress: Progress = no_progress
) -> HistoryCheck:
    """Walk the chains that a revision newer than `since` (an id; 0: all) belongs to, and the rows
    of the last release: what the next one is made of. Files are not looked at.
    """
    check = HistoryCheck()
    try:
        _walk_chains(benchmark, check, progress, since)
        last = releases_of(benchmark).first()
        if last is not None and not since:
            _check_root(last)
            check.releases += 1
    except _Broken as broken:
        check.finding = str(broken)
    return check


def newest_revision(benchmark: Benchmark) -> int:
    """The id of the benchmark's newest revision; ids grow in the order in which they commit."""
    newest = Revision.objects.filter(instance__benchmark=benchmark).aggregate(Max("pk"))
    return newest["pk__max"] or 0


def _walk_chains(
    benchmark: Benchmark, check: HistoryCheck, progress: Progress, since: int = 0
) -> None:
    bare = Instance.objects.filter(benchmark=benchmark, revisions=None).order_by("pk").first()
    if bare is not None:
        raise _Broken(f"{bare.key} has no revision.")
    revisions = Revision.objects.filter(instance__benchmark=benchmark)
    if since:
        revisions = revisions.filter(instance__in=revisions.filter(pk__gt=since).values("instance"))
    count = revisions.count()
    steps = revisions.order_by("instance_id", "number").values_list(*_FIELDS)
    last: _Step | None = None
    for batch in in_batches(_Step(*row) for row in steps.iterator(chunk_size=2_000)):
        for step in batch:
            if last is None or last.instance != step.instance:
                _check_head(last)
                last = None
                check.instances += 1
            _check_step(benchmark.slug, last, step)
            last = step
        _check_texts(batch, check)
        check.revisions += len(batch)
        progress("verifying", check.revisions, count)
    _check_head(last)


def _check_step(slug: str, last: _Step | None, step: _Step) -> None:
    name = f"revision {step.number} of {step.key}"
    if step.number != (last.number + 1 if last else 1):
        raise _Broken(f"Before {name} a revision is missing.")
    if step.previous != (last.digest if last else ""):
        raise _Broken(f"The {name} does not follow from the revision before it.")
    if _link(slug, step).digest() != step.digest:
        raise _Broken(f"The {name} was changed: its digest is not that of what it says.")


def _link(slug: str, step: _Step) -> Link:
    same = ("key", "number", "kind", "content", "answer", "limits", "derivation", "meta", "group")
    same += ("reason", "origin", "actor", "previous")
    return Link(
        benchmark=slug,
        cause=f"{step.cause_kind}/{step.cause_id}",
        at=moment(step.at),
        **{name: getattr(step, name) for name in same},
    )


def _check_head(last: _Step | None) -> None:
    if last is None:
        return
    if last.head != last.pk:
        raise _Broken(f"The head of {last.key} is not its last revision, {last.number}.")
    if last.retired != (last.origin == Origin.RETIRED):
        raise _Broken(f"The head of {last.key} and its last revision differ: is it retired?")


def _check_texts(batch: Iterable[_Step], check: HistoryCheck) -> None:
    used = {
        digest: step
        for step in batch
        for digest in (step.content, step.derivation, step.meta, step.reason)
        if digest
    }
    found = Text.objects.filter(pk__in=used).values_list("digest", "body", "removed_at")
    for digest, body, removed_at in found:
        step = used.pop(digest)
        check.texts += 1
        check.removed_texts += removed_at is not None
        if removed_at is None and sha256_hex(body) != digest:
            raise _Broken(f"The text {digest} of revision {step.number} of {step.key} was changed.")
    for digest, step in used.items():
        raise _Broken(f"The text {digest} of revision {step.number} of {step.key} is missing.")


def _check_root(release: Release) -> None:
    if history_root(heads_of(release)) != release.history_root:
        raise _Broken(f"The rows of release {release.version} do not come to its history root.")


def _check_release(release: Release) -> None:
    _check_root(release)
    if release.status != ReleaseStatus.PUBLISHED:
        return
    signature = signature_of(release)
    try:
        body = _manifest_bytes(release)
        manifest = Manifest.from_json(body)
    except (ErrataError, InvalidManifest) as error:
        raise _Broken(f"The manifest of release {release.version}: {error}") from None
    if manifest.history_root != release.history_root:
        raise _Broken(f"The manifest of release {release.version} names another history root.")
    if signature is not None and not signature.covers(body):
        raise _Broken(f"The manifest of release {release.version} is not the one that was signed.")


def _manifest_bytes(release: Release) -> bytes:
    """The manifest as it lies on disk; only one that is gone is built again."""
    path = folder_of(release) / MANIFEST
    if not path.exists():
        with benchmark_files(release.benchmark.slug):
            build_release(release)
    if not is_whole(path, artifact(release, MANIFEST).sha256):
        raise _Broken(f"The manifest of release {release.version} was changed on disk.")
    return path.read_bytes()
