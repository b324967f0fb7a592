"""Scores of venous thromboembolism."""

from audits.calculators.base import Amount, bands, calculator, flag, graded, quantity, word
from audits.calculators.inputs import AGE, HEART_RATE, PREVIOUS_DVT, PREVIOUS_PE


@calculator(
    "PERC rule",
    groups=("PERC Rule for Pulmonary Embolism",),
    kind="integer",
    possible=(0, 8),
    bands=bands("ruled out where the pretest probability is low", 1, "not ruled out"),
    age=AGE,
    heart_rate=HEART_RATE,
    saturation=quantity("percent", "O₂ saturation percentage"),
    leg_swelling=flag("Unilateral Leg Swelling"),
    hemoptysis=flag("Hemoptysis"),
    surgery=flag("Recent surgery or trauma"),
    pe=PREVIOUS_PE,
    dvt=PREVIOUS_DVT,
    hormones=flag("Hormone use"),
)
def perc(
    age: Amount,
    heart_rate: Amount,
    saturation: Amount,
    leg_swelling: bool,
    hemoptysis: bool,
    surgery: bool,
    pe: bool,
    dvt: bool,
    hormones: bool,
) -> dict[str, float]:
    """How many of the eight criteria are not met.

    Source: Kline JA et al. Clinical criteria to prevent unnecessary diagnostic testing in emergency
    department patients with suspected pulmonary embolism. J Thromb Haemost 2004;2:1247-1255. A
    previous embolism and a previous thrombosis are one criterion. A finding that nobody mentions
    is absent.
    """
    return {
        "age from 50": graded(age, 0, 50, 1),
        "pulse from 100": graded(heart_rate, 0, 100, 1),
        "saturation below 95 %": graded(saturation, 1, 95, 0),
        "unilateral leg swelling": 1 * leg_swelling,
        "haemoptysis": 1 * hemoptysis,
        "recent surgery or trauma": 1 * surgery,
        "previous embolism or thrombosis": 1 * (pe or dvt),
        "hormone use": 1 * hormones,
    }


@calculator(
    "Wells criteria for pulmonary embolism",
    groups=("Wells' Criteria for Pulmonary Embolism",),
    kind="number",
    possible=(0, 12.5),
    bands=bands("low probability", 2, "moderate probability", 6.5, "high probability"),
    signs=flag("Clinical signs and symptoms of Deep Vein Thrombosis"),
    likely=flag("Pulmonary Embolism is #1 diagnosis OR equally likely"),
    heart_rate=HEART_RATE,
    immobilization=flag("Immobilization for at least 3 days"),
    surgery=flag("Surgery in the previous 4 weeks"),
    pe=PREVIOUS_PE,
    dvt=PREVIOUS_DVT,
    hemoptysis=flag("Hemoptysis"),
    malignancy=flag("Malignancy with treatment within 6 months or palliative"),
)
def wells_pe(
    signs: bool,
    likely: bool,
    heart_rate: Amount,
    immobilization: bool,
    surgery: bool,
    pe: bool,
    dvt: bool,
    hemoptysis: bool,
    malignancy: bool,
) -> dict[str, float]:
    """Seven criteria of 1, 1.5 or 3 points.

    Source: Wells PS et al. Derivation of a simple clinical model to categorize patients probability
    of pulmonary embolism: increasing the models utility with the SimpliRED D-dimer. Thromb Haemost
    2000;83:416-420. Immobilisation and surgery are one criterion, previous embolism and thrombosis
    another. A finding that nobody mentions is absent.
    """
    return {
        "signs of thrombosis": 3 * signs,
        "embolism at least as likely": 3 * likely,
        "pulse above 100": 1.5 * (heart_rate.magnitude > 100),
        "immobilisation or surgery": 1.5 * (immobilization or surgery),
        "previous embolism or thrombosis": 1.5 * (pe or dvt),
        "haemoptysis": 1 * hemoptysis,
        "malignancy": 1 * malignancy,
    }


@calculator(
    "Wells criteria for deep vein thrombosis",
    groups=("Wells' Criteria for DVT",),
    kind="integer",
    possible=(-2, 9),
    bands=bands("unlikely", 2, "likely"),
    cancer=flag("Active cancer"),
    paralysis=flag("Paralysis, paresis, or recent plaster immobilization of the lower extremity"),
    bedridden=flag("Bedridden recently >3 days or major surgery within 12 weeks"),
    surgery=flag("Major surgery within 12 weeks"),
    tenderness=flag("Localized tenderness along the deep venous system"),
    leg=flag("Entire Leg Swollen"),
    calf=flag("Calf swelling >3 centimeters compared to the other leg"),
    edema=flag("Pitting edema, confined to symptomatic leg"),
    veins=flag("Collateral (nonvaricose) superficial veins present"),
    dvt=PREVIOUS_DVT,
    alternative=flag("Alternative diagnosis to Deep Vein Thrombosis as likely or more likely"),
)
def wells_dvt(
    cancer: bool,
    paralysis: bool,
    bedridden: bool,
    surgery: bool,
    tenderness: bool,
    leg: bool,
    calf: bool,
    edema: bool,
    veins: bool,
    dvt: bool,
    alternative: bool,
) -> dict[str, float]:
    """A point for each of nine findings, two less where another diagnosis is as likely.

    Source: Wells PS et al. Evaluation of D-dimer in the diagnosis of suspected deep-vein
    thrombosis. N Engl J Med 2003;349:1227-1235. Bed rest and major surgery are one finding. A
    finding that nobody mentions is absent.
    """
    return {
        "active cancer": 1 * cancer,
        "paralysis or plaster": 1 * paralysis,
        "bed rest or major surgery": 1 * (bedridden or surgery),
        "tenderness": 1 * tenderness,
        "entire leg swollen": 1 * leg,
        "calf swelling": 1 * calf,
        "pitting oedema": 1 * edema,
        "collateral veins": 1 * veins,
        "previous thrombosis": 1 * dvt,
        "another diagnosis as likely": -2 * alternative,
    }


