"""Rows of releases as answers are judged by them."""

from collections.abc import Iterable, Sequence
from functools import partial

from errata.scoring import Question, read_posterior

from audits.calculators.base import band_of, find
from registry.labels import stored_label
from registry.presets import Preset
from registry.selectors import documents
from versions.selectors import Row, shared_posterior_of

BANDED_KINDS = ("number", "integer")


def question_of(row: Row, choices: Sequence[str], preset: Preset) -> Question:
    """A row of a release, as answers are judged by it."""
    label = stored_label(row.kind, row.answer, row.limits)
    calculator = find(row.group) if row.kind in BANDED_KINDS else None
    return Question(
        label=label,
        group=row.group,
        tier=row.tier,
        choices=choices,
        posterior=read_posterior(shared_posterior_of(row), row.kind, preset.rule(row.kind)),
        band=partial(band_of, row.group, kind=row.kind) if calculator is not None else None,
    )


def options_of(rows: Iterable[Row]) -> dict[str, Sequence[str]]:
    """The options of the rows that have any, by content digest."""
    found = documents(row.content for row in rows if row.kind == "choice")
    return {digest: document["inputs"].get("choices", ()) for digest, document in found.items()}
