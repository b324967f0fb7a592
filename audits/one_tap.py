"""What an expert's blind answer comes to once the label is shown: the decision it proposes."""

from dataclasses import dataclass

from errata.answers import UNANSWERABLE_TEXT
from errata.grading import Label, Limits, accepts, same_answer

from audits.models import Case, Opinion
from audits.services.preview_decision import REPORT, Candidate, candidates, may_mean
from audits.states import First, Outcome
from registry.errors import InvalidInput
from registry.labels import label_of, proposed_label
from registry.models import Revision
from registry.selectors import preset_of, texts
from submissions.models import Report
from submissions.states import ReportStatus


@dataclass(frozen=True, slots=True)
class Proposal:
    """The fields of the decision, filled in, and a sentence that says how they came about."""

    fields: dict[str, str]
    sentence: str


def proposal_of(case: Case, revision: Revision, first: Opinion) -> Proposal:
    """Confirm where the label accepts the blind answer; else a candidate that it matches; else it.

    `revision` is the label now, with its content.
    """
    fields = {
        "rationale": texts([first.rationale]).get(first.rationale, ""),
        "category": first.category.code if first.category else "",
    }
    if is_right(first, revision, case):
        return Proposal(
            {"outcome": Outcome.CONFIRM, "rationale": fields["rationale"]},
            "Your first answer counts as right by the label.",
        )
    if first.outcome == First.NOT_COMPUTABLE:
        fields["outcome"] = Outcome.NOT_COMPUTABLE
        fields["category"] = fields["category"] or _category(case, UNANSWERABLE_TEXT)
        return Proposal(fields, "Your first answer differs from the label.")
    if first.outcome == First.RANGE:
        bounds = Limits.from_json(first.limits).to_dict()
        fields |= {"outcome": Outcome.RANGE, "answer": first.answer, **bounds}
        return Proposal(fields, "Your range differs from what counts as right now.")
    matching = _matching(case, revision, first)
    answer = matching.answer if matching else first.answer
    fields |= {"outcome": Outcome.CORRECT, "answer": answer}
    if matching is None:
        return Proposal(fields, "Your first answer differs from the label and from all candidates.")
    if matching.source == REPORT:
        fields["category"] = fields["category"] or _category(case, answer)
    source = matching.source.replace("_", " ")
    return Proposal(fields, f"Your first answer matches {answer}, which {source} proposes.")


def is_right(first: Opinion, revision: Revision, case: Case) -> bool:
    """Whether a blind answer counts as right by the label of a revision (with its content)."""
    label = label_of(revision)
    if first.outcome == First.NOT_COMPUTABLE or label.answer.unanswerable:
        return first.outcome == First.NOT_COMPUTABLE and label.answer.unanswerable
    if first.outcome == First.RANGE:
        return label.limits.to_json() == first.limits
    return accepts(label, _read(case, revision, first.answer).answer)


def _matching(case: Case, revision: Revision, first: Opinion) -> Candidate | None:
    """The first candidate with the same answer, or the only one whose limits it lies within."""
    mine, near = _read(case, revision, first.answer), []
    for candidate in candidates(case):
        try:
            theirs = _read(case, revision, candidate.answer)
        except InvalidInput:
            continue
        if same_answer(mine.answer, theirs.answer):
            return candidate
        if may_mean(case, revision, mine, candidate):
            near.append(candidate)
    return near[0] if len(near) == 1 else None


def _category(case: Case, answer: str) -> str:
    """What the reports that propose this answer call the error, if they agree."""
    reports = Report.objects.filter(instance=case.instance_id, status=ReportStatus.OPEN)
    codes = set(reports.filter(answer=answer).values_list("category__code", flat=True))
    return codes.pop() if len(codes) == 1 else ""


def _read(case: Case, revision: Revision, answer: str) -> Label:
    return proposed_label(revision, answer, preset_of(case.benchmark))
