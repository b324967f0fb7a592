"""Places in the inputs that a report points to: each is checked to stand there."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from registry.errors import InvalidInput
from registry.models import Revision
from registry.selectors import inputs_of

MOST, LONGEST = 20, 2_000

Span = dict[str, Any]


def find_spans(revision: Revision | None, quotes: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Where each quote stands: input, first and last character (exclusive), the text as it is.

    A quote is a `text`, and where it was found if that is known: `input` and `start`. White space
    may differ. One that stands nowhere is refused.
    """
    quotes = [quote for quote in quotes if str(quote.get("text", "")).strip()]
    if not quotes:
        return []
    if revision is None:
        raise InvalidInput("A report on a whole group quotes no single instance.", field="quotes")
    if len(quotes) > MOST:
        raise InvalidInput(f"Quote {MOST} places at most.", field="quotes")
    inputs = {name: text_of(value) for name, value in (inputs_of(revision) or {}).items()}
    return [_find(inputs, quote) for quote in quotes]


def text_of(value: Any) -> str:
    """The text of an input in which quotes are looked for; lists by line."""
    if isinstance(value, list):
        return "\n".join(text_of(each) for each in value)
    return value if isinstance(value, str) else ""


def _find(inputs: Mapping[str, str], quote: Mapping[str, Any]) -> Span:
    words = str(quote["text"])[: LONGEST + 1].split()
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    named = str(quote.get("input", ""))
    names = [named] if named in inputs else list(inputs)
    wanted = quote.get("start") if isinstance(quote.get("start"), int) else 0
    if len(str(quote["text"])) <= LONGEST:
        for name in names:
            places = pattern.finditer(inputs[name])
            best = min(places, key=lambda found: abs(found.start() - wanted), default=None)
            if best is not None:
                return {"input": name, "start": best.start(), "end": best.end(), "text": best[0]}
    raise InvalidInput(
        f"'{' '.join(words)[:80]}' does not stand in the inputs. Quote them word by word.",
        code="no_such_text",
        field="quotes",
    )
