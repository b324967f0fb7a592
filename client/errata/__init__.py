"""Errata for researchers: answers, grading, and pinned releases of living benchmarks.

    import errata
    rows = errata.load("medcalc-bench@1.1.0", split="test")

`load` and `pull` are fetched when first used, so that `errata.answers` and the other pure modules
need no network library.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errata.pulling import load, pull

__version__ = "0.1.0"
__all__ = ["__version__", "load", "pull"]


def __getattr__(name: str) -> Any:
    if name in ("load", "pull"):
        from errata import pulling

        return getattr(pulling, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
