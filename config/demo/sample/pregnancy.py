"""Dates and durations: estimated due date and gestational age."""

from datetime import date, timedelta

from config.demo.sample.draw import Draw
from config.demo.sample.item import NOT_COMPUTABLE, Fault, Item, plant
from config.demo.sample.phrases import Person, pregnancy_note

TERM = 280  # days from the first day of the last period to the due date
SCAN_WINS = 7  # days by which an early scan must differ to replace the last period

SCAN_IGNORED = Fault(
    name="scan ignored",
    category="clinical_ambiguity",
    found_by="report",
    rationale="The early scan and the last period differ by 12 days. From 9 to 13 weeks a scan "
    "that differs by more than 7 days sets the date; the generator kept to the period.",
)
VISIT_AS_PERIOD = Fault(
    name="visit taken for period",
    category="not_computable",
    found_by="consensus",
    rationale="The note gives no day for the last period and no scan; "
    "the generator counted from the day of the visit.",
)
DATE_OVERLOOKED = Fault(
    name="date overlooked",
    category="extraction_error",
    found_by="report",
    rationale="The last period is told by another date: two weeks before the birthday in the note.",
)
DUE_QUESTION = (
    "What is the patient's estimated due date by the best obstetric estimate? Answer as MM/DD/YYYY."
)
AGE_QUESTION = "What is the gestational age on the day of the visit, in weeks and days?"
SEEN_FOR = (
    "comes to the antenatal clinic",
    "is seen by the midwife",
    "comes for a check of her pregnancy",
    "is referred by her family doctor because she is pregnant",
)


def estimated_due_date() -> list[Item]:
    """Twelve rows: the seventh open to two readings, the eleventh not computable."""
    draw = Draw("estimated due date")
    makers = {3: _due_after_long_cycle, 5: _due_after_transfer, 8: _due_after_transfer}
    makers |= {6: _due_with_scan_near, 10: _due_after_long_cycle}
    makers |= {7: _due_with_scan_ignored, 11: _due_without_period}
    return [makers.get(number, _due_after_period)(draw, number) for number in range(1, 13)]


def gestational_age() -> list[Item]:
    """Twelve rows: the fourth rightly not computable, the ninth wrongly so."""
    draw = Draw("gestational age")
    makers = {2: _age_after_scan, 6: _age_after_scan, 10: _age_after_scan}
    makers |= {4: _age_unknown, 9: _age_overlooked}
    return [makers.get(number, _age_after_period)(draw, number) for number in range(1, 13)]


def day(value: date) -> str:
    """A date as the sample writes it."""
    return value.strftime("%m/%d/%Y")


def read_day(text: str) -> date:
    """The date that `day` wrote."""
    month, dom, year = map(int, text.split("/"))
    return date(year, month, dom)


def days_of(text: str) -> int:
    """The number of days that `span` wrote."""
    weeks, _, _, rest, _ = text.split()
    return 7 * int(weeks) + int(rest)


def span(days: int) -> str:
    """A number of days as the sample writes it."""
    weeks, rest = divmod(days, 7)
    return f"{weeks} weeks and {rest} {'day' if rest == 1 else 'days'}"


def _period(draw: Draw) -> date:
    return date(2024, 2, 1) + timedelta(days=draw.below(600))


def _note(draw: Draw, *findings: str) -> str:
    who = Person(age=draw.whole(19, 42), female=True)
    return pregnancy_note(draw, who, draw.one(SEEN_FOR), *findings)


def _period_told(draw: Draw, period: date) -> str:
    return draw.one(
        (
            f"Her last period began on {day(period)} and she is sure of the day.",
            f"The first day of the last period was {day(period)}.",
            f"She noted {day(period)} as the first day of her last period.",
        )
    )


def _due(number: int, text: str, entities: dict[str, object], working: str, due: str) -> Item:
    return Item(
        case=f"due-{number:02}",
        calculator="Estimated Due Date",
        kind="date",
        category="date",
        note=text,
        question=DUE_QUESTION,
        subject="estimated due date",
        entities=entities,
        working=working,
        truth=due,
        answer=due,
    )


def _due_after_period(draw: Draw, number: int) -> Item:
    period = _period(draw)
    due = day(period + timedelta(days=TERM))
    cycle = draw.one(("Her cycles are regular.", "She has a cycle of four weeks."))
    return _due(
        number,
        _note(draw, *draw.shuffled((_period_told(draw, period), cycle))),
        {"last period": day(period)},
        f"The last period began on {day(period)}. Counting {TERM} days on gives {due}.",
        due,
    )


def _due_after_long_cycle(draw: Draw, number: int) -> Item:
    period, cycle = _period(draw), draw.one((32, 33, 35))
    days = TERM + cycle - 28
    due = day(period + timedelta(days=days))
    told = f"Her cycles have always been regular at {cycle} days."
    return _due(
        number,
        _note(draw, _period_told(draw, period), told, "No scan has been made yet."),
        {"last period": day(period), "cycle": [cycle, "days"]},
        f"The cycle is {cycle} - 28 = {cycle - 28} days longer than usual, so the pregnancy is "
        f"counted as 280 + {cycle - 28} = {days} days from {day(period)}. That gives {due}.",
        due,
    )


def _due_after_transfer(draw: Draw, number: int) -> Item:
    transfer = _period(draw)
    age = 5 if number == 5 else 3
    days = 266 - age
    due = day(transfer + timedelta(days=days))
    told = (
        f"After in vitro fertilization an embryo of {age} days was transferred on {day(transfer)}."
    )
    return _due(
        number,
        _note(draw, told, "The test in the second week after it was positive."),
        {"transfer": day(transfer), "embryo age": [age, "days"]},
        f"From the transfer the pregnancy is counted as 266 - {age} = {days} days. "
        f"Counting them from {day(transfer)} gives {due}.",
        due,
    )


