"""Scores of the heart: chest pain, surgery, atrial fibrillation, ten-year risk."""

from math import exp, log

from audits.calculators.base import (
    Amount,
    Quantity,
    bands,
    calculator,
    flag,
    graded,
    number,
    quantity,
    word,
)
from audits.calculators.inputs import AGE, FEMALE, HYPERTENSION, SYSTOLIC
from audits.calculators.units import MOLAR_MASS

_CHOLESTEROL = MOLAR_MASS["cholesterol"]


@calculator(
    "HEART score",
    groups=("HEART Score for Major Cardiac Events",),
    kind="integer",
    possible=(0, 10),
    bands=bands("low risk", 4, "moderate risk", 7, "high risk"),
    history=word(
        {"slightly suspicious": 0, "moderately suspicious": 1, "highly suspicious": 2},
        "Suspicion History",
    ),
    ecg=word(
        {
            "normal": 0,
            "non-specific repolarization disturbance": 1,
            "significant st deviation": 2,
        },
        "Electrocardiogram Test",
    ),
    age=AGE,
    hypertension=HYPERTENSION,
    hypercholesterolemia=flag("hypercholesterolemia"),
    diabetes=flag("Diabetes mellitus criteria for CCI rule", "Diabetes history"),
    obesity=flag("obesity"),
    smoking=flag("smoking"),
    family=flag("parent or sibling with Cardiovascular disease before age 65"),
    atherosclerosis=flag("atherosclerotic disease"),
    tia=flag("Transient Ischemic Attacks History"),
    troponin=word(
        {
            "less than or equal to normal limit": 0,
            "between the normal limit or up to three times the normal limit": 1,
            "greater than three times normal limit": 2,
        },
        "Initial troponin",
    ),
)
def heart(
    history: int,
    ecg: int,
    age: Amount,
    hypertension: bool,
    hypercholesterolemia: bool,
    diabetes: bool,
    obesity: bool,
    smoking: bool,
    family: bool,
    atherosclerosis: bool,
    tia: bool,
    troponin: int,
) -> dict[str, float]:
    """History, ECG, age, risk factors and troponin, 0 to 2 points each.

    Source: Six AJ, Backus BE, Kelder JC. Chest pain in the emergency room: value of the HEART
    score. Neth Heart J 2008;16:191-196. One or two risk factors are 1 point; three, or any
    atherosclerotic disease (a transient ischaemic attack among them), are 2. A risk factor that
    nobody mentions counts none.
    """
    factors = sum((hypertension, hypercholesterolemia, diabetes, obesity, smoking, family))
    return {
        "history": history,
        "ECG": ecg,
        "age": graded(age, 0, 45, 1, 65, 2),
        "risk factors": 2 if atherosclerosis or tia else graded(factors, 0, 1, 1, 3, 2),
        "troponin": troponin,
    }


@calculator(
    "Revised cardiac risk index",
    groups=("Revised Cardiac Risk Index for Pre-Operative Risk",),
    kind="integer",
    possible=(0, 6),
    bands=bands("class I", 1, "class II", 2, "class III", 3, "class IV"),
    surgery=flag("Elevated-risk surgery"),
    ischemic=flag("History of ischemic heart disease"),
    heart_failure=flag("Congestive Heart Failure criteria for the Cardiac Risk Index rule"),
    cerebrovascular=flag("History of cerebrovascular disease", "Cerebrovascular disease history"),
    insulin=flag("Pre-operative treatment with insulin"),
    creatinine=quantity("mg/dL", "Pre-operative creatinine", molar_mass=MOLAR_MASS["creatinine"]),
)
def revised_cardiac_risk_index(
    surgery: bool,
    ischemic: bool,
    heart_failure: bool,
    cerebrovascular: bool,
    insulin: bool,
    creatinine: Amount,
) -> dict[str, float]:
    """A point for each of six predictors.

    Source: Lee TH et al. Derivation and prospective validation of a simple index for prediction of
    cardiac risk of major noncardiac surgery. Circulation 1999;100:1043-1049. A predictor that
    nobody mentions counts none; the creatinine is required.
    """
    return {
        "high-risk surgery": 1 * surgery,
        "ischaemic heart disease": 1 * ischemic,
        "heart failure": 1 * heart_failure,
        "cerebrovascular disease": 1 * cerebrovascular,
        "insulin": 1 * insulin,
        "creatinine above 2 mg/dL": 1 * (creatinine.magnitude > 2),
    }


