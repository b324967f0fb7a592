"""What several families of models, asked independently, say of a label.

`audits.crowd` weighs them: how able each is, how hard the item seems, who copies whose errors. A
survey of all items says how able they are; without one all are equally able. One vote per family
(`audits.camps.family_votes`); an abstention is the answer N/A.

Objects where the label is more likely wrong than right and at least two families agree on an
answer that is more likely right than not. Supports where at least two agree with the label, more
than on any other answer, and it is right with a probability of SURE. Two families alone cannot be
told apart from two that err together, so the plain rule holds for them: both must agree.
"""

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from errata.answers import Answer, UnreadableAnswer, print_answer
from errata.grading import Limits

from audits.camps import Camps, camps, family_votes
from audits.crowd import ABILITY_PRIOR, Crowd, Sheet, fit, posterior
from audits.verifiers.base import Ballot, Input, Item, read_answer, read_label

MIN_FAMILIES = 2
SURE = 0.8
SAMPLE = 5_000  # items that the survey learns from: always those with the smallest digests

# What is surveyed is rounded to these steps, so that a few new answers do not remake all inputs.
_SHARES = ("0.005", "0.01", "0.02", "0.03", "0.05", "0.07", "0.1", "0.15", "0.2", "0.3", "0.4")
_QUARTER = Decimal("0.25")

Row = tuple[dict[str, int], int, int]  # camp of each family, options, the camp that says N/A


class ConsensusVerifier:
    """Objects to a label that the models, each as able as it is, make unlikely."""

    name = "consensus"
    version = "2"

    def survey(self, items: Iterable[Item]) -> dict[str, Any]:
        """How able the families are and how often labels are wrong, from at most SAMPLE items."""
        kept: list[tuple[int, str, Row]] = []
        for item in items:
            if len(item.predictions) < MIN_FAMILIES:
                continue
            rank = -int.from_bytes(hashlib.sha256(item.key.encode()).digest()[:8], "big")
            if len(kept) == SAMPLE and (rank, item.key) <= kept[0][:2]:
                continue
            row = row_of(item)
            if row is not None:
                push = heapq.heappush if len(kept) < SAMPLE else heapq.heapreplace
                push(kept, (rank, item.key, row))
        rows = [row for *_, row in sorted(kept, key=lambda entry: entry[:2])]
        families = sorted({family for camp_of, *_ in rows for family in camp_of})
        return _told(families, fit(sheet_of(rows, families)))

    def look(self, item: Item) -> Input | None:
        """The label, a vote per family, and how able those families are; nothing below two."""
        if len(item.predictions) < MIN_FAMILIES:
            return None
        votes = _votes(item)
        if len(votes) < MIN_FAMILIES:
            return None
        surveyed = item.survey.get(self.name) or _told([], Crowd(np.ones(0), np.ones(0)))
        able = surveyed["families"]
        return item.label() | {
            "rule": item.rule,
            "options": len(item.inputs.get("choices") or ()),
            "predictions": {family: print_answer(answer) for family, answer in votes.items()},
            "crowd": surveyed | {"families": {name: able[name] for name in votes if name in able}},
        }

    def judge(self, given: Input) -> Ballot:
        """Where the families stand, and how likely the label is wrong."""
        kind = given["kind"]
        votes = {name: read_answer(text, kind) for name, text in given["predictions"].items()}
        found = camps(read_label(given), Limits.from_json(given["rule"]), votes)
        families = sorted(votes)
        row = (dict(found.of), given["options"], found.unanswerable)
        told = posterior(crowd_of(given["crowd"], families), sheet_of([row], families))
        return _ballot(found, told.answers[0].tolist(), float(told.wrong[0]))


