"""File many reports from one file: every row that proposes another answer than the label's."""

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from audits.incoming import Sorting, report_form
from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.importers.base import Problems, Progress, no_progress, open_source
from registry.importers.rows import Row, check_columns, each_row
from registry.locks import lock_benchmark
from registry.models import Benchmark, Role, User
from registry.permissions import require_role
from registry.presets import Preset
from submissions.models import Report
from submissions.states import TO_FILE, RowState

CHUNK = 1_000
# The states that leave a row out, as counts name them.
LEFT_OUT = {
    RowState.EQUAL: "no_difference",
    RowState.REPORTED: "already_reported",
    RowState.REPEATED: "already_reported",
    RowState.DECLINED: "declined_before",
    RowState.DECIDED: "already_decided",
}


def import_reports(
    *,
    actor: User,
    benchmark: Benchmark,
    path: Path,
    preset: Preset,
    upstream: str = "",
    progress: Progress = no_progress,
) -> dict[str, int]:
    """File the rows of a file as reports and return counts: rows, filed, and those of LEFT_OUT.

    Rows find their instance by key, or by id in the alias space `upstream`. A row that says what
    the label says, or what was reported, declined or decided before, is counted, not filed. One
    row that cannot be read, or that names no instance, refuses the whole file.
    """
    require_role(actor, benchmark, Role.CONTRIBUTOR, "report in bulk")
    states: Counter[str] = Counter()
    sorting = _sorting(actor, benchmark, path, preset, upstream)
    rows = _rows_to_file(sorting, path, states, progress)
    if not (states or rows):
        raise InvalidInput(f"{path.name} has no rows; nothing was filed.", code="no_rows")
    with transaction.atomic():
        # No label moves from here on, and of two uploads of a file at once one finds the other's.
        lock_benchmark(benchmark.pk)
        again = _sorting(actor, benchmark, path, preset, upstream)
        _file(again, rows, states)
        counts = counted(states)
        if counts["filed"]:
            record(
                "reports.imported",
                actor=actor,
                benchmark=benchmark,
                subject=("benchmark", benchmark.slug),
                data={"file": path.name, **counts},
            )
    return counts


def counted(states: Mapping[str, int]) -> dict[str, int]:
    """What commands, API and events tell of the states that rows came to."""
    counts = {"rows": sum(states.values()), "filed": states.get(RowState.FILED, 0)}
    for state, name in LEFT_OUT.items():
        counts[name] = counts.get(name, 0) + states.get(state, 0)
    return counts


def _sorting(
    actor: User, benchmark: Benchmark, path: Path, preset: Preset, upstream: str
) -> Sorting:
    reason = f"Proposed by the file {path.name}."
    return Sorting(actor, benchmark, report_form(preset), upstream=upstream, reason=reason)


def _rows_to_file(
    sorting: Sorting, path: Path, states: Counter[str], progress: Progress
) -> list[Row]:
    """The rows that would be filed; the states of the others are counted."""
    problems, to_file = Problems(path.name), []
    with open_source(path, progress) as source:
        check_columns(source, sorting.form, aligned=bool(sorting.upstream))
        rows = each_row(source, sorting.form)
        while part := list(islice(rows, CHUNK)):
            for row, found in zip(part, sorting.sort(part), strict=True):
                if found.field:
                    problems.add(found.line, found.field, found.said)
                elif found.state in TO_FILE and isinstance(row, Row):
                    to_file.append(row)
                else:
                    states[found.state] += 1
    problems.refuse()
    return to_file


def _file(sorting: Sorting, rows: list[Row], states: Counter[str]) -> None:
    """File those of the rows that still are to be filed, under the benchmark's lock."""
    at = timezone.now()
    for start in range(0, len(rows), CHUNK):
        reports = []
        for found in sorting.sort(rows[start : start + CHUNK]):
            if found.field:
                raise WrongState(
                    f"Line {found.line}, {found.field}: {found.said}, since the file was read. "
                    "Run the same command again.",
                    code="label_moved",
                )
            if found.state in TO_FILE and found.proposal:
                reports.append(
                    found.proposal.report(author=sorting.author, at=at, seen_in=sorting.upstream)
                )
            states[RowState.FILED if found.state in TO_FILE else found.state] += 1
        Report.objects.bulk_create(reports, batch_size=CHUNK)
