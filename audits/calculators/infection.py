"""Scores of sore throat and pneumonia."""

from audits.calculators.base import (
    Amount,
    Inapplicable,
    bands,
    calculator,
    flag,
    graded,
    number,
    quantity,
)
from audits.calculators.inputs import (
    AGE,
    BUN,
    DIASTOLIC,
    FEMALE,
    GLUCOSE,
    HEART_RATE,
    HEMATOCRIT,
    RESPIRATORY_RATE,
    SODIUM,
    SYSTOLIC,
    TEMPERATURE,
)
from audits.calculators.units import MOLAR_MASS, UNITS

UREA_NITROGEN = MOLAR_MASS["urea nitrogen"]


@calculator(
    "FeverPAIN score",
    groups=("FeverPAIN Score for Strep Pharyngitis",),
    kind="integer",
    possible=(0, 5),
    bands=bands("13 to 18 % streptococci", 2, "34 to 40 % streptococci", 4, "62 to 65 %"),
    fever=flag("Fever in past 24 hours"),
    purulence=flag("Purulent tonsils"),
    rapid=flag("Symptom onset ≤3 days"),
    inflamed=flag("Severe tonsil inflammation"),
    no_cough=flag("Absence of cough or coryza"),
)
def fever_pain(
    fever: bool, purulence: bool, rapid: bool, inflamed: bool, no_cough: bool
) -> dict[str, float]:
    """A point for each of five findings; one that nobody mentions counts none.

    Source: Little P et al. Clinical score and rapid antigen detection test to guide antibiotic use
    for sore throats. BMJ 2013;347:f5806. Bands: NICE guideline NG84, 2018.
    """
    return {
        "fever in the past 24 hours": 1 * fever,
        "purulence": 1 * purulence,
        "onset within 3 days": 1 * rapid,
        "severely inflamed tonsils": 1 * inflamed,
        "no cough or coryza": 1 * no_cough,
    }


@calculator(
    "Centor score as modified by McIsaac",
    groups=("Centor Score (Modified/McIsaac) for Strep Pharyngitis",),
    kind="integer",
    possible=(-1, 5),
    bands=bands("no test", 2, "test", 4, "test or treat"),
    age=AGE,
    temperature=TEMPERATURE,
    no_cough=flag("Cough Absent"),
    nodes=flag("Tender/swollen anterior cervical lymph nodes"),
    exudate=flag("Exudate or swelling on tonsils"),
)
def centor_mcisaac(
    age: Amount, temperature: Amount, no_cough: bool, nodes: bool, exudate: bool
) -> dict[str, float]:
    """Four findings and the age; from 3 years on.

    Source: McIsaac WJ et al. A clinical score to reduce unnecessary antibiotic use in patients with
    sore throat. CMAJ 1998;158:75-83 (fever is above 38 °C). Bands: McIsaac WJ et al. Empirical
    validation of guidelines for the management of pharyngitis in children and adults. JAMA
    2004;291:1587-1595.
    """
    if age.magnitude < 3:
        raise Inapplicable("the score is for patients from 3 years on")
    return {
        "age": graded(age, 1, 15, 0, 45, -1),
        "temperature above 38 °C": 1 * (temperature.magnitude > 38),
        "no cough": 1 * no_cough,
        "tender or swollen anterior cervical nodes": 1 * nodes,
        "tonsillar exudate or swelling": 1 * exudate,
    }


