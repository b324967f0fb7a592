"""Which labels go to a human, and why: a pure function of evidence, a policy and a belief.

An open report makes a label contested, whatever the verifiers say. A decision on the current
revision makes it clear, whatever they say. Otherwise it is as doubtful as the belief says
(audits.belief: the policy's doubts of objections until decisions teach better), and a doubt counts
more where the answers that are proposed lie in another risk band. Possible labels are sampled by
digest, so that an unchanged state draws the same.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from audits.belief import Belief, Doubt
from audits.evidence import Evidence, Policy, Voice

CLEAR, POSSIBLE, CONTESTED = "clear", "possible", "contested"
EXPERT_AGREED, EXPERT = "expert-agreed", "expert"
CONSENSUS, UNREVIEWED = "consensus", "unreviewed"
OTHER_BAND = "An answer that is proposed lies in another risk band."


@dataclass(frozen=True, slots=True)
class Finding:
    """What is thought of a label: bucket, score from 0 to 1, tier, reasons (strongest first).

    The score is how likely the label is wrong, or 1 where a human has to end something; `doubt` is
    the belief's in any case, 0 where an expert decided. `review` says whether an expert should look
    at it, `demanded` that no workload cap holds it back. `priority` is where its case stands until
    the queue is ordered anew: what somebody asked for first, then by doubt and impact.
    """

    bucket: str
    score: float
    tier: str
    reasons: tuple[str, ...] = ()
    review: bool = False
    demanded: bool = False
    doubt: float = 0.0
    priority: float = 0.0


def triage(evidence: Evidence, policy: Policy, belief: Belief | None = None) -> Finding:
    """Judge one label; without a belief by the policy alone."""
    return triage_all([evidence], policy, belief)[0]


def triage_all(
    labels: Iterable[Evidence], policy: Policy, belief: Belief | None = None
) -> list[Finding]:
    """Judge many labels, in their order."""
    labels = list(labels)
    doubts = (belief or Belief(policy)).doubts(labels)
    return [_judge(*each, policy) for each in zip(labels, doubts, strict=True)]


def is_sampled(evidence: Evidence, policy: Policy) -> bool:
    """Whether a possible label is drawn for review: by digest, so the same draw every time."""
    text = "\n".join((policy.seed, evidence.benchmark, evidence.key))
    draw = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return draw < policy.sampled * 2**64


def _judge(evidence: Evidence, belief: Doubt, policy: Policy) -> Finding:
    demands, doubt = _demands(evidence), round(belief.probability, 4)
    if not demands and evidence.decided:
        return Finding(CLEAR, 0.0, EXPERT_AGREED if evidence.experts > 1 else EXPERT)
    reasons = (*demands, *_reasons(evidence, policy))
    weight = belief.probability * evidence.impact
    if demands:
        place = _place(weight + policy.band_weight)
        return Finding(CONTESTED, 1.0, CONTESTED, reasons, True, True, doubt, place)
    if weight < policy.possible_from:
        return _clear(evidence, doubt, reasons)
    reasons = reasons or (f"{belief.reason[:1].upper()}{belief.reason[1:]}.",)
    contested = weight >= policy.contested_from
    return Finding(
        CONTESTED if contested else POSSIBLE,
        doubt,
        CONTESTED if contested else UNREVIEWED,
        reasons,
        review=contested or is_sampled(evidence, policy),
        doubt=doubt,
        priority=_place(weight),
    )


def _place(weight: float) -> float:
    return round(weight, 4)


def _clear(evidence: Evidence, doubt: float, objections: tuple[str, ...]) -> Finding:
    """A clear label is consensus where somebody supports it and nobody objects."""
    supports = tuple(_sentence(v) for v in evidence.voices if v.verdict == "support")
    tier = CONSENSUS if supports and not objections else UNREVIEWED
    return Finding(CLEAR, doubt, tier, objections or supports, doubt=doubt)


def _reasons(evidence: Evidence, policy: Policy) -> tuple[str, ...]:
    """The objections, strongest first."""
    objections = sorted(
        (voice for voice in evidence.voices if voice.verdict == "object"),
        key=lambda voice: (-policy.doubt_of(voice.verifier), voice.verifier),
    )
    told = tuple(_sentence(voice) for voice in objections)
    return (*told, OTHER_BAND) if told and evidence.impact > 1 else told


def _demands(evidence: Evidence) -> tuple[str, ...]:
    """What only a human can end."""
    demands = []
    if evidence.flawed:
        demands.append("An expert called the item flawed; a maintainer has to settle it.")
    if evidence.open_reports:
        count = evidence.open_reports
        demands.append("1 open report." if count == 1 else f"{count} open reports.")
    return tuple(demands)


def _sentence(voice: Voice) -> str:
    return f"{voice.verifier}: {voice.sentence}" if voice.sentence else f"{voice.verifier}."
