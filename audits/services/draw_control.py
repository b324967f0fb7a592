"""Draw the control sample of a run's benchmark, when the run ends."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from audits.control import DRAWN, borrowed, draw, sample_size, share_of
from audits.evidence import Policy
from audits.members import undecided
from audits.models import AuditRun, Case
from audits.selectors import current_policy
from audits.services.triage_instances import triage_instances
from audits.states import LIVE, Bucket, RunStatus
from registry.events import record
from registry.ids import new_id
from registry.models import Benchmark, Head
from registry.selectors import system_user
from submissions.models import Report
from submissions.states import ReportStatus

ENDED = (RunStatus.FINISHED, RunStatus.FAILED)


def draw_control(run: AuditRun) -> int:
    """Open cases for clear labels, as many as the policy's precision asks; return how many.

    Each round of audits draws anew from what was never drawn; a second run of a round, with the
    sample complete, draws none. The cases look like any other: what they are is on record in their
    `control` alone. Runs in the transaction that ends the run.
    """
    benchmark, policy = run.benchmark, current_policy(run.benchmark)
    rounds = AuditRun.objects.filter(benchmark=benchmark, status__in=ENDED).values("round")
    there = Case.objects.filter(benchmark=benchmark, control=True).count()
    missing = sample_size(policy.control_upper) * rounds.distinct().count() - there
    if missing <= 0:
        return 0
    labels = _clear(benchmark).values_list("revision__group", "instance__key")
    keys = draw(labels, missing, seed=policy.seed, round_number=run.round)
    heads = Head.objects.filter(benchmark=benchmark, instance__key__in=keys)
    locked = list(heads.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    # What became of them before the lock: another run, a report, a decision.
    chosen = _clear(benchmark).filter(pk__in=locked).values_list("pk", "instance__key")
    cases = _cases(run, policy, dict(chosen.order_by("pk")))
    Case.objects.bulk_create(cases, batch_size=1_000)
    if cases:
        record(
            "cases.triaged",
            actor=system_user(),
            benchmark=benchmark,
            subject=("run", run.public_id),
            data={"opened": len(cases), "closed": 0, "policy": policy.version},
        )
        drawn_now = [case.instance_id for case in cases]
        triage_instances(
            benchmark=benchmark, instance_ids=drawn_now, subject=("run", run.public_id)
        )
    return len(cases)


def _clear(benchmark: Benchmark) -> QuerySet[Head]:
    """Live labels of the clear bucket that no expert decided on, without a case, never drawn."""
    own = Case.objects.filter(instance=OuterRef("pk"))
    reported = Report.objects.filter(instance=OuterRef("pk"), status=ReportStatus.OPEN)
    clear = Q(instance__standing=None) | Q(
        instance__standing__bucket=Bucket.CLEAR, instance__standing__case=None
    )
    heads = undecided(Head.objects.filter(clear, benchmark=benchmark, retired=False))
    busy = own.filter(Q(status__in=LIVE) | Q(control=True))
    return heads.filter(~Exists(busy), ~Exists(reported))


def _cases(run: AuditRun, policy: Policy, keys: dict[int, str]) -> list[Case]:
    """Cases that stand among those of other labels, in the queue and in time."""
    others = Case.objects.filter(
        benchmark=run.benchmark, status__in=LIVE, control=False, instance__isnull=False
    )
    places = list(others.order_by("pk").values_list("priority", "score"))
    cases = []
    for instance, key in keys.items():
        chance = {"seed": policy.seed, "round_number": run.round, "key": key}
        priority, score = borrowed(places, **chance) or (0.0, 0.0)
        at = _moment(run, share_of(policy.seed, run.round, "moment", key))
        cases.append(
            Case(
                public_id=new_id(at),
                benchmark=run.benchmark,
                instance_id=instance,
                control=True,
                bucket=Bucket.CLEAR,
                score=score,
                priority=priority,
                reasons=[DRAWN],
                opened_at=at,
            )
        )
    return cases


def _moment(run: AuditRun, share: float) -> datetime:
    """A moment of the run, as every case that it opened has one."""
    end = run.finished_at or run.created_at
    return run.created_at + share * (end - run.created_at)
