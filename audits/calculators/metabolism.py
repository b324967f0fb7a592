"""Lipids and insulin."""

from audits.calculators.base import Amount, Inapplicable, Quantity, bands, calculator, quantity
from audits.calculators.inputs import GLUCOSE
from audits.calculators.units import MOLAR_MASS

TRIGLYCERIDES_MOST = Quantity(400, "mg/dL")


@calculator(
    "LDL cholesterol by Friedewald",
    groups=("LDL Calculated",),
    unit="mg/dL",
    possible=(0, 1500),
    bands=bands(
        "optimal", 100, "near optimal", 130, "borderline high", 160, "high", 190, "very high"
    ),
    total=quantity(
        "mg/dL", "Total cholesterol", molar_mass=MOLAR_MASS["cholesterol"], plausible=(10, 2000)
    ),
    hdl=quantity(
        "mg/dL",
        "high-density lipoprotein cholesterol",
        molar_mass=MOLAR_MASS["cholesterol"],
        plausible=(1, 300),
    ),
    triglycerides=quantity(
        "mg/dL", "Triglycerides", molar_mass=MOLAR_MASS["triglycerides"], plausible=(5, 20000)
    ),
)
def ldl_cholesterol(total: Amount, hdl: Amount, triglycerides: Amount) -> Amount:
    """Total less HDL cholesterol and a fifth of the triglycerides (mg/dL).

    Source: Friedewald WT, Levy RI, Fredrickson DS. Estimation of the concentration of low-density
    lipoprotein cholesterol in plasma, without use of the preparative ultracentrifuge. Clin Chem
    1972;18:499-502; not valid above 400 mg/dL of triglycerides. Bands: NCEP ATP III. JAMA
    2001;285:2486-2497. Where a note gives a measured LDL, experts often answer with it.
    """
    if triglycerides > TRIGLYCERIDES_MOST:
        raise Inapplicable("Friedewald's formula does not hold above 400 mg/dL of triglycerides")
    return total - hdl - triglycerides / 5


@calculator(
    "HOMA-IR",
    groups=("HOMA-IR (Homeostatic Model Assessment for Insulin Resistance)",),
    possible=(0, 500),
    glucose=quantity(
        "mmol/L", *GLUCOSE.entities, molar_mass=GLUCOSE.molar_mass, plausible=(0.3, 170)
    ),
    insulin=quantity("µIU/mL", "Insulin", plausible=(0.1, 5000)),
)
def homa_ir(glucose: Amount, insulin: Amount) -> float:
    """Fasting glucose (mmol/L) times fasting insulin (µIU/mL) over 22.5.

    Source: Matthews DR et al. Homeostasis model assessment: insulin resistance and β-cell function
    from fasting plasma glucose and insulin concentrations in man. Diabetologia 1985;28:412-419.
    The entities do not tell whether the patient fasted: an expert who misses it in the note calls
    the row not computable. No cut-off holds across populations, so there are no bands.
    """
    return float(glucose.magnitude * insulin.magnitude / 22.5)