# Each finding of the 2005 model that is there or not: parameter, points, name, entity.
_CAPRINI = (
    ("recent_surgery", 1, "major surgery in the last month", "Major Surgery in the last month"),
    (
        "heart_failure",
        1,
        "heart failure in the last month",
        "Congestive Heart Failure in the last month",
    ),
    ("sepsis", 1, "sepsis in the last month", "Sepsis in the last month"),
    ("copd", 1, "COPD", "Chronic Obstructive Pulmonary Disease"),
    ("infarction", 1, "acute myocardial infarction", "Acute Myocardial infarction"),
    ("bowel", 1, "inflammatory bowel disease", "History of inflammatory bowel disease"),
    ("varicose", 1, "varicose veins", "Varicose veins"),
    ("swollen", 1, "swollen legs", "Current swollen legs"),
    ("malignancy", 2, "malignancy", "Present or previous malignancy"),
    ("cast", 2, "plaster cast in the last month", "Immobilizing plaster cast in the last month"),
    ("central_line", 2, "central venous access", "Current central venous access"),
    ("family", 3, "family history of thrombosis", "Family history of thrombosis"),
    ("leiden", 3, "factor V Leiden", "Positive Factor V Leiden"),
    ("prothrombin", 3, "prothrombin 20210A", "Positive prothrombin 20210A"),
    ("homocysteine", 3, "raised homocysteine", "Elevated serum homocysteine"),
    ("lupus", 3, "lupus anticoagulant", "Positive lupus anticoagulant"),
    ("anticardiolipin", 3, "anticardiolipin antibody", "Elevated anticardiolipin antibody"),
    ("hit", 3, "heparin-induced thrombocytopenia", "Heparin-induced thrombocytopenia"),
    ("other", 3, "other thrombophilia", "Other congenital or acquired thrombophilia"),
    (
        "fracture",
        5,
        "hip, pelvis or leg fracture in the last month",
        "Hip, pelvis, or leg fracture in the last month",
    ),
    ("stroke", 5, "stroke in the last month", "Stroke in the last month"),
    ("trauma", 5, "multiple trauma in the last month", "Multiple trauma in the last month"),
    (
        "spinal",
        5,
        "acute spinal cord injury in the last month",
        "Acute spinal cord injury causing paralysis in the last month",
    ),
)


@calculator(
    "Caprini score",
    groups=("Caprini Score for Venous Thromboembolism (2005)",),
    kind="integer",
    possible=(0, 73),
    bands=bands("low risk", 2, "moderate risk", 3, "higher risk", 5, "highest risk"),
    unit="",
    version="1",
    others=None,
    age=AGE,
    surgery=word(
        {
            "none": 0,
            "minor": 1,
            "major": 2,
            "laparoscopic": 2,
            "arthroscopic": 2,
            "elective major lower extremity arthroplasty": 5,
        },
        "Surgery Type",
        missing=0,
    ),
    mobility=word(
        {"normal": 0, "on bed rest": 1, "confined to bed >72 hours": 2}, "Mobility", missing=0
    ),
    bmi=quantity("kg/m^2", "Body Mass Index (BMI)"),
    pneumonia=flag("Pneumonia in the last month"),
    pe=PREVIOUS_PE,
    dvt=PREVIOUS_DVT,
    **{parameter: flag(entity) for parameter, _, _, entity in _CAPRINI},
)
def caprini(
    age: Amount,
    surgery: int,
    mobility: int,
    bmi: Amount,
    pneumonia: bool,
    pe: bool,
    dvt: bool,
    **findings: bool,
) -> dict[str, float]:
    """Age, surgery, mobility, weight, and findings of 1, 2, 3 or 5 points.

    Source: Caprini JA. Thrombosis risk assessment as a guide to quality patient care. Dis Mon
    2005;51:70-78. Previous thrombosis and embolism are one finding of 3 points; pneumonia is its
    "serious lung disease". The questions for women (hormones, pregnancy) count where told, the sex
    itself never. A finding that nobody mentions is absent.
    """
    return {
        "age": graded(age, 0, 41, 1, 61, 2, 75, 3),
        "surgery": surgery,
        "mobility": mobility,
        "BMI above 25": 1 * (bmi.magnitude > 25),
        "pneumonia in the last month": 1 * pneumonia,
        "previous thrombosis or embolism": 3 * (pe or dvt),
        **{name: points * findings[parameter] for parameter, points, name, _ in _CAPRINI},
    }
