"""Inputs that many calculators share, under the names that benchmarks give them."""

from audits.calculators.base import flag, number, quantity, word
from audits.calculators.units import MOLAR_MASS

AGE = quantity("year", "age", plausible=(0, 130))
FEMALE = word({"female": True, "male": False}, "sex")
WEIGHT = quantity("kg", "weight", plausible=(0.2, 700))
HEIGHT = quantity("m", "height", plausible=(0.2, 2.8))

HEART_RATE = quantity("1/minute", "Heart Rate or Pulse")
SYSTOLIC = quantity("mmHg", "Systolic Blood Pressure")
DIASTOLIC = quantity("mmHg", "Diastolic Blood Pressure")
RESPIRATORY_RATE = quantity("1/minute", "respiratory rate")
TEMPERATURE = quantity("degC", "Temperature", plausible=(10, 50))

# Plausible is what a living patient may have: wide, so that only slips of a unit or of another
# quantity fall outside.
ALBUMIN = quantity("g/dL", "Albumin", plausible=(0.5, 7))
BICARBONATE = quantity("mEq/L", "Bicarbonate", plausible=(0.5, 80))
BILIRUBIN = quantity(
    "mg/dL", "Bilirubin", molar_mass=MOLAR_MASS["bilirubin"], plausible=(0.01, 100)
)
BUN = quantity(
    "mg/dL",
    "Blood Urea Nitrogen (BUN)",
    molar_mass=MOLAR_MASS["urea nitrogen"],
    plausible=(0.5, 400),
)
CHLORIDE = quantity("mEq/L", "Chloride", plausible=(40, 200))
CREATININE = quantity(
    "mg/dL", "creatinine", molar_mass=MOLAR_MASS["creatinine"], plausible=(0.05, 60)
)
GLUCOSE = quantity("mg/dL", "Glucose", molar_mass=MOLAR_MASS["glucose"], plausible=(5, 3000))
HEMATOCRIT = quantity("percent", "Hematocrit", plausible=(2, 85))
INR = number("international normalized ratio")
PLATELETS = quantity("1/µL", "Platelet count", plausible=(500, 1e7))
POTASSIUM = quantity("mEq/L", "Potassium", plausible=(1, 15))
SODIUM = quantity("mEq/L", "Sodium", plausible=(80, 220))
WHITE_CELLS = quantity("1/µL", "White blood cell count", plausible=(10, 1e6))

HYPERTENSION = flag("Hypertension history")
PREVIOUS_DVT = flag("Previously documented Deep Vein Thrombosis")
PREVIOUS_PE = flag("Previously Documented Pulmonary Embolism")
