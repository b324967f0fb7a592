"""How good a run's votes are, and how fast a review would find the errors, where truth is known."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.db.models import Q

from audits.belief import Belief
from audits.evaluation import SHARES, Quality, evaluate, percent
from audits.evidence import Evidence, Policy
from audits.models import AuditRun
from audits.ordering import draw
from audits.review_simulation import Curve, simulate_review
from audits.selectors import current_policy
from audits.truth import read_truth
from registry.importers.base import Progress, no_progress
from registry.models import Benchmark, Origin, Revision

WHOLE = "all together"


def evaluate_audit(
    run: AuditRun, path: Path, *, upstream: str = "", progress: Progress = no_progress
) -> dict[str, Any]:
    """Measure a run's verifiers, alone and together, on the labels whose truth a file knows.

    The labels are those that stood when the run ended. Doubts are the policy's, before anything
    was learned from decisions, since those may know the truth. `quality` holds, by verifier and for
    all together, the fields of `audits.evaluation.Quality`.
    """
    policy = current_policy(run.benchmark)
    until = Q() if run.finished_at is None else Q(at__lte=run.finished_at)
    audited = Revision.objects.filter(
        until, instance__benchmark=run.benchmark, instance__head__retired=False
    )
    truth = read_truth(run.benchmark, audited, path, policy, upstream=upstream, progress=progress)
    measured = {name: _alone(truth.labels, name) for name in run.verifiers}
    measured[WHOLE] = truth.labels
    return {
        "run": run.public_id,
        "benchmark": run.benchmark.slug,
        "policy": policy.version,
        "rows": truth.rows,
        "elsewhere": truth.elsewhere,
        "without_truth": truth.without_truth,
        "labels": len(truth.labels),
        "wrong": sum(truth.wrong),
        "quality": {
            name: asdict(_measure(labels, truth.wrong, policy)) for name, labels in measured.items()
        },
    }


def simulate(
    benchmark: Benchmark,
    path: Path,
    *,
    seeds: int,
    upstream: str = "",
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Replay a review of a benchmark's labels by the truth in a file, as often as `seeds`.

    The labels are those that no expert has decided on: what decisions wrote is left out. By
    order (learning, static, random): `caught_at` by percent of the work, with the interval that
    holds 95 % of the seeds, and the whole `curve` by hundredths.
    """
    policy = current_policy(benchmark)
    labels = Revision.objects.filter(
        instance__benchmark=benchmark, instance__head__retired=False
    ).exclude(origin=Origin.DECISION)
    truth = read_truth(benchmark, labels, path, policy, upstream=upstream, progress=progress)
    curves = simulate_review(
        truth.labels,
        truth.wrong,
        policy,
        seeds=seeds,
        progress=lambda done, total: progress("reviews", done, total),
    )
    return {
        "benchmark": benchmark.slug,
        "policy": policy.version,
        "seeds": seeds,
        "rows": truth.rows,
        "elsewhere": truth.elsewhere,
        "without_truth": truth.without_truth,
        "labels": len(truth.labels),
        "wrong": sum(truth.wrong),
        "orders": {name: _told(curve) for name, curve in curves.items()},
    }


def _alone(labels: Sequence[Evidence], verifier: str) -> list[Evidence]:
    """The labels with what this verifier says and nothing else."""
    return [
        replace(label, voices=tuple(v for v in label.voices if v.verifier == verifier))
        for label in labels
    ]


def _measure(labels: Sequence[Evidence], wrong: Sequence[bool], policy: Policy) -> Quality:
    doubts = Belief(policy).doubts(labels)
    return evaluate(
        [doubt.probability for doubt in doubts],
        [any(voice.verdict == "object" for voice in label.voices) for label in labels],
        wrong,
        [draw(policy.seed, label) for label in labels],
    )


def _told(curve: Curve) -> dict[str, Any]:
    points = {percent(share): curve.at(share) for share in SHARES}
    return {
        "caught_at": {
            share: dict(zip(("mean", "low", "high"), point, strict=True))
            for share, point in points.items()
        },
        "curve": asdict(curve),
    }
