"""What of a label may hint that it is wrong, as named features of a linear model.

A feature's name is a tuple: its kind and what it stands for, such as ("group", "SOFA") or
("group voice", "SOFA", "recalculate", "object", ""). Each kind has a prior deviation: how far, on
the probit scale, one group (split, source, voice …) may differ from the others before anything is
known of it. The deviations were chosen on simulated benchmarks (docs/audit-quality.md).
"""

from collections.abc import Iterator
from functools import lru_cache
from math import asinh, floor

import numpy as np
from errata.answers import UnreadableAnswer, parse_answer
from scipy.special import ndtri

from audits.evidence import Evidence, Policy, Voice

Name = tuple[str, ...]

DEVIATION = {
    "all": 0.8,
    "group": 1.2,
    "split": 0.4,
    "source": 0.5,
    "kind": 0.4,
    "form": 0.4,
    "voice": 0.7,
    "step": 0.5,
    "strength": 0.5,
    "group voice": 0.8,
    "group form": 0.7,
}
_VARIANCE = {kind: deviation**2 for kind, deviation in DEVIATION.items()}

# How likely a label is wrong that nobody objects to, before anything was decided; what one verifier
# that arrived at the same answer by itself leaves of the odds; and the bounds of any doubt.
BASE, SUPPORTED, SURE = 0.15, 0.5, 0.995


def features(evidence: Evidence) -> Iterator[tuple[Name, float]]:
    """Names and values of what is known of a label."""
    yield from of_label(evidence)
    for voice in evidence.voices:
        yield from of_voice(evidence.group, voice)


def of_label(evidence: Evidence) -> Iterator[tuple[Name, float]]:
    """What the label shows by itself."""
    group = evidence.group
    yield ("all",), 1.0
    yield ("group", group), 1.0
    yield ("split", evidence.split), 1.0
    yield ("source", evidence.source), 1.0
    yield ("kind", evidence.kind), 1.0
    for name, value in _form(evidence.answer, evidence.kind):
        yield ("form", name), value
        yield ("group form", group, name), value


def of_voice(group: str, voice: Voice) -> Iterator[tuple[Name, float]]:
    """What a verifier says of a label in this group; an abstention is silent."""
    if voice.verdict == "abstain":
        return
    yield ("voice", voice.verifier, voice.verdict), 1.0
    yield ("group voice", group, voice.verifier, voice.verdict, voice.step), 1.0
    if voice.step:
        yield ("step", voice.verifier, voice.step), 1.0
    if voice.confidence is not None:
        yield ("strength", voice.verifier, voice.verdict), 2 * voice.confidence - 1


def variance_of(name: Name) -> float:
    """The prior variance of a feature's weight."""
    return _VARIANCE[name[0]]


def prior_doubt(evidence: Evidence, policy: Policy) -> float:
    """How likely the label is wrong by the policy alone: votes as they are, not yet weighed.

    Each objection leaves as much of the trust as the policy says of its verifier (the less
    confident it is, the more), each support halves the odds.
    """
    trust, odds = 1 - BASE, 1.0
    for voice in evidence.voices:
        if voice.verdict == "object":
            trust *= 1 - policy.doubt_of(voice.verifier) * _weight(voice)
        elif voice.verdict == "support":
            odds *= 1 - (1 - SUPPORTED) * _weight(voice)
    odds *= (1 - trust) / max(trust, 1 - SURE)
    return min(max(odds / (1 + odds), 1 - SURE), SURE)


def probit(probability: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The latent mean whose predictive probability under this variance is `probability`."""
    return ndtri(probability) * np.sqrt(1 + variance)  # type: ignore[no-any-return]


def _weight(voice: Voice) -> float:
    return 1.0 if voice.confidence is None else voice.confidence


@lru_cache(maxsize=65_536)
def _form(text: str, kind: str) -> tuple[tuple[str, float], ...]:
    """The form of an answer: what it is, and for a number where on a scale of sizes it lies.

    Neighbouring marks share a number between them, so that what is learned of one size tells of
    the next; small counts, as scores are, have a mark each.
    """
    try:
        answer = parse_answer(text, kind)  # type: ignore[arg-type]
    except UnreadableAnswer:
        return (("unreadable", 1.0),)
    if answer.unanswerable:
        return (("unanswerable", 1.0),)
    if answer.kind in ("choice", "text", "date") or answer.value is None:
        return ((str(answer.value), 1.0),) if answer.kind == "choice" else ()
    place = 3 * asinh(float(str(answer.value)))
    mark = floor(place)
    return ((f"size {mark}", 1 - (place - mark)), (f"size {mark + 1}", place - mark))
