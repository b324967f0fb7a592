"""Start an audit run: cut the live instances into chunks and call workers."""

from collections.abc import Iterator, Sequence

from django.db import transaction

from audits.choosing import choose, next_round, prompt_of
from audits.dispatch import dispatch_run
from audits.models import AuditRun, Chunk
from audits.permissions import require_auditor
from audits.services.finish_run import finish_run
from registry.dialects import bulk_insert
from registry.events import record
from registry.models import Benchmark, Head, User
from registry.services.keep_text import keep_text

CHUNK_SIZE = 500

_CHUNK_FIELDS = (
    "run", "number", "first", "last", "size", "status", "owner", "token", "claims",
    "questions", "votes", "reused",
)  # fmt: skip


@transaction.atomic
def start_audit(
    *,
    actor: User,
    benchmark: Benchmark,
    verifiers: Sequence[str] | None = None,
    trigger: str = "asked",
    fresh: bool = False,
    budget: int | None = None,
) -> AuditRun:
    """Start a run of the named verifiers, or of all, over every live instance.

    Votes that are there already are not asked for again, so a new run after a broken one only
    does what is left; a `fresh` one begins a new round. `budget` is in billionths of the panel's
    currency, None for no limit. Raises InvalidInput for an unknown verifier, NotAllowed for one
    that would send the text where the policy does not allow it (`choosing.choose`).
    """
    require_auditor(actor, benchmark)
    choice = choose(benchmark, verifiers, budget=budget)
    names = [verifier.name for verifier in choice.chosen]
    for verifier in choice.chosen:  # a release tells it long after the panel has another one
        keep_text(prompt_of(verifier))
    run = AuditRun.objects.create(
        benchmark=benchmark,
        verifiers=names,
        trigger=trigger,
        round=next_round(benchmark, fresh=fresh),
        budget=budget,
        panel=choice.panel,
        actor=actor.public_id,
    )
    chunks = list(_chunks(run))
    bulk_insert(Chunk, _CHUNK_FIELDS, chunks)
    record(
        "audit.started",
        actor=actor,
        benchmark=benchmark,
        subject=("run", run.public_id),
        data={"verifiers": names, "trigger": trigger, "chunks": len(chunks), "hosts": choice.hosts},
    )
    dispatch_run(run, len(chunks))
    if not chunks:
        finish_run(run_id=run.pk)
        run.refresh_from_db()
    return run


def _chunks(run: AuditRun) -> Iterator[tuple[object, ...]]:
    ids = list(
        Head.objects.filter(benchmark=run.benchmark, retired=False)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for number, start in enumerate(range(0, len(ids), CHUNK_SIZE), start=1):
        part = ids[start : start + CHUNK_SIZE]
        yield run.pk, number, part[0], part[-1], len(part), "waiting", "", "", 0, 0, 0, 0
