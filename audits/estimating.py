"""What a run would ask and cost, before it starts: nothing is asked and nothing written."""

from collections import defaultdict
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from audits.catalog import the_panel
from audits.choosing import Choice, choose, next_round
from audits.due import schedule_of
from audits.endpoint import most_tokens
from audits.hearing import with_voices
from audits.items import Loaded, load_items
from audits.panel import Panel
from audits.plan import AnyVerifier, Name, Plan, asks_model, by_stage, make_plan, stage_of
from audits.surveys import make_survey
from audits.verifiers.base import Input, Item, ModelVerifier, Reply
from audits.votes import Samples, Seen, votes_on
from registry.errors import InvalidInput
from registry.models import Benchmark, Head

CHUNK = 500
WHILE_ONE_WAITS = 2_000  # instances that are estimated while somebody waits for the answer


@dataclass(slots=True)
class Guess:
    """What one verifier would be asked: `questions` in a full run, `new` ones now.

    `possible` ones of a later stage depend on answers of the stages before that are not there yet.
    `tokens` and `cost` are what the new questions take at most if each takes one call; a verifier
    that calculates or mends its answer takes more, each within the budget. `full_cost` is the same
    for all questions. Amounts are in billionths of the panel's currency.
    """

    host: str = ""
    questions: int = 0
    new: int = 0
    possible: int = 0
    tokens: int = 0
    cost: int = 0
    full_cost: int = 0


@dataclass(slots=True)
class Estimate:
    """What a run would ask."""

    benchmark: str
    round: int
    currency: str
    building_cost: int | None
    instances: int = 0
    hosts: Sequence[str] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    verifiers: dict[str, Guess] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """What it costs at most, one call a question."""
        return sum(guess.cost for guess in self.verifiers.values())

    @property
    def full_cost(self) -> int:
        """The same if nothing had been asked before."""
        return sum(guess.full_cost for guess in self.verifiers.values())

    @property
    def of_building(self) -> float:
        """The cost as a share of what building the benchmark cost; 0 where nobody entered that."""
        return self.cost / self.building_cost if self.building_cost else 0.0

    @property
    def new(self) -> int:
        """How many votes would be asked for."""
        return sum(guess.new for guess in self.verifiers.values())

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON."""
        names = ("new", "cost", "full_cost", "of_building")
        return asdict(self) | {name: getattr(self, name) for name in names}


def estimate(
    benchmark: Benchmark,
    names: Sequence[str] | None = None,
    *,
    fresh: bool = False,
    budget: int | None = None,
    at_most: int | None = None,
) -> Estimate:
    """Let the verifiers look at every live instance, and count what no vote says yet.

    Raises what `choose` raises, and InvalidInput for more than `at_most` instances, where somebody
    waits for the page.
    """
    choice = choose(benchmark, names, budget=budget)
    ids = list(
        Head.objects.filter(benchmark=benchmark, retired=False)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if at_most is not None and len(ids) > at_most:
        raise InvalidInput(
            f"{len(ids):,} instances take too long to estimate on a page: run "
            f"manage.py run_audit {benchmark.slug} --estimate.",
            code="too_many",
        )
    spans = [(ids[n], ids[min(n + CHUNK, len(ids)) - 1]) for n in range(0, len(ids), CHUNK)]

    def items() -> Iterator[Item]:
        for span in spans:
            yield from (one.item for one in load_items(benchmark, *span))

    counting = _Counting(benchmark, choice, next_round(benchmark, fresh=fresh))
    survey = make_survey(choice.chosen, items)
    for span in spans:
        counting.count(load_items(benchmark, *span, survey=survey))
    return counting.result


class _Counting:
    """The estimate while it is made."""

    def __init__(self, benchmark: Benchmark, choice: Choice, round_: int) -> None:
        self._benchmark, self._panel = benchmark, the_panel()
        self._stages = by_stage(choice.chosen)
        self._counted: set[Name] = set()
        self.result = Estimate(
            benchmark=benchmark.slug,
            round=round_,
            currency=self._panel.currency,
            building_cost=schedule_of(benchmark).building_cost,
            hosts=choice.hosts,
            left_out=choice.left_out,
            verifiers={
                v.name: Guess(host=choice.panel[v.name].get("host", "")) for v in choice.chosen
            },
        )

    def count(self, loaded: Sequence[Loaded]) -> None:
        """Count one part of the instances."""
        self.result.instances += len(loaded)
        unsure: set[int] = set()  # revisions of which an earlier stage has still to vote
        for stage in self._stages:
            seen = Seen([v.name for v in stage], [one.revision for one in loaded])
            items = with_voices(self._benchmark, loaded, stage_of(stage[0]))
            plan = make_plan(stage, items, seen.last)
            known = votes_on(plan.inputs)
            missing = self._count_plan(plan, known)
            self._count_possible(stage, plan, unsure)
            unsure |= {one.revision for one, name in plan.looks if name in missing}

    def _count_plan(self, plan: Plan, known: Mapping[Name, Samples]) -> set[Name]:
        """Count the inputs of one stage; return those that lack votes."""
        asked: dict[Name, list[bool]] = defaultdict(list)
        for name, sample in plan.wanted(self.result.round):
            asked[name].append(sample not in known.get(name, {}))
        for name, news in asked.items():
            if name in self._counted:
                continue
            self._counted.add(name)
            guess = self.result.verifiers[name.verifier]
            guess.questions += len(news)
            guess.new += sum(news)
            tokens, cost = self._price(*plan.inputs[name])
            guess.tokens += sum(news) * tokens
            guess.cost += sum(news) * cost
            guess.full_cost += len(news) * cost
        return {name for name, news in asked.items() if any(news)}

    def _count_possible(self, stage: Sequence[AnyVerifier], plan: Plan, unsure: set[int]) -> None:
        planned = {(one.revision, name.verifier) for one, name in plan.looks}
        for verifier in stage if unsure else ():
            guess = self.result.verifiers[verifier.name]
            samples = getattr(verifier, "samples", 1)
            guess.possible += samples * sum((r, verifier.name) not in planned for r in unsure)

    def _price(self, verifier: AnyVerifier, given: Input | None) -> tuple[int, int]:
        """Tokens and cost of the first call at most."""
        if given is None or not asks_model(verifier):
            return 0, 0
        return price_of_first_call(verifier, given, self._panel)  # type: ignore[arg-type]


class _Asked(BaseException):
    """What a verifier asks first. No Exception, so that no verifier catches it."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens


def price_of_first_call(verifier: ModelVerifier, given: Input, panel: Panel) -> tuple[int, int]:
    """The most tokens and cost of what a verifier asks first, found by letting it begin.

    A verifier that asks nothing costs nothing.
    """
    model = panel.models[verifier.model]

    async def ask(
        messages: Sequence[Mapping[str, Any]],
        *,
        schema: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> Reply:
        raise _Asked(most_tokens(messages, schema, tools))

    try:
        _run(verifier.judge(given, ask))
    except _Asked as asked:
        return asked.tokens + model.max_tokens, model.cost(asked.tokens, model.max_tokens)
    except Exception:  # noqa: BLE001  It will fail as an attempt, before it asks anything.
        return 0, 0
    return 0, 0


def _run(judging: Coroutine[Any, Any, Any]) -> None:
    """Run until it ends or asks."""
    try:
        while True:
            judging.send(None)
    except StopIteration:
        return
