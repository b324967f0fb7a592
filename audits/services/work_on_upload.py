"""Check an uploaded file, or file its rows: by one worker at a time, and once, whoever dies.

Every chunk is one transaction, which also says how far the work is. So a worker that is killed
loses the chunk it was at, and the next one goes on there.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from audits.incoming import Sorted, Sorting, report_form
from audits.services.import_reports import counted
from audits.services.keep_upload import drop_file, file_of
from audits.services.submit_upload import require_own
from registry.errors import ErrataError, InvalidInput, NotFound
from registry.events import record
from registry.importers.base import BadRecord, open_source
from registry.importers.rows import Row, check_columns, each_row
from registry.locks import lock_benchmark
from registry.models import User
from registry.selectors import preset_of
from submissions.models import Report, Upload, UploadRow
from submissions.states import TO_FILE, RowState

LEASE = timedelta(seconds=60)
TRIES = 5  # claims in a row without a chunk done
MOST = 100_000  # rows of a file
READ, FILED = 1_000, 50  # rows of a chunk that is checked, that is filed
_SHOWN = 1_000  # characters of an answer that cannot be filed


class _Lost(Exception):
    """Somebody else is at the upload, or it is gone."""


def waiting_uploads() -> QuerySet[Upload]:
    """The uploads to check or to file that nobody is at."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    work = Q(checked_at=None) | Q(submitted_at__isnull=False)
    return Upload.objects.filter(free & work, finished_at=None)


def work_on_upload(upload_id: int) -> None:
    """Check an upload, or file its rows once it is submitted, unless somebody else is at it."""
    mine = waiting_uploads().filter(pk=upload_id)
    if not mine.update(lease_until=Now() + LEASE, claims=F("claims") + 1):
        return
    upload = Upload.objects.select_related("benchmark").filter(pk=upload_id).first()
    with suppress(_Lost):
        if upload is not None:
            _work(upload)


def _work(upload: Upload) -> None:
    try:
        author = _author(upload)
        if upload.checked_at is None:
            _check(author, upload)
        else:
            while _file_some(author, upload):
                pass
    except ErrataError as error:
        _finish(upload, refused=error.message)
        drop_file(upload)


def _author(upload: Upload) -> User:
    if upload.claims > TRIES:
        raise InvalidInput(
            f"The worker ended {TRIES} times at this file. Ask who runs this hub.", code="given_up"
        )
    author = User.objects.filter(public_id=upload.author).first()
    if author is None:
        raise NotFound("Who sent the file has no account any more.", code="no_user")
    require_own(author, upload)
    return author


def _check(author: User, upload: Upload) -> None:
    """Keep what each row of the file comes to; from the start, if a worker died at it."""
    form = report_form(preset_of(upload.benchmark))
    sorting = Sorting(
        author, upload.benchmark, form, upstream=upload.upstream, reason=upload.reason
    )
    _start_anew(upload)
    number = read = 0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal read
        read = done

    with open_source(file_of(upload), progress) as source:
        check_columns(source, form, aligned=bool(upload.upstream))
        rows = each_row(source, form)
        while part := list(islice(rows, READ)):
            if number + len(part) > MOST:
                raise InvalidInput(
                    f"{upload.file_name} has more than {MOST:,} rows; send it in parts.",
                    code="too_many_rows",
                )
            _keep(upload, number, part, sorting.sort(part), done=read)
            number += len(part)
    if not number:
        raise InvalidInput(f"{upload.file_name} has no rows.", code="no_rows")
    with transaction.atomic():
        _held(upload, number)
        Upload.objects.filter(pk=upload.pk).update(
            checked_at=timezone.now(), lease_until=None, claims=0
        )
    drop_file(upload)


@transaction.atomic
def _start_anew(upload: Upload) -> None:
    held = Upload.objects.select_for_update().filter(pk=upload.pk, checked_at=None)
    if not held.exists():
        raise _Lost
    held.update(counts={}, done=0)
    upload.rows.all().delete()


