"""Where the panel and the label disagree, a model is to name the fact that decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from errata.answers import Answer, UnreadableAnswer
from errata.grading import accepts, same_answer

from audits.verifiers.base import Ask, Ballot, Input, Item, read_answer, read_label
from audits.verifiers.conversation import Malformed, converse
from audits.verifiers.model import (
    NUMBER,
    TEXT,
    TEXTS,
    ModelVerifierBase,
    guidance,
    guide_blocks,
    input_blocks,
    one_of,
    read_choice,
    read_confidence,
    read_given_answer,
    read_text,
    read_texts,
    schema_of,
    taught_blocks,
)
from audits.verifiers.prompting import Block
from audits.verifiers.quotes import check_quotes

Side = dict[str, Any]  # an answer, and the arguments for it


class CrossExamine(ModelVerifierBase):
    """Objects with the answer that the deciding fact leads to, unless the label accepts it.

    The model is not told which of the competing answers is the benchmark's. Having seen it all the
    same, it never supports.
    """

    kind = "cross_examine"
    prompt = "cross_examine.2"
    stage = 1

    def look(self, item: Item) -> Input | None:
        """The competing answers, if any member of the panel objects to the label; else nothing.

        Open reports then stand beside the panel's answers, as arguments like any other.
        """
        panel = [voice for voice in item.voices if _is_panel(voice, self.kind)]
        if not item.inputs or not any(voice["verdict"] == "object" for voice in panel):
            return None
        against = [*(voice for voice in panel if voice["verdict"] == "object"), *item.reports]
        return item.label() | {
            "inputs": dict(item.inputs),
            "group": item.group,
            **guidance(item),
            "sides": _sides(item, [*panel, *item.reports]),
            "doubts": sorted(each["sentence"] for each in against if not each["answer"]),
            "categories": dict(item.categories),
            "examples": list(item.examples),
        }

    def blocks(self, given: Input) -> list[Block]:
        """Inputs, competing answers in an order that says nothing, and what is doubted."""
        sides = [(f"competing answer {n}", side) for n, side in enumerate(given["sides"], start=1)]
        doubts = [("argument that one of them is wrong", doubt) for doubt in given["doubts"]]
        group: Block = ("group of the item", given["group"])
        item = [*input_blocks(given), group, *guide_blocks(given)]
        return [*item, *sides, *doubts, *taught_blocks(given)]

    async def judge(self, given: Input, ask: Ask) -> Ballot:
        """One objection or abstention."""

        def read(answer: dict[str, Any]) -> Ballot:
            return _ballot(answer, given)

        return await converse(ask, self.messages(given), _schema(given), read)


def _is_panel(voice: Mapping[str, Any], own: str) -> bool:
    """Whether a voice is a model's of the stage before."""
    kind, at, _ = str(voice["verifier"]).partition("@")
    return bool(at) and kind != own and voice["verdict"] in ("object", "support")


def _sides(item: Item, claims: Sequence[Mapping[str, Any]]) -> list[Side]:
    """Each different answer once, with all arguments for it, in the order of the answers' texts."""
    derived = [f"{name}: {text}" for name, text in item.derivation.items()]
    sides: list[tuple[Answer, Side]] = []
    label = {"answer": item.answer, "sentence": "\n".join(derived)}
    for voice in (label, *sorted(claims, key=lambda v: (v["answer"], v["sentence"]))):
        try:
            answer = read_answer(voice["answer"], item.kind)
        except UnreadableAnswer:
            continue
        said = [voice["sentence"]] if voice["sentence"] else []
        for known, side in sides:
            if same_answer(known, answer):
                side["arguments"] += said
                break
        else:
            sides.append((answer, {"answer": voice["answer"], "arguments": said}))
    return sorted((side for _, side in sides), key=lambda side: str(side["answer"]))


def _schema(given: Input) -> dict[str, Any]:
    return schema_of(
        {
            "working": TEXT,
            "quotes": TEXTS,
            "outcome": one_of("decided", "undecided"),
            "fact": TEXT,
            "answer": TEXT,
            "category": one_of("", *given["categories"]),
            "confidence": NUMBER,
        }
    )


def _ballot(answer: Mapping[str, Any], given: Input) -> Ballot:
    outcome = read_choice(answer, "outcome", ("decided", "undecided"))
    fact = read_text(answer, "fact", needed=False)
    if not fact:
        raise Malformed("'fact' is empty: name the fact that decides, or what would decide.")
    detail: dict[str, Any] = {"working": read_text(answer, "working", needed=False)}
    detail["quotes"] = check_quotes(read_texts(answer, "quotes"), given["inputs"])
    detail = {name: value for name, value in detail.items() if value}
    confidence = read_confidence(answer)
    if outcome == "undecided":
        return Ballot("abstain", fact, "", "", confidence, detail)
    decided = read_given_answer(answer, given)
    if accepts(read_label(given), read_answer(decided, given["kind"])):
        return Ballot("abstain", fact, decided, "", confidence, detail)
    category = read_choice(answer, "category", ("", *given["categories"]))
    return Ballot("object", fact, decided, category, confidence, detail)
