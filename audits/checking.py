"""What the verifiers that only compute say of one label, at once and without writing a vote."""

from dataclasses import replace
from typing import NamedTuple

from errata.grading import Label

from audits.catalog import verifiers
from audits.items import load_items
from audits.verifiers.base import Ballot, Item, Verifier
from registry.models import Benchmark


class Said(NamedTuple):
    """What one verifier says."""

    verifier: str
    verdict: str
    sentence: str
    answer: str


def said_at_once(benchmark: Benchmark, instance: int, proposed: Label | None = None) -> list[Said]:
    """What they say of the label as it stands, or of one that is proposed; those who abstain left.

    Verifiers that ask a model or look at all items first are left to audits.
    """
    loaded = load_items(benchmark, instance, instance)
    if not loaded:
        return []
    item = loaded[0].item
    if proposed is not None:  # a new answer has no explanation of its own
        limits = proposed.limits.to_json()
        item = replace(item, answer=proposed.text, limits=limits, derivation={})
    plain = [v for v in verifiers() if not hasattr(v, "model") and not hasattr(v, "survey")]
    said = [(verifier.name, _judged(verifier, item)) for verifier in plain]
    return [
        Said(name, ballot.verdict, ballot.rationale, ballot.answer)
        for name, ballot in said
        if ballot is not None and ballot.verdict != "abstain"
    ]


def _judged(verifier: Verifier, item: Item) -> Ballot | None:
    """The verifier's vote; none where it fails, as in an audit."""
    try:
        given = verifier.look(item)
        return None if given is None else verifier.judge(given)
    except Exception:  # noqa: BLE001  # A plug-in's fault must not take the form away.
        return None
