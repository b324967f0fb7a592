"""The control sample: drawn when a run ends, unmarked, and what it says of the clear labels."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audits.control import borrowed, clopper_pearson, draw, residual, sample_size
from audits.models import AuditRun, Case, Decision, Standing
from audits.policies import HUB_POLICY, parse_policy
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.draw_control import draw_control
from audits.services.finish_run import finish_run
from audits.services.set_policy import set_policy
from audits.services.take_in_reports import take_in_reports
from audits.services.triage_instances import triage_instances
from audits.summary import residual_error, summary_of
from registry.models import Benchmark, Instance
from registry.services.retire_instance import retire_instance
from submissions.services.file_report import file_report
from tests.audits.recalculating import PATH, audit, faulty_benchmark
from tests.small import People, import_file, people, qa_row, write_csv

LABELS = [(f"g{n % 7}", f"q{n}") for n in range(700)]


# --- the pure part ------------------------------------------------------------------------------


@pytest.mark.parametrize(("upper", "size"), [(0.06, 60), (0.05, 72), (0.01, 368), (0.5, 6)])
def test_the_sample_is_as_large_as_the_precision_asks(upper: float, size: int) -> None:
    """The size is the smallest one whose interval reaches no further."""
    assert sample_size(upper) == size
    assert clopper_pearson(0, size)[1] <= upper < clopper_pearson(0, size - 1)[1]


def test_intervals_are_clopper_and_pearsons() -> None:
    """Against published values: 0 of 60, 1 of 20, 10 of 10."""
    assert clopper_pearson(0, 60) == (0.0, pytest.approx(0.0596, abs=1e-4))
    assert clopper_pearson(1, 20) == pytest.approx((0.00127, 0.24873), abs=1e-5)
    assert clopper_pearson(10, 10) == (pytest.approx(0.69150, abs=1e-5), 1.0)


def test_a_draw_is_the_same_for_seed_and_round_and_spreads_over_groups() -> None:
    one = draw(LABELS, 60, seed="s", round_number=0)
    assert draw(reversed(LABELS), 60, seed="s", round_number=0) == one
    assert len(set(one)) == 60
    assert draw(LABELS, 60, seed="s", round_number=1) != one
    assert draw(LABELS, 60, seed="t", round_number=0) != one
    groups = {key: group for group, key in LABELS}
    assert set(Counter(groups[key] for key in one).values()) <= {8, 9}


def test_a_small_group_gets_its_share() -> None:
    labels = [("large", f"a{n}") for n in range(980)] + [("small", f"b{n}") for n in range(20)]
    for seed in "abcdefgh":
        drawn = draw(labels, 100, seed=seed, round_number=0)
        assert sum(key.startswith("b") for key in drawn) == 2


def test_every_label_has_the_same_chance() -> None:
    """Over many seeds each of 30 labels in groups of three sizes is drawn a third of the time."""
    labels = [("a", f"a{n}") for n in range(3)] + [("b", f"b{n}") for n in range(7)]
    labels += [("c", f"c{n}") for n in range(20)]
    counts = Counter(
        key for seed in range(600) for key in draw(labels, 10, seed=str(seed), round_number=0)
    )
    assert all(150 < counts[key] < 250 for _, key in labels)  # 200 ± 4 standard deviations


def test_fewer_labels_are_all_drawn() -> None:
    assert sorted(draw(LABELS[:5], 60, seed="s", round_number=0)) == ["q0", "q1", "q2", "q3", "q4"]
    assert draw([], 60, seed="s", round_number=0) == []
    assert draw(LABELS, 0, seed="s", round_number=0) == []


def test_no_error_found_is_no_bare_zero() -> None:
    found = residual([("a", False)] * 60)
    assert (found.drawn, found.decided, found.wrong, found.share) == (60, 60, 0, 0.0)
    assert found.lower == 0.0
    assert 0.059 < found.upper <= 0.06


def test_without_decisions_nothing_is_known() -> None:
    found = residual([("a", None)] * 3)
    assert (found.share, found.lower, found.upper) == (None, 0.0, 1.0)
    assert residual([]).drawn == 0


def test_an_estimate_weighs_groups_by_what_was_drawn_in_them() -> None:
    """Of ten draws in each group, all are decided in a (5 wrong), but two in b (none wrong)."""
    draws = [("a", n < 5) for n in range(10)]
    draws += [("b", False), ("b", False), *[("b", None)] * 8]
    found = residual(draws)
    assert (found.drawn, found.decided, found.wrong) == (20, 12, 5)
    assert found.share == pytest.approx(0.25)
    plain = clopper_pearson(5, 12)
    assert found.lower < plain[0]
    # Worth fewer draws than twelve: the interval is wider than that of 3 in 12.
    assert found.upper - found.lower > clopper_pearson(3, 12)[1] - clopper_pearson(3, 12)[0]


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Simulated groups with shares of error from 0 to 20 %: at least 95 of 100 intervals hold."""
    rates = {f"g{n}": 0.02 * n for n in range(11)}
    labels = [(group, f"{group}-{n}") for group in rates for n in range(90)]
    wrong = {key: number % 90 < 90 * rates[group] for number, (group, key) in enumerate(labels)}
    truth = sum(wrong.values()) / len(labels)
    groups = {key: group for group, key in labels}
    held = 0
    for seed in range(200):
        drawn = draw(labels, 60, seed=str(seed), round_number=0)
        found = residual((groups[key], wrong[key]) for key in drawn)
        held += found.lower <= truth <= found.upper
    assert held >= 190


