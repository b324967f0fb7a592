"""What another policy would make of the votes that are there: nothing is asked, nothing written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from audits.belief import Belief, learn
from audits.decided import decided_of
from audits.due import last_audit
from audits.evidence import Policy
from audits.models import AuditRun, Case, Standing
from audits.policies import load_policy, parse_policy
from audits.services.triage_instances import evidence_now, open_reports
from audits.states import LIVE, Bucket, Tier
from audits.triage import triage_all
from registry.errors import WrongState
from registry.models import Benchmark, Head

PREVIEWED = 20_000  # labels that are judged while somebody waits


@dataclass(frozen=True, slots=True)
class Move:
    """A label that would stand elsewhere: bucket, tier and score now and then, and why then."""

    key: str
    bucket: str
    new_bucket: str
    tier: str
    new_tier: str
    score: float
    new_score: float
    reason: str


def preview_policy(benchmark: Benchmark, text: str) -> dict[str, Any]:
    """What this policy would make of the last audit's votes (`retriage`); nothing is written.

    Raises InvalidInput where the text is no policy, and WrongState where nothing can be judged yet
    or so many labels would be that the command has to.
    """
    hub = load_policy()
    chosen = parse_policy(text, over=hub, version=f"draft over {hub.version}")
    run = last_audit(benchmark)
    if run is None:
        raise WrongState(
            "No audit has ended yet, so there are no votes to judge anew. The text itself can be "
            "used: set it, or start an audit first."
        )
    labels = Head.objects.filter(benchmark=benchmark, retired=False).count()
    if labels > PREVIEWED:
        raise WrongState(
            f"{labels} labels are too many to judge while you wait (the most is {PREVIEWED}). The "
            f"text itself can be used; see who would move with: manage.py retriage {run.public_id} "
            "--policy FILE"
        )
    return retriage(run, chosen)


def retriage(run: AuditRun, policy: Policy) -> dict[str, Any]:
    """Judge every live label of a run by another policy, decisions learned from by it too.

    `counts`: labels by bucket from → to, those that stay among them; `review`: how many have a case
    now and would have; `moves`: the labels that would change bucket or tier, by key.
    """
    belief = learn(decided_of(run.benchmark, policy), policy)
    counts: Counter[tuple[str, str]] = Counter()
    moves: list[Move] = []
    cases = reviews = 0
    for chunk in run.chunks.order_by("number"):
        heads = Head.objects.filter(
            benchmark=run.benchmark, retired=False, pk__gte=chunk.first, pk__lte=chunk.last
        )
        for move, has_case, review in _moves(run, heads, policy, belief):
            counts[move.bucket, move.new_bucket] += 1
            cases, reviews = cases + has_case, reviews + review
            if (move.bucket, move.tier) != (move.new_bucket, move.new_tier):
                moves.append(move)
    return {
        "run": run.public_id,
        "benchmark": run.benchmark.slug,
        "policy": policy.version,
        "labels": sum(counts.values()),
        "counts": {f"{old} → {new}": count for (old, new), count in sorted(counts.items())},
        "review": {"now": cases, "then": reviews},
        "moves": [asdict(move) for move in sorted(moves, key=lambda move: move.key)],
    }


def _moves(
    run: AuditRun, heads: Any, policy: Policy, belief: Belief
) -> Iterator[tuple[Move, bool, bool]]:
    """Each label as it stands and would stand, whether it has a case, and whether it would."""
    rows = list(heads.order_by("pk").values_list("pk", "revision", "retired"))
    ids = [pk for pk, *_ in rows]
    cases = {c.instance_id: c for c in Case.objects.filter(instance__in=ids, status__in=LIVE)}
    known = evidence_now(run.benchmark, policy, rows, cases, open_reports(ids))
    standings = Standing.objects.in_bulk(ids)
    findings = triage_all(known.values(), policy, belief)
    for (instance, evidence), finding in zip(known.items(), findings, strict=True):
        now = standings.get(instance) or Standing(bucket=Bucket.CLEAR, tier=Tier.UNREVIEWED)
        reason = finding.reasons[0] if finding.reasons else ""
        yield (
            Move(
                *(evidence.key, now.bucket, finding.bucket, now.tier, finding.tier),
                *(now.score, finding.score, reason),
            ),
            instance in cases,
            finding.review,
        )
