"""How each verifier did: against what experts decided, and what its calls cost, took and failed."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import NamedTuple

from django.db.models import Count, Q, Sum
from scipy.special import betaincinv

from audits.evidence import Voice
from audits.models import Attempt, Call, CallOutcome, Case, Decision, Flaw, Lapse
from audits.selectors import current_policy
from audits.states import Outcome
from audits.voices import CHUNK, evidence_of
from registry.models import Benchmark, User

NO_ERROR = ""  # the category of labels that were confirmed
SURE = 0.95  # of the intervals
_SLOWEST = 0.95
_TIMED = 20_000  # newest calls whose times are looked at


@dataclass(slots=True)
class Tally:
    """Decided labels of one error category that a verifier looked at, by what it said."""

    objected: int = 0
    silent: int = 0  # abstained or supported


@dataclass(slots=True)
class Card:
    """One verifier. `by_category` counts labels found wrong, `confirmed` those found right.

    `named` counts answers that it proposed for wrong labels, `hit` those the experts decided on.
    Cost in billionths of the panel's currency, times in milliseconds.
    """

    verifier: str
    by_category: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    confirmed: Tally = field(default_factory=Tally)
    named: int = 0
    hit: int = 0
    calls: int = 0
    cost: int = 0
    failed_calls: int = 0
    failures: int = 0
    median_ms: int | None = None
    slow_ms: int | None = None
    flaws: dict[str, int] = field(default_factory=dict)

    @property
    def objected(self) -> int:
        """Objections to labels that were decided."""
        return self.right + self.confirmed.objected

    @property
    def right(self) -> int:
        """Objections to labels that were found wrong."""
        return sum(tally.objected for tally in self.by_category.values())

    @property
    def wrong_labels(self) -> int:
        """Labels found wrong that it looked at."""
        return self.right + sum(tally.silent for tally in self.by_category.values())

    @property
    def precision(self) -> "Share":
        """How often its objections were right."""
        return share_of(self.right, self.objected)

    @property
    def recall(self) -> "Share":
        """How many of the wrong labels it looked at it objected to."""
        return share_of(self.right, self.wrong_labels)

    def categories(self) -> list[tuple[str, Tally, "Share"]]:
        """Wrong labels by category, most first, with how many of them it objected to."""
        rows = [
            (code, tally, share_of(tally.objected, tally.objected + tally.silent))
            for code, tally in self.by_category.items()
        ]
        return sorted(rows, key=lambda row: (-(row[1].objected + row[1].silent), row[0]))


class Share(NamedTuple):
    """A proportion with its interval (Jeffreys); all None where nothing was counted."""

    value: float | None
    lower: float | None
    upper: float | None
    of: int


def share_of(count: int, total: int) -> Share:
    """A proportion and the 95 % interval of its Beta posterior under Jeffreys' prior."""
    if not total:
        return Share(None, None, None, 0)
    tail = (1 - SURE) / 2
    lower, upper = betaincinv(count + 0.5, total - count + 0.5, [tail, 1 - tail])
    return Share(count / total, float(lower) if count else 0.0, _upper(upper, count, total), total)


def report_card(benchmark: Benchmark) -> list[Card]:
    """The card of every verifier that looked at a decided label or was asked, by name.

    Each decision counts once, with what the verifiers said of the label as it was before it.
    """
    cards: dict[str, Card] = {}
    for outcome, category, truth, voices in _decided(benchmark):
        for voice in voices:
            card = cards.setdefault(voice.verifier, Card(voice.verifier))
            _count(card, voice, outcome != Outcome.CONFIRM, category, truth)
    for name, card in _asked(benchmark).items():
        cards.setdefault(name, Card(name))
        for column, value in card.items():
            setattr(cards[name], column, value)
    for verifier, flaw, count in _lapses(benchmark):
        cards.setdefault(verifier, Card(verifier)).flaws[Flaw(flaw).label] = count
    return [cards[name] for name in sorted(cards)]


class Slip(NamedTuple):
    """A verifier that an expert contradicted, and the flaw that was named, if any."""

    verifier: str
    verdict: str
    answer: str
    flaw: str


