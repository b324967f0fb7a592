"""Publish a frozen release: build, ship, published. Every step may be repeated and interrupted."""

from django.db import transaction
from django.utils import timezone

from audits.services.note_lessons import note_lessons
from registry.errors import NotFound
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
        build_release(release, progress=progress)
        ship_release(release, progress=progress)
        return _mark_published(release)


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
    locked.save(update_fields=["status", "published_at"])
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
