"""Scoring a file of predictions on a release, also as if fixes were accepted."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from errata.answers import UnreadableAnswer, parse_answer
from errata.contract import Contract, InvalidContract, choices_of, label_of
from errata.errors import ErrataError
from errata.grading import InvalidLimits, Label, Limits, limits_by_rule
from errata.intervals import paired_shift
from errata.manifest import Manifest, canonical_json
from errata.opening import Held, open_held
from errata.predictions import ROW_NUMBERS, numbers_rows, read_answers
from errata.rewordings import asks_the_same
from errata.scoring import (
    COUNTED,
    RIGHT,
    WHOLE,
    Mark,
    Provisional,
    Question,
    Score,
    Tally,
    judge,
    read_posterior,
)

Row = Mapping[str, Any]
ACCEPTED = "these fixes are accepted"


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
    release: str = "",
    *,
    made_on: str = "",
    fixes: Path | None = None,
    hub: str | None = None,
    offline: bool = False,
) -> Rescored:
    """Score predictions on `release`, a pulled folder or `slug@version`; raises ErrataError.

    `made_on` is the release, named likewise, whose inputs the model was given: where `release` asks
    something else, the answer does not count. Without `release` they are scored on that one, else
    on the one that `errata.opening` finds in this folder. `fixes` is a file of keys and proposed
    answers: what the score would be if all were accepted, each with the benchmark's usual limits.
    """
    numbered = numbers_rows(predictions)
    given = open_held(made_on or release, hub, offline=offline, numbered=numbered)
    held = open_held(release, hub, offline=offline) if release and made_on else given
    others = _asking_otherwise(held, given)
    manifest, rows = held.contents.manifest, {row["key"]: row for row in held.contents.rows}
    contract = _contract(manifest)
    told = read_answers(predictions, contract)
    if numbered:  # as the release counts them that they were made on; upstream may count anew
        keys = {number: given.keys.get(number, f"{ROW_NUMBERS[0]} {number}") for number in told}
        told = {keys[number]: answer for number, answer in told.items()}
    if not told.keys() & rows.keys():
        message = (
            f"None of the {len(told)} predictions of {predictions.name} has a row in "
            f"{held.benchmark}@{held.version}; name the release whose rows they answer."
        )
        raise ErrataError("no_key_in_common", message, asked_wrongly=True)
    before, score = _scored(told, rows, manifest, contract, others, {})
    provisional = None
    if fixes is not None:
        labels = _labels(read_answers(fixes, contract), rows, manifest, fixes.name)
        after, fixed = _scored(told, rows, manifest, contract, others, labels)
        provisional = _compared(before, after, fixed, len(labels))
    return Rescored(held.benchmark, held.version, contract.version, score, provisional)


def _asking_otherwise(held: Held, made_on: Held) -> set[str]:
    """The keys of which both releases ask something, and not the same.

    Which wordings mean the same says the later one, which alone can know both.
    """
    if held is made_on:
        return set()
    if held.benchmark != made_on.benchmark:
        message = (
            f"Predictions for {made_on.benchmark} cannot be scored on {held.benchmark}; name a "
            "release of the same benchmark with --made-on."
        )
        raise ErrataError("other_benchmark", message, asked_wrongly=True)
    here, there = held.contents, made_on.contents
    later = max((here, there), key=lambda each: each.manifest.sequence)
    asked = {row["key"]: row for row in there.rows}
    both = ((row, asked[row["key"]]) for row in here.rows if row["key"] in asked)
    return {row["key"] for row, other in both if not asks_the_same(row, other, later.rewordings)}


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
    others: Container[str],
    fixes: Mapping[str, Label],
) -> tuple[bytearray, Score]:
    tally = Tally()
    for key, answer in told.items():
        row = rows.get(key)
        if row is None:
            tally.skip(Mark.NOT_IN_RELEASE)
            continue
        if key in others:
            tally.skip(Mark.INPUT_CHANGED)
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
    return Provisional(ACCEPTED, score, fixes, gained, lost, len(pairs), shift)
