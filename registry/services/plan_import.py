"""Keep an uploaded file with the outcome of its dry run, for somebody to look at and confirm."""

import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput, NotFound, WrongState
from registry.events import dispatch
from registry.importers.base import file_digest
from registry.lengths import named_on_disk, require_fits
from registry.models import ImportBatch, PlannedImport, User, Visibility
from registry.permissions import Reader
from registry.presets import Preset
from registry.services.import_benchmark import import_benchmark, require_importer

KEPT = timedelta(days=1)


def plan_import(
    *,
    actor: User,
    slug: str,
    name: str,
    data: Iterable[bytes],
    preset: Preset,
    upstream: str = "",
    align: str = "",
    missing: str = "keep",
    title: str = "",
    licence: str = "",
    visibility: str = Visibility.PUBLIC,
) -> PlannedImport:
    """Dry-run a file and keep both; a file with a problem is not kept and raises InvalidInput."""
    require_importer(actor, slug)
    name = named_on_disk(name)
    require_fits(ImportBatch, file_name=name, upstream=upstream)
    planned = PlannedImport(
        slug=slug,
        title=title,
        licence=licence,
        visibility=visibility,
        preset=preset.text,
        file_name=name,
        upstream=upstream,
        align=align,
        missing=missing,
        actor=actor,
        expires_at=timezone.now() + KEPT,
    )
    path = file_of(planned)
    try:
        _keep(path, data)
        found = import_benchmark(
            actor=actor,
            slug=slug,
            path=path,
            preset=preset,
            upstream=upstream,
            align=align,
            missing=missing,
            licence=licence,
            title=title,
            dry_run=True,
        )
        planned.file_digest, planned.plan = file_digest(path), found.plan
        planned.counts = dict(found.counts)
        planned.examples = {
            key: [list(row) for row in rows] for key, rows in found.examples.items()
        }
        planned.save()
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    return planned


@transaction.atomic
def confirm_import(*, actor: User, planned: PlannedImport) -> PlannedImport:
    """Have a worker import what the dry run showed, in the name of who confirms it."""
    require_importer(actor, planned.slug)
    planned = PlannedImport.objects.select_for_update().get(pk=planned.pk)
    if planned.confirmed_at:
        raise WrongState("This import was confirmed before; its page says how far it is.")
    if planned.expires_at <= timezone.now():
        raise WrongState("This dry run has expired. Upload the file again.", code="expired")
    planned.actor, planned.confirmed_at = actor, timezone.now()
    planned.save(update_fields=["actor", "confirmed_at"])
    dispatch("registry.tasks.run_import", planned.pk)
    return planned


def get_planned(public_id: str, reader: Reader) -> PlannedImport:
    """The dry run, or NotFound; refuse who may not import into its benchmark."""
    planned = PlannedImport.objects.filter(public_id=public_id).first()
    if planned is None:
        raise NotFound(
            "There is no such import; it may have expired. Upload the file again.",
            code="no_import",
        )
    require_importer(reader, planned.slug)
    return planned


def file_of(planned: PlannedImport) -> Path:
    """Where the file of a planned import lies."""
    return Path(settings.ERRATA_HOME) / "imports" / planned.public_id / planned.file_name


def drop_file(planned: PlannedImport) -> None:
    """Give the disk space of a planned import back."""
    shutil.rmtree(file_of(planned).parent, ignore_errors=True)


def _keep(path: Path, data: Iterable[bytes]) -> None:
    """Write the file, up to the size that the hub takes."""
    most, size = settings.ERRATA_IMPORT_MB * 1_000_000, 0
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for piece in data:
            size += len(piece)
            if size > most:
                raise InvalidInput(
                    f"{path.name} is larger than the {settings.ERRATA_IMPORT_MB} MB that this hub "
                    "takes here. Send it zipped (.gz), or import it with manage.py "
                    "import_benchmark.",
                    code="too_large",
                    field="file",
                )
            file.write(piece)
