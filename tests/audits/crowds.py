"""Simulated crowds of models with planted label errors, from a seed.

`python -m tests.audits.crowds 10` prints the table of docs/audit-quality.md, from 10 seeds.

Not drawn from the model in audits.crowd: difficulties and discriminations are continuous, wrong
answers have a popularity of their own in each item, copies copy single answers, traps fool most.
"""

import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from audits.crowd import posterior
from audits.verifiers.base import Item
from audits.verifiers.consensus import ConsensusVerifier, crowd_of, row_of, sheet_of

LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of benchmark and crowd; shares are from 0 to 1."""

    name: str
    families: int
    options: int = 0  # 0: numbers
    ability: tuple[float, float] = (1.0, 1.0)  # mean, standard deviation; 0 is the mean item
    items: int = 400
    wrong: float = 0.08  # labels
    popular: float = 0.3  # of the wrong labels, say the item's most popular wrong answer
    silent: float = 0.0
    abstains: float = 0.0  # of wrong answers, say that there is none
    unanswerable: float = 0.0  # of items have no answer
    ambiguous: float = 0.0
    traps: float = 0.0
    copies: tuple[tuple[int, int, float], ...] = field(default=())  # who, whom, how often


PROFILES = (
    Profile(name="strong, four options", families=8, options=4, ability=(1.8, 0.6)),
    Profile(name="mixed, numbers", families=8, ability=(0.8, 1.2)),
    Profile(name="weak, four options", families=8, options=4, ability=(0.0, 0.7)),
    Profile(name="weak, numbers", families=6, ability=(-0.6, 0.6)),
    Profile(name="one expert among weak ones", families=7, options=5, ability=(-0.2, 1.5)),
    Profile(
        name="copies, four options", families=9, options=4, ability=(1.0, 0.8),
        copies=((5, 4, 0.8), (6, 4, 0.8), (7, 4, 0.8), (8, 4, 0.8)),
    ),
    Profile(
        name="copies, numbers", families=9, ability=(0.6, 0.8),
        copies=((5, 4, 0.7), (6, 4, 0.7), (7, 4, 0.7)),
    ),
    Profile(name="ambiguous, four options", families=10, options=4, ambiguous=0.15),
    Profile(name="ambiguous, numbers", families=10, ambiguous=0.15),
    Profile(name="traps, four options", families=12, options=4, traps=0.08),
    Profile(name="popular errors", families=10, options=5, popular=0.8),
    Profile(name="gaps and abstentions", families=14, silent=0.5, abstains=0.4, unanswerable=0.08),
    Profile(name="thirty models, ten options", families=30, options=10, ability=(0.5, 1.0)),
    Profile(name="few errors", families=8, options=4, ability=(1.4, 0.8), wrong=0.02),
    Profile(name="three models, numbers", families=3),
    Profile(name="three models, four options", families=3, options=4),
    Profile(name="two models, numbers", families=2),
    Profile(name="two models, four options", families=2, options=4),
)  # fmt: skip


def simulate(profile: Profile, seed: int) -> tuple[list[Item], list[bool]]:
    """The items with the models' answers, and which labels are wrong."""
    draw = np.random.default_rng([seed, *profile.name.encode()])
    abilities = draw.normal(*profile.ability, profile.families)
    told = [_item(profile, draw, abilities, number) for number in range(profile.items)]
    return [item for item, _ in told], [wrong for _, wrong in told]


def _item(
    profile: Profile, draw: np.random.Generator, abilities: Any, number: int
) -> tuple[Item, bool]:
    pool = _pool(profile, draw)
    truths = [pool[0]]
    if profile.ambiguous and draw.random() < profile.ambiguous:
        truths.append(pool.pop(1))
    lean = draw.uniform(0.3, 0.7)
    chances = _chances(profile, draw, abilities)
    popularity = draw.dirichlet(np.full(len(pool) - 1, 0.7))
    answers: list[str] = []
    for chance in chances:
        if draw.random() < chance:
            answers.append(truths[-1] if draw.random() < lean else truths[0])
        elif draw.random() < profile.abstains:
            answers.append("N/A")
        else:
            answers.append(_slip(profile, draw, pool, popularity))
    for who, whom, often in profile.copies:
        if draw.random() < often:
            answers[who] = answers[whom]
    label, wrong = truths[0], draw.random() < profile.wrong
    if wrong:
        popular = draw.random() < profile.popular
        label = pool[1 + int(popularity.argmax())] if popular else _other(profile, draw, pool)
    heard = draw.random(profile.families) >= profile.silent
    said = {f"m{n:02}": _noisy(answer, draw) for n, answer in enumerate(answers) if heard[n]}
    return _as_item(profile, number, label, said), bool(wrong)


