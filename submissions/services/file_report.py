"""File one error report."""

from django.db import transaction
from django.utils import timezone
from errata.answers import UNANSWERABLE_TEXT
from errata.grading import Label, LabelChange, compare

from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.labels import label_of, proposed_label
from registry.locks import lock_head
from registry.models import Benchmark, Category, Head, Instance, User
from registry.permissions import require_reader, require_signed_in
from registry.selectors import preset_of
from submissions.models import Report
from submissions.states import ReportStatus

SAME = {LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE}
LIMIT = 20_000


@transaction.atomic
def file_report(
    *,
    actor: User,
    benchmark: Benchmark,
    instance: Instance,
    category: str,
    rationale: str,
    answer: str = "",
    evidence: str = "",
    seen_in: str = "",
) -> Report:
    """File a report on one label; `answer` is the proposed one, N/A for not computable.

    The same open report by the same author is returned as it is, so that a retry files nothing.
    """
    require_reader(actor, benchmark)
    require_signed_in(actor, "report an error")
    # A decision made at the same time is seen, and a retry sent at the same time.
    head = lock_head(instance)
    if head.retired:
        raise WrongState(f"{instance.key} is retired; there is no label left to report.")
    chosen = get_category(benchmark, category)
    text = _proposed(benchmark, head, answer)
    if not rationale.strip():
        raise InvalidInput("Say why the label is wrong: the rationale is empty.", field="rationale")
    for name, given in (("rationale", rationale), ("evidence", evidence)):
        if len(given) > LIMIT:
            raise InvalidInput(f"Shorten the {name}: it takes {LIMIT} characters.", field=name)
    same = Report.objects.filter(
        instance=instance,
        author=actor.public_id,
        status=ReportStatus.OPEN,
        answer=text,
        category=chosen,
    ).first()
    if same is not None:
        return same
    report = Report.objects.create(
        benchmark=benchmark,
        instance=instance,
        category=chosen,
        answer=text,
        rationale=rationale.strip(),
        evidence=evidence.strip(),
        seen_in=seen_in.strip()[:50],
        author=actor.public_id,
        created_at=timezone.now(),
    )
    record(
        "report.filed",
        actor=actor,
        benchmark=benchmark,
        subject=("report", report.public_id),
        data={"instance": instance.key, "category": category},
    )
    return report


def get_category(benchmark: Benchmark, code: str) -> Category:
    """A category that reports may use, or InvalidInput naming those there are."""
    found = benchmark.categories.filter(code=code, retired=False).first()
    if found is None:
        codes = ", ".join(benchmark.categories.filter(retired=False).values_list("code", flat=True))
        raise InvalidInput(
            f"'{code}' is no category here; choose one of {codes}.", field="category"
        )
    return found


def differs(old: Label, new: Label) -> bool:
    """Whether a proposed label says something that the current one does not."""
    return compare(old, new).change not in SAME


def _proposed(benchmark: Benchmark, head: Head, answer: str) -> str:
    """The proposed answer in stored form; empty where none is proposed."""
    if not answer.strip():
        return ""
    label = proposed_label(head.revision, answer, preset_of(benchmark))
    if not differs(label_of(head.revision), label):
        raise InvalidInput(
            f"The label already says that: it is {head.revision.answer}"
            + (" (unanswerable)" if head.revision.answer == UNANSWERABLE_TEXT else "")
            + ", and your answer counts as right. Propose another answer, or leave it empty and "
            "say what else is wrong.",
            code="no_difference",
            field="answer",
        )
    return label.text
