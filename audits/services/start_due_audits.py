"""Start the audits that are due: by date, new verifiers, reports, or odd new predictions."""

import logging
from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from errata.answers import UnreadableAnswer, parse_answer
from errata.grading import accepts

from audits.due import due_of, has_news, schedule_of
from audits.models import AuditRun
from audits.recurrence import odd_groups
from audits.selectors import running
from audits.services.set_schedule import keep_schedule
from audits.services.start_audit import start_audit
from audits.states import RunStatus
from registry.errors import ErrataError
from registry.labels import stored_label
from registry.models import Benchmark, Head
from registry.selectors import preset_of, system_user
from submissions.models import Prediction
from submissions.selectors import evidence_of

log = logging.getLogger(__name__)

_BROKEN_OFF = (RunStatus.STOPPED, RunStatus.FAILED)


def start_due_audits() -> list[AuditRun]:
    """Start one audit for each benchmark that is due and has none running; return them.

    Where the newest one was stopped, as by its budget, or failed, people decide whether it goes
    on: started over each hour it would pay for new samples each hour.
    A benchmark that was due and had nothing new stays due and is left alone until something
    happens to it. An audit by date is a fresh one: new samples, a larger control sample.
    """
    busy = set(running().values_list("benchmark", flat=True)) | _broken_off()
    heads = Head.objects.filter(retired=False).order_by()
    filled = set(heads.values_list("benchmark", flat=True).distinct())
    started = []
    for benchmark in Benchmark.objects.filter(pk__in=filled - busy).order_by("pk"):
        look_at_predictions(benchmark)
        due = due_of(benchmark)
        waits = due.schedule.nothing_new_at
        if not due.reasons or (waits and not has_news(benchmark, waits)):
            continue
        try:
            started.append(
                start_audit(
                    actor=system_user(),
                    benchmark=benchmark,
                    trigger=due.reasons[0][0],
                    fresh=due.overdue,
                    budget=due.schedule.budget,
                )
            )
        except ErrataError as error:  # One benchmark's settings must not hold up the others.
            log.warning("no scheduled audit of %s: %s", benchmark.slug, error.message)
    return started


def _broken_off() -> set[int]:
    """The benchmarks whose newest run was stopped or failed."""
    later = AuditRun.objects.filter(benchmark=OuterRef("benchmark"), pk__gt=OuterRef("pk"))
    broken = AuditRun.objects.filter(~Exists(later), status__in=_BROKEN_OFF)
    return set(broken.values_list("benchmark", flat=True))


def look_at_predictions(benchmark: Benchmark) -> str:
    """Look at the sets that speak and were not looked at; return what is odd about them, if so.

    In whichever order they were uploaded, published and admitted. The sentence stays on the
    schedule until an audit has looked at them.
    """
    schedule = schedule_of(benchmark)
    sets = evidence_of(benchmark).exclude(pk__in=schedule.judged_sets).order_by("pk")
    new = list(sets.values_list("pk", flat=True))
    if not new:
        return schedule.odd
    odd = [
        f"{one.group or 'no group'}: {one.disagree} of {one.total} new predictions disagree with "
        f"the label, {one.expected:.0%} elsewhere."
        for one in odd_groups(_graded(benchmark, new))[:3]
    ]
    told = " ".join(odd) or schedule.odd
    keep_schedule(schedule, odd=told, judged_sets=[*schedule.judged_sets, *new])
    return told


def _graded(benchmark: Benchmark, sets: list[int]) -> Iterator[tuple[str, bool]]:
    """Group, and whether the label accepts it, of each readable prediction on a live label."""
    words = preset_of(benchmark).unanswerable
    live = Prediction.objects.filter(prediction_set__in=sets, instance__head__retired=False)
    revision = "instance__head__revision__"
    rows = live.order_by("pk").values_list(
        "answer",
        *(revision + name for name in ("group", "content__kind", "answer", "limits")),
    )
    for text, group, kind, answer, limits in rows.iterator(chunk_size=2_000):
        try:
            given = parse_answer(text, kind, unanswerable=words)
        except UnreadableAnswer:
            continue  # also a choice written out: its letters are judged by the consensus
        yield group, accepts(stored_label(kind, answer, limits), given)
