"""What surveyors find in all items of a benchmark together."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from audits.plan import AnyVerifier
from audits.verifiers.base import Item

log = logging.getLogger(__name__)


def surveyors(chosen: Sequence[AnyVerifier]) -> list[Any]:
    """Those that look at all items first."""
    return [verifier for verifier in chosen if callable(getattr(verifier, "survey", None))]


def make_survey(
    chosen: Sequence[AnyVerifier], items: Callable[[], Iterable[Item]]
) -> dict[str, Any]:
    """Each surveyor's findings by name; `items` gives them anew, bit by bit, for each.

    A surveyor that fails finds nothing; it may still judge items one by one.
    """
    found = {}
    for surveyor in surveyors(chosen):
        try:
            found[surveyor.name] = surveyor.survey(items())
        except Exception:  # A plug-in may raise anything.
            log.exception("the survey of %s broke", surveyor.name)
    return found
