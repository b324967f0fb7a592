"""Acid and base: the anion gap and what is derived from it."""

from audits.calculators.base import Amount, Inapplicable, Quantity, bands, calculator
from audits.calculators.inputs import ALBUMIN, BICARBONATE, CHLORIDE, SODIUM

NORMAL_GAP = Quantity(12, "mEq/L")
NORMAL_BICARBONATE = Quantity(24, "mEq/L")
NORMAL_ALBUMIN = Quantity(4, "g/dL")
PER_ALBUMIN = Quantity(2.5, "mEq/L") / Quantity(1, "g/dL")

_GAP_BANDS = bands("low", 8, "normal", 16, "high")
_RATIO_BANDS = bands(
    "normal gap acidosis too", 1, "high gap acidosis alone", 2, "metabolic alkalosis too"
)


@calculator(
    "Anion gap",
    groups=("Anion Gap",),
    unit="mEq/L",
    possible=(-50, 100),
    bands=_GAP_BANDS,
    sodium=SODIUM,
    chloride=CHLORIDE,
    bicarbonate=BICARBONATE,
)
def anion_gap(sodium: Amount, chloride: Amount, bicarbonate: Amount) -> Amount:
    """Sodium less chloride and bicarbonate, without potassium.

    Source: Emmett M, Narins RG. Clinical use of the anion gap. Medicine (Baltimore) 1977;56:38-54.
    Bands: Oh MS, Carroll HJ. The anion gap. N Engl J Med 1977;297:814-817 (normal 8 to 16). Where
    an expert's answer differs, the entities hold the values of another day than the note asks for.
    """
    return sodium - chloride - bicarbonate


def _rise(sodium: Amount, chloride: Amount, bicarbonate: Amount) -> Amount:
    return anion_gap(sodium, chloride, bicarbonate) - NORMAL_GAP


@calculator(
    "Delta gap",
    groups=("Delta Gap",),
    unit="mEq/L",
    possible=(-75, 100),
    bands=bands("normal gap acidosis too", -6, "no second disorder", 6, "metabolic alkalosis too"),
    others={"MDCalc: anion gap less 12": _rise},
    sodium=SODIUM,
    chloride=CHLORIDE,
    bicarbonate=BICARBONATE,
)
def delta_gap(sodium: Amount, chloride: Amount, bicarbonate: Amount) -> Amount:
    """How much more the anion gap has risen above 12 than bicarbonate has fallen below 24.

    Source: Wrenn K. The delta (Δ) gap: an approach to mixed acid-base disorders. Ann Emerg Med
    1990;19:1310-1313, with its bands at ±6. The same name is used by web calculators for the first
    half alone, the anion gap less 12: labels made that way differ by 24 less bicarbonate.
    """
    return _rise(sodium, chloride, bicarbonate) - (NORMAL_BICARBONATE - bicarbonate)


@calculator(
    "Delta ratio",
    groups=("Delta Ratio",),
    possible=(None, None),
    bands=_RATIO_BANDS,
    sodium=SODIUM,
    chloride=CHLORIDE,
    bicarbonate=BICARBONATE,
)
def delta_ratio(sodium: Amount, chloride: Amount, bicarbonate: Amount) -> Amount:
    """The rise of the anion gap above 12 over the fall of bicarbonate below 24.

    Source: Rastegar A. Use of the ΔAG/ΔHCO3− ratio in the diagnosis of mixed acid-base disorders.
    J Am Soc Nephrol 2007;18:2429-2431, with its bands at 1 and 2. No value where bicarbonate is
    exactly 24.
    """
    return _ratio(anion_gap(sodium, chloride, bicarbonate), bicarbonate)


@calculator(
    "Anion gap corrected for albumin",
    groups=("Albumin Corrected Anion Gap",),
    unit="mEq/L",
    possible=(-50, 110),
    bands=_GAP_BANDS,
    sodium=SODIUM,
    chloride=CHLORIDE,
    bicarbonate=BICARBONATE,
    albumin=ALBUMIN,
)
def corrected_anion_gap(
    sodium: Amount, chloride: Amount, bicarbonate: Amount, albumin: Amount
) -> Amount:
    """The anion gap and 2.5 mEq/L for each g/dL of albumin below 4.

    Source: Figge J, Jabor A, Kazda A, Fencl V. Anion gap and hypoalbuminemia. Crit Care Med
    1998;26:1807-1810, whose slope is this; they put the normal albumin at 4.4, clinical use (and
    the benchmarks met so far) at 4.0 g/dL, which gives 1 mEq/L less. Bands as for the anion gap.
    """
    gap = anion_gap(sodium, chloride, bicarbonate)
    return gap + PER_ALBUMIN * (NORMAL_ALBUMIN - albumin)


def _corrected_by_wrenn(
    sodium: Amount, chloride: Amount, bicarbonate: Amount, albumin: Amount
) -> Amount:
    rise = corrected_anion_gap(sodium, chloride, bicarbonate, albumin) - NORMAL_GAP
    return rise - (NORMAL_BICARBONATE - bicarbonate)


@calculator(
    "Delta gap corrected for albumin",
    groups=("Albumin Corrected Delta Gap",),
    unit="mEq/L",
    possible=(-65, 100),
    others={"Wrenn 1990: less the fall of bicarbonate": _corrected_by_wrenn},
    sodium=SODIUM,
    chloride=CHLORIDE,
    bicarbonate=BICARBONATE,
    albumin=ALBUMIN,
)
def corrected_delta_gap(
    sodium: Amount, chloride: Amount, bicarbonate: Amount, albumin: Amount
) -> Amount:
    """The rise of the albumin-corrected anion gap above 12.

    Source: MDCalc, page "Anion Gap" as of 2024: corrected anion gap less 12. No paper defines a
    delta gap corrected for albumin, so the web calculator's definition stands, though it is not
    Wrenn's (see `delta_gap`), which would also take off the fall of bicarbonate.
    """
    return corrected_anion_gap(sodium, chloride, bicarbonate, albumin) - NORMAL_GAP


@calculator(
    "Delta ratio corrected for albumin",
    groups=("Albumin Corrected Delta Ratio",),
    possible=(None, None),
    bands=_RATIO_BANDS,
    sodium=SODIUM,
    chloride=CHLORIDE,
    bicarbonate=BICARBONATE,
    albumin=ALBUMIN,
)
def corrected_delta_ratio(
    sodium: Amount, chloride: Amount, bicarbonate: Amount, albumin: Amount
) -> Amount:
    """The rise of the albumin-corrected anion gap above 12 over the fall of bicarbonate below 24.

    Source: Rastegar A. Use of the ΔAG/ΔHCO3− ratio in the diagnosis of mixed acid-base disorders.
    J Am Soc Nephrol 2007;18:2429-2431, on the gap of Figge 1998 (see `corrected_anion_gap`).
    """
    return _ratio(corrected_anion_gap(sodium, chloride, bicarbonate, albumin), bicarbonate)


def _ratio(gap: Amount, bicarbonate: Amount) -> Amount:
    fall = NORMAL_BICARBONATE - bicarbonate
    if fall.magnitude == 0:
        raise Inapplicable("bicarbonate is normal (24 mEq/L), so there is no ratio to its fall")
    return (gap - NORMAL_GAP) / fall
