"""The answer contract of a benchmark: how a model is asked, how its response is read and graded.

One contract serves the hub and every harness, so that one response has one result everywhere. A
contract is plain data with a version. It also names the rules by which this package extracts and
grades: a rule never changes its meaning, a corrected one gets another name, and a contract that
names a rule this package does not have is refused. So a version's results stay what they were.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, get_args

from errata.answers import (
    LETTERS,
    UNANSWERABLE_TEXT,
    UNANSWERABLE_WORDS,
    Kind,
    UnreadableAnswer,
    parse_answer,
    parse_prediction,
    shorten,
)
from errata.grading import Label, Limits, Verdict, grade
from errata.manifest import canonical_json, digest_of

EXTRACTION = "answer-tags/1"
GRADING = "limits/1"
FIRST_VERSION = "1.0.0"
MAX_TEMPLATE = 20_000  # characters

TEMPLATE = """\
{inputs}

{format}
If what is given does not suffice for an answer, the answer is {abstain}.
Write your final answer once, between <answer> and </answer>, and nothing else between them."""

FORMATS: Mapping[str, str] = {
    "number": "The answer is a number such as 12.5, without its unit.",
    "integer": "The answer is a whole number such as 12.",
    "date": "The answer is a date written as year-month-day, such as 2024-02-19.",
    "duration": "The answer is a duration in weeks and days, such as 14 weeks 1 day.",
    "choice": "The answer is the letter of the right option.",
    "text": "The answer is a short text.",
}
"""What a prompt says of the form of an answer, by kind."""

_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,49})\}")
_TAG = re.compile(r"<[ \t]{0,4}(/?)[ \t]{0,4}answer\s{0,4}>", re.IGNORECASE)
_OWN_PLACES = ("inputs", "format", "abstain")


class InvalidContract(ValueError):
    """A contract that cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The final answer of a response, or None and why there is none to be read."""

    answer: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a response comes to: verdict, abstention, the answer read, and why none could be."""

    verdict: Verdict
    abstained: bool = False
    answer: str | None = None
    reason: str = ""

    @property
    def is_correct(self) -> bool:
        """Whether the response is right."""
        return self.verdict is Verdict.CORRECT


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of a benchmark's contract.

    `template` is the prompt: `{inputs}` stands for all inputs, `{NAME}` for one of them, `{format}`
    for what `formats` says of the answer's kind, `{abstain}` for how to abstain. `unanswerable` are
    the words, beyond N/A, that abstain. Raises InvalidContract where it cannot be used.
    """

    version: str = FIRST_VERSION
    template: str = TEMPLATE
    formats: Mapping[str, str] = field(default_factory=lambda: dict(FORMATS))
    unanswerable: tuple[str, ...] = UNANSWERABLE_WORDS
    extraction: str = EXTRACTION
    grading: str = GRADING

    def __post_init__(self) -> None:
        """Refuse what no prompt could be made or no response be read by."""
        version_key(self.version)
        _check_rules(self.extraction, self.grading)
        _check_template(self.template)
        _check_words(self.formats, self.unanswerable)

    @property
    def places(self) -> frozenset[str]:
        """The names of the inputs that the template asks for one by one."""
        return frozenset(_PLACE.findall(self.template)) - set(_OWN_PLACES)

    @property
    def digest(self) -> str:
        """The SHA-256 of the contract's canonical JSON."""
        return digest_of(self.to_dict())

    def prompt(self, inputs: Mapping[str, Any], kind: str) -> str:
        """What a model is asked: the template with the inputs of one instance put in.

        An input that the instance lacks leaves its place empty. Nothing in an input is taken for a
        place of the template.
        """
        own = {
            "inputs": _all_inputs(inputs),
            "format": self.formats.get(kind, ""),
            "abstain": UNANSWERABLE_TEXT,
        }
        given = {name: _shown(value) for name, value in inputs.items()}
        return _PLACE.sub(lambda found: (given | own).get(found[1], ""), self.template)

    def extract(self, response: str) -> Extracted:
        """The final answer of a full response: what stands between <answer> and </answer>.

        Several are one answer where they say the same but for spaces and capital letters. None, an
        empty one, several that differ, and tags that are nested or without their other half come to
        no answer: nothing is ever guessed. Never raises.
        """
        tags = list(_TAG.finditer(response))
        if not tags:
            return Extracted(None, "The response has no <answer> tags.")
        if len(tags) % 2 or any(bool(tag[1]) != bool(at % 2) for at, tag in enumerate(tags)):
            return Extracted(
                None, "The <answer> tags of the response are nested or lack their other half."
            )
        pairs = zip(tags[::2], tags[1::2], strict=True)
        found = [" ".join(response[one.end() : other.start()].split()) for one, other in pairs]
        if len({answer.casefold() for answer in found}) > 1:
            return Extracted(None, f"The response gives {len(found)} answers that differ.")
        if not found[0]:
            return Extracted(None, "There is nothing between the <answer> tags of the response.")
        return Extracted(found[0])

    def grade(self, response: str, label: Label, choices: Sequence[str] = ()) -> Outcome:
        """Grade a full response; one that holds no readable answer is unparsable. Never raises."""
        extracted = self.extract(response)
        if extracted.answer is None:
            return Outcome(Verdict.UNPARSABLE, reason=extracted.reason)
        return self.grade_answer(extracted.answer, label, choices)

    def grade_answer(self, answer: str, label: Label, choices: Sequence[str] = ()) -> Outcome:
        """Grade a final answer that stands by itself, as files of predictions hold them."""
        graded = grade(answer, label, choices=choices, unanswerable=self.unanswerable)
        reason = ""
        if graded.verdict is Verdict.UNPARSABLE:
            reason = self._why_unreadable(answer, label, choices)
        return Outcome(graded.verdict, graded.abstained, answer, reason)

    def grade_packed(self, response: str, packed: str) -> Outcome:
        """Grade a full response against what `pack_label` gave; ValueError where it is none."""
        try:
            given = json.loads(packed)
            label, choices = label_of(given), tuple(given["choices"])
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(
                f"{shorten(str(packed))} is no packed label ({error!r}); take it from a release."
            ) from None
        return self.grade(response, label, choices)

    def to_dict(self) -> dict[str, Any]:
        """The contract as JSON can say it, for manifests and files."""
        return {
            "version": self.version,
            "template": self.template,
            "formats": dict(self.formats),
            "unanswerable": list(self.unanswerable),
            "extraction": self.extraction,
            "grading": self.grading,
        }

    @classmethod
    def from_dict(cls, fields: object) -> Self:
        """Read what `to_dict` gave; raises InvalidContract for anything else."""
        if not isinstance(fields, dict) or set(fields) != set(cls.__slots__):
            raise InvalidContract(f"A contract is an object of {', '.join(cls.__slots__)}.")
        if not isinstance(fields["formats"], dict):
            raise InvalidContract("The contract's formats are an object of sentences by kind.")
        if not isinstance(fields["unanswerable"], list):
            raise InvalidContract("The contract's unanswerable is a list of words.")
        return cls(**{**fields, "unanswerable": tuple(fields["unanswerable"])})

    def _why_unreadable(self, answer: str, label: Label, choices: Sequence[str]) -> str:
        try:
            kind, words = label.answer.kind, self.unanswerable
            parse_prediction(answer, kind, choices=choices, unanswerable=words)
        except UnreadableAnswer as error:
            return str(error)
        return ""


