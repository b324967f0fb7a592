"""What a verifier is: something that looks at an item and votes.

`look` picks exactly what the verifier needs; the digest of that input names its vote, so a verifier
is asked once about the same input, however often the audit runs. `judge` sees the input alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from errata.answers import Answer, parse_answer
from errata.grading import Label, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One live instance as verifiers may see it.

    `answer`, `limits` and `rule` are stored texts (answer, canonical JSON of limits, canonical JSON
    of the preset's limits rule for the kind). `range` holds the possible answers of the group by
    the preset. `twins` are the labels (key, answer, limits) of other live instances that ask the
    same up to formatting, choices as the letters of this one; `guide` is the Markdown of how labels
    of the group come about; `predictions` are the answers of admitted models by model, and
    `families` their families where they have one. `survey` holds, by verifier, what that one found
    in all items of the run. `examples` are decided and released labels of the same group
    (`audits.examples`), `categories` the benchmark's error categories with what each means.
    `reports` are what open reports propose: `answer` (empty where none) and `sentence`, nobody's
    name. `voices` are what the verifiers of the stage before say of the label: the fields of
    `audits.evidence.Voice`.
    """

    key: str
    kind: str
    group: str = ""
    split: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    answer: str
    limits: str = "{}"
    rule: str = "{}"
    derivation: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    range: Mapping[str, str] | None = None
    twins: tuple[tuple[str, str, str], ...] = ()
    guide: str = ""
    predictions: Mapping[str, str] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    survey: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Mapping[str, Any], ...] = ()
    categories: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[Mapping[str, str], ...] = ()
    voices: tuple[Mapping[str, Any], ...] = ()

    def label(self) -> dict[str, Any]:
        """The label as part of an input; `read_label` turns it back."""
        return {"kind": self.kind, "answer": self.answer, "limits": self.limits}


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a verifier says of one input.

    `verdict` is object, support or abstain; `category` a category code of the benchmark, if the
    verifier knows one; `answer` the printed answer it arrived at, if any; `rationale` one sentence
    for people; `confidence` from 0 to 1 as the verifier says; `detail` what else it found (quotes,
    the step that differs), as JSON without floats. Only a verifier that arrives at an answer by
    itself may support; one that has not seen the label supports its own answer.
    """

    verdict: str
    rationale: str = ""
    answer: str = ""
    category: str = ""
    confidence: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


ABSTAIN = Ballot("abstain")

Input = Mapping[str, Any]


def objection(rationale: str, *, answer: str = "", category: str = "") -> Ballot:
    """A vote that the label is wrong."""
    return Ballot("object", rationale, answer, category)


def support(rationale: str, *, answer: str) -> Ballot:
    """A vote that the label is right, by a verifier that arrived at `answer` by itself."""
    return Ballot("support", rationale, answer)


class Verifier(Protocol):
    """The plug-in protocol. A class with this shape, named in ERRATA_VERIFIERS, is a verifier.

    `name` identifies it in votes and on the command line (at most 50 characters). `version`
    changes whenever an input could be judged differently: votes of other versions are not reused.
    An instance is made once per process, without arguments, and must not keep state.
    """

    name: str
    version: str

    def look(self, item: Item) -> Input | None:
        """What to judge, as JSON without floats; None where there is nothing to look at."""
        ...

    def judge(self, given: Input) -> Ballot:
        """The vote on one input. Whatever it raises becomes an attempt that may be repeated."""
        ...


class Surveyor(Verifier, Protocol):
    """A verifier that first looks at all items of a run, as for how able each model is."""

    def survey(self, items: Iterable[Item]) -> Any:
        """What all items together say, as small JSON without floats; `item.survey[name]`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model answered: its text, the tools it wants called (id, name, arguments as text).

    `cut`: it ran into its token limit, so the text is not whole.
    """

    text: str
    tool_calls: tuple[tuple[str, str, str], ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    cut: bool = False


class Ask(Protocol):
    """One call of a model within the hub's limits and the run's budget, given by the runner."""

    async def __call__(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        schema: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> Reply:
        """Ask. Raises `audits.errors.CallFailed`, which becomes an attempt."""
        ...


class ModelVerifier(Protocol):
    """A verifier that asks a model of the panel: it is awaited, many inputs at a time.

    `model` names an entry of the panel; `samples` is how many votes it gives on one input. A
    verifier of a later `stage` looks when the votes of the stages before are in.
    """

    name: str
    version: str
    model: str
    samples: int
    stage: int

    def look(self, item: Item) -> Input | None:
        """As of any verifier."""
        ...

    def messages(self, given: Input) -> Sequence[Mapping[str, Any]]:
        """What the first call sends, so that its highest cost can be told before."""
        ...

    async def judge(self, given: Input, ask: Ask) -> Ballot:
        """One vote on one input, in as many calls as it takes."""
        ...


def read_label(given: Input) -> Label:
    """The label in an input; raises UnreadableAnswer or InvalidLimits (both ValueError)."""
    return _label(given["kind"], given["answer"], given["limits"])


def read_answer(text: str, kind: str) -> Answer:
    """An answer of `kind`; raises UnreadableAnswer."""
    return parse_answer(text, kind)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def _label(kind: str, answer: str, limits: str) -> Label:
    return Label(read_answer(answer, kind), answer, Limits.from_json(limits))
