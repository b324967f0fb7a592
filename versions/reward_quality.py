"""What a release's labels are worth as rewards: how often one is wrong, and how often one flips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json import loads
from typing import Any

from errata.grading import Label, accepts
from errata.scoring import WHOLE, read_posterior

from registry.labels import stored_label
from registry.models import Text
from registry.presets import Preset
from registry.selectors import preset_of
from versions.diffing import DiffEntry
from versions.flips import Flips, comparable_answers
from versions.models import Release
from versions.selectors import Row, release_rows, rows_of, shared_posterior_of
from versions.validity import OUTSIDE_LIMITS, mask_of

GROUPS = 10


def reward_quality(
    release: Release,
    last: Release | None,
    formats: Mapping[str, Any],
    entries: Sequence[DiffEntry],
    flips: Flips,
) -> dict[str, Any]:
    """The figures of the quality card that are about rewards; `formats` as the snapshot has them.

    `entries` and `flips` say how the release differs from `last`, and what that does to answers.
    """
    return {
        "wrong_reward_rate": _wrong_rewards(release, formats),
        "reward_noise": last and _noise(release, last, entries, flips),
    }


@dataclass(slots=True)
class _Part:
    """Some rows, how many of them have a measured posterior, and what is wrong in millionths."""

    rows: int = 0
    measured: int = 0
    wrong: int = 0

    def told(self) -> dict[str, Any]:
        rate = _share(self.wrong, self.rows * WHOLE)
        return {"rows": self.rows, "measured": self.measured, "rate": rate}


def _wrong_rewards(release: Release, formats: Mapping[str, Any]) -> dict[str, Any]:
    rewarded = {s for s, role in formats["roles"].items() if role in formats["rewards_from"]}
    preset, removed = preset_of(release.benchmark), _without_inputs(release)
    whole = {name: _Part() for name in ("reward_files", "valid", "all")}
    splits: dict[str, _Part] = {}
    groups: dict[str, _Part] = {}
    for row in release_rows(release):
        wrong, mask = _judged(row, preset, has_inputs=row.instance not in removed)
        parts = [whole["all"]]
        if not mask:
            parts += [whole["valid"], splits.setdefault(row.split, _Part())]
            parts += [groups.setdefault(row.group, _Part())]
            parts += [whole["reward_files"]] if row.split in rewarded else []
        for part in parts:
            part.rows += 1
            part.measured += bool(row.posterior)
            part.wrong += wrong
    worst = sorted(groups, key=lambda name: (-groups[name].wrong, name))
    return {
        **{name: part.told() for name, part in whole.items()},
        "splits": {name: splits[name].told() for name in sorted(splits)},
        "groups": [{"group": name, **groups[name].told()} for name in worst[:GROUPS]],
        "more_groups": len(worst[GROUPS:]),
    }


def _judged(row: Row, preset: Preset, *, has_inputs: bool) -> tuple[int, list[str]]:
    """How likely the label would not grade the truth as right, in millionths; why it is masked."""
    text = shared_posterior_of(row)
    mask = mask_of(
        tier=row.tier,
        posterior=_parsed(text),
        kind=row.kind,
        answer=row.answer,
        limits=row.limits,
        has_inputs=has_inputs,
    )
    if OUTSIDE_LIMITS in mask:  # it contradicts itself, so nobody knows what it grades as right
        return WHOLE, mask
    wrong = WHOLE
    for truth, share in read_posterior(text, row.kind, preset.rule(row.kind)):
        if truth is None or (not truth.answer.unanswerable and accepts(_label(row), truth.answer)):
            wrong -= share
    return wrong, mask


def _label(row: Row) -> Label:
    return stored_label(row.kind, row.answer, row.limits)


_parsed = lru_cache(maxsize=8192)(loads)


def _without_inputs(release: Release) -> set[int]:
    """The instances whose inputs were removed for a person's sake."""
    removed = Text.objects.exclude(removed_at=None).values("pk")
    rows = rows_of(release).filter(after__content__in=removed)
    return set(rows.values_list("instance", flat=True))


def _noise(
    release: Release, last: Release, entries: Sequence[DiffEntry], flips: Flips
) -> dict[str, Any]:
    answers = comparable_answers(release, entries)
    most = sorted(flips.groups, key=lambda name: (-flips.groups[name], name))
    return {
        "since": last.version,
        "sets": len(flips.sets),
        **_flipped(flips.groups.total(), answers.total()),
        "groups": [
            {"group": name, **_flipped(flips.groups[name], answers[name])} for name in most[:GROUPS]
        ],
        "more_groups": len(most[GROUPS:]),
    }


def _flipped(flipped: int, answers: int) -> dict[str, Any]:
    return {"answers": answers, "flipped": flipped, "flip_rate": _share(flipped, answers)}


def _share(some: int, of: int) -> str | None:
    return f"{some / of:.4f}" if of else None