@calculator(
    "CURB-65",
    groups=("CURB-65 Score for Pneumonia Severity",),
    kind="integer",
    possible=(0, 5),
    bands=bands("low risk", 2, "intermediate risk", 3, "high risk"),
    age=AGE,
    confusion=flag("Confusion"),
    bun=BUN,
    respiratory_rate=RESPIRATORY_RATE,
    systolic=SYSTOLIC,
    diastolic=DIASTOLIC,
)
def curb_65(
    age: Amount,
    confusion: bool,
    bun: Amount,
    respiratory_rate: Amount,
    systolic: Amount,
    diastolic: Amount,
) -> dict[str, float]:
    """Confusion, urea above 7 mmol/L, respiratory rate, blood pressure, age from 65.

    Source: Lim WS et al. Defining community acquired pneumonia severity on presentation to
    hospital: an international derivation and validation study. Thorax 2003;58:377-382.
    """
    with UNITS.context("chemistry", mw=UREA_NITROGEN * UNITS("g/mol")):
        urea = round(bun.to("mmol/L").magnitude, 6)
    return {
        "confusion": 1 * confusion,
        "urea above 7 mmol/L": 1 * (urea > 7),
        "respiratory rate from 30": graded(respiratory_rate, 0, 30, 1),
        "low blood pressure": 1 * (systolic.magnitude < 90 or diastolic.magnitude <= 60),
        "age from 65": graded(age, 0, 65, 1),
    }


@calculator(
    "Pneumonia severity index",
    groups=("PSI Score: Pneumonia Severity Index for CAP",),
    kind="integer",
    possible=(-10, 415),
    bands=bands("class I or II", 71, "class III", 91, "class IV", 131, "class V"),
    age=AGE,
    female=FEMALE,
    nursing_home=flag("Nursing home resident"),
    neoplasm=flag("Neoplastic disease"),
    liver=flag("Liver disease severity"),
    heart_failure=flag("Congestive Heart Faliure", "Congestive Heart Failure"),
    cerebrovascular=flag("Cerebrovascular disease history"),
    renal=flag("Renal disease"),
    altered=flag("Altered mental status"),
    respiratory_rate=RESPIRATORY_RATE,
    systolic=SYSTOLIC,
    temperature=TEMPERATURE,
    heart_rate=HEART_RATE,
    ph=number("pH"),
    bun=BUN,
    sodium=SODIUM,
    glucose=GLUCOSE,
    hematocrit=HEMATOCRIT,
    oxygen=quantity("mmHg", "Partial pressure of oxygen (PaO₂) for Apache II"),
    effusion=flag("Pleural effusion on x-ray"),
)
def pneumonia_severity_index(
    age: Amount,
    female: bool,
    nursing_home: bool,
    neoplasm: bool,
    liver: bool,
    heart_failure: bool,
    cerebrovascular: bool,
    renal: bool,
    altered: bool,
    respiratory_rate: Amount,
    systolic: Amount,
    temperature: Amount,
    heart_rate: Amount,
    ph: float,
    bun: Amount,
    sodium: Amount,
    glucose: Amount,
    hematocrit: Amount,
    oxygen: Amount,
    effusion: bool,
) -> dict[str, float]:
    """The age in years (less 10 for women) and points for nineteen findings.

    Source: Fine MJ et al. A prediction rule to identify low-risk patients with community-acquired
    pneumonia. N Engl J Med 1997;336:243-250. A finding that nobody mentions counts none; vital
    signs and laboratory values are required.
    """
    return {
        "age": float(int(age.magnitude)),
        "sex": -10 * female,
        "nursing home": 10 * nursing_home,
        "neoplastic disease": 30 * neoplasm,
        "liver disease": 20 * liver,
        "heart failure": 10 * heart_failure,
        "cerebrovascular disease": 10 * cerebrovascular,
        "renal disease": 10 * renal,
        "altered mental status": 20 * altered,
        "respiratory rate from 30": graded(respiratory_rate, 0, 30, 20),
        "systolic pressure below 90": graded(systolic, 20, 90, 0),
        "temperature below 35 or from 40 °C": graded(temperature, 15, 35, 0, 40, 15),
        "pulse from 125": graded(heart_rate, 0, 125, 10),
        "pH below 7.35": graded(ph, 30, 7.35, 0),
        "urea nitrogen from 30 mg/dL": graded(bun, 0, 30, 20),
        "sodium below 130": graded(sodium, 20, 130, 0),
        "glucose from 250 mg/dL": graded(glucose, 0, 250, 10),
        "haematocrit below 30 %": graded(hematocrit, 10, 30, 0),
        "oxygen below 60 mmHg": graded(oxygen, 10, 60, 0),
        "pleural effusion": 10 * effusion,
    }
