"""Take a file of reports in: keep it for a worker to check, forget the one before it."""

import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.incoming import report_form
from registry.errors import InvalidInput, WrongState
from registry.events import dispatch
from registry.importers.base import file_digest, open_source
from registry.importers.rows import check_columns
from registry.lengths import named_on_disk, require_fits
from registry.models import Benchmark, User
from registry.permissions import require_reader, require_signed_in
from registry.selectors import preset_of
from submissions.models import Upload, UploadRow
from submissions.services.file_report import require_texts

MEGABYTES = 30
ENDINGS = (".csv", ".jsonl", ".ndjson")
UNSENT, SHOWN = timedelta(days=1), timedelta(days=30)  # how long rows stay


def keep_upload(
    *,
    actor: User,
    benchmark: Benchmark,
    name: str,
    data: Iterable[bytes],
    reason: str = "",
    upstream: str = "",
) -> Upload:
    """Keep a CSV or JSONL file of reports, to be checked by a worker; nothing is filed.

    `reason` speaks for rows that give none; `upstream` is the alias space of the rows' ids, for
    rows without a key. What the author sent before for this benchmark and did not submit is
    forgotten; while a file of theirs is being filed there is no other.
    """
    require_reader(actor, benchmark)
    require_signed_in(actor, "report errors")
    name = named_on_disk(name)
    require_fits(Upload, file_name=name, upstream=upstream)
    if reason.strip():
        require_texts(rationale=reason, evidence="")
    upload = Upload(
        benchmark=benchmark,
        author=actor.public_id,
        file_name=name,
        upstream=upstream,
        reason=reason.strip(),
    )
    path = file_of(upload)
    try:
        _keep(path, data)
        _require_readable(upload, path)
        upload.file_digest, upload.total = file_digest(path), path.stat().st_size
        _replace(upload)
    except BaseException:
        drop_file(upload)
        raise
    return upload


def file_of(upload: Upload) -> Path:
    """Where the file of an upload lies until it is checked."""
    return Path(settings.ERRATA_HOME) / "uploads" / upload.public_id / upload.file_name


def drop_file(upload: Upload) -> None:
    """Give the disk space of an upload back."""
    shutil.rmtree(file_of(upload).parent, ignore_errors=True)


def drop_old_uploads() -> None:
    """Forget uploads that nobody submitted within a day, and the rows of those filed long ago."""
    now = timezone.now()
    for upload in Upload.objects.filter(submitted_at=None, created_at__lt=now - UNSENT):
        _forget(upload)
    UploadRow.objects.filter(upload__finished_at__lt=now - SHOWN).delete()


def _keep(path: Path, data: Iterable[bytes]) -> None:
    if path.suffix.lower() not in ENDINGS:
        raise InvalidInput(
            f"{path.name} is neither CSV nor JSONL. Save it as one of them, as .csv or .jsonl.",
            code="unknown_format",
            field="file",
        )
    path.parent.mkdir(parents=True)
    size = 0
    with path.open("wb") as file:
        for piece in data:
            size += len(piece)
            if size > MEGABYTES * 1_000_000:
                raise InvalidInput(
                    f"{path.name} is larger than {MEGABYTES} MB. Send it in parts, with the "
                    "columns of the template alone.",
                    code="too_large",
                    field="file",
                )
            file.write(piece)


def _require_readable(upload: Upload, path: Path) -> None:
    """Refuse at once what lacks the columns; the rows are the worker's."""
    with open_source(path) as source:
        check_columns(
            source, report_form(preset_of(upload.benchmark)), aligned=bool(upload.upstream)
        )


@transaction.atomic
def _replace(upload: Upload) -> None:
    """Save the upload in place of what its author has not submitted."""
    # Its author's row is locked, so that of two files sent at once one is there.
    User.objects.select_for_update(no_key=True).get(public_id=upload.author)
    mine = Upload.objects.filter(benchmark=upload.benchmark, author=upload.author, finished_at=None)
    for earlier in mine:
        if earlier.submitted_at:
            raise WrongState(
                f"Your file {earlier.file_name} is still being filed; send the next one once it "
                "is done.",
                code="upload_underway",
            )
        _forget(earlier)
    upload.save()
    dispatch("audits.tasks.work_on_upload", upload.pk)


def _forget(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk, submitted_at=None).delete()
    transaction.on_commit(lambda: drop_file(upload))
