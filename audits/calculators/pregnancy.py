"""Dates of a pregnancy."""

from calendar import monthrange
from datetime import date, timedelta

from audits.calculators.base import calculator, day, number

LAST_PERIOD = day("Last menstrual date")
CYCLE = number("cycle length")
USUAL_CYCLE = 28  # days
LUTEAL_PHASE = timedelta(days=14)


def _after_280_days(last_period: date, cycle: float) -> date:
    return last_period + timedelta(days=280 + _days(cycle) - USUAL_CYCLE)


def _the_wrong_way_round(last_period: date, cycle: float) -> date:
    return last_period + timedelta(days=280 - _days(cycle) + USUAL_CYCLE)


def _on_day_14(last_period: date, cycle: float) -> date:
    return last_period + timedelta(days=14)


@calculator(
    "Estimated due date",
    groups=("Estimated Due Date",),
    kind="date",
    others={
        "280 days, corrected for the cycle": _after_280_days,
        "280 days, corrected for the cycle the wrong way round": _the_wrong_way_round,
    },
    last_period=LAST_PERIOD,
    cycle=CYCLE,
)
def due_date(last_period: date, cycle: float) -> date:
    """Naegele's rule: three months back, seven days and a year on, corrected for the cycle.

    Source: Naegele FC. Lehrbuch der Geburtshülfe. Mainz 1830. The rule supposes a cycle of 28 days
    (ACOG committee opinion 700. Obstet Gynecol 2017;129:e150-e154), so a longer one makes the date
    later and a shorter one earlier, by as many days. Months are those of the calendar, and a day
    that the month lacks becomes its last: labels that count 280 days differ by up to three days,
    those that correct for the cycle in the wrong direction by twice the correction.
    """
    months = last_period.year * 12 + last_period.month - 1 + 9
    year, month = divmod(months, 12)
    start = date(year, month + 1, min(last_period.day, monthrange(year, month + 1)[1]))
    return start + timedelta(days=7 + _days(cycle) - USUAL_CYCLE)


@calculator(
    "Estimated date of conception",
    groups=("Estimated of Conception",),
    kind="date",
    others={"14 days after the last period, whatever the cycle": _on_day_14},
    last_period=LAST_PERIOD,
    cycle=CYCLE,
)
def conception_date(last_period: date, cycle: float) -> date:
    """The day of ovulation: 14 days before the next period is due.

    Source: Knaus H. Eine neue Methode zur Bestimmung des Ovulationstermines. Zentralbl Gynäkol
    1929;53:2193-2203 (the luteal phase is constant, the follicular one varies with the cycle);
    used so in Wilcox AJ, Dunson D, Baird DD. The timing of the "fertile window" in the menstrual
    cycle. BMJ 2000;321:1259-1262. Labels that add 14 days to the last period whatever the cycle
    are right at 28 days alone.
    """
    return last_period + timedelta(days=_days(cycle)) - LUTEAL_PHASE


@calculator(
    "Gestational age",
    groups=("Estimated Gestational Age",),
    kind="duration",
    possible=(0, 310),
    last_period=LAST_PERIOD,
    today=day("Current Date"),
)
def gestational_age(last_period: date, today: date) -> int:
    """Whole days since the first day of the last period.

    Source: American College of Obstetricians and Gynecologists. Committee opinion 700: methods for
    estimating the due date. Obstet Gynecol 2017;129:e150-e154.
    """
    days = (today - last_period).days
    if days < 0:
        raise ValueError("the last period is after the current date")
    return days


def _days(cycle: float) -> int:
    if cycle != int(cycle):
        raise ValueError("a cycle lasts whole days")
    return int(cycle)
