"""Publish a frozen release: build, ship, published. Every step may be repeated and interrupted."""

from time import monotonic

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audits.services.note_lessons import note_lessons
from registry.errors import ErrataError, NotFound
from registry.events import record
from registry.importers.base import Progress, no_progress
from registry.models import User
from registry.selectors import system_user
from versions.locks import benchmark_files
from versions.models import Release
from versions.selectors import rows_of
from versions.services.build_release import build_release
from versions.services.ship_release import ship_release
from versions.states import ReleaseStatus, check_move

EVERY = 1.0  # seconds between two notes of how far it is


def publish_release(
    release_id: int, *, progress: Progress = no_progress, wait: bool = True
) -> Release:
    """Finish a release from wherever it stands; a published one stays as it is.

    One process at a time works on a benchmark's files: another one waits or, without `wait`,
    leaves the work to it.
    """
    release = _load(release_id)
    with benchmark_files(release.benchmark.slug, wait=wait) as is_ours:
        if not is_ours:
            return release
        release = _load(release_id)
        if release.status == ReleaseStatus.PUBLISHED:
            return release
        shown = _noted(release_id, progress)
        try:
            build_release(release, progress=shown)
            ship_release(release, progress=shown)
        except ErrataError as error:
            _under_way(release_id).update(trouble=error.message)
            raise
        return _mark_published(release)


def _noted(release_id: int, progress: Progress) -> Progress:
    """The same progress, also noted in the release's row for whoever looks at its page."""
    noted = 0.0

    def show(stage: str, done: int, total: int) -> None:
        nonlocal noted
        progress(stage, done, total)
        if 0 < done < total and monotonic() - noted < EVERY:
            return
        noted = monotonic()
        _under_way(release_id).update(stage=stage, done=done, total=total, trouble="")

    return show


def _under_way(release_id: int) -> QuerySet[Release]:
    return Release.objects.filter(pk=release_id).exclude(status=ReleaseStatus.PUBLISHED)


def _load(release_id: int) -> Release:
    try:
        return Release.objects.select_related("benchmark").get(pk=release_id)
    except Release.DoesNotExist:
        raise NotFound(f"There is no release with the id {release_id}.") from None


@transaction.atomic
def _mark_published(release: Release) -> Release:
    locked = Release.objects.select_for_update(of=("self",)).get(pk=release.pk)
    check_move(locked.status, ReleaseStatus.PUBLISHED)
    locked.status = ReleaseStatus.PUBLISHED
    locked.published_at = timezone.now()
    locked.stage, locked.done, locked.total, locked.trouble = "", 0, 0, ""
    locked.save(update_fields=["status", "published_at", "stage", "done", "total", "trouble"])
    note_lessons(revisions=rows_of(release).values("after"), at=locked.published_at)
    record(
        "release.published",
        actor=User.objects.filter(public_id=locked.actor).first() or system_user(),
        benchmark=release.benchmark,
        subject=("release", locked.public_id),
        data={"version": locked.version},
        at=locked.published_at,
    )
    return locked
