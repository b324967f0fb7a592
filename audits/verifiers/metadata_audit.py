"""A model reads the label with its derivation beside the inputs, and objects or abstains."""

from collections.abc import Mapping
from typing import Any

from errata.grading import accepts

from audits.verifiers.base import Ask, Ballot, Input, Item, read_answer, read_label
from audits.verifiers.conversation import converse
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


class MetadataAudit(ModelVerifierBase):
    """Objects where the model names a mistake of the label; agreeing is no support, it saw it.

    Whoever objects and then gives an answer that the label accepts has found nothing wrong with
    it: that is an abstention.
    """

    kind = "metadata_audit"
    prompt = "metadata_audit.2"

    def look(self, item: Item) -> Input | None:
        """All there is but what verifiers say; nothing where inputs are gone."""
        if not item.inputs:
            return None
        return item.label() | {
            "inputs": dict(item.inputs),
            "group": item.group,
            **guidance(item),
            "derivation": dict(item.derivation),
            "categories": dict(item.categories),
            "examples": list(item.examples),
        }

    def blocks(self, given: Input) -> list[Block]:
        """Everything, the label after the inputs."""
        derivation = [(f"derivation: {name}", v) for name, v in given["derivation"].items()]
        return [
            *input_blocks(given),
            ("group of the item", given["group"]),
            ("benchmark's answer", given["answer"]),
            ("limits within which an answer counts as right", given["limits"]),
            *derivation,
            *guide_blocks(given),
            *taught_blocks(given),
        ]

    async def judge(self, given: Input, ask: Ask) -> Ballot:
        """One objection or abstention."""

        def read(answer: dict[str, Any]) -> Ballot:
            return _ballot(answer, given)

        return await converse(ask, self.messages(given), _schema(given), read)


def _schema(given: Input) -> dict[str, Any]:
    return schema_of(
        {
            "working": TEXT,
            "quotes": TEXTS,
            "verdict": one_of("object", "abstain"),
            "category": one_of("", *given["categories"]),
            "answer": TEXT,
            "confidence": NUMBER,
            "reason": TEXT,
        }
    )


def _ballot(answer: Mapping[str, Any], given: Input) -> Ballot:
    verdict = read_choice(answer, "verdict", ("object", "abstain"))
    objects = verdict == "object"
    proposed = read_given_answer(answer, given, needed=False) if objects else ""
    category = read_choice(answer, "category", ("", *given["categories"])) if objects else ""
    detail: dict[str, Any] = {"working": read_text(answer, "working", needed=False)}
    detail["quotes"] = check_quotes(read_texts(answer, "quotes"), given["inputs"])
    if proposed and accepts(read_label(given), read_answer(proposed, given["kind"])):
        verdict, detail["inside_limits"] = "abstain", True
    return Ballot(
        verdict,
        read_text(answer, "reason"),
        proposed,
        category,
        read_confidence(answer),
        {name: value for name, value in detail.items() if value},
    )
