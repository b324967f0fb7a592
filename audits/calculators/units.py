"""Units as medicine writes them, read into pint's: `mm hg`, `degrees fahreinheit`, `mEq/L`."""

from audits.calculators.base import UNITS, Unreadable

# An equivalent of an ion is a mole of its charges; the ions met here carry one each unless their
# calculator says otherwise.
UNITS.define("equivalent = mole = eq = Eq")
UNITS.define("international_unit = [enzyme_activity] = IU = U")
UNITS.define("beat = [] ")
UNITS.define("breath = []")

_WRITTEN = {
    "mm hg": "mmHg",
    "beats per minute": "1/minute",
    "breaths per minute": "1/minute",
    "years": "year",
    "degrees celsius": "degC",
    "degrees fahreinheit": "degF",
    "degrees fahrenheit": "degF",
    "%": "percent",
    "msec": "ms",
    "lbs": "pound",
}


def read_unit(text: str, name: str) -> str:
    """The unit that a text means, for pint; raises Unreadable with the input's name."""
    written = " ".join(text.split()).casefold()
    unit = _WRITTEN.get(written, text.strip().replace("μ", "µ"))
    try:
        UNITS.parse_units(unit)
    except Exception as error:
        raise Unreadable(f"{name} has the unit {text!r}, which nobody knows") from error
    return unit
