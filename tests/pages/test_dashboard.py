"""The dashboard's numbers, by hand, and its plots and empty states."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from audits.models import Belief, Case, Decision, Opinion
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from pages.charts import HIGH, columns, intervals
from pages.dashboard import (
    overturned,
    pace_of,
    quality_trend,
    reports_by_age,
    revised,
    seconds_per_decision,
)
from registry.models import Benchmark, Event
from submissions.models import Report
from tests.pages.conftest import cut, file, text_of
from tests.small import People

Browse = Callable[..., Any]
ADDRESS = "/b/small-qa/dashboard/"


def _decide(
    benchmark: Benchmark, crew: People, key: str, answer: str, *, confirmed: bool = False
) -> Case:
    file(benchmark, crew.user, key, answer)
    take_in_reports(benchmark.pk)
    case = Case.objects.filter(instance__key=key).latest("pk")
    outcome = {"outcome": "correct", "answer": answer, "category": "wrong_answer"}
    if confirmed:
        outcome = {"outcome": "confirm"}
    case = claim_case(actor=crew.expert, case=case)
    decide_case(actor=crew.expert, case=case, rationale="so", **outcome)
    case.refresh_from_db()
    return case


def test_reports_by_state_and_age(benchmark: Benchmark, crew: People) -> None:
    """Every report in one age, by its state."""
    now = timezone.now()
    for key, days in (("q1", 1), ("q2", 6), ("q3", 8), ("q4", 100), ("q5", 400)):
        filed = file(benchmark, crew.user, key, "7")
        Report.objects.filter(pk=filed.pk).update(created_at=now - timedelta(days=days))
    Report.objects.filter(instance__key="q2").update(status="accepted")
    found = dict(reports_by_age(benchmark, now))
    assert [sum(counts.values()) for counts in found.values()] == [2, 1, 1, 1]
    assert (found["week"]["open"], found["week"]["accepted"]) == (1, 1)
    assert found["older"]["open"] == 1


def test_the_forecast(benchmark: Benchmark, crew: People) -> None:
    """Waiting cases by decisions a week, over the weeks since the first one."""
    for key in ("q1", "q2", "q3"):
        _decide(benchmark, crew, key, "7")
    for key in ("q4", "q5"):
        file(benchmark, crew.user, key, "7")
    take_in_reports(benchmark.pk)
    now = timezone.now()
    pace = pace_of(benchmark, now)
    assert (pace.waiting, pace.per_week, pace.weeks[-1][1]) == (2, 3.0, 3)
    assert pace.forecast == timedelta(weeks=1) * 2 / 3
    Case.objects.filter(status="decided").update(ended_at=now - timedelta(days=10))
    assert pace_of(benchmark, now).per_week == 1.5
    Case.objects.filter(status="decided").update(ended_at=now - timedelta(days=70))
    assert pace_of(benchmark, now).forecast is None


def test_reviews_that_the_policy_asks_for(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """As learned last, by the same pace."""
    _decide(benchmark, crew, "q1", "7")
    row = {"risk": "usual", "labels": 6, "expected": 0.2, "allowed": 0.05, "reviews": 4}
    Belief.objects.update_or_create(benchmark=benchmark, defaults={"effort": [row]})
    pace = pace_of(benchmark, timezone.now())
    assert (pace.due, pace.due_forecast) == (4, timedelta(weeks=4))
    assert "By the policy 4 labels are still to be reviewed, about 28 days" in text_of(
        browse(crew.maintainer).get(ADDRESS)
    )


def test_minutes_per_decision(benchmark: Benchmark, crew: People) -> None:
    """From the claim to the decision, unless the time was measured."""
    case = _decide(benchmark, crew, "q1", "7")
    at = Event.objects.get(kind="case.claimed", subject_id=case.public_id).at
    Case.objects.filter(pk=case.pk).update(ended_at=at + timedelta(minutes=3))
    assert seconds_per_decision(benchmark) == [180]
    _opinion(case, crew, seconds=60)
    _opinion(case, crew, seconds=30)
    assert seconds_per_decision(benchmark) == [90]
    assert pace_of(benchmark, timezone.now()).minutes == 1.5


def test_overturned_decisions(benchmark: Benchmark, crew: People) -> None:
    """One that a later one changed counts, one that a later one confirmed does not."""
    _decide(benchmark, crew, "q1", "7")
    _decide(benchmark, crew, "q1", "8")
    _decide(benchmark, crew, "q2", "9")
    _decide(benchmark, crew, "q2", "5", confirmed=True)
    found = overturned(benchmark)
    assert (found.value, found.of) == (0.25, 4)


def test_revised_first_answers(benchmark: Benchmark, crew: People) -> None:
    """A first answer that its expert kept, however it was written, is not revised."""
    case, other = _decide(benchmark, crew, "q1", "7"), _decide(benchmark, crew, "q2", "8")
    _opinion(case, crew, blind=True, answer="6")
    _opinion(other, crew, blind=True, answer="8.0")
    assert revised(benchmark).of == 2
    assert revised(benchmark).value == 0.5


def test_quality_over_releases(benchmark: Benchmark, crew: People) -> None:
    """Oldest first, the tiers of each release."""
    cut(benchmark)
    _decide(benchmark, crew, "q1", "7")
    cut(benchmark)
    trend = quality_trend(benchmark)
    assert [version for version, _ in trend] == ["1.0.0", "1.1.0"]
    assert trend[0][1]["unreviewed"] == 6
    assert (trend[1][1]["expert"], trend[1][1]["unreviewed"]) == (1, 5)


def test_the_page_shows_it_all(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Each plot says what it is and has its table; the next release is told."""
    cut(benchmark)
    _decide(benchmark, crew, "q1", "7")
    file(benchmark, crew.user, "q2", "7")
    take_in_reports(benchmark.pk)
    response = browse(crew.maintainer).get(ADDRESS)
    page, source = text_of(response), response.content.decode()
    for plot in ("Cases decided by week", "Reports by age and state", "Share of labels by tier"):
        assert plot in source
    for said in ("1 case waits: about 7 days", "Next release: 1.1.0", "Overturned by a later"):
        assert said in page, said
    assert 'aria-current="page">Dashboard' in source


