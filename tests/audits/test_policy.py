"""A policy: what it may say, what is refused, and which one holds."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audits.models import Case, Look, PolicyVersion, Standing, Vote
from audits.policies import describe, load_policy, parse_policy
from audits.selectors import current_policy
from audits.services.set_policy import set_policy
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.errors import ErrataError, InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, Event
from registry.selectors import system_user
from tests.audits.test_voices import vote
from tests.small import people, small_benchmark

HUB = load_policy()


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows in the group tens."""
    return small_benchmark(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("contested_from = ", "no TOML"),
        ("contestedfrom = 0.5", "contestedfrom is no key of a policy"),
        ("contested_from = 1.5", "from 0 to 1"),
        ("contested_from = '0.5'", "contested_from must be a number"),
        ("possible_from = 0.9", "not be above contested_from"),
        ("supermajority = 0.5", "more than half"),
        ("control_upper = 0", "six percent"),
        ("open_cases = -1", "open_cases must be a whole number"),
        ("open_cases = 2.5", "open_cases must be a whole number"),
        ("band_weight = 0.5", "band_weight must be a number from 1"),
        ("seed = 7", "seed must be a text"),
        ("doubt = 0.5", "must be a table"),
        ("[doubt]\nlimits = true", r"doubt\.limits"),
        ("endpoints = 'here'", "endpoints must be a list"),
        ("[risk]\nhigh = ['A']", "residual.* says nothing of the risk class high"),
        ("[residual]\nhigh = 0.01", "risk.* names no groups of the class high"),
        (
            "[risk]\nhigh = ['A']\nlow = ['A']\n[residual]\nhigh = 0.01\nlow = 0.1",
            "group A is in the risk classes high and low",
        ),
    ],
)
def test_what_is_no_policy_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refusal:
        parse_policy(text, over=HUB)
    assert refusal.value.code == "bad_policy"


def test_a_policy_without_defaults_must_be_whole() -> None:
    with pytest.raises(InvalidInput, match="missing"):
        parse_policy("seed = 'x'")


def test_what_is_left_out_is_the_hubs() -> None:
    policy = parse_policy("sampled = 0.5\n[doubt]\nmine = 0.6", over=HUB)
    assert policy.sampled == 0.5
    assert policy.doubt_of("mine") == 0.6
    assert policy.doubt_of("limits") == HUB.doubt_of("limits")
    assert policy.doubt_of("unheard of") == HUB.default_doubt
    assert policy.contested_from == HUB.contested_from
    assert json.loads(json.dumps(describe(policy)))["doubt"]["mine"] == 0.6


def test_groups_have_a_risk_class() -> None:
    policy = parse_policy("[risk]\nhigh = ['A']\n[residual]\nhigh = 0.01", over=HUB)
    assert (policy.risk_of("A"), policy.risk_of("B")) == ("high", "usual")
    assert policy.residual == {"usual": 0.05, "high": 0.01}


def test_endpoints_are_all_for_public_text_and_none_for_other_unless_named() -> None:
    assert HUB.may_ask("anyone", public=True)
    assert not HUB.may_ask("anyone", public=False)
    named = parse_policy("endpoints = ['ours']", over=HUB)
    for public in (True, False):
        assert named.may_ask("ours", public=public)
        assert not named.may_ask("anyone", public=public)


def test_the_newest_version_holds(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    assert current_policy(benchmark) == HUB
    set_policy(actor=crew.maintainer, benchmark=benchmark, text="sampled = 0.5")
    set_policy(actor=crew.maintainer, benchmark=benchmark, text="sampled = 0.6", reason="more")
    assert current_policy(benchmark).sampled == 0.6
    assert current_policy(benchmark).version == f"2 over {HUB.version}"
    event = Event.objects.filter(kind="policy.set").latest("pk")
    assert event.data["number"] == 2
    with pytest.raises(WrongState):
        set_policy(actor=crew.maintainer, benchmark=benchmark, text="sampled = 0.6")


def test_only_maintainers_set_it(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    for person in (None, crew.user, crew.contributor, crew.expert):
        with pytest.raises(ErrataError) as refusal:
            set_policy(actor=person, benchmark=benchmark, text="sampled = 0.5")
        assert isinstance(refusal.value, NotAllowed)
    with pytest.raises(InvalidInput):
        set_policy(actor=crew.maintainer, benchmark=benchmark, text="sample = 0.5")
    assert not PolicyVersion.objects.exists()


def test_the_command_sets_and_shows(benchmark: Benchmark, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        "sampled = 0.25\nendpoints = ['ours']\nresidual.high = 0.02\nrisk.high = ['A \"b\" é']\n"
        "[doubt]\n'blind_recompute@m-4.1' = 0.9\n",
        encoding="utf-8",
    )
    said = [run("set_policy", benchmark.slug, str(file)), run("set_policy", benchmark.slug)]
    assert said[0] == said[1]
    assert (said[1]["sampled"], said[1]["endpoints"]) == (0.25, ["ours"])
    shown = StringIO()
    call_command("set_policy", benchmark.slug, stdout=shown)
    assert parse_policy(shown.getvalue()) == current_policy(benchmark), "what is shown is a policy"
    file.write_text("sampled = 2\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        run("set_policy", benchmark.slug, str(file))
    assert ended.value.code == 2
    assert PolicyVersion.objects.count() == 1


def run(*arguments: str) -> Any:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_retriage_shows_who_would_move_and_writes_nothing(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    for key in ("q1", "q2", "q3"):
        vote(key, "object", "15", verifier="weak", sentence="hm")
    audit = start_audit(actor=system_user(), benchmark=benchmark, verifiers=["limits"])
    assert work_on_run(run_id=audit.pk)
    file = tmp_path / "strict.toml"
    file.write_text("[doubt]\nweak = 0.9\n", encoding="utf-8")
    tables = (Standing, Case, Vote, Look, Event)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    result = run("retriage", audit.public_id, "--policy", str(file))
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    assert result["counts"] == {"clear → clear": 3, "possible → contested": 3}
    assert [move["key"] for move in result["moves"]] == ["q1", "q2", "q3"]
    move = result["moves"][0]
    assert (move["bucket"], move["new_bucket"]) == ("possible", "contested")
    assert move["score"] < 0.5 < move["new_score"]
    assert move["reason"] == "weak: hm"
    assert result["review"]["then"] == 3
    same = tmp_path / "same.toml"
    same.write_text("", encoding="utf-8")
    assert run("retriage", audit.public_id, "--policy", str(same))["moves"] == []
