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

ALBUMIN = quantity("g/dL", "Albumin")
BICARBONATE = quantity("mEq/L", "Bicarbonate")
BILIRUBIN = quantity("mg/dL", "Bilirubin", molar_mass=MOLAR_MASS["bilirubin"])
BUN = quantity("mg/dL", "Blood Urea Nitrogen (BUN)", molar_mass=MOLAR_MASS["urea nitrogen"])
CHLORIDE = quantity("mEq/L", "Chloride")
CREATININE = quantity("mg/dL", "creatinine", molar_mass=MOLAR_MASS["creatinine"])
GLUCOSE = quantity("mg/dL", "Glucose", molar_mass=MOLAR_MASS["glucose"])
HEMATOCRIT = quantity("percent", "Hematocrit")
INR = number("international normalized ratio")
PLATELETS = quantity("1/µL", "Platelet count", plausible=(100, 1e7))
POTASSIUM = quantity("mEq/L", "Potassium")
SODIUM = quantity("mEq/L", "Sodium", plausible=(80, 220))
WHITE_CELLS = quantity("1/µL", "White blood cell count", plausible=(10, 1e6))

HYPERTENSION = flag("Hypertension history")
PREVIOUS_DVT = flag("Previously documented Deep Vein Thrombosis")
PREVIOUS_PE = flag("Previously Documented Pulmonary Embolism")
