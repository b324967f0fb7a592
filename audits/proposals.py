"""Which groups want one ruling instead of many single decisions: a pure function of decisions.

Errors of one cause look alike: the same category, the same step that a verifier names, the same
ratio or difference between label and truth, or no answer at all. Where enough decided labels of a
group share that, and nearly all that could share it were wrong, the rest is one question.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from errata.answers import Answer, UnreadableAnswer, parse_answer

from audits.evidence import Decided, Evidence, Policy

NEARLY_ALL = 0.8
_DIGITS = 3  # to which differences and ratios are the same


@dataclass(frozen=True, slots=True)
class Proposal:
    """A ruling that a group may want.

    `shared` names what the wrong labels share, `wrong` of `decided` labels; `keys` are the labels
    that wait and that the ruling could settle. `sentence` says all that to people.
    """

    group: str
    shared: str
    wrong: int
    decided: int
    keys: tuple[str, ...]
    sentence: str


def propose_rulings(
    decided: Sequence[Decided], waiting: Sequence[Evidence], policy: Policy
) -> list[Proposal]:
    """At most one ruling per group, groups with most labels waiting first."""
    known: dict[str, list[Decided]] = defaultdict(list)
    left: dict[str, list[Evidence]] = defaultdict(list)
    for one in decided:
        known[one.evidence.group].append(one)
    for label in waiting:
        left[label.group].append(label)
    found = [
        proposal
        for group, labels in left.items()
        if group and (proposal := _propose(group, known[group], labels, policy.ruling_after))
    ]
    return sorted(found, key=lambda each: (-len(each.keys), each.group))


def _propose(
    group: str, decided: Sequence[Decided], waiting: Sequence[Evidence], enough: int
) -> Proposal | None:
    """The most telling thing that enough wrong labels share, if any."""
    wrong = [one for one in decided if one.wrong]
    for signs in (_steps, _unanswerable, _amounts, _category, _direction):
        sharing = Counter(sign for one in wrong for sign in set(signs(one)))
        for sign, count in sorted(sharing.items(), key=lambda item: (-item[1], item[0])):
            # A step shows before anything is decided, so only labels that show it are meant.
            shows = signs is _steps
            among = sum(not shows or sign in _named(one.evidence) for one in decided)
            keys = tuple(e.key for e in waiting if not shows or sign in _named(e))
            if count >= enough and count >= NEARLY_ALL * among and keys:
                sentence = _sentence(group, sign, count, among, len(keys))
                return Proposal(group, sign, count, among, keys, sentence)
    return None


def _sentence(group: str, shared: str, wrong: int, decided: int, waiting: int) -> str:
    rest = "1 more label waits" if waiting == 1 else f"{waiting} more labels wait"
    return f"{wrong} of {decided} decided labels of {group} were wrong alike: {shared}; {rest}."


def _steps(one: Decided) -> set[str]:
    return _named(one.evidence)


def _named(evidence: Evidence) -> set[str]:
    """The steps that verifiers name."""
    return {
        f"{voice.verifier} objects to {voice.step}"
        for voice in evidence.voices
        if voice.verdict == "object" and voice.step
    }


def _unanswerable(one: Decided) -> set[str]:
    truth = _read(one.truth, one.evidence.kind)
    lost = truth is not None and truth.unanswerable
    return {"the inputs lack what the question needs"} if lost else set()


def _amounts(one: Decided) -> set[str]:
    """By how much the label was wrong, where that is a number of its own."""
    before, after = _values(one)
    if before is None or after is None or before == after:
        return set()
    signs = {f"the right answer is the label {after - before:+.{_DIGITS}g}"}
    if one.evidence.kind != "date" and before and after / before > 0:
        signs.add(f"the right answer is {after / before:.{_DIGITS}g} times the label")
    return signs


def _category(one: Decided) -> set[str]:
    return {f"the experts say {one.category}"} if one.category else set()


def _direction(one: Decided) -> set[str]:
    before, after = _values(one)
    if before is None or after is None or before == after:
        return set()
    return {"the label is too low" if after > before else "the label is too high"}


def _values(one: Decided) -> tuple[float | None, float | None]:
    """Label and truth as numbers; dates count in days."""
    kind = one.evidence.kind
    return _number(_read(one.evidence.answer, kind)), _number(_read(one.truth, kind))


def _number(answer: Answer | None) -> float | None:
    if answer is None or answer.value is None or isinstance(answer.value, str):
        return None
    if isinstance(answer.value, date):
        return float(answer.value.toordinal())
    return float(answer.value)


def _read(text: str, kind: str) -> Answer | None:
    try:
        return parse_answer(text, kind)  # type: ignore[arg-type]
    except UnreadableAnswer:
        return None
