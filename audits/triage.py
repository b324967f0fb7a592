"""Which labels go to a human, and why: a pure function of votes, reports and a policy.

An open report makes a label contested, whatever the verifiers say. A decision on the current
revision makes it clear, whatever they say. Otherwise objections count: each raises the doubt by
how often such an objection is right. Strong or several ones make the label contested, a weak one
possible; possible labels are sampled by digest, so that an unchanged state draws the same.
"""

import hashlib
from dataclasses import dataclass
from math import prod

from audits.evidence import Evidence, Policy, Voice

CLEAR, POSSIBLE, CONTESTED = "clear", "possible", "contested"
EXPERT, CONSENSUS, UNREVIEWED = "expert", "consensus", "unreviewed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is thought of a label: bucket, score from 0 to 1, tier, reasons (strongest first).

    `review` says whether an expert should look at it.
    """

    bucket: str
    score: float
    tier: str
    reasons: tuple[str, ...] = ()
    review: bool = False


def triage(evidence: Evidence, policy: Policy) -> Finding:
    """Judge one label by the policy."""
    objections = sorted(
        (voice for voice in evidence.voices if voice.verdict == "object"),
        key=lambda voice: (-policy.doubt_of(voice.verifier), voice.verifier),
    )
    reasons = tuple(_sentence(voice) for voice in objections)
    if demands := _demands(evidence):
        return Finding(CONTESTED, 1.0, CONTESTED, (*demands, *reasons), review=True)
    if evidence.decided:
        return Finding(CLEAR, 0.0, EXPERT)
    score = round(1 - prod(1 - policy.doubt_of(voice.verifier) for voice in objections), 4)
    if not objections:
        supports = tuple(_sentence(v) for v in evidence.voices if v.verdict == "support")
        return Finding(CLEAR, 0.0, CONSENSUS if supports else UNREVIEWED, supports)
    if score >= policy.contested_from:
        return Finding(CONTESTED, score, CONTESTED, reasons, review=True)
    return Finding(POSSIBLE, score, UNREVIEWED, reasons, review=is_sampled(evidence, policy))


def is_sampled(evidence: Evidence, policy: Policy) -> bool:
    """Whether a possible label is drawn for review: by digest, so the same draw every time."""
    text = "\n".join((policy.seed, evidence.benchmark, evidence.key))
    draw = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return draw < policy.sampled * 2**64


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
