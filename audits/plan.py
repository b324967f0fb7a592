"""What verifiers of one stage want to judge of some items, each input once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from errata.manifest import digest_of

from audits.items import Loaded
from audits.verifiers.base import Input, ModelVerifier, Verifier

NOTHING = digest_of(None)  # the input of a verifier that no longer has anything to look at

AnyVerifier = Verifier | ModelVerifier


class Name(NamedTuple):
    """Names what is judged: a verifier's version and the digest of the input."""

    verifier: str
    version: str
    input: str


@dataclass(frozen=True, slots=True)
class LastLook:
    """What a verifier saw last of a revision, whether all it said was to abstain."""

    name: Name
    silent: bool


Last = Mapping[tuple[int, str], LastLook]  # by revision and verifier


@dataclass(slots=True)
class Plan:
    """Inputs by name, who looks at what, and the looks that failed (instance, verifier, why)."""

    inputs: dict[Name, tuple[AnyVerifier, Input | None]] = field(default_factory=dict)
    looks: list[tuple[Loaded, Name]] = field(default_factory=list)
    failures: list[tuple[int, str, str]] = field(default_factory=list)

    def wanted(self, round_: int) -> Iterable[tuple[Name, int]]:
        """Every name with the numbers of the samples that this round asks for."""
        for name, (verifier, given) in self.inputs.items():
            for sample in samples_of(verifier, given, round_):
                yield name, sample


def make_plan(chosen: Sequence[AnyVerifier], loaded: Sequence[Loaded], last: Last) -> Plan:
    """Let each verifier look at each item.

    One that has nothing to look at any more is planned too, where what it said last still counts.
    """
    plan = Plan()
    for one in loaded:
        for verifier in chosen:
            try:
                given = verifier.look(one.item)
                before = last.get((one.revision, verifier.name))
                if given is None and (before is None or before.silent):
                    continue
                digest = NOTHING if given is None else digest_of(given)
            except Exception as error:  # noqa: BLE001  A plug-in may raise anything.
                plan.failures.append((one.instance, verifier.name, why(error)))
                continue
            name = Name(verifier.name, verifier.version, digest)
            plan.inputs[name] = (verifier, given)
            plan.looks.append((one, name))
    return plan


def samples_of(verifier: AnyVerifier, given: Input | None, round_: int) -> range:
    """The numbers of the votes that a round asks for; nothing to look at needs no model."""
    if given is None or not asks_model(verifier):
        return range(1)
    count: int = verifier.samples  # type: ignore[union-attr]
    return range(round_ * count, (round_ + 1) * count)


def asks_model(verifier: AnyVerifier) -> bool:
    """Whether it is awaited with a model to ask."""
    return bool(getattr(verifier, "model", ""))


def stage_of(verifier: AnyVerifier) -> int:
    """When it looks: verifiers that ask no model look first."""
    return int(getattr(verifier, "stage", 0))


def by_stage(chosen: Iterable[AnyVerifier]) -> list[list[AnyVerifier]]:
    """The verifiers of each stage, in the order of stages."""
    stages: dict[int, list[AnyVerifier]] = {}
    for verifier in chosen:
        stages.setdefault(stage_of(verifier), []).append(verifier)
    return [stages[number] for number in sorted(stages)]


def why(error: Exception) -> str:
    """An error as an attempt keeps it."""
    text = f"{type(error).__name__}: {error}"[:2_000].replace("\0", "")
    return text.encode(errors="replace").decode()
