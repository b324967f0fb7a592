"""A model answers from inputs and guide, several times; it sees no label and nothing near one."""

from collections.abc import Mapping
from typing import Any

from audits.panel import ModelSettings
from audits.verifiers.base import Ask, Ballot, Input, Item
from audits.verifiers.conversation import converse
from audits.verifiers.model import (
    NUMBER,
    TEXT,
    ModelVerifierBase,
    guidance,
    guide_blocks,
    input_blocks,
    read_confidence,
    read_given_answer,
    read_text,
    schema_of,
)
from audits.verifiers.prompting import Block

_SCHEMA = schema_of({"working": TEXT, "answer": TEXT, "confidence": NUMBER, "reason": TEXT})


class BlindRecompute(ModelVerifierBase):
    """Each sample supports the answer that it arrived at, `N/A` among them.

    What the samples come to beside a label is told by `audits.samples`.
    """

    kind = "blind_recompute"
    prompt = "blind_recompute.2"

    def __init__(self, model: ModelSettings) -> None:
        super().__init__(model)
        self.samples = model.samples
        self._tools = model.tools

    def look(self, item: Item) -> Input | None:
        """What a solver sees and the group's guide: another label of the same costs nothing."""
        if not item.inputs:
            return None
        return {"inputs": dict(item.inputs), "kind": item.kind, **guidance(item)}

    def blocks(self, given: Input) -> list[Block]:
        """The inputs, the form of the answer and the guide."""
        return [*input_blocks(given), *guide_blocks(given)]

    async def judge(self, given: Input, ask: Ask) -> Ballot:
        """One sample, calculating with the tool where the model can."""

        def read(answer: dict[str, Any]) -> Ballot:
            return _ballot(answer, given)

        return await converse(ask, self.messages(given), _SCHEMA, read, calculator=self._tools)


def _ballot(answer: Mapping[str, Any], given: Input) -> Ballot:
    working = read_text(answer, "working", needed=False)
    return Ballot(
        "support",
        read_text(answer, "reason"),
        read_given_answer(answer, given),
        "",
        read_confidence(answer),
        {"working": working} if working else {},
    )
