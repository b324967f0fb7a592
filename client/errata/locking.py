"""Writing `errata.lock`: only what was looked at and is vouched for gets in."""

from collections.abc import Sequence
from pathlib import Path

from errata.hub import Hub, PullError, split_reference
from errata.lockfile import LOCK, Locked, read_lock, write_lock
from errata.pulling import Opened, open_locked, open_release
from errata.trust import require_key
from errata.writing import alone_with


def lock(
    references: Sequence[str], *, hub: str | None = None, key: str | None = None
) -> list[Locked]:
    """Pin releases in `errata.lock` of this folder; returns all that it pins then.

    A benchmark that is named has exactly the named versions afterwards, others stay as they are.
    The file changes whole or not at all. Raises ErrataError, also where a release that is pinned
    has another manifest by now.
    """
    require_key(key)
    before = read_lock()
    named = [split_reference(reference) for reference in references]
    with Hub(hub) as source:
        fresh = [_look(source, slug, version, key, before) for slug, version in named]
    with alone_with(Path(LOCK)):  # as it is by now: the hub took its time to answer
        kept = [each for each in read_lock() if each.benchmark not in {slug for slug, _ in named}]
        entries = sorted({*kept, *fresh}, key=str)
        write_lock(entries)
    return entries


def check_lock(*, hub: str | None = None) -> list[Locked]:
    """Ask the hubs whether all that `errata.lock` pins is still what they have."""
    entries = read_lock()
    if not entries:
        message = f"There is no {LOCK} here; write one with: errata lock NAME@VERSION"
        raise PullError("not_locked", message, asked_wrongly=True)
    for entry in entries:
        with Hub(hub or entry.hub) as source:
            open_locked(source, entry)
    return entries


def _look(
    source: Hub, slug: str, version: str, key: str | None, before: Sequence[Locked]
) -> Locked:
    release = source.release(slug, version)
    for entry in before:
        if (entry.benchmark, entry.version) == (release.benchmark, release.version):
            return _locked(source, open_locked(source, entry, key))
    return _locked(source, open_release(source, release, key))


def _locked(source: Hub, opened: Opened) -> Locked:
    release = opened.release
    if opened.vouched is None:
        message = (
            f"{release.benchmark}@{release.version} is not signed, so there is no key to pin; lock "
            "a later version."
        )
        raise PullError("unsigned", message)
    digest = release.manifest.sha256
    return Locked(release.benchmark, release.version, source.address, digest, opened.vouched.key)
