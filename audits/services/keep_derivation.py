"""Keep what went into a group's calculator as the derivation of the answer that it comes to."""

from collections.abc import Mapping
from typing import Any

from audits.calculating import derivation_of
from audits.models import Opinion
from audits.verifiers.grounding import read_entities
from registry.chain import text_of
from registry.errors import InvalidInput
from registry.models import Revision
from registry.selectors import documents
from registry.services.keep_text import keep_texts


def derived(revision: Revision, entities: str, answer: str) -> dict[str, Any] | None:
    """The derivation, computed here; None where the entities come to another answer."""
    if not entities.strip():
        return None
    if not isinstance(read_entities(entities), Mapping):
        raise InvalidInput(
            "Entities are a JSON object of names and values; compute the answer again.",
            field="entities",
        )
    return derivation_of(revision.group, revision.content.kind, entities, answer)


def keep_derivation(derivation: Mapping[str, Any] | None) -> str:
    """Store it; its digest, empty for none."""
    digest, text = text_of(derivation or {})
    keep_texts([(digest, text)] if digest else [])
    return digest


def entities_of(opinion: Opinion | None) -> str:
    """What went into the calculator for an opinion; empty where nothing did."""
    if opinion is None or not opinion.derivation:
        return ""
    kept = documents([opinion.derivation]).get(opinion.derivation) or {}
    return str(kept.get("entities", ""))
