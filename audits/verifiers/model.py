"""What verifiers that ask a model have in common: name, version, prompt, and reading fields."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from errata.answers import UnreadableAnswer, parse_answer, print_answer
from errata.manifest import digest_of, sha256_hex

from audits.panel import ModelSettings
from audits.verifiers.base import Input, Item
from audits.verifiers.conversation import Malformed
from audits.verifiers.prompting import Block, fenced_messages, read_prompt

MAX_REASON = 2_000  # characters kept of what a model says
MAX_LIST = 50

_FORMS = {
    "number": "a number such as 12.5",
    "integer": "a whole number such as 12",
    "date": "a date such as 2024-02-19",
    "duration": "a duration such as 14 weeks 1 day, or 99 days",
    "choice": "the letter of one option",
    "text": "a short text",
}


class ModelVerifierBase:
    """One kind of verifier that asks one model of the panel; a subclass adds what is its own.

    `kind` is its name in the panel, `prompt` the file of its prompt, `code` is raised whenever the
    class would judge the same answer differently.
    """

    kind: ClassVar[str]
    prompt: ClassVar[str] = ""
    code: ClassVar[str] = "1"
    stage: ClassVar[int] = 0
    samples = 1

    def __init__(self, model: ModelSettings) -> None:
        self.model = model.name
        self.name = f"{self.kind}@{model.name}"
        self.version = digest_of(
            {
                "code": f"{self.kind}.{self.code}",
                "prompt": sha256_hex(self.prompt_text()),
                "endpoint": model.endpoint,
                "model": model.model,
                "temperature": model.temperature,
                "max_tokens": model.max_tokens,
                "tools": model.tools,
            }
        )

    def prompt_text(self) -> str:
        """What the model is told to do; a plug-in whose prompt lies elsewhere says it here."""
        return read_prompt(self.prompt)

    def messages(self, given: Input) -> list[dict[str, Any]]:
        """The prompt, and the input as fenced data."""
        return fenced_messages(self.prompt_text(), self.blocks(given))

    def blocks(self, given: Input) -> list[Block]:
        """The parts of an input as the model is to see them."""
        raise NotImplementedError


def input_blocks(given: Input) -> list[Block]:
    """What a solver sees, and the form of the answer."""
    inputs = [(f"input: {name}", value) for name, value in given["inputs"].items()]
    return [*inputs, ("answer kind", f"{given['kind']}: {_FORMS[given['kind']]}, or N/A")]


def guidance(item: Item) -> dict[str, str]:
    """The guide of the item's group as part of an input, where one is written."""
    return {"guide": item.guide} if item.guide else {}


def guide_blocks(given: Input) -> list[Block]:
    """How the labels of the group come about; it tells of no single label."""
    return [("guide of the group", given["guide"])] if "guide" in given else []


def taught_blocks(given: Input) -> list[Block]:
    """The error categories of the benchmark, and decided examples of the same group."""
    blocks: list[Block] = [("error categories", given["categories"])]
    numbered = enumerate(given["examples"], start=1)
    return blocks + [(f"example {n} that experts decided", example) for n, example in numbered]


def schema_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with exactly these fields, in this order."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields),
        "additionalProperties": False,
    }


TEXT: Mapping[str, Any] = {"type": "string"}
TEXTS: Mapping[str, Any] = {"type": "array", "items": TEXT}
NUMBER: Mapping[str, Any] = {"type": "number"}


def one_of(*texts: str) -> dict[str, Any]:
    """The schema of a text that is one of these."""
    return {"type": "string", "enum": list(texts)}


def read_text(answer: Mapping[str, Any], field: str, *, needed: bool = True) -> str:
    """A text of an answer, blanks folded and cut to MAX_REASON; Malformed if it is none."""
    value = answer.get(field)
    if not isinstance(value, str):
        raise Malformed(f"Your answer needs the text '{field}'.")
    text = " ".join(value.replace("\0", " ").split())
    if needed and not text:
        raise Malformed(f"'{field}' is empty.")
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 1] + "…"


def read_choice(answer: Mapping[str, Any], field: str, options: Sequence[str]) -> str:
    """A text of an answer that is one of the options; Malformed if it is not."""
    value = answer.get(field)
    if not isinstance(value, str) or value not in options:
        raise Malformed(f"'{field}' must be one of: {', '.join(o or '(empty)' for o in options)}.")
    return value


def read_texts(answer: Mapping[str, Any], field: str) -> list[str]:
    """A list of texts of an answer; Malformed if it is none."""
    value = answer.get(field)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Malformed(f"Your answer needs the list of texts '{field}'.")
    return [text.replace("\0", " ") for text in value[:MAX_LIST]]


def read_confidence(answer: Mapping[str, Any]) -> float:
    """How sure the model says it is; Malformed if that is no number from 0 to 1."""
    value = answer.get("confidence")
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise Malformed("'confidence' must be a number from 0 to 1.")
    return float(value)


def read_given_answer(answer: Mapping[str, Any], given: Input, *, needed: bool = True) -> str:
    """The answer that the model arrived at, printed; Malformed if it is none of the kind.

    A choice may be its letter or the whole text of one option. Empty where it is not `needed`.
    """
    text = read_text(answer, "answer", needed=needed)
    if not text:
        return ""
    choices = given["inputs"].get("choices") or ()
    try:
        return print_answer(parse_answer(text, given["kind"], choices=choices))
    except UnreadableAnswer as error:
        raise Malformed(f"'answer' cannot be read: {error}") from error