@calculator(
    "CHA2DS2-VASc",
    groups=("CHA2DS2-VASc Score for Atrial Fibrillation Stroke Risk",),
    kind="integer",
    possible=(0, 9),
    bands=bands("low risk", 1, "intermediate risk", 2, "high risk"),
    age=AGE,
    female=FEMALE,
    heart_failure=flag("Congestive Heart Faliure", "Congestive Heart Failure"),
    hypertension=HYPERTENSION,
    diabetes=flag("Diabetes history"),
    stroke=flag("Stroke"),
    tia=flag("Transient Ischemic Attacks History"),
    thromboembolism=flag("Thromboembolism history"),
    vascular=flag("Vascular disease history"),
)
def cha2ds2_vasc(
    age: Amount,
    female: bool,
    heart_failure: bool,
    hypertension: bool,
    diabetes: bool,
    stroke: bool,
    tia: bool,
    thromboembolism: bool,
    vascular: bool,
) -> dict[str, float]:
    """Stroke risk in atrial fibrillation; stroke, TIA and thromboembolism count 2 together.

    Source: Lip GYH et al. Refining clinical risk stratification for predicting stroke and
    thromboembolism in atrial fibrillation using a novel risk factor-based approach. Chest
    2010;137:263-272. A risk factor that nobody mentions counts none.
    """
    return {
        "heart failure": 1 * heart_failure,
        "hypertension": 1 * hypertension,
        "age": graded(age, 0, 65, 1, 75, 2),
        "diabetes": 1 * diabetes,
        "stroke, TIA or thromboembolism": 2 * (stroke or tia or thromboembolism),
        "vascular disease": 1 * vascular,
        "sex": 1 * female,
    }


@calculator(
    "HAS-BLED",
    groups=("HAS-BLED Score for Major Bleeding Risk",),
    kind="integer",
    possible=(0, 9),
    bands=bands("not high", 3, "high risk"),
    hypertension=HYPERTENSION,
    renal=flag("Renal disease criteria for the HAS-BLED rule"),
    liver=flag("Liver disease criteria for the HAS-BLED rule"),
    stroke=flag("Stroke"),
    bleeding=flag("Prior major bleeding or predisposition to bleeding"),
    labile=flag("Labile international normalized ratio"),
    age=AGE,
    drugs=flag("Medication usage predisposing to bleeding"),
    drinks=number("Number of Alcoholic Drinks Per Week", missing=0),
)
def has_bled(
    hypertension: bool,
    renal: bool,
    liver: bool,
    stroke: bool,
    bleeding: bool,
    labile: bool,
    age: Amount,
    drugs: bool,
    drinks: float,
) -> dict[str, float]:
    """A point for each of nine risks of bleeding.

    Source: Pisters R et al. A novel user-friendly score (HAS-BLED) to assess 1-year risk of major
    bleeding in patients with atrial fibrillation. Chest 2010;138:1093-1100 (elderly is above 65
    years, alcohol from 8 units a week on). A risk that nobody mentions counts none.
    """
    return {
        "hypertension": 1 * hypertension,
        "renal disease": 1 * renal,
        "liver disease": 1 * liver,
        "stroke": 1 * stroke,
        "bleeding": 1 * bleeding,
        "labile INR": 1 * labile,
        "age above 65": 1 * (age.magnitude > 65),
        "drugs": 1 * drugs,
        "alcohol": graded(drinks, 0, 8, 1),
    }


@calculator(
    "Framingham risk of hard coronary heart disease",
    groups=("Framingham Risk Score for Hard Coronary Heart Disease",),
    unit="percent",
    possible=(0, 100),
    bands=bands("below 10 %", 10, "10 to 20 %", 20.05, "above 20 %"),
    age=AGE,
    female=FEMALE,
    cholesterol=quantity("mg/dL", "Total cholesterol", molar_mass=_CHOLESTEROL),
    hdl=quantity("mg/dL", "high-density lipoprotein cholesterol", molar_mass=_CHOLESTEROL),
    systolic=SYSTOLIC,
    treated=flag("Blood pressure being treated with medicines"),
    smoker=flag("Smoker"),
)
def framingham_hard_chd(
    age: Amount,
    female: bool,
    cholesterol: Amount,
    hdl: Amount,
    systolic: Amount,
    treated: bool,
    smoker: bool,
) -> Amount:
    """The ten-year risk of infarction or coronary death, with cholesterol in mg/dL.

    Source: Expert Panel on Detection, Evaluation, and Treatment of High Blood Cholesterol in Adults
    (Adult Treatment Panel III). JAMA 2001;285:2486-2497, with the coefficients of the Framingham
    Heart Study's function for hard coronary heart disease (Wilson PWF et al. Circulation
    1998;97:1837-1847 as revised for ATP III). Bands: ATP III. Blood pressure that nobody says is
    treated is not.
    """
    years, total = log(age.magnitude), log(cholesterol.magnitude)
    good, pressure = log(hdl.magnitude), log(systolic.magnitude)
    if female:
        smoking = 13.07543 - 2.996945 * log(min(age.magnitude, 78))
        score = (
            31.764001 * years
            + 22.465206 * total
            - 1.187731 * good
            + 2.552905 * pressure
            + 0.420251 * treated
            + smoking * smoker
            - 5.060998 * years * total
            - 146.5933061
        )
        return Quantity(100 * (1 - 0.98767 ** exp(score)), "percent")
    smoking = 12.096316 - 2.84367 * log(min(age.magnitude, 70))
    score = (
        52.00961 * years
        + 20.014077 * total
        - 0.905964 * good
        + 1.305784 * pressure
        + 0.241549 * treated
        + smoking * smoker
        - 4.605038 * years * total
        - 2.93323 * years**2
        - 172.300168
    )
    return Quantity(100 * (1 - 0.9402 ** exp(score)), "percent")
