"""Audit one claimed chunk: look, ask for the votes that are missing, write, triage."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from errata.manifest import canonical_json, digest_of, sha256_hex

from audits.catalog import verifiers
from audits.items import Loaded, load_items
from audits.lease import Lease
from audits.models import Attempt, AuditRun, Chunk, Look, Vote
from audits.services.triage_instances import triage_instances
from audits.states import ChunkStatus
from audits.verifiers.base import ABSTAIN, Ballot, Input, Verifier
from registry.dialects import bulk_insert, insert_missing
from registry.services.keep_text import keep_texts

VERDICTS = ("object", "support", "abstain")
MAX_CATEGORY = 50
_VOTE_FIELDS = (
    "verifier", "version", "input", "sample", "verdict", "category", "answer", "confidence",
    "rationale", "detail", "at",
)  # fmt: skip
_NOTHING = digest_of(None)  # the input of a verifier that no longer has anything to look at

Name = tuple[str, str, str]  # verifier, version, digest of the input: names a vote
Said = dict[tuple[int, str], tuple[int, str]]  # last vote and verdict by revision and verifier


@dataclass(slots=True)
class _Asked:
    """What came out of asking: votes by name, who looked at what, and what failed."""

    inputs: dict[Name, tuple[Verifier, Input | None]] = field(default_factory=dict)
    looks: list[tuple[Loaded, Name]] = field(default_factory=list)
    ballots: dict[Name, Ballot] = field(default_factory=dict)
    failures: dict[Name, str] = field(default_factory=dict)
    attempts: list[tuple[int, str, str]] = field(default_factory=list)
    reused: int = 0


def audit_chunk(*, run: AuditRun, chunk: Chunk, lease: Lease) -> None:
    """Do a claimed chunk in a fixed number of queries, whatever its size.

    Verifiers are asked without a transaction; then all is written in one, which first makes sure
    that the chunk is still ours. Raises LeaseLost if it is not: nothing is written then. A verifier
    that raises leaves an Attempt and no vote, and the chunk goes on.
    """
    chosen = verifiers(run.verifiers)
    loaded = load_items(run.benchmark, chunk.first, chunk.last)
    said = _said_before(chosen, loaded)
    asked = _look(chosen, loaded, said)
    known = _vote_ids(asked.inputs)
    asked.reused = len(known)
    for name, (verifier, given) in asked.inputs.items():
        if name not in known:
            lease.check()
            _judge(asked, name, verifier, given)
    with transaction.atomic():
        lease.lock()
        written = _write(run, asked, known, said)
        triage_instances(
            benchmark=run.benchmark,
            instance_ids=[one.instance for one in loaded],
            subject=("run", run.public_id),
        )
        Chunk.objects.filter(pk=chunk.pk, token=chunk.token).update(
            status=ChunkStatus.DONE, votes=written, reused=asked.reused, lease_until=None
        )


def _look(chosen: Sequence[Verifier], loaded: Sequence[Loaded], said: Said) -> _Asked:
    """What each verifier wants to judge of each item, every input once."""
    asked = _Asked()
    for one in loaded:
        for verifier in chosen:
            try:
                given = verifier.look(one.item)
                _, before = said.get((one.revision, verifier.name), (0, "abstain"))
                if given is None and before == "abstain":
                    continue
                digest = _NOTHING if given is None else digest_of(given)
            except Exception as error:  # noqa: BLE001  A plug-in may raise anything.
                asked.attempts.append((one.instance, verifier.name, _why(error)))
                continue
            name = (verifier.name, verifier.version, digest)
            asked.inputs[name] = (verifier, given)
            asked.looks.append((one, name))
    return asked


def _judge(asked: _Asked, name: Name, verifier: Verifier, given: Input | None) -> None:
    try:
        ballot = ABSTAIN if given is None else verifier.judge(given)
        _require_writable(ballot)
        asked.ballots[name] = ballot
    except Exception as error:  # noqa: BLE001  A plug-in may raise anything.
        asked.failures[name] = _why(error)


def _require_writable(ballot: Ballot) -> None:
    """Raise ValueError for what no vote can hold, so that it is this verifier's failure alone."""
    if ballot.verdict not in VERDICTS:
        raise ValueError(f"the verdict {ballot.verdict!r} is none of {', '.join(VERDICTS)}")
    if len(ballot.category) > MAX_CATEGORY:
        raise ValueError(f"the category is over {MAX_CATEGORY} characters")
    for text in (ballot.category, ballot.answer, ballot.rationale, _detail(ballot)):
        text.encode()  # half a surrogate pair is a UnicodeEncodeError
        if "\0" in text:
            raise ValueError("the vote holds a NUL character")


def _detail(ballot: Ballot) -> str:
    """What a ballot says beside its sentence, as the text that is kept."""
    return canonical_json(dict(ballot.detail)) if ballot.detail else ""


def _why(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"[:2_000].replace("\0", "")
    return text.encode(errors="replace").decode()


def _said_before(chosen: Iterable[Verifier], loaded: Iterable[Loaded]) -> Said:
    """The last vote of each verifier on each revision, to notice those that are outdated."""
    looks = Look.objects.filter(
        revision__in=[one.revision for one in loaded],
        vote__verifier__in=[verifier.name for verifier in chosen],
    ).order_by("pk")
    rows = looks.values_list("revision", "vote__verifier", "vote", "vote__verdict")
    return {(revision, verifier): (vote, verdict) for revision, verifier, vote, verdict in rows}


def _vote_ids(names: Iterable[Name]) -> dict[Name, int]:
    """The ids of the votes of these names that are there already."""
    inputs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for verifier, version, digest in names:
        inputs[verifier, version].add(digest)
    wanted = reduce(
        or_,
        (Q(verifier=one, version=two, input__in=some) for (one, two), some in inputs.items()),
        Q(pk__in=()),
    )
    rows = Vote.objects.filter(wanted, sample=0)
    return {
        (verifier, version, digest): pk
        for verifier, version, digest, pk in rows.values_list("verifier", "version", "input", "pk")
    }


def _write(run: AuditRun, asked: _Asked, known: dict[Name, int], said: Said) -> int:
    """Write votes, the looks that are news, and attempts; return how many votes are new."""
    at = timezone.now()
    said_texts = {t for b in asked.ballots.values() for t in (b.rationale, _detail(b)) if t}
    digests = {text: sha256_hex(text) for text in said_texts}
    keep_texts(sorted((digest, text) for text, digest in digests.items()))
    votes = (
        (
            *(*name, 0, b.verdict, b.category, b.answer, b.confidence),
            *(digests.get(b.rationale, ""), digests.get(_detail(b), ""), at),
        )
        for name, b in asked.ballots.items()
    )
    written = insert_missing(
        Vote, _VOTE_FIELDS, votes, key=("verifier", "version", "input", "sample")
    )
    ids = known | _vote_ids(asked.ballots)
    looks = (
        (one.instance, one.revision, ids[name])
        for one, name in asked.looks
        if name in ids and said.get((one.revision, name[0]), (0, ""))[0] != ids[name]
    )
    bulk_insert(Look, ("instance", "revision", "vote"), looks)
    failed = [
        (one.instance, name[0], asked.failures[name])
        for one, name in asked.looks
        if name in asked.failures
    ]
    Attempt.objects.bulk_create(
        Attempt(run=run, instance_id=instance, verifier=verifier, error=error, at=at)
        for instance, verifier, error in (*asked.attempts, *failed)
    )
    return written
