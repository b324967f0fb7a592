"""Items of later stages: with what the verifiers of the stages before say of their labels."""

from collections.abc import Sequence
from dataclasses import replace

from audits.catalog import verifiers
from audits.evidence import Voice
from audits.items import Loaded
from audits.plan import stage_of
from audits.selectors import current_policy
from audits.voices import evidence_of
from registry.models import Benchmark


def with_voices(benchmark: Benchmark, loaded: Sequence[Loaded], stage: int) -> Sequence[Loaded]:
    """The items with the voices of all the hub's verifiers of earlier stages; none at the first.

    Only these: what a verifier says must not change what it is asked.
    """
    if not stage:
        return loaded
    earlier = {verifier.name for verifier in verifiers() if stage_of(verifier) < stage}
    known = evidence_of(benchmark, [one.revision for one in loaded], current_policy(benchmark))
    voices = {
        revision: tuple(_told(voice) for voice in evidence.voices if voice.verifier in earlier)
        for revision, evidence in known.items()
    }
    return [
        replace(one, item=replace(one.item, voices=voices.get(one.revision, ()))) for one in loaded
    ]


def _told(voice: Voice) -> dict[str, str]:
    """A voice as JSON without floats: how sure a verifier says it is decides nothing."""
    return {
        "verifier": voice.verifier,
        "verdict": voice.verdict,
        "answer": voice.answer,
        "category": voice.category,
        "sentence": voice.sentence,
    }