def _keep(
    upload: Upload,
    number: int,
    part: Sequence[Row | BadRecord],
    found: Sequence[Sorted],
    *,
    done: int,
) -> None:
    """Keep a chunk of sorted rows, the first of which is the one after `number`."""
    kept = [
        _row(upload, number + place, row, each)
        for place, (row, each) in enumerate(zip(part, found, strict=True), start=1)
    ]
    with transaction.atomic():
        counts = Counter(_held(upload, number).counts)
        counts.update(row.state for row in kept)
        UploadRow.objects.bulk_create(kept, batch_size=READ)
        Upload.objects.filter(pk=upload.pk).update(
            counts=dict(counts), done=done, lease_until=Now() + LEASE
        )


def _row(upload: Upload, number: int, row: Row | BadRecord, found: Sorted) -> UploadRow:
    kept = UploadRow(
        upload=upload,
        number=number,
        line=found.line,
        state=found.state,
        field=found.field,
        said=found.said,
        about=found.about,
    )
    if isinstance(row, Row):
        kept.key = row.key or row.id or ""
        kept.answer = row.answer[:_SHOWN]
    if found.proposal:
        kept.instance_id = found.proposal.head.pk
        kept.category = found.proposal.category.code
        if found.state in TO_FILE and isinstance(row, Row):
            kept.answer = row.answer
            kept.rationale, kept.evidence = found.proposal.rationale, found.proposal.evidence
    return kept


def _held(upload: Upload, number: int) -> Upload:
    """The upload, locked, if its first `number` rows are checked and no more."""
    held = Upload.objects.select_for_update().filter(pk=upload.pk, checked_at=None).first()
    if held is None or held.finished_at or sum(held.counts.values()) != number:
        raise _Lost
    return held


@transaction.atomic
def _file_some(author: User, upload: Upload) -> bool:
    """File the next rows, each looked at again where no label moves; False once none is left."""
    lock_benchmark(upload.benchmark_id)
    held = Upload.objects.select_for_update().get(pk=upload.pk)  # a submitted one stays
    if held.finished_at:
        raise _Lost
    waiting = held.rows.filter(state__in=TO_FILE).select_related("instance").order_by("number")
    rows = list(waiting[:FILED])
    if not rows:
        _finish(upload)
        return False
    require_own(author, upload)
    form = report_form(preset_of(upload.benchmark))
    found = Sorting(author, upload.benchmark, form).sort([_again(row) for row in rows])
    counts, at, reports = Counter(held.counts), timezone.now(), []
    counts.subtract(row.state for row in rows)
    for row, each in zip(rows, found, strict=True):
        row.state, row.field, row.said, row.about = each.state, each.field, each.said, each.about
        if each.state in TO_FILE and each.proposal:
            report = each.proposal.report(author=author, at=at, seen_in=upload.upstream)
            reports.append(report)
            row.state, row.said, row.about = RowState.FILED, "", report.public_id
    counts.update(row.state for row in rows)
    Report.objects.bulk_create(reports)
    UploadRow.objects.bulk_update(rows, ["state", "field", "said", "about"])
    Upload.objects.filter(pk=upload.pk).update(
        counts={state: count for state, count in counts.items() if count},
        done=F("done") + len(rows),
        lease_until=Now() + LEASE,
        claims=0,
    )
    return True


def _again(row: UploadRow) -> Row:
    """The row as the file gave it, naming its instance by key."""
    meta = {"category": row.category, "rationale": row.rationale, "evidence": row.evidence}
    return Row(
        line=row.line,
        id=None,
        key=row.instance.key,
        split=None,
        group=None,
        kind=None,
        answer=row.answer,
        lower=None,
        upper=None,
        inputs={},
        derivation={},
        meta=meta,
    )


@transaction.atomic
def _finish(upload: Upload, *, refused: str = "") -> None:
    """End the work, for good or with what stood in its way, and tell what was filed."""
    held = Upload.objects.select_for_update().filter(pk=upload.pk, finished_at=None)
    if not held.exists():
        raise _Lost
    held.update(finished_at=timezone.now(), lease_until=None, refused=refused, reason="")
    # The reports hold the texts of what was filed; nobody needs the others any more.
    upload.rows.exclude(rationale="", evidence="").update(rationale="", evidence="")
    upload.refresh_from_db(fields=["counts"])
    if upload.counts.get(RowState.FILED):
        record(
            "reports.imported",
            actor=User(public_id=upload.author),
            benchmark=upload.benchmark,
            subject=("benchmark", upload.benchmark.slug),
            data={
                "file": upload.file_name,
                "digest": upload.file_digest,
                **counted(upload.counts),
            },
        )
