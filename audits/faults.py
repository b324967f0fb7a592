"""Group faults: a calculator's group in which most labels differ by one and the same step."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One step that is wrong in most labels of a group.

    `objected` of the `looked_at` live labels differ by `step`; `sentence` says so for people, with
    the objection whose reason most of them share.
    """

    group: str
    step: str
    objected: int
    looked_at: int
    sentence: str


def group_faults(
    rows: Iterable[tuple[str, str, str]], *, least: int = 5, share: float = 0.5
) -> list[Fault]:
    """The faults among live labels that were recalculated, by group.

    Each row is one label: its group, the step that differs (empty where none does), and the
    sentence of the objection. A fault is a step that differs in at least `least` labels and in more
    than `share` of those looked at. The result depends on the rows, not on their order.
    """
    looked_at: Counter[str] = Counter()
    sentences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for group, step, sentence in rows:
        looked_at[group] += 1
        if step:
            sentences[group, step].append(sentence)
    return [
        Fault(group, step, len(said), looked_at[group], _sentence(step, said, looked_at[group]))
        for (group, step), said in sorted(sentences.items())
        if len(said) >= least and len(said) > share * looked_at[group]
    ]


def _sentence(step: str, said: list[str], looked_at: int) -> str:
    """The count, and a sentence with the reason (what follows its first colon) that most share."""
    reasons = Counter(_reason(sentence) for sentence in said)
    shared = min(said, key=lambda sentence: (-reasons[_reason(sentence)], sentence))
    return f"{len(said)} of {looked_at} labels differ in the same step ({step}), as here: {shared}"


def _reason(sentence: str) -> str:
    return sentence.partition(": ")[2] or sentence
