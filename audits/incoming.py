"""What the rows of a file of reports come to, beside labels, reports and decisions.

The preview, the filing, the command and the API sort rows here, so that all say the same of a row.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from errata.answers import UNANSWERABLE_TEXT, Answer, parse_answer, print_answer
from errata.grading import Label

from audits.models import Decision
from audits.states import Outcome
from registry.importers.base import BadRecord
from registry.importers.heads import Heads
from registry.importers.rows import Row
from registry.labels import label_of, read_label
from registry.models import Benchmark, Category, Head, User
from registry.presets import Names, Preset
from registry.selectors import documents, preset_of
from submissions.models import Report
from submissions.services.file_report import LIMIT, differs
from submissions.states import ReportStatus, RowState

# The columns of a report beside the instance's and the answer's; a preset may name others.
COLUMNS: dict[str, Names] = {
    "category": ("error_category",),
    "rationale": ("rationale",),
    "evidence": ("evidence",),
}
_TOLD = 3  # answers of the reports that a row joins
Claim = tuple[int, str]  # instance, answer in canonical form


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a row that could be read proposes for a label."""

    head: Head
    label: Label
    category: Category
    rationale: str
    evidence: str

    def report(self, *, author: User, at: datetime, seen_in: str = "") -> Report:
        """The report that it makes, not saved."""
        return Report(
            benchmark_id=self.head.benchmark_id,
            instance_id=self.head.pk,
            category=self.category,
            answer=self.label.text,
            rationale=self.rationale,
            evidence=self.evidence,
            seen_in=seen_in[:50],
            author=author.public_id,
            created_at=at,
        )


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a row comes to.

    `said` is why, where the state alone does not tell; `field` the column to mend; `about` the
    public id of the report or decision that is there already.
    """

    line: int
    state: RowState
    said: str = ""
    field: str = ""
    about: str = ""
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """An open or declined report, as far as rows are compared with it."""

    public_id: str
    author: str
    status: str
    answer: str
    resolved_at: datetime


def report_form(preset: Preset) -> Preset:
    """A preset's view of a file of reports: instance, answer, category, rationale, evidence."""
    meta = COLUMNS | dict(preset.reports)
    return replace(preset, inputs={}, derivation={}, meta=meta, values={})


class Sorting:
    """Sorts the rows of one person's file, part by part, in a fixed number of queries each.

    `form` is the file's `report_form`. `upstream` is the alias space of the rows' ids, for rows
    without a key; `reason` speaks for rows without one. `claims` says on which line each proposal
    stood first.
    """

    def __init__(
        self,
        author: User,
        benchmark: Benchmark,
        form: Preset,
        *,
        upstream: str = "",
        reason: str = "",
    ) -> None:
        self.author, self.benchmark, self.form = author, benchmark, form
        self.upstream, self.reason = upstream, reason.strip()
        self.rules = preset_of(benchmark)
        self.categories = {each.code: each for each in benchmark.categories.filter(retired=False)}
        self.claims: dict[Claim, int] = {}

    def sort(self, rows: Sequence[Row | BadRecord]) -> list[Sorted]:
        """What each of the rows comes to, in their order."""
        heads = Heads(
            self.benchmark, [row for row in rows if isinstance(row, Row)], align=self.upstream
        )
        matched = [self._matched(row, heads) for row in rows]
        choices = _choices([each for each in matched if isinstance(each, Head)])
        read = [
            self._read(row, each, choices) if isinstance(each, Head) else each
            for row, each in zip(rows, matched, strict=True)
        ]
        new = [each.proposal.head for each in read if each.proposal and each.state == RowState.NEW]
        reports, decided = _reports(new), decisions_behind(new)
        return [
            self._beside(each, each.proposal, reports, decided)
            if each.proposal and each.state == RowState.NEW
            else each
            for each in read
        ]

    def _matched(self, row: Row | BadRecord, heads: Heads) -> Sorted | Head:
        """The head of the instance that a row names."""
        if isinstance(row, BadRecord):
            return Sorted(row.line, RowState.UNREADABLE, row.message, row.field)
        by_id = row.key is None and bool(self.upstream)
        field, name = ("id", row.id) if by_id else ("key", row.key)
        if not name:
            columns = self.form.columns.get("id", ()) if by_id else self.form.key
            said = f"is missing, so no instance is named; fill in {' and '.join(columns)}"
            return Sorted(row.line, RowState.UNREADABLE, said, field)
        head = heads.by_id.get(name) if by_id else heads.by_key.get(name)
        if head is None:
            space = f"{self.upstream}:" if by_id else ""
            said = f"there is no instance '{space}{name}'"
            return Sorted(row.line, RowState.UNKNOWN, said, field)
        if head.retired:
            said = f"{head.instance.key} is retired; there is no label left to report"
            return Sorted(row.line, RowState.UNREADABLE, said, field)
        return head

    def _read(self, row: Row, head: Head, choices: Mapping[str, tuple[str, ...]]) -> Sorted:
        """What the row proposes: something new, or what the label says."""
        try:
            label = self._label(row, head, choices.get(head.revision.content_id, ()))
            category = self._category(row, label)
            rationale = (row.meta.get("rationale") or "").strip() or self.reason
            evidence = (row.meta.get("evidence") or "").strip()
            _check_texts(row.line, rationale=rationale, evidence=evidence)
        except BadRecord as error:
            return Sorted(row.line, RowState.UNREADABLE, error.message, error.field)
        state = RowState.NEW if differs(label_of(head.revision), label) else RowState.EQUAL
        proposal = Proposal(head, label, category, rationale, evidence)
        return Sorted(row.line, state, proposal=proposal)

    def _label(self, row: Row, head: Head, choices: Sequence[str]) -> Label:
        if not row.answer:
            raise BadRecord(row.line, "answer", "is empty; give one, or N/A for not computable")
        try:
            return read_label(row.answer, head.revision.content.kind, self.rules, choices=choices)
        except ValueError as error:
            raise BadRecord(row.line, "answer", str(error)) from error

    def _category(self, row: Row, label: Label) -> Category:
        """The row's category; without one, what the proposal itself tells."""
        code = row.meta.get("category")
        if not code:
            code = "not_computable" if label.answer.unanswerable else "other"
            code = code if code in self.categories else next(reversed([*self.categories]), code)
        if code not in self.categories:
            codes = ", ".join(self.categories)
            said = f"'{code[:50]}' is no category here; choose one of {codes}"
            raise BadRecord(row.line, "category", said)
        return self.categories[code]

    def _beside(
        self,
        row: Sorted,
        proposal: Proposal,
        reports: Mapping[int, Sequence[_Known]],
        decided: Mapping[int, str],
    ) -> Sorted:
        """The row beside the reports and decisions that there are."""
        head, answer = proposal.head, proposal.label.answer
        known = reports.get(head.pk, ())
        same = [each for each in known if _says(each.answer, answer)]
        for each in same:
            if each.status == ReportStatus.OPEN and each.author == self.author.public_id:
                return replace(row, state=RowState.REPORTED, about=each.public_id)
        first = self.claims.setdefault((head.pk, print_answer(answer)), row.line)
        if first != row.line:
            return replace(row, state=RowState.REPEATED, said=f"line {first} says the same")
        for each in same:
            if each.status == ReportStatus.DECLINED and each.resolved_at >= head.revision.at:
                return replace(row, state=RowState.DECLINED, about=each.public_id)
        if head.pk in decided:
            return replace(row, state=RowState.DECIDED, about=decided[head.pk])
        others = [each for each in known if each.status == ReportStatus.OPEN]
        return replace(row, state=RowState.JOINS, said=_proposed(others)) if others else row