def slips_of(case: Case, expert: User | None) -> list[Slip]:
    """Who erred on a case that this expert decided; nothing for everybody else.

    An objection to a confirmed label errs, and to a wrong one silence or another answer.
    """
    if expert is None or case.instance_id is None:
        return []
    mine = case.decisions.filter(actor=expert.public_id).exclude(outcome=Outcome.FLAWED)
    decision = mine.select_related("before", "after").order_by("-pk").first()
    if decision is None:
        return []
    named = {lapse.verifier: lapse.get_flaw_display() for lapse in decision.lapses.all()}
    policy = current_policy(case.benchmark)
    evidence = evidence_of(case.benchmark, [decision.before_id], policy)
    known = evidence.get(decision.before_id)
    return [
        Slip(voice.verifier, voice.verdict, voice.answer, named.get(voice.verifier, ""))
        for voice in (known.voices if known else ())
        if _erred(voice, decision)
    ]


def _erred(voice: Voice, decision: Decision) -> bool:
    if decision.outcome == Outcome.CONFIRM:
        return voice.verdict == "object"
    if voice.verdict == "object":
        return bool(voice.answer) and voice.answer != decision.after.answer
    return voice.verdict == "support"


def _upper(upper: float, count: int, total: int) -> float:
    return 1.0 if count == total else float(upper)


def _decided(benchmark: Benchmark) -> Iterator[tuple[str, str, str, tuple[Voice, ...]]]:
    """Outcome, category, the answer that was left, and the voices of each decided label."""
    policy = current_policy(benchmark)
    decisions = Decision.objects.filter(instance__benchmark=benchmark)
    rows = (
        decisions.exclude(outcome=Outcome.FLAWED)
        .order_by("pk")
        .values_list("before", "outcome", "category__code", "after__answer")
        .iterator(chunk_size=CHUNK)
    )
    while part := list(islice(rows, CHUNK)):
        evidence = evidence_of(benchmark, [before for before, *_ in part], policy)
        for before, outcome, category, truth in part:
            if before in evidence:
                yield outcome, category or NO_ERROR, truth, evidence[before].voices


def _count(card: Card, voice: Voice, wrong: bool, category: str, truth: str) -> None:
    tally = card.by_category[category] if wrong else card.confirmed
    if voice.verdict != "object":
        tally.silent += 1
        return
    tally.objected += 1
    if wrong and voice.answer:
        card.named += 1
        card.hit += voice.answer == truth  # both printed


def _asked(benchmark: Benchmark) -> dict[str, dict[str, int | None]]:
    """Calls, cost, times and failures by verifier, over all runs."""
    calls = Call.objects.filter(run__benchmark=benchmark)
    sums = (
        calls.order_by()
        .values("verifier")
        .annotate(
            calls=Count("pk"),
            settled=Sum("cost", default=0),
            lost=Sum("reserved", filter=Q(cost=None), default=0),
            failed_calls=Count("pk", filter=Q(outcome=CallOutcome.FAILED)),
        )
    )
    found: dict[str, dict[str, int | None]] = defaultdict(dict)
    for row in sums:
        found[row["verifier"]] = {
            "calls": row["calls"],
            "cost": row["settled"] + row["lost"],
            "failed_calls": row["failed_calls"],
        }
    times: dict[str, list[int]] = defaultdict(list)
    answered = calls.filter(outcome=CallOutcome.ANSWERED).order_by("-pk")
    for verifier, millis in answered.values_list("verifier", "millis")[:_TIMED]:
        times[verifier].append(millis)
    for verifier, taken in times.items():
        taken.sort()
        found[verifier] |= {
            "median_ms": round(median(taken)),
            "slow_ms": taken[min(len(taken) - 1, int(_SLOWEST * len(taken)))],
        }
    attempts = Attempt.objects.filter(run__benchmark=benchmark).order_by()
    for verifier, count in attempts.values_list("verifier").annotate(Count("pk")):
        found[verifier]["failures"] = count
    return found


def _lapses(benchmark: Benchmark) -> Iterator[tuple[str, str, int]]:
    rows = Lapse.objects.filter(decision__instance__benchmark=benchmark).order_by()
    yield from rows.values_list("verifier", "flaw").annotate(Count("pk"))
