"""File many reports from one file: every row that proposes another answer than the label's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.importers.base import BadRecord, Problems, Progress, no_progress, open_source
from registry.importers.heads import Heads
from registry.importers.rows import Row, check_columns, read_rows
from registry.labels import label_of, read_label
from registry.locks import lock_benchmark
from registry.models import Benchmark, Category, Head, Role, User
from registry.permissions import require_role
from registry.presets import Preset
from registry.selectors import documents, preset_of
from submissions.models import Report
from submissions.services.file_report import LIMIT, differs, get_category
from submissions.states import ReportStatus

CHUNK = 1_000


def import_reports(
    *,
    actor: User,
    benchmark: Benchmark,
    path: Path,
    preset: Preset,
    upstream: str = "",
    progress: Progress = no_progress,
) -> dict[str, int]:
    """File the rows of a file as reports and return counts: rows, filed, no_difference and
    already_reported.

    Rows find their instance by key, or by id in the alias space `upstream`. A row that proposes
    what the label already says is counted, not filed. One unreadable row refuses the whole file.
    """
    require_role(actor, benchmark, Role.CONTRIBUTOR, "report in bulk")
    problems = Problems(path.name)
    reading = _Reading(actor, benchmark, path.name, upstream, problems)
    form = replace(preset, inputs={}, derivation={}, meta=preset.reports, values={})
    with open_source(path, progress) as source:
        check_columns(source, form, aligned=bool(upstream))
        rows = read_rows(source, form, problems)
        reports = list(reading.reports(rows))
    problems.refuse()
    if not reading.counts["rows"]:
        raise InvalidInput(f"{path.name} has no rows; nothing was filed.", code="no_rows")
    with transaction.atomic():
        # Two uploads of the same file at once file it once, and no label moves from here on.
        lock_benchmark(benchmark.pk)
        fresh = [report for report in reports if reading.is_new(report)]
        reading.require_unmoved(fresh)
        Report.objects.bulk_create(fresh, batch_size=CHUNK)
        reading.counts["filed"] = len(fresh)
        counts = {name: reading.counts[name] for name in _COUNTS}
        if fresh:
            record(
                "reports.imported",
                actor=actor,
                benchmark=benchmark,
                subject=("benchmark", benchmark.slug),
                data={"file": path.name, **counts},
            )
    return counts


_COUNTS = ("rows", "filed", "no_difference", "already_reported")


class _Reading:
    def __init__(
        self, actor: User, benchmark: Benchmark, file: str, upstream: str, problems: Problems
    ) -> None:
        self.actor, self.benchmark, self.file = actor, benchmark, file
        self.upstream, self.problems = upstream, problems
        self.rules, self.at = preset_of(benchmark), timezone.now()
        self.counts: Counter[str] = Counter()
        self.categories: dict[str, Category] = {}
        self.heads: dict[int, int] = {}  # what was reported, by instance: the revision seen
        self.known: set[tuple[int, str, int]] | None = None

    def reports(self, rows: Iterator[Row]) -> Iterator[Report]:
        """The reports that the rows make, each checked, none saved."""
        while chunk := list(islice(rows, CHUNK)):
            heads = Heads(self.benchmark, chunk, align=self.upstream)
            matched: list[tuple[Row, Head]] = []
            for row in chunk:
                self.counts["rows"] += 1
                try:
                    matched.append((row, self._head(heads, row)))
                except BadRecord as error:
                    self.problems.add(error.line, error.field, error.message)
            choices = _choices([head for _, head in matched])
            for row, head in matched:
                try:
                    report = self._report(row, head, choices.get(head.revision.content_id, ()))
                except InvalidInput as error:
                    self.problems.add(row.line, error.details.get("field", "answer"), str(error))
                except ValueError as error:
                    self.problems.add(row.line, "answer", str(error))
                else:
                    yield from [report] if report else []

    def _head(self, heads: Heads, row: Row) -> Head:
        head = heads.of(row)
        if head is None:
            raise BadRecord(row.line, "key", f"there is no instance '{row.key}'")
        if head.retired:
            raise BadRecord(row.line, "key", f"{head.instance.key} is retired")
        return head

    def _report(self, row: Row, head: Head, choices: tuple[str, ...]) -> Report | None:
        label = read_label(row.answer, head.revision.content.kind, self.rules, choices=choices)
        if not differs(label_of(head.revision), label):
            self.counts["no_difference"] += 1
            return None
        rationale = row.meta.get("rationale") or f"Proposed by the file {self.file}."
        if len(rationale) > LIMIT:
            raise InvalidInput(f"is over {LIMIT} characters", field="rationale")
        self.heads[head.pk] = head.revision_id
        return Report(
            benchmark=self.benchmark,
            instance=head.instance,
            category=self._category(row.meta.get("category"), label.answer.unanswerable),
            answer=label.text,
            rationale=rationale,
            seen_in=self.upstream[:50],
            author=self.actor.public_id,
            created_at=self.at,
        )

    def _category(self, code: str | None, unanswerable: bool) -> Category:
        """The row's category; without one, what the proposal itself tells."""
        if not code:
            codes = self.rules.categories
            default = "not_computable" if unanswerable else "other"
            code = default if default in codes else next(reversed(list(codes)), "other")
        if code not in self.categories:
            self.categories[code] = get_category(self.benchmark, code)
        return self.categories[code]

    def is_new(self, report: Report) -> bool:
        """Whether the author has no such open report yet; counts those that are there."""
        if self.known is None:
            open_ones = Report.objects.filter(
                benchmark=self.benchmark, author=self.actor.public_id, status=ReportStatus.OPEN
            )
            self.known = set(open_ones.values_list("instance_id", "answer", "category_id"))
        name = (report.instance_id, report.answer, report.category_id)
        if name in self.known:
            self.counts["already_reported"] += 1
            return False
        self.known.add(name)
        return True

    def require_unmoved(self, reports: list[Report]) -> None:
        """Refuse if a label to be reported moved or went since the file was read."""
        ids = [report.instance_id for report in reports]
        for start in range(0, len(ids), CHUNK):
            part = set(ids[start : start + CHUNK])
            heads = Head.objects.filter(pk__in=part, retired=False)
            seen = {(pk, self.heads[pk]) for pk in part}
            if set(heads.values_list("pk", "revision")) != seen:
                raise WrongState(
                    "A label changed while the file was read. Run the same command again.",
                    code="label_moved",
                )


def _choices(heads: list[Head]) -> dict[str, tuple[str, ...]]:
    digests = {h.revision.content_id for h in heads if h.revision.content.kind == "choice"}
    return {
        digest: tuple(document["inputs"].get("choices", ()))
        for digest, document in documents(digests).items()
    }