def sheet_of(rows: list[Row], families: list[str]) -> Sheet:
    """Rows as the arrays that the crowd is estimated from."""
    place = {family: number for number, family in enumerate(families)}
    votes = np.full((len(rows), len(families)), -1, dtype=np.int16)
    for number, (camp_of, *_) in enumerate(rows):
        for family, camp in camp_of.items():
            votes[number, place[family]] = camp
    options = np.array([row[1] for row in rows], dtype=np.int64)
    return Sheet(votes, options, np.array([row[2] for row in rows], dtype=np.int64))


def crowd_of(told: Mapping[str, Any], families: list[str]) -> Crowd:
    """The crowd of these families that a survey tells of; unknown ones are as able as usual."""
    usual = [str(ABILITY_PRIOR[0]), "1"]
    able = [told["families"].get(family, usual) for family in families]
    return Crowd(
        np.array([float(ability) for ability, _ in able]),
        np.array([float(weight) for _, weight in able]),
        float(told["label_error"]),
        float(told["variety"]),
        float(told["ambiguous"]),
        float(told["unanswerable"]),
    )


def _told(families: list[str], crowd: Crowd) -> dict[str, Any]:
    """A crowd as JSON without floats, rounded."""
    able = zip(families, crowd.abilities.tolist(), crowd.weights.tolist(), strict=True)
    return {
        "families": {name: [_quarters(one), _quarters(two, "0.25")] for name, one, two in able},
        "label_error": _nearest(crowd.label_error),
        "variety": _quarters(crowd.variety),
        "ambiguous": _nearest(crowd.ambiguous),
        "unanswerable": _quarters(crowd.unanswerable),
    }


def _quarters(value: float, least: str = "-9") -> str:
    rounded = (Decimal(value) / _QUARTER).to_integral_value() * _QUARTER
    return f"{max(rounded, Decimal(least)):.2f}"


def _nearest(share: float) -> str:
    """The step that lies nearest in proportion."""
    return min(_SHARES, key=lambda step: abs(np.log(float(step) / share)))


def row_of(item: Item) -> Row | None:
    """What a survey keeps of an item; None where fewer than two families can be read."""
    try:
        votes = _votes(item)
        if len(votes) < MIN_FAMILIES:
            return None
        found = camps(read_label(item.label()), Limits.from_json(item.rule), votes)
    except ValueError:  # A label that cannot be read: that is said where it is judged.
        return None
    return dict(found.of), len(item.inputs.get("choices") or ()), found.unanswerable


def _votes(item: Item) -> dict[str, Answer]:
    """One vote per family, of those that can be read, in the order of their names."""
    answers = {}
    for model, text in item.predictions.items():
        try:
            answers[model] = read_answer(text, item.kind)
        except UnreadableAnswer:
            continue
    rule = Limits.from_json(item.rule)
    return family_votes(read_label(item.label()), rule, answers, item.families)


def _ballot(found: Camps, answers: list[float], wrong: float) -> Ballot:
    families = list(found.of.values())
    best = max(range(1, len(answers)), key=answers.__getitem__, default=0)
    with_label, with_best = families.count(0), families.count(best) if best else 0
    if len(families) == MIN_FAMILIES:
        objects, supports = with_best == MIN_FAMILIES, with_label == MIN_FAMILIES
    else:
        objects = wrong > 0.5 and with_best >= MIN_FAMILIES and answers[best] > 0.5
        supports = with_label >= MIN_FAMILIES and with_label > with_best and wrong <= 1 - SURE
    detail = {"wrong": f"{wrong:.3f}"}
    of_all = f"of {len(families)} model families agree"
    chance = f"the label is wrong with a probability of {wrong:.0%}."
    if objects:
        answer = found.answers[best]
        said = f"{with_best} {of_all} on {answer}; {chance}"
        return Ballot("object", said, answer, confidence=wrong, detail=detail)
    if supports:
        said = f"{with_label} {of_all} with the label; {chance}"
        return Ballot("support", said, found.answers[0], confidence=1 - wrong, detail=detail)
    return Ballot("abstain", detail=detail)
