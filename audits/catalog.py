"""Which verifiers there are.

Those that compute are named in ERRATA_VERIFIERS, built-ins and others alike. Those that ask models
are named in the panel: one verifier, `kind@model`, for each kind and each model that it asks.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from audits.panel import Panel, Seats, load_panel
from audits.verifiers.base import ModelVerifier, Verifier
from registry.errors import InvalidInput

MAX_NAME, MAX_VERSION = 50, 64
KINDS = {
    "metadata_audit": "audits.verifiers.metadata_audit.MetadataAudit",
    "blind_recompute": "audits.verifiers.blind_recompute.BlindRecompute",
    "cross_examine": "audits.verifiers.cross_examine.CrossExamine",
}


def verifiers(names: Sequence[str] | None = None) -> list[Verifier | ModelVerifier]:
    """The verifiers of these names, or all: those of the setting in its order, then the panel's.

    Raises InvalidInput for a name that is not there, or a setting or panel that names no verifier.
    """
    panel = the_panel()
    known: dict[str, Verifier | ModelVerifier] = dict(_load(tuple(settings.ERRATA_VERIFIERS)))
    for seats in panel.verifiers.values():
        for verifier in _seated(seats, panel):
            if verifier.name in known:
                raise _bad_panel(seats, f"takes the name '{verifier.name}', which another one has")
            known[verifier.name] = verifier
    if missing := sorted(set(names or ()) - known.keys()):
        raise InvalidInput(
            f"There is no verifier {', '.join(missing)}. Name some of {', '.join(known)}, "
            f"or add its class to ERRATA_VERIFIERS, or its model to {settings.ERRATA_PANEL.name}.",
            code="unknown_verifier",
        )
    return [verifier for name, verifier in known.items() if names is None or name in names]


def the_panel() -> Panel:
    """The hub's panel as its file stands now; empty where there is none."""
    return load_panel(settings.ERRATA_PANEL)


def _seated(seats: Seats, panel: Panel) -> list[ModelVerifier]:
    """The verifiers of one kind, one for each model."""
    path = seats.path or KINDS.get(seats.kind)
    if path is None:
        have = ", ".join(KINDS)
        raise _bad_panel(seats, f"is no built-in (there are {have}); name its class in path")
    try:
        made = import_string(path)
        found = [made(panel.models[model]) for model in seats.models]
    except (ImportError, TypeError) as error:
        raise _bad_panel(seats, f"cannot be made: {error}") from error
    for verifier in found:
        if problem := _problem(verifier, ("look", "messages", "judge")):
            raise _bad_panel(seats, problem)
    return found


@lru_cache(maxsize=8)
def _load(paths: tuple[str, ...]) -> dict[str, Verifier]:
    known: dict[str, Verifier] = {}
    for path in paths:
        verifier = _make(path)
        if verifier.name in known:
            raise _bad(path, f"takes the name '{verifier.name}', which another one has")
        known[verifier.name] = verifier
    return known


def _make(path: str) -> Verifier:
    try:
        verifier = import_string(path)()
    except (ImportError, TypeError) as error:
        raise _bad(path, f"cannot be made: {error}") from error
    if problem := _problem(verifier, ("look", "judge")):
        raise _bad(path, problem)
    return verifier  # type: ignore[no-any-return]


def _problem(verifier: Any, methods: Sequence[str]) -> str:
    """What a verifier lacks; empty if nothing."""
    for name, limit in (("name", MAX_NAME), ("version", MAX_VERSION)):
        value = getattr(verifier, name, None)
        if not isinstance(value, str) or not 0 < len(value) <= limit:
            return f"needs a {name} of 1 to {limit} characters"
    if not all(callable(getattr(verifier, name, None)) for name in methods):
        return f"needs the methods {', '.join(methods[:-1])} and {methods[-1]}"
    return ""


def _bad(path: str, what: str) -> InvalidInput:
    return InvalidInput(f"ERRATA_VERIFIERS: {path} {what}.", code="bad_verifier")


def _bad_panel(seats: Seats, what: str) -> InvalidInput:
    return InvalidInput(f"The panel: [verifiers.{seats.kind}] {what}.", code="bad_panel")