def _due_with_scan_near(draw: Draw, number: int) -> Item:
    period = _period(draw)
    at_scan, seen = 76, 73
    scan, due = period + timedelta(days=at_scan), day(period + timedelta(days=TERM))
    told = f"A scan on {day(scan)} measured {span(seen)}."
    return _due(
        number,
        _note(draw, _period_told(draw, period), told, "One heartbeat is seen."),
        {"last period": day(period), "scan": day(scan), "age by scan": span(seen)},
        f"By the last period the scan on {day(scan)} was made after {at_scan} days; it measured "
        f"{seen}. The difference of {at_scan} - {seen} = {at_scan - seen} days does not exceed "
        f"{SCAN_WINS}, so the period holds. Counting {TERM} days from {day(period)} gives {due}.",
        due,
    )


def _due_with_scan_ignored(draw: Draw, number: int) -> Item:
    period = _period(draw)
    at_scan, seen = 80, 68
    scan = period + timedelta(days=at_scan)
    by_scan, by_period = scan + timedelta(days=TERM - seen), period + timedelta(days=TERM)
    told = f"The first scan, on {day(scan)}, measured {span(seen)}."
    right = _due(
        number,
        _note(draw, _period_told(draw, period), told, "The fetus moves and has a heartbeat."),
        {"last period": day(period), "scan": day(scan), "age by scan": span(seen)},
        f"The scan measured {seen} days, so 280 - {seen} = {TERM - seen} days remain.",
        day(by_scan),
    )
    working = (
        f"The last period began on {day(period)}. Counting {TERM} days on gives {day(by_period)}."
    )
    return plant(right, SCAN_IGNORED, answer=day(by_period), working=working)


def _due_without_period(draw: Draw, number: int) -> Item:
    visit = _period(draw)
    wrong = day(visit + timedelta(days=TERM))
    right = _due(
        number,
        _note(
            draw,
            f"At the visit on {day(visit)} she cannot say when her last period was.",
            "Her cycles come at very different intervals.",
            "A scan has not been made.",
        ),
        {"last period": day(visit)},
        "The note gives no last period and no scan.",
        NOT_COMPUTABLE,
    )
    working = f"The last period began on {day(visit)}. Counting {TERM} days on gives {wrong}."
    return plant(right, VISIT_AS_PERIOD, answer=wrong, working=working)


def _age(number: int, text: str, entities: dict[str, object], working: str, age: str) -> Item:
    return Item(
        case=f"age-{number:02}",
        calculator="Gestational Age",
        kind="duration",
        category="date",
        note=text,
        question=AGE_QUESTION,
        subject="gestational age",
        entities=entities,
        working=working,
        truth=age,
        answer=age,
    )


def _weeks(days: int) -> str:
    weeks, rest = divmod(days, 7)
    return f"7 * {weeks} + {rest} = {days}"


def _age_after_period(draw: Draw, number: int) -> Item:
    period, days = _period(draw), draw.whole(45, 259)
    visit = period + timedelta(days=days)
    told = draw.one((f"The visit is on {day(visit)}.", f"She is seen on {day(visit)}."))
    return _age(
        number,
        _note(draw, *draw.shuffled((_period_told(draw, period), told))),
        {"last period": day(period), "visit": day(visit)},
        f"From {day(period)} to {day(visit)} there are {days} days, and {_weeks(days)}.",
        span(days),
    )


def _age_after_scan(draw: Draw, number: int) -> Item:
    scan, seen, later = _period(draw), draw.whole(56, 97), draw.whole(20, 140)
    visit = scan + timedelta(days=later)
    total = seen + later
    return _age(
        number,
        _note(
            draw,
            "She does not remember her last period.",
            f"A scan on {day(scan)} measured {span(seen)}.",
            f"Today, on {day(visit)}, the fetus has grown as expected.",
        ),
        {"scan": day(scan), "age by scan": span(seen), "visit": day(visit)},
        f"At the scan the age was {_weeks(seen)} days. From {day(scan)} to {day(visit)} there are "
        f"{later} days. Together {seen} + {later} = {total} days, and {_weeks(total)}.",
        span(total),
    )


def _age_unknown(draw: Draw, number: int) -> Item:
    visit = _period(draw)
    return _age(
        number,
        _note(
            draw,
            f"She comes on {day(visit)} for the first time.",
            "She was still breastfeeding and had no period before the test was positive.",
            "The scan is booked for next week.",
        ),
        {"visit": day(visit)},
        "The note gives no last period and no scan to count from.",
        NOT_COMPUTABLE,
    )


def _age_overlooked(draw: Draw, number: int) -> Item:
    period, days = date(2025, 3, 8), 104
    birthday, visit = period + timedelta(days=14), period + timedelta(days=days)
    right = _age(
        number,
        _note(
            draw,
            f"She celebrated her birthday on {day(birthday)}.",
            "Her last period had begun exactly two weeks before that day.",
            f"The visit is on {day(visit)}.",
        ),
        {"visit": day(visit)},
        f"From {day(period)} to {day(visit)} there are {days} days, and {_weeks(days)}.",
        span(days),
    )
    working = "The note gives no date for the last period."
    return plant(right, DATE_OVERLOOKED, answer=NOT_COMPUTABLE, working=working)
