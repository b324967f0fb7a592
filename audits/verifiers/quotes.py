"""Whether quotes occur in an item's inputs, however blanks, dashes and quotation marks are set."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MAX_QUOTES = 10
MAX_QUOTE = 500  # characters of each that are kept
_MARKS = str.maketrans(
    dict.fromkeys('‘’‚‛′`´"“”„‟″«»‹›', "'") | dict.fromkeys("‐‑‒–—―−", "-") | {"…": "..."}
)
_BLANKS = re.compile(r"\s+")


def check_quotes(quotes: Iterable[str], inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each quote with whether the inputs hold it: `text` and `supported`.

    Blanks, letter case, dashes, quotation marks around and inside, and an ellipsis at either end
    make no difference. Empty quotes are left out.
    """
    found = []
    texts = [_fold(text) for text in _texts(inputs)]
    for quote in list(quotes)[:MAX_QUOTES]:
        wanted = _fold(quote).strip("' .")
        if wanted:
            supported = any(wanted in text for text in texts)
            found.append({"text": quote.strip()[:MAX_QUOTE], "supported": supported})
    return found


def _fold(text: str) -> str:
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text).translate(_MARKS)).casefold()


def _texts(value: Any) -> Iterable[str]:
    """All texts in a value of JSON, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)
