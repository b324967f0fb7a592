"""Clinical calculators: pure functions with units, each with its published source.

`find(group)` gives the calculator of a benchmark's group. One module per field of medicine holds
the functions; importing this package registers them all.
"""

from audits.calculators import (  # noqa: F401
    acid_base,
    body,
    cardiology,
    comorbidity,
    critical_care,
    drugs,
    electrolytes,
    gastroenterology,
    heart_rhythm,
    infection,
    liver_labs,
    metabolism,
    neurology,
    pregnancy,
    renal,
    thrombosis,
)
from audits.calculators.base import (
    Calculator,
    Implausible,
    Inapplicable,
    NotComputable,
    Unreadable,
    band_of,
    find,
    known,
)

__all__ = [
    "Calculator",
    "Implausible",
    "Inapplicable",
    "NotComputable",
    "Unreadable",
    "band_of",
    "find",
    "known",
]
