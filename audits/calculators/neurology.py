"""Scores of the nervous system."""

from audits.calculators.base import bands, calculator, word

_EYE = {
    "no eye opening": 1,
    "eye opening to pain": 2,
    "eye opening to verbal command": 3,
    "eyes open spontaneously": 4,
}
_VERBAL = {
    "no verbal response": 1,
    "incomprehensible sounds": 2,
    "inappropriate words": 3,
    "confused": 4,
    "oriented": 5,
}
_MOTOR = {
    "no motor response": 1,
    "extension to pain": 2,
    "flexion to pain": 3,
    "withdrawal from pain": 4,
    "localizes pain": 5,
    "obeys commands": 6,
}


@calculator(
    "Glasgow Coma Scale",
    groups=("Glasgow Coma Score (GCS)",),
    kind="integer",
    possible=(3, 15),
    bands=bands("severe", 9, "moderate", 13, "mild"),
    eye=word(_EYE, "Best eye response"),
    verbal=word(_VERBAL, "Best verbal response"),
    motor=word(_MOTOR, "Best motor response"),
)
def glasgow_coma_scale(eye: int, verbal: int, motor: int) -> dict[str, float]:
    """Eye, verbal and motor response, each counted once.

    Source: Teasdale G, Jennett B. Assessment of coma and impaired consciousness: a practical scale.
    Lancet 1974;304:81-84, with the six motor responses of Teasdale G, Jennett B. Assessment and
    prognosis of coma after head injury. Acta Neurochir 1976;34:45-55. Bands: Rimel RW et al.
    Neurosurgery 1982;11:344-351 (severe to 8, moderate 9 to 12, mild from 13). A response that
    cannot be tested has no points: then there is no total (Teasdale G et al. Lancet Neurol
    2014;13:844-854).
    """
    return {"eye response": eye, "verbal response": verbal, "motor response": motor}
