"""Simulated benchmarks with planted errors for the queue that learns, from a seed.

`python -m tests.audits.simulated 8` prints the table of docs/audit-quality.md, from 8 seeds, and
what feedback by subject adds to consensus on multiple-choice data, from half as many. The
constants of audits.features and audits.ordering were chosen here; docs/audit-quality.md says which
of them were settled with real rows in sight. Labels are not drawn from the model in audits.belief:
rates of groups are a mixture of three kinds, verifiers are as good as the group lets them be, and
the size of an answer matters in some groups.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from audits.evaluation import caught_at
from audits.evidence import Evidence, Voice
from audits.policies import load_policy
from audits.review_simulation import simulate_review
from audits.verifiers.consensus import ConsensusVerifier
from tests.audits.crowds import Profile
from tests.audits.crowds import simulate as crowd_of

LABELS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One kind of benchmark. `verifiers`: how often each objects to wrong and to right labels."""

    name: str
    verifiers: tuple[tuple[str, float, float], ...]
    groups: int = 50
    skewed: bool = True
    scale: float = 1.0  # of the groups' error rates
    slope: float = 0.3  # of the size of the answer, in standard deviations


BENCHMARKS = (
    Benchmark(
        name="skewed groups",
        verifiers=(("a", 0.1, 0.02), ("explanation", 0.15, 0.05), ("grounding", 0.25, 0.12)),
    ),
    Benchmark(
        name="groups much alike",
        verifiers=(("a", 0.1, 0.02), ("explanation", 0.3, 0.05), ("grounding", 0.4, 0.2)),
        skewed=False,
    ),
    Benchmark(
        name="many small groups",
        verifiers=(("a", 0.1, 0.02), ("explanation", 0.25, 0.1)),
        groups=180,
    ),
    Benchmark(
        name="a strong verifier", verifiers=(("steps", 0.5, 0.01), ("explanation", 0.2, 0.05))
    ),
    Benchmark(
        name="misleading verifiers",
        verifiers=(("a", 0.1, 0.15), ("explanation", 0.1, 0.1), ("grounding", 0.3, 0.05)),
    ),
    Benchmark(
        name="a trusted one that guesses",
        verifiers=(("explanation", 0.3, 0.3), ("steps", 0.1, 0.02)),
    ),
    Benchmark(
        name="sizes matter",
        verifiers=(("a", 0.1, 0.02), ("explanation", 0.25, 0.1)),
        groups=40,
        slope=0.8,
    ),
    Benchmark(
        name="few errors",
        verifiers=(("consensus", 0.1, 0.02), ("explanation", 0.25, 0.12)),
        scale=0.35,
    ),
)


def simulate(kind: Benchmark, seed: int) -> tuple[list[Evidence], list[bool]]:
    """The labels with what verifiers say of them, and which are wrong."""
    draw = np.random.default_rng([seed, *kind.name.encode()])
    share = draw.gamma(2, 1, kind.groups)
    group = draw.choice(kind.groups, LABELS, p=share / share.sum())
    scores = draw.random(kind.groups) < 1 / 3  # these answer with small counts
    sizes = np.where(
        scores[group],
        draw.integers(0, 12, LABELS),
        np.exp(draw.normal(3, 1, LABELS) + draw.normal(0, 1, kind.groups)[group]).round(2),
    )
    source = draw.choice(3, LABELS, p=[0.6, 0.3, 0.1])
    latent = ndtri(_rates(kind, draw))[group] + np.array([0, 0.3, -0.5])[source]
    latent += draw.normal(0, kind.slope, kind.groups)[group] * _standard(np.log1p(sizes), group)
    wrong = draw.random(LABELS) < ndtr(latent)
    voices: list[list[Voice]] = [[] for _ in range(LABELS)]
    for name, on_wrong, on_right in kind.verifiers:
        quality = 2 * draw.beta(2, 2, kind.groups)[group]
        chance = np.where(wrong, np.minimum(on_wrong * quality, 0.95), on_right * (2 - quality))
        for at in np.flatnonzero(draw.random(LABELS) < chance):
            voices[at].append(Voice(name, "object"))
    labels = [
        Evidence(
            benchmark="simulated",
            key=str(at),
            group=f"g{group[at]}",
            source=f"s{source[at]}",
            kind="integer" if scores[group[at]] else "number",
            answer=f"{sizes[at]:.0f}" if scores[group[at]] else f"{sizes[at]:.2f}",
            voices=tuple(voices[at]),
        )
        for at in range(LABELS)
    ]
    return labels, [bool(each) for each in wrong]