def test_an_empty_benchmark(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Every part says what is missing."""
    page = text_of(browse(crew.maintainer).get(ADDRESS))
    for said in (
        "Nothing waits for an expert",
        "Nobody has reported an error yet",
        "No case was decided in the last twelve weeks",
        "No release is out yet",
        "Once experts decide labels",
    ):
        assert said in page, said


def test_only_maintainers_have_the_menu(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """One tab for them, which opens the menu; nobody else sees it."""
    assert "Maintain" not in text_of(browse(crew.expert).get("/b/small-qa/"))
    assert "Policy" not in text_of(browse(crew.maintainer).get("/b/small-qa/"))
    page = text_of(browse(crew.maintainer).get(ADDRESS))
    for title in ("Maintain", "Next release", "Import", "Policy", "Audit schedule"):
        assert title in page, title


def test_columns_are_in_proportion() -> None:
    """The tallest fills the height; with shares all do, and parts lie on each other."""
    drawn = columns([("a", {"x": 1, "y": 3}), ("b", {"x": 2, "y": 0}), ("c", {"x": 0})])
    first, second, third = drawn.columns
    assert sum(part.height for part in first.segments) == HIGH
    assert [part.height for part in second.segments] == [HIGH / 2]
    assert third.segments == ()
    below, above = first.segments
    assert above.y + above.height == below.y
    shares = columns([("a", {"x": 1}), ("b", {"x": 4, "y": 4})], shares=True)
    assert [part.height for part in shares.columns[1].segments] == [HIGH / 2, HIGH / 2]
    assert columns([("a", {"x": 0})]).empty
    assert columns([]).empty


def test_intervals_lie_around_their_share() -> None:
    """From nothing to all."""
    (row,) = intervals([("a", 0.5, 0.25, 1.0)]).rows
    assert row.x - row.low == (row.high - row.x) / 2


def _opinion(case: Case, crew: People, **given: Any) -> Opinion:
    decision = Decision.objects.filter(case=case).latest("pk")
    values = {"outcome": "correct", "answer": "7"} | given
    return Opinion.objects.create(
        case=case,
        revision=decision.before,
        expert=crew.expert.public_id,
        at=timezone.now(),
        **values,
    )


def test_how_far_experts_agree_is_told_with_its_interval(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    assert "how far they agree stands here" in text_of(browse(crew.maintainer).get(ADDRESS))
    for key, reported, said in (("q1", "12", "12"), ("q2", "25", "20"), ("q3", "33", "33")):
        case = _decide(benchmark, crew, key, reported, confirmed=key == "q2")
        decision = Decision.objects.get(case=case)
        outcome = {"outcome": "answer", "answer": said, "blind": True}
        for expert in ("one", "two"):
            Opinion.objects.create(
                case=case,
                revision=decision.before,
                expert=expert,
                limits="{}",
                rationale="",
                at=decision.at,
                **outcome,
            )
    page = text_of(browse(crew.maintainer).get(ADDRESS)).partition("Agreement of experts")[2][:300]
    assert "alpha 1.00 1.00 to 1.00 3" in page
