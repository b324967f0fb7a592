"""Scoring a file of predictions on a release that is here, also as if fixes were accepted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from errata.answers import UnreadableAnswer, parse_answer
from errata.contract import Contract, InvalidContract, choices_of, label_of
from errata.errors import ErrataError
from errata.grading import InvalidLimits, Label, Limits, limits_by_rule
from errata.hub import Hub, split_reference
from errata.intervals import paired_shift
from errata.manifest import Manifest, canonical_json
from errata.predictions import read_answers
from errata.pulling import open_release, read_folder, read_release
from errata.scoring import (
    COUNTED,
    RIGHT,
    WHOLE,
    Mark,
    Question,
    Score,
    Tally,
    judge,
    read_posterior,
    rounded,
    rounded_interval,
)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Provisional:
    """The score if fixes were accepted: of no version, and not to be cited."""

    score: Score
    fixes: int
    gained: int
    lost: int
    common: int
    interval: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        shift = (self.gained - self.lost) / self.common if self.common else None
        return {
            "provisional": True,
            "if": "these fixes are accepted",
            "version": None,
            "citable": False,
            "fixes": self.fixes,
            "gained": self.gained,
            "lost": self.lost,
            "common": self.common,
            "shift": rounded(shift),
            "interval": rounded_interval(self.interval),
            "score": self.score.figures(),
        }


@dataclass(frozen=True, slots=True)
class Rescored:
    """A file of predictions on a release."""

    benchmark: str
    version: str
    contract: str
    score: Score
    provisional: Provisional | None


def score_file(
    predictions: Path,
    release: str,
    *,
    fixes: Path | None = None,
    hub: str | None = None,
    offline: bool = False,
) -> Rescored:
    """Score predictions on `release`, a pulled folder or `slug@version`; raises ErrataError.

    `fixes` is a file of keys and proposed answers: what the score would be if all were accepted,
    each with the benchmark's usual limits.
    """
    manifest, rows = _open(release, hub, offline)
    contract = _contract(manifest)
    told = read_answers(predictions, contract)
    before, score = _scored(told, rows, manifest, contract, {})
    provisional = None
    if fixes is not None:
        labels = _labels(read_answers(fixes, contract), rows, manifest, fixes.name)
        after, fixed = _scored(told, rows, manifest, contract, labels)
        provisional = _compared(before, after, fixed, len(labels))
    name = str(manifest.benchmark.get("slug", ""))
    return Rescored(name, manifest.version, contract.version, score, provisional)


def _open(release: str, hub: str | None, offline: bool) -> tuple[Manifest, dict[str, Row]]:
    folder = Path(release)
    if not folder.is_dir():
        slug, version = split_reference(release)
        with Hub(hub, offline=offline) as source:
            found = source.release(slug, version)
            manifest = open_release(source, found).manifest
            return manifest, {row["key"]: row for row in read_release(source, found)}
    manifest, rows = read_folder(folder)
    return manifest, {row["key"]: row for row in rows}


def _contract(manifest: Manifest) -> Contract:
    try:
        return Contract.from_dict(manifest.contract)
    except InvalidContract as error:
        message = f"The answer contract of {manifest.version} cannot be used. {error}"
        raise ErrataError("bad_contract", message) from None


def _scored(
    told: Mapping[str, str],
    rows: Mapping[str, Row],
    manifest: Manifest,
    contract: Contract,
    fixes: Mapping[str, Label],
) -> tuple[bytearray, Score]:
    tally = Tally()
    for key, answer in told.items():
        row = rows.get(key)
        if row is None:
            tally.skip(Mark.NOT_IN_RELEASE)
            continue
        question = _question(row, _rule(manifest, row["kind"]))
        if key in fixes:
            label = fixes[key]
            question = replace(question, label=label, posterior=[(None, WHOLE)])
        tally.add(judge(answer, question, contract))
    return tally.marks, tally.score(release_rows=len(rows))


def _question(row: Row, rule: Limits) -> Question:
    label = label_of(row)
    posterior = read_posterior(canonical_json(row.get("posterior") or []), row["kind"], rule)
    return Question(label, row.get("group", ""), row.get("tier", ""), choices_of(row), posterior)


def _rule(manifest: Manifest, kind: str) -> Limits:
    told = manifest.grading.get("limits", {}).get(kind)
    return Limits.from_dict(told) if told else Limits.exact()


def _labels(
    fixes: Mapping[str, str], rows: Mapping[str, Row], manifest: Manifest, name: str
) -> dict[str, Label]:
    labels = {}
    for key, text in fixes.items():
        if key not in rows:
            message = f"{name} fixes {key}, which {manifest.version} does not have."
            raise ErrataError("unknown_key", message, asked_wrongly=True)
        row = rows[key]
        try:
            answer = parse_answer(text, row["kind"], choices=choices_of(row))
            limits = limits_by_rule(answer, _rule(manifest, row["kind"]))
            labels[key] = Label(answer, text, limits)
        except (UnreadableAnswer, InvalidLimits) as error:
            message = f"{name} fixes {key} with {text!r}, which is no label. {error}"
            raise ErrataError("unreadable_answer", message, asked_wrongly=True) from None
    return labels


def _compared(before: bytearray, after: bytearray, score: Score, fixes: int) -> Provisional:
    pairs = [
        (one >= RIGHT, other >= RIGHT)
        for one, other in zip(before, after, strict=True)
        if one >= COUNTED and other >= COUNTED
    ]
    lost, gained = pairs.count((True, False)), pairs.count((False, True))
    both, neither = pairs.count((True, True)), pairs.count((False, False))
    shift = paired_shift(both, lost, gained, neither)
    return Provisional(score, fixes, gained, lost, len(pairs), shift)