def _rates(kind: Benchmark, draw: np.random.Generator) -> np.ndarray:
    if not kind.skewed:
        return draw.beta(4, 12, kind.groups)
    lot = draw.random(kind.groups)
    low, middle, high = (
        draw.beta(1, 30, kind.groups),
        draw.beta(2, 5, kind.groups),
        draw.beta(6, 2, kind.groups),
    )
    rates = np.where(lot < 0.5, low, np.where(lot < 0.8, middle, high))
    return np.clip(rates * kind.scale, 0.003, 0.997)


def _standard(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    result = np.zeros(len(values))
    for each in np.unique(group):
        inside = values[group == each]
        result[group == each] = (inside - inside.mean()) / (inside.std() + 1e-9)
    return result


def multiple_choice(
    seed: int, *, subjects: int = 40
) -> tuple[list[Evidence], list[bool], list[float]]:
    """Questions with four options in subjects of skewed error rates; eight models answered them,
    and consensus says how likely each label is wrong: that is the last list."""
    draw = np.random.default_rng([seed, subjects])
    rates = np.where(
        draw.random(subjects) < 0.75, draw.beta(1, 40, subjects), draw.beta(4, 6, subjects)
    )
    items, wrong, group = [], [], []
    for subject in range(subjects):
        profile = Profile(
            name=f"subject {subject}", families=8, options=4, ability=(0.0, 0.7), items=25,
            wrong=float(rates[subject]), ambiguous=0.1, traps=0.08,
        )  # fmt: skip
        told, errors = crowd_of(profile, seed)
        items += [replace(item, key=f"{subject}-{item.key}") for item in told]
        wrong += errors
        group += [f"subject {subject}"] * len(told)
    verifier = ConsensusVerifier()
    survey = {verifier.name: verifier.survey(items)}
    labels, doubts = [], []
    for item, subject in zip(items, group, strict=True):
        given = verifier.look(replace(item, survey=survey))
        assert given is not None
        said = verifier.judge(given)
        doubts.append(float(said.detail.get("wrong", 0.5)))
        voices = (Voice(verifier.name, said.verdict, confidence=said.confidence),)
        labels.append(
            Evidence(
                benchmark="simulated",
                key=item.key,
                group=subject,
                kind="choice",
                answer=item.answer,
                voices=voices,
            )
        )
    return labels, wrong, doubts


def caught(labels: Sequence[Evidence], wrong: Sequence[bool], share: float) -> dict[str, float]:
    """The errors caught by this share of the work, by order."""
    curves = simulate_review(labels, wrong, load_policy(), seeds=1)
    return {name: curve.at(share)[0] for name, curve in curves.items()}


if __name__ == "__main__":
    print("| simulated benchmark | static @32 % | learning @32 % | static @50 % | learning @50 % |")
    print("|---|---|---|---|---|")
    for kind in BENCHMARKS:
        rows = []
        for seed in range(int(sys.argv[1])):
            curves = simulate_review(*simulate(kind, seed), load_policy(), seeds=1)
            rows.append(
                [
                    curves[order].at(share)[0]
                    for share in (0.32, 0.5)
                    for order in ("static", "learning")
                ]
            )
        means = " | ".join(f"{mean:.1%}" for mean in np.mean(rows, axis=0))
        print(f"| {kind.name} | {means} |")
    print("\nMultiple choice at 32 %: static, learning, bare probability of consensus")
    rows = []
    for seed in range(int(sys.argv[1]) // 2):
        labels, wrong, doubts = multiple_choice(seed)
        at = caught(labels, wrong, 0.32)
        ranked = np.array(wrong)[np.argsort(-np.array(doubts), kind="stable")]
        rows.append([at["static"], at["learning"], caught_at(ranked, 0.32)])
    print(", ".join(f"{mean:.1%}" for mean in np.mean(rows, axis=0)))