def test_a_place_is_one_of_those_there() -> None:
    places = [(n / 10, n) for n in range(10)]
    taken = {borrowed(places, seed="s", round_number=0, key=f"q{n}") for n in range(200)}
    assert taken == set(places)
    assert borrowed([], seed="s", round_number=0, key="q1") is None


# --- drawing ------------------------------------------------------------------------------------


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """Two hundred labels of ten groups; those whose answer is a multiple of 20 are doubted."""
    settings.ERRATA_VERIFIERS = ["tests.audits.verifiers.EvenVerifier"]
    rows = [qa_row(n, group=f"g{n % 10}") for n in range(1, 201)]
    import_file(write_csv(tmp_path / "two-hundred.csv", rows), upstream="v1/test")
    return Benchmark.objects.get()


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    return people(benchmark)


def control() -> Any:
    return Case.objects.filter(control=True)


def decide(crew: People, case: Case, **changed: Any) -> Decision:
    claim_case(actor=crew.expert, case=case)
    fields = {"outcome": "confirm", "rationale": "Looked at it."} | changed
    return decide_case(actor=crew.expert, case=case, **fields)


WRONG = {"outcome": "correct", "answer": "7", "category": "wrong_answer"}


def test_a_first_audit_draws_what_the_policy_asks(benchmark: Benchmark) -> None:
    run = audit(benchmark)
    assert control().count() == 60
    assert control().filter(status="open", bucket="clear").count() == 60
    assert summary_of(run)["cases"]["opened"] == Case.objects.count()
    groups = Counter(control().values_list("instance__head__revision__group", flat=True))
    assert set(groups) == {f"g{n}" for n in range(1, 10, 2)}  # the others hold multiples of 20
    assert set(groups.values()) == {12}
    for case in control():
        assert Standing.objects.get(pk=case.instance_id).case == case
        assert Standing.objects.get(pk=case.instance_id).bucket == "clear"


def test_a_plain_second_run_draws_nothing_and_a_fresh_one_draws_again(
    benchmark: Benchmark,
) -> None:
    audit(benchmark)
    first = set(control().values_list("instance", flat=True))
    again = audit(benchmark)
    assert summary_of(again)["cases"]["opened"] == 0
    assert set(control().values_list("instance", flat=True)) == first
    audit(benchmark, fresh=True)
    assert control().count() == 100  # all that there are: 60 and then 40
    assert control().values("instance").distinct().count() == 100


def test_the_policy_says_how_many(benchmark: Benchmark, crew: People) -> None:
    set_policy(
        actor=crew.maintainer, benchmark=benchmark, text="control_upper = 0.2", reason="Enough."
    )
    audit(benchmark)
    assert control().count() == sample_size(0.2) == 17


def test_what_is_decided_reported_or_retired_is_not_drawn(
    benchmark: Benchmark, crew: People
) -> None:
    chosen = {key: Instance.objects.get(key=key) for key in ("q1", "q3", "q5")}
    report(benchmark, crew, chosen["q1"])
    take_in_reports(benchmark.pk)
    decide(crew, Case.objects.get())
    retire_instance(actor=crew.maintainer, instance=chosen["q3"], reason="a duplicate")
    set_policy(
        actor=crew.maintainer, benchmark=benchmark, text="control_upper = 0.03", reason="All."
    )
    report(benchmark, crew, chosen["q5"])  # a report that no case counts yet
    audit(benchmark)
    keys = set(control().values_list("instance__key", flat=True))
    assert keys == {f"q{n}" for n in range(1, 201, 2)} - set(chosen)


