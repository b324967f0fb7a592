"""Which verifiers there are: built-ins and others alike are named in ERRATA_VERIFIERS."""

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from audits.verifiers.base import Verifier
from registry.errors import InvalidInput

MAX_NAME, MAX_VERSION = 50, 64


def verifiers(names: Sequence[str] | None = None) -> list[Verifier]:
    """The verifiers of these names, or all, in the order of the setting.

    Raises InvalidInput for a name that is not there, or a setting that names no verifier.
    """
    known = _load(tuple(settings.ERRATA_VERIFIERS))
    if missing := sorted(set(names or ()) - known.keys()):
        raise InvalidInput(
            f"There is no verifier {', '.join(missing)}. Name some of {', '.join(known)}, "
            "or add its class to ERRATA_VERIFIERS.",
            code="unknown_verifier",
        )
    return [verifier for name, verifier in known.items() if names is None or name in names]


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
    for name, limit in (("name", MAX_NAME), ("version", MAX_VERSION)):
        value = getattr(verifier, name, None)
        if not isinstance(value, str) or not 0 < len(value) <= limit:
            raise _bad(path, f"needs a {name} of 1 to {limit} characters")
    if not all(callable(getattr(verifier, name, None)) for name in ("look", "judge")):
        raise _bad(path, "needs the methods look and judge")
    return verifier  # type: ignore[no-any-return]


def _bad(path: str, what: str) -> InvalidInput:
    return InvalidInput(f"ERRATA_VERIFIERS: {path} {what}.", code="bad_verifier")
