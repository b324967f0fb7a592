"""The Charlson comorbidity index."""

from audits.calculators.base import Amount, calculator, flag, graded, word
from audits.calculators.inputs import AGE

# Findings of one point and of two points: parameter, name, entities.
_ONE = (
    ("infarction", "myocardial infarction", ("Myocardial infarction",)),
    ("heart_failure", "heart failure", ("Congestive Heart Faliure", "Congestive Heart Failure")),
    ("peripheral", "peripheral vascular disease", ("Peripheral vascular disease",)),
    ("dementia", "dementia", ("Dementia",)),
    ("copd", "chronic pulmonary disease", ("Chronic Obstructive Pulmonary Disease",)),
    ("connective", "connective tissue disease", ("Connective tissue disease",)),
    ("ulcer", "peptic ulcer disease", ("Peptic ulcer disease",)),
)
_TWO = (
    ("hemiplegia", "hemiplegia", ("Hemiplegia",)),
    ("leukemia", "leukaemia", ("Leukemia",)),
    ("lymphoma", "lymphoma", ("Lymphoma",)),
)
_LIVER = {
    "none": 0,
    "false": 0,
    "mild": 1,
    "moderate to severe": 3,
    "moderate": 3,
    "severe": 3,
}
_DIABETES = {
    "none or diet-controlled": 0,
    "none": 0,
    "false": 0,
    "uncomplicated": 1,
    "end-organ damage": 2,
}
_KIDNEY = {"false": 0, "true": 2, "moderate": 2, "severe": 2, "moderate to severe": 2}
_TUMOR = {"none": 0, "false": 0, "true": 2, "localized": 2, "metastatic": 6}


@calculator(
    "Charlson comorbidity index",
    groups=("Charlson Comorbidity Index (CCI)",),
    kind="integer",
    possible=(0, 37),
    bands=(),
    unit="",
    version="1",
    others=None,
    age=AGE,
    stroke=flag("Cerebrovascular Accident"),
    tia=flag("Transient Ischemic Attacks History"),
    liver=word(_LIVER, "Liver disease severity", missing=0),
    diabetes=word(_DIABETES, "Diabetes mellitus criteria for CCI rule", missing=0),
    kidney=word(_KIDNEY, "Moderate to severe Chronic Kidney Disease", missing=0),
    tumor=word(_TUMOR, "Solid tumor", missing=0),
    aids=flag("AIDS"),
    **{parameter: flag(*entities) for parameter, _, entities in _ONE + _TWO},
)
def charlson(
    age: Amount,
    stroke: bool,
    tia: bool,
    liver: int,
    diabetes: int,
    kidney: int,
    tumor: int,
    aids: bool,
    **findings: bool,
) -> dict[str, float]:
    """Comorbidities of 1, 2, 3 or 6 points, and a point for each decade from the age of 50 on.

    Source: Charlson ME et al. A new method of classifying prognostic comorbidity in longitudinal
    studies. J Chronic Dis 1987;40:373-383, with the age of Charlson M et al. Validation of a
    combined comorbidity index. J Clin Epidemiol 1994;47:1245-1251, to 4 points from 80 on. Stroke
    and TIA are one finding (cerebrovascular disease). A tumour of which no more is told than that
    it is there counts as localised. A finding that nobody mentions is absent.
    """
    return {
        "age": graded(age, 0, 50, 1, 60, 2, 70, 3, 80, 4),
        "cerebrovascular disease": 1 * (stroke or tia),
        "liver disease": liver,
        "diabetes": diabetes,
        "kidney disease": kidney,
        "solid tumour": tumor,
        "AIDS": 6 * aids,
        **{name: 1 * findings[parameter] for parameter, name, _ in _ONE},
        **{name: 2 * findings[parameter] for parameter, name, _ in _TWO},
    }