def decisions_behind(heads: Sequence[Head]) -> dict[int, str]:
    """By instance, the public id of the last decision by which its label stands as it is."""
    decisions = Decision.objects.filter(after__in=[head.revision_id for head in heads])
    standing = decisions.exclude(outcome=Outcome.FLAWED).order_by("pk")
    return dict(standing.values_list("instance_id", "public_id"))


def _check_texts(line: int, *, rationale: str, evidence: str) -> None:
    if not rationale:
        raise BadRecord(line, "rationale", "is empty; say why the label is wrong")
    for name, text in (("rationale", rationale), ("evidence", evidence)):
        if len(text) > LIMIT:
            raise BadRecord(line, name, f"is over {LIMIT} characters; shorten it")


def _reports(heads: Sequence[Head]) -> dict[int, list[_Known]]:
    """The open and declined reports on each instance, oldest first."""
    rows = Report.objects.filter(
        instance__in=[head.pk for head in heads],
        status__in=(ReportStatus.OPEN, ReportStatus.DECLINED),
    )
    columns = ("public_id", "author", "status", "answer", "resolved_at")
    found: dict[int, list[_Known]] = defaultdict(list)
    for instance, *values in rows.order_by("pk").values_list("instance_id", *columns):
        found[instance].append(_Known(*values))
    return found


def _says(text: str, answer: Answer) -> bool:
    """Whether a report's answer (empty where it proposes none) is this one."""
    try:
        return bool(text) and parse_answer(text, answer.kind, unanswerable=()) == answer
    except ValueError:  # of another kind, from before the item was reworded
        return False


def _proposed(reports: Sequence[_Known]) -> str:
    """What reports propose, in a few words; empty where they propose nothing."""
    answers = dict.fromkeys(each.answer for each in reports if each.answer)
    told = ["not computable" if each == UNANSWERABLE_TEXT else each[:50] for each in answers]
    more = [f"{len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return f"they propose {', '.join(told[:_TOLD] + more)}" if told else ""


def _choices(heads: Sequence[Head]) -> dict[str, tuple[str, ...]]:
    digests = {h.revision.content_id for h in heads if h.revision.content.kind == "choice"}
    return {
        digest: tuple(document["inputs"].get("choices", ()))
        for digest, document in documents(digests).items()
    }