def pack_label(row: Mapping[str, Any]) -> str:
    """The label of a row as one text, for formats with a single field for the right answer."""
    label = {name: row[name] for name in ("answer", "kind", "limits")}
    return canonical_json(label | {"choices": list(choices_of(row))})


def label_of(row: Mapping[str, Any]) -> Label:
    """The label of a row of a release's JSON lines; raises ValueError where it holds none."""
    limits = Limits.from_dict(row["limits"])
    return Label(parse_answer(row["answer"], row["kind"]), row["answer"], limits)


def choices_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of a row, none where it is no choice question."""
    return tuple((row.get("inputs") or {}).get("choices") or ())


def version_key(version: str) -> tuple[int, int, int]:
    """The three numbers by which versions are ordered; raises InvalidContract for no version."""
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if found is None:
        raise InvalidContract(
            f"{version!r} is no version of a contract; write three numbers such as 1.1.0."
        )
    return int(found[1]), int(found[2]), int(found[3])


def _check_rules(extraction: object, grading: object) -> None:
    for name, given, known in (
        ("extraction", extraction, EXTRACTION),
        ("grading", grading, GRADING),
    ):
        if given != known:
            raise InvalidContract(
                f"The contract's {name} is {given!r}, and this errata knows {known!r}; use another "
                "version of errata, or that rule."
            )


def _check_template(template: object) -> None:
    if not isinstance(template, str) or not 0 < len(template) <= MAX_TEMPLATE:
        raise InvalidContract(f"The template is a text of at most {MAX_TEMPLATE} characters.")
    places = set(_PLACE.findall(template))
    if not places - {"format", "abstain"}:
        raise InvalidContract(
            "The template shows nothing of the instance; put {inputs} or the name of an input, "
            "as in {question}, where it belongs."
        )
    if not {"<answer>", "</answer>"} <= set(re.findall(r"</?answer>", template)):
        raise InvalidContract(
            "The template has to say that the final answer stands between <answer> and </answer>."
        )
    if "abstain" not in places and UNANSWERABLE_TEXT not in template:
        raise InvalidContract(
            "The template has to say how to abstain; put {abstain} where it says so."
        )


def _check_words(formats: Mapping[str, str], unanswerable: Collection[str]) -> None:
    kinds = get_args(Kind)
    if unknown := sorted(set(formats) - set(kinds)):
        raise InvalidContract(
            f"{unknown[0]!r} is no kind of answer; formats may speak of {', '.join(kinds)}."
        )
    if not all(
        isinstance(text, str) and text.strip() for text in (*formats.values(), *unanswerable)
    ):
        raise InvalidContract("Each word for unanswerable and each format is a text with content.")


def _all_inputs(inputs: Mapping[str, Any]) -> str:
    """Every input under its name, in the order of the names; options come last."""
    given = sorted(name for name, value in inputs.items() if value not in (None, "", []))
    ordered = sorted(given, key=lambda name: name == "choices")
    titles = (name.replace("_", " ").capitalize() for name in ordered)
    return "\n\n".join(
        f"{title}:\n{_shown(inputs[name])}" for title, name in zip(titles, ordered, strict=True)
    )


def _shown(value: Any) -> str:
    """An input as a prompt shows it: a text as it is, options with their letters."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list | tuple) and len(value) <= len(LETTERS):
        return "\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, value, strict=False))
    return canonical_json(value)
