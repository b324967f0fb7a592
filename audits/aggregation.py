"""How likely each answer is the right one: the label's own, those proposed, none, or another.

The belief says how likely the label is wrong. That share goes to the other answers by who proposes
them: a proposal is right as often as its verifier's proposals were (audits.reliability), equal for
all until there are decisions. Proposals that grading cannot tell apart are one answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from errata.answers import UNANSWERABLE_TEXT, Answer, Kind, UnreadableAnswer, parse_answer
from errata.grading import Limits

from audits.evidence import Evidence
from audits.reliability import ANSWER, PRIOR
from audits.samples import same

# Before anybody proposes: how the share of a wrong label's other answers stands to one proposed.
UNANSWERABLE, OTHER = 0.25, 0.5
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Posterior:
    """`answers`: printed answers with how likely each is right, the label's first, `N/A` among
    them; `other`: how likely something else is."""

    answers: tuple[tuple[str, float], ...]
    other: float

    def to_json(self) -> dict[str, Any]:
        """As standings keep and exports write it."""
        return {"answers": [list(each) for each in self.answers], "other": self.other}


def posterior(
    evidence: Evidence,
    doubt: float,
    trusted: Mapping[tuple[str, str], float],
    rule: Limits,
) -> Posterior:
    """Share out the doubt of a label among the other answers.

    `trusted` is `reliability.trust`; `rule` the benchmark's limits for this kind of answer.
    """
    proposals = _proposals(evidence, trusted)
    camps = _camps(proposals, evidence.kind, rule)
    if evidence.answer != UNANSWERABLE_TEXT:
        camps.setdefault(UNANSWERABLE_TEXT, set())
    weights = {
        answer: (UNANSWERABLE if answer == UNANSWERABLE_TEXT else 1.0)
        * _likelihood(names, proposals, len(camps))
        for answer, names in camps.items()
    }
    other = OTHER * _likelihood(set(), proposals, len(camps))
    total = sum(weights.values()) + other
    shares = {answer: round(doubt * weight / total, _DIGITS) for answer, weight in weights.items()}
    rest = round(doubt * other / total, _DIGITS)
    own = round(1 - sum(shares.values()) - rest, _DIGITS)
    likeliest = sorted(shares.items(), key=lambda each: (-each[1], each[0]))
    return Posterior(((evidence.answer, own), *likeliest), rest)


Proposals = list[tuple[str, str, float]]  # verifier, answer, how often its answers are right


def _proposals(evidence: Evidence, trusted: Mapping[tuple[str, str], float]) -> Proposals:
    found = []
    for voice in evidence.voices:
        if voice.verdict == "object" and voice.answer:
            known = trusted.get((voice.verifier, ""), PRIOR[ANSWER])
            known = trusted.get((voice.verifier, evidence.group), known)
            found.append((voice.verifier, voice.answer, known))
    return found


def _camps(proposals: Proposals, kind: str, rule: Limits) -> dict[str, set[str]]:
    """Who proposes which answer, those that grading cannot tell apart under the first's text."""
    camps: dict[str, set[str]] = {}
    for verifier, text, _ in proposals:
        answer = _read(text, kind)
        if answer is None:
            continue
        for first in camps:
            known = _read(first, kind)
            if known is not None and same(known, answer, rule):
                camps[first].add(verifier)
                break
        else:
            camps[UNANSWERABLE_TEXT if answer.unanswerable else text] = {verifier}
    return camps


def _likelihood(names: set[str], proposals: Proposals, answers: int) -> float:
    """How likely just these proposals are if the answer of the camp `names` is right."""
    wrong = max(answers, 1)
    return prod(known if name in names else (1 - known) / wrong for name, _, known in proposals)


@lru_cache(maxsize=65_536)
def _read(text: str, kind: str) -> Answer | None:
    known: Kind = kind  # type: ignore[assignment]
    try:
        return parse_answer(text, known)
    except UnreadableAnswer:
        return None