def _pool(profile: Profile, draw: np.random.Generator) -> list[str]:
    """The right answer first, then what may be said instead."""
    if profile.options:
        return [LETTERS[n] for n in draw.permutation(profile.options)]
    size = float(10 ** draw.uniform(0, 3))
    pool = [f"{size * factor:.5g}" for factor in (1, *draw.permutation([0.3, 0.55, 1.4, 2, 3.6]))]
    if draw.random() < profile.unanswerable:
        pool.insert(0, "N/A")
    return pool


def _chances(profile: Profile, draw: np.random.Generator, abilities: Any) -> Any:
    if profile.traps and draw.random() < profile.traps:
        return np.full(len(abilities), 0.2)
    slope = 1.7 * draw.lognormal(0, 0.4)
    guess = 1 / profile.options if profile.options else 0.0
    return guess + (1 - guess) / (1 + np.exp(-slope * (abilities - draw.normal(0, 1))))


def _slip(profile: Profile, draw: np.random.Generator, pool: list[str], popularity: Any) -> str:
    """A wrong answer: one of the popular ones, or any number."""
    if profile.options or draw.random() < 0.5:
        return pool[1 + int(draw.choice(len(popularity), p=popularity))]
    return f"{float(10 ** draw.uniform(0, 3)):.5g}"


def _other(profile: Profile, draw: np.random.Generator, pool: list[str]) -> str:
    if profile.options or draw.random() < 0.5:
        return pool[int(draw.integers(1, len(pool)))]
    return f"{float(pool[1]) * draw.uniform(4, 9):.5g}"


def _noisy(answer: str, draw: np.random.Generator) -> str:
    """A number as another one rounds it."""
    if answer == "N/A" or answer in LETTERS:
        return answer
    return f"{float(answer) * draw.uniform(0.985, 1.015):.5g}"


def _as_item(profile: Profile, number: int, label: str, said: dict[str, str]) -> Item:
    key = f"q{number}"
    if profile.options:
        choices = [f"option {letter}" for letter in LETTERS[: profile.options]]
        return Item(
            key=key, kind="choice", answer=label, predictions=said, inputs={"choices": choices}
        )
    limits = "{}"
    if label != "N/A":
        size = float(label)
        limits = f'{{"lower":"{size * 0.95:.6g}","upper":"{size * 1.05:.6g}"}}'
    return Item(
        key=key, kind="number", answer=label, limits=limits, predictions=said,
        rule='{"relative":"0.05"}',
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """Means over seeds: average precision, and errors caught at 5 % of the work."""

    plain_precision: float
    precision: float
    plain_caught: float
    caught: float


@cache
def measure(profile: Profile, seeds: int) -> Measured:
    """Rank the labels by consensus, and by the plain share of families that disagree."""
    return Measured(*np.mean([_measured(profile, seed) for seed in range(seeds)], axis=0).tolist())


def _measured(profile: Profile, seed: int) -> tuple[float, ...]:
    items, truth = simulate(profile, seed)
    wrong, families = np.array(truth), [f"m{n:02}" for n in range(profile.families)]
    told = ConsensusVerifier().survey(items)
    sheet = sheet_of([row_of(item) or ({}, profile.options, -1) for item in items], families)
    heard = np.maximum((sheet.votes >= 0).sum(axis=1), 1)
    ranks = (
        (sheet.votes > 0).sum(axis=1) / heard,
        posterior(crowd_of(told, families), sheet).wrong,
    )
    return (
        *(average_precision(score, wrong) for score in ranks),
        *(caught_at(score, wrong, 0.05) for score in ranks),
    )


def average_precision(score: Any, wrong: Any) -> float:
    """The mean precision at each error; equal scores stay in the (random) order of the items."""
    hits = wrong[np.argsort(-score, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def caught_at(score: Any, wrong: Any, work: float) -> float:
    """The share of errors among the first `work` of the items."""
    first = np.argsort(-score, kind="stable")[: round(work * len(wrong))]
    return float(wrong[first].sum() / wrong.sum())


if __name__ == "__main__":
    print("| profile | AP plain | AP consensus | caught@5 % plain | caught@5 % consensus |")
    print("|---|---|---|---|---|")
    rows = {profile.name: measure(profile, int(sys.argv[1])) for profile in PROFILES}
    columns = ("plain_precision", "precision", "plain_caught", "caught")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{getattr(row, c):.3f}" for c in columns) + " |")
    means = [np.mean([getattr(row, c) for row in rows.values()]) for c in columns]
    print("| **mean** | " + " | ".join(f"**{mean:.3f}**" for mean in means) + " |")
