"""The QT interval corrected for heart rate, and the mean arterial pressure."""

from math import cbrt, sqrt

from audits.calculators.base import Amount, Quantity, bands, calculator, quantity
from audits.calculators.inputs import DIASTOLIC, HEART_RATE, SYSTOLIC

QT = quantity("ms", "QT interval", plausible=(100, 1200))
POSSIBLE_QTC = (50, 2000)
# Rautaharju PM et al. AHA/ACCF/HRS recommendations, part IV. J Am Coll Cardiol 2009;53:982-991:
# prolonged from 450 ms in men and 460 ms in women. Drew BJ et al. Prevention of torsade de pointes
# in hospital settings. Circulation 2010;121:1047-1060: from 500 ms highly abnormal in both.
QTC_BANDS = bands(
    "not prolonged",
    450,
    "prolonged in men",
    460,
    "prolonged",
    500,
    "prolonged with high risk of torsade de pointes",
)


@calculator(
    "QTc by Bazett",
    groups=("QTc Bazett Calculator",),
    unit="ms",
    possible=POSSIBLE_QTC,
    bands=QTC_BANDS,
    qt=QT,
    heart_rate=HEART_RATE,
)
def qtc_bazett(qt: Amount, heart_rate: Amount) -> Amount:
    """QT over the square root of the RR interval in seconds.

    Source: Bazett HC. An analysis of the time-relations of electrocardiograms. Heart
    1920;7:353-370.
    """
    return qt / sqrt(_rr(heart_rate))


@calculator(
    "QTc by Fridericia",
    groups=("QTc Fridericia Calculator",),
    unit="ms",
    possible=POSSIBLE_QTC,
    bands=QTC_BANDS,
    qt=QT,
    heart_rate=HEART_RATE,
)
def qtc_fridericia(qt: Amount, heart_rate: Amount) -> Amount:
    """QT over the cube root of the RR interval in seconds.

    Source: Fridericia LS. Die Systolendauer im Elektrokardiogramm bei normalen Menschen und bei
    Herzkranken. Acta Med Scand 1920;53:469-486.
    """
    return qt / cbrt(_rr(heart_rate))


@calculator(
    "QTc by Framingham",
    groups=("QTc Framingham Calculator",),
    unit="ms",
    possible=POSSIBLE_QTC,
    bands=QTC_BANDS,
    qt=QT,
    heart_rate=HEART_RATE,
)
def qtc_framingham(qt: Amount, heart_rate: Amount) -> Amount:
    """QT and 154 ms for each second that the RR interval is below one.

    Source: Sagie A et al. An improved method for adjusting the QT interval for heart rate (the
    Framingham Heart Study). Am J Cardiol 1992;70:797-801.
    """
    return qt + Quantity(154 * (1 - _rr(heart_rate)), "ms")


@calculator(
    "QTc by Hodges",
    groups=("QTc Hodges Calculator",),
    unit="ms",
    possible=POSSIBLE_QTC,
    bands=QTC_BANDS,
    qt=QT,
    heart_rate=HEART_RATE,
)
def qtc_hodges(qt: Amount, heart_rate: Amount) -> Amount:
    """QT and 1.75 ms for each beat per minute above 60.

    Source: Hodges M, Salerno D, Erlien D. Bazett's QT correction reviewed: evidence that a linear
    QT correction for heart rate is better. J Am Coll Cardiol 1983;1:694.
    """
    return qt + Quantity(1.75 * (heart_rate.magnitude - 60), "ms")


@calculator(
    "QTc by Rautaharju",
    groups=("QTc Rautaharju Calculator",),
    unit="ms",
    possible=POSSIBLE_QTC,
    bands=QTC_BANDS,
    qt=QT,
    heart_rate=HEART_RATE,
)
def qtc_rautaharju(qt: Amount, heart_rate: Amount) -> Amount:
    """QT times (120 + heart rate) over 180.

    Source: Rautaharju PM, Mason JW, Akiyama T. New age- and sex-specific criteria for QT
    prolongation based on rate correction formulas that minimize bias at the upper normal limits.
    Int J Cardiol 2014;174:535-540.
    """
    return qt * (120 + heart_rate.magnitude) / 180


@calculator(
    "Mean arterial pressure",
    groups=("Mean Arterial Pressure (MAP)",),
    unit="mmHg",
    possible=(0, 300),
    bands=bands("below the target of septic shock", 65, "at or above the target of septic shock"),
    systolic=SYSTOLIC,
    diastolic=DIASTOLIC,
)
def mean_arterial_pressure(systolic: Amount, diastolic: Amount) -> Amount:
    """Two thirds diastolic and one third systolic pressure.

    Source: Sesso HD et al. Systolic and diastolic blood pressure, pulse pressure, and mean arterial
    pressure as predictors of cardiovascular disease risk in men. Hypertension 2000;36:801-807.
    Band: Evans L et al. Surviving sepsis campaign 2021. Crit Care Med 2021;49:e1063-e1143.
    """
    return (systolic + 2 * diastolic) / 3


def _rr(heart_rate: Amount) -> float:
    """The time between two beats in seconds."""
    return 60 / float(heart_rate.magnitude)