def report(benchmark: Benchmark, crew: People, instance: Instance) -> None:
    file_report(
        actor=crew.user, benchmark=benchmark, instance=instance, category="wrong_answer",
        answer="7", rationale="because",
    )  # fmt: skip


def test_a_control_case_stays_until_it_is_decided(benchmark: Benchmark, crew: People) -> None:
    audit(benchmark)
    case = control().earliest("pk")
    triage_instances(benchmark=benchmark, instance_ids=[case.instance_id])
    case.refresh_from_db()
    assert case.status == "open"
    retired = control().latest("pk")
    retire_instance(actor=crew.maintainer, instance=retired.instance, reason="gone")
    triage_instances(benchmark=benchmark, instance_ids=[retired.instance_id])
    retired.refresh_from_db()
    assert retired.status == "closed"
    decide(crew, case)
    case.refresh_from_db()
    assert case.status == "decided"


def test_a_control_case_stands_among_the_others(benchmark: Benchmark) -> None:
    """Its place and its time are those of cases that the run opened for a doubt."""
    run = audit(benchmark)
    others = Case.objects.filter(control=False)
    assert others
    places = set(others.values_list("priority", "score"))
    for case in control():
        assert (case.priority, case.score) in places
        assert run.created_at <= case.opened_at <= run.finished_at
        assert len(case.public_id) == 26
    moments = set(control().values_list("opened_at", flat=True))
    assert len(moments) > 50
    order = list(control().order_by("opened_at").values_list("public_id", flat=True))
    assert [one[:10] for one in order] == sorted(one[:10] for one in order)


def test_a_run_draws_once(benchmark: Benchmark) -> None:
    run = audit(benchmark)
    assert finish_run(run_id=run.pk)
    assert draw_control(run) == 0
    assert control().count() == 60


def test_a_stopped_or_running_run_draws_nothing(benchmark: Benchmark) -> None:
    run = AuditRun.objects.create(benchmark=benchmark, verifiers=[], actor="x", status="stopped")
    assert draw_control(run) == 0


def test_the_estimate_comes_from_control_draws_alone(benchmark: Benchmark, crew: People) -> None:
    assert residual_error(benchmark).share is None
    run = audit(benchmark)
    before = residual_error(benchmark)
    assert (before.drawn, before.decided, before.share) == (60, 0, None)
    doubted = Case.objects.filter(control=False).first()
    assert doubted is not None
    decide(crew, doubted, **WRONG)
    assert residual_error(benchmark).decided == 0
    for number, case in enumerate(control().order_by("pk")[:10]):
        decide(crew, case, **(WRONG if number == 0 else {}))
    found = residual_error(benchmark)
    assert (found.drawn, found.decided, found.wrong) == (60, 10, 1)
    assert found.lower < found.share < found.upper
    told = summary_of(run)["residual"]
    assert told["decided"] == 10
    assert told["interval"] == [round(found.lower, 4), round(found.upper, 4)]
    assert told["share"] == round(found.share, 4)


def test_a_reported_draw_counts_as_it_was_drawn(benchmark: Benchmark, crew: People) -> None:
    """It was clear when it was drawn; the report that came later changes its reasons, not that."""
    audit(benchmark)
    case = control().earliest("pk")
    report(benchmark, crew, case.instance)
    take_in_reports(benchmark.pk)
    case.refresh_from_db()
    assert (case.control, case.reasons[0], case.bucket) == (True, "1 open report.", "contested")
    decide(crew, case, **WRONG)
    assert residual_error(benchmark).wrong == 1


def test_a_group_case_leaves_the_control_sample_alone(
    db: None, tmp_path: Path, settings: Any
) -> None:
    settings.ERRATA_VERIFIERS = [PATH]
    made = faulty_benchmark(tmp_path)
    audit(made)
    keys = set(control().values_list("instance__key", flat=True))
    assert keys == {f"q{n}" for n in range(7, 13)}
    assert control().filter(status="open").count() == 6


def test_the_hubs_policy_asks_for_sixty() -> None:
    policy = parse_policy(HUB_POLICY.read_text(encoding="utf-8"))
    assert sample_size(policy.control_upper) == 60
    assert timezone.now().tzinfo is not None
