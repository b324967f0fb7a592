"""What a decision would write, shown before it is saved."""

from collections.abc import Iterable
from dataclasses import dataclass

from errata.answers import UNANSWERABLE_TEXT
from errata.grading import Label, LabelChange, accepts, compare, same_answer

from audits.models import Case, Verdict
from audits.services.claim_case import require_single
from audits.states import Outcome
from audits.voices import voices_of
from registry.errors import InvalidInput
from registry.labels import label_of, proposed_label
from registry.models import Head, Revision
from registry.selectors import preset_of
from submissions.models import Report
from submissions.states import ReportStatus

REPORT = "a report"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that somebody or something proposes, and who."""

    answer: str
    source: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The label that a decision would leave, and candidates whose exact value it may mean."""

    label: Label
    by_rule: bool
    change: LabelChange
    offers: tuple[Candidate, ...]


def preview_decision(
    *, case: Case, outcome: str, answer: str = "", lower: str = "", upper: str = ""
) -> Preview:
    """Work a decision out without writing anything; raises InvalidInput as deciding would."""
    require_single(case)
    revision = Head.objects.select_related("revision__content").get(pk=case.instance_id).revision
    label, by_rule = decided_label(
        case, revision, outcome=outcome, answer=answer, lower=lower, upper=upper
    )
    offers = tuple(
        candidate
        for candidate in candidates(case)
        if outcome == Outcome.CORRECT and may_mean(case, revision, label, candidate)
    )
    return Preview(label, by_rule, compare(label_of(revision), label).change, offers)


def decided_label(
    case: Case, revision: Revision, *, outcome: str, answer: str, lower: str, upper: str
) -> tuple[Label, bool]:
    """The label after a decision, and whether its limits come from the preset's rule."""
    old = label_of(revision)
    if outcome in (Outcome.CONFIRM, Outcome.FLAWED):
        if answer or lower or upper:
            raise InvalidInput("This outcome leaves the label as it is; give no answer or limits.")
        return old, False
    if outcome == Outcome.NOT_COMPUTABLE:
        if answer.strip() not in ("", UNANSWERABLE_TEXT) or lower or upper:
            raise InvalidInput("An answer or limits contradict 'not computable'; clear them.")
        return _changed(old, _as_label(case, revision, UNANSWERABLE_TEXT)), True
    if outcome == Outcome.RANGE:
        return _changed(old, _range(case, revision, old, answer, lower, upper)), False
    if outcome != Outcome.CORRECT:
        raise InvalidInput(f"'{outcome}' is no outcome; choose one of {', '.join(Outcome.values)}.")
    if not answer.strip():
        raise InvalidInput("Give the right answer.", field="answer")
    label = _as_label(case, revision, answer, lower, upper)
    if label.answer.unanswerable:
        raise InvalidInput("For an unanswerable item choose the outcome 'not computable'.")
    return _changed(old, _inside(label)), not (lower or upper)


def candidates(case: Case) -> list[Candidate]:
    """Answers proposed by open reports and by objections to the current label, each once."""
    head = Head.objects.get(pk=case.instance_id)
    reports = Report.objects.filter(instance=case.instance_id, status=ReportStatus.OPEN)
    reports = reports.order_by("pk")
    voices = voices_of(case.benchmark, head.revision_id)
    named = [(answer, REPORT) for answer in reports.values_list("answer", flat=True)]
    named += [(v.answer, v.verifier) for v in voices if v.verdict == Verdict.OBJECT]
    return _once((answer, source) for answer, source in named if answer)


def _once(named: Iterable[tuple[str, str]]) -> list[Candidate]:
    first: dict[str, str] = {}
    for answer, source in named:
        first.setdefault(answer, source)
    return [Candidate(answer, source) for answer, source in first.items()]


def _as_label(
    case: Case, revision: Revision, answer: str, lower: str = "", upper: str = ""
) -> Label:
    return proposed_label(revision, answer, preset_of(case.benchmark), lower=lower, upper=upper)


def _range(
    case: Case, revision: Revision, old: Label, answer: str, lower: str, upper: str
) -> Label:
    """A range keeps the old answer if it lies inside and no other is given."""
    if not (lower.strip() and upper.strip()):
        raise InvalidInput("A range needs a lower and an upper limit.", field="lower")
    if not answer.strip() and old.answer.unanswerable:
        raise InvalidInput("Give the best answer within the range as well.", field="answer")
    return _inside(_as_label(case, revision, answer.strip() or old.text, lower, upper))


def _inside(label: Label) -> Label:
    """The label, unless its own limits refuse its answer."""
    if not accepts(label, label.answer):
        raise InvalidInput(
            f"{label.text} lies outside the range; give the best answer within it.", field="answer"
        )
    return label


def _changed(old: Label, new: Label) -> Label:
    step = compare(old, new)
    if step.change in (LabelChange.IDENTICAL, LabelChange.REFORMATTED) and not step.limits_changed:
        raise InvalidInput(
            f"The label already says {old.text} with these limits; choose 'confirm' instead.",
            code="no_difference",
        )
    return new


def may_mean(case: Case, revision: Revision, label: Label, candidate: Candidate) -> bool:
    """Whether a given answer may stand for a candidate's exact value."""
    try:
        exact = _as_label(case, revision, candidate.answer)
    except InvalidInput:  # proposed for a label of another kind, or by a careless verifier
        return False
    return not same_answer(label.answer, exact.answer) and accepts(exact, label.answer)
