"""How likely each answer is the right one: the label's own, those proposed, none, or another.

The belief says how likely the label is wrong. That share goes to the other answers by who proposes
them: a proposal is right as often as its verifier's proposals were (audits.reliability), equal for
all until there are decisions. Proposals that grading cannot tell apart are one answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from errata.answers import UNANSWERABLE_TEXT, Answer, Kind, UnreadableAnswer, parse_answer
from errata.grading import Limits, same_answer
from errata.manifest import canonical_json

from audits.evidence import Evidence, Voice
from audits.reliability import ANSWER, PRIOR
from audits.samples import same

# How the share of answers that nobody proposes falls to "not computable" and to something else; and
# how often two that are mistaken propose the same answer, since mistakes are alike.
UNANSWERABLE, COINCIDE = 0.25, 0.25
SURE = 0.99  # no proposal is taken to be more
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Posterior:
    """`answers`: printed answers with how likely each is right, the label's first, `N/A` among
    them; `other`: how likely something else is."""

    answers: tuple[tuple[str, float], ...]
    other: float

    def to_text(self) -> str:
        """As standings keep and exports write it: docs/releases.md says what it means."""
        own, *others = (*self.answers, (None, self.other))
        told = [own, *(each for each in others if each[1])]
        return canonical_json([{"answer": a, "probability": f"{p:.{_DIGITS}f}"} for a, p in told])


def posterior(
    evidence: Evidence,
    doubt: float,
    trusted: Mapping[tuple[str, str], float],
    rule: Limits,
) -> Posterior:
    """Share out the doubt of a label among the other answers.

    `trusted` is `reliability.trust`; `rule` the benchmark's limits for this kind of answer.
    """
    camps = _camps(evidence, trusted, rule)
    weights = {answer: _weight(known) for answer, known in camps.items()}
    other = 1.0
    if UNANSWERABLE_TEXT not in (evidence.answer, *camps):
        weights[UNANSWERABLE_TEXT], other = UNANSWERABLE, 1 - UNANSWERABLE
    total = sum(weights.values()) + other
    shares = {text: doubt * weight / total for text, weight in weights.items()}
    likeliest = sorted(shares.items(), key=lambda each: (-each[1], each[0]))
    texts = [evidence.answer, *(text for text, _ in likeliest)]
    each = rounded([1 - doubt, *(share for _, share in likeliest), doubt * other / total])
    return Posterior(tuple(zip(texts, each[:-1], strict=True)), each[-1])


def rounded(shares: list[float]) -> list[float]:
    """The shares, rounded so that they still add up to 1: the largest takes what is left over."""
    found = [round(share, _DIGITS) for share in shares]
    largest = found.index(max(found))
    found[largest] = round(found[largest] + 1 - sum(found), _DIGITS)
    return found


def _camps(
    evidence: Evidence, trusted: Mapping[tuple[str, str], float], rule: Limits
) -> dict[str, list[float]]:
    """The answers that are proposed and how often each proposer's are right.

    Those that grading cannot tell apart are one, under the text of the first.
    """
    camps: dict[str, list[float]] = {}
    own = _read(evidence.answer, evidence.kind)
    for voice in evidence.voices:
        if voice.verdict != "object" or not voice.answer:
            continue
        text = voice.answer if voice.answer in camps else _camp(voice, own, camps, evidence, rule)
        if text is not None:
            known = trusted.get((voice.verifier, ""), PRIOR[ANSWER])
            known = trusted.get((voice.verifier, evidence.group), known)
            camps.setdefault(text, []).append(known)
    return camps


def _camp(
    voice: Voice,
    own: Answer | None,
    camps: Mapping[str, object],
    evidence: Evidence,
    rule: Limits,
) -> str | None:
    """The text of the camp that a proposal belongs to; None where it proposes nothing new."""
    answer = _read(voice.answer, evidence.kind)
    if answer is None or (own is not None and same_answer(own, answer)):
        return None
    for text in camps:
        known = _read(text, evidence.kind)
        if known is not None and same(known, answer, rule):
            return text
    return UNANSWERABLE_TEXT if answer.unanswerable else voice.answer


def _weight(known: list[float]) -> float:
    """How an answer stands to all that nobody proposes.

    One proposal is right as often as its verifier's are; another one for the same answer counts by
    how seldom mistakes coincide.
    """
    odds = prod(min(share, SURE) / (1 - min(share, SURE)) for share in known)
    return float(odds / COINCIDE ** (len(known) - 1))


@lru_cache(maxsize=65_536)
def _read(text: str, kind: str) -> Answer | None:
    known: Kind = kind  # type: ignore[assignment]
    try:
        return parse_answer(text, known)
    except UnreadableAnswer:
        return None
