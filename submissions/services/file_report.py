"""File one error report."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from errata.answers import UNANSWERABLE_TEXT
from errata.grading import Label, LabelChange, compare

from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.labels import label_of, proposed_label
from registry.locks import lock_benchmark, lock_head
from registry.models import Benchmark, Category, Head, Instance, User
from registry.permissions import require_reader, require_signed_in
from registry.selectors import preset_of
from submissions.models import Report
from submissions.reopening import require_reopenable
from submissions.spans import find_spans
from submissions.states import ReportStatus

SAME = {LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE}
LIMIT = 20_000


@transaction.atomic
def file_report(
    *,
    actor: User,
    benchmark: Benchmark,
    category: str,
    rationale: str,
    instance: Instance | None = None,
    group: str = "",
    answer: str = "",
    evidence: str = "",
    seen_in: str = "",
    spans: Sequence[Mapping[str, Any]] = (),
    affects_model: bool = False,
    reopens: Report | None = None,
) -> Report:
    """File a report on one label, or on all labels of a `group`, which gives no answer.

    `answer` is the proposed one, N/A for not computable; `spans` quote the inputs (`find_spans`);
    `reopens` is a declined report of the author's that there is new evidence for. The same open
    report by the same author is returned as it is, so that a retry files nothing.
    """
    require_reader(actor, benchmark)
    require_signed_in(actor, "report an error")
    # A decision made at the same time is seen, and a retry sent at the same time.
    head = _lock(benchmark, instance, group)
    chosen = get_category(benchmark, category)
    require_texts(rationale=rationale, evidence=evidence)
    text = _proposed(benchmark, head, answer)
    same = Report.objects.filter(
        benchmark=benchmark,
        instance=instance,
        group=group,
        author=actor.public_id,
        status=ReportStatus.OPEN,
        answer=text,
        category=chosen,
    ).first()
    if same is not None:
        return same
    places = find_spans(head.revision if head else None, spans)
    if reopens is not None:
        require_reopenable(actor, reopens, instance, group, evidence, places)
    report = Report.objects.create(
        benchmark=benchmark,
        instance=instance,
        group=group,
        category=chosen,
        answer=text,
        rationale=rationale.strip(),
        evidence=evidence.strip(),
        spans=places,
        affects_model=affects_model,
        reopens=reopens,
        seen_in=seen_in.strip()[:50],
        author=actor.public_id,
        created_at=timezone.now(),
    )
    about = {"instance": instance.key} if instance else {"group": group}
    record(
        "report.filed",
        actor=actor,
        benchmark=benchmark,
        subject=("report", report.public_id),
        data={**about, "category": category},
    )
    if reopens is not None:
        record(
            "report.reopened",
            actor=actor,
            benchmark=benchmark,
            subject=("report", reopens.public_id),
            data={**about, "as": report.public_id},
        )
    return report


def _lock(benchmark: Benchmark, instance: Instance | None, group: str) -> Head | None:
    """Lock what the report is about; the head of a single label."""
    if (instance is None) == (not group):
        raise InvalidInput("Name an instance or a group, one of them.", field="instance")
    if instance is not None:
        head = lock_head(instance)
        if head.retired:
            raise WrongState(f"{instance.key} is retired; there is no label left to report.")
        return head
    lock_benchmark(benchmark.pk)
    labels = Head.objects.filter(benchmark=benchmark, retired=False, revision__group=group)
    if not labels.exists():
        raise InvalidInput(
            f"{benchmark.slug} has no labels in a group '{group[:80]}'; copy its name from an "
            "instance's page.",
            code="no_group",
            field="group",
        )
    return None


def require_texts(*, rationale: str, evidence: str) -> None:
    """Refuse a report without a reason, or with more text than anybody reads."""
    if not rationale.strip():
        raise InvalidInput("Say why the label is wrong: the rationale is empty.", field="rationale")
    for name, given in (("rationale", rationale), ("evidence", evidence)):
        if len(given) > LIMIT:
            raise InvalidInput(f"Shorten the {name}: it takes {LIMIT} characters.", field=name)


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


def _proposed(benchmark: Benchmark, head: Head | None, answer: str) -> str:
    """The proposed answer in stored form; empty where none is proposed."""
    if not answer.strip():
        return ""
    if head is None:
        raise InvalidInput(
            "A report on a whole group proposes no single answer; say in the reason how all of "
            "its labels come about wrongly.",
            field="answer",
        )
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
