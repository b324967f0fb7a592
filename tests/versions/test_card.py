"""The quality card and the methods of a release: what they say, frozen with it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from errata.manifest import sha256_hex
from scipy.stats import beta

from audits.models import AuditRun, Call, Case, Look, Opinion, Vote
from audits.services.claim_case import claim_case
from audits.services.give_opinion import conclude_case
from audits.services.set_policy import set_policy
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_run import work_on_run
from audits.services.write_guide import write_guide
from registry.models import Benchmark, Head, Instance, Role, User
from registry.services.create_user import create_user
from registry.services.keep_text import keep_text
from registry.services.set_member import set_member
from submissions.services.file_report import file_report
from tests.versions.conftest import ROWS, SLUG, files_in
from versions.difference import difference_of
from versions.models import Release
from versions.quality import DEFINITIONS, wilson
from versions.services.build_release import build_release
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]
NOTHING = {"n": 0, "agree": 0, "share": None, "interval": None}


def told(release: Release, name: str) -> dict[str, Any]:
    """What a file of the release says."""
    return json.loads((folder_of(release) / f"{name}.json").read_text(encoding="utf-8"))


def texts(ends: tuple[float, float] | None) -> list[str]:
    """An interval as the card writes it."""
    return [f"{end:.4f}" for end in ends or ()]


@pytest.fixture
def expert(small: Benchmark, system: User) -> User:
    user = create_user(actor=system, username="ada", full_name="Ada Expert")
    set_member(actor=system, benchmark=small, user=user, role=Role.EXPERT)
    return user


def decide(small: Benchmark, system: User, expert: User, key: str, answer: str) -> None:
    """Report a label, and have the expert answer blind and decide so."""
    instance = Instance.objects.get(benchmark=small, key=key)
    file_report(
        actor=system, benchmark=small, instance=instance, category="wrong", rationale="It is."
    )
    take_in_reports(small.pk)
    case = Case.objects.get(instance=instance)
    claim_case(actor=expert, case=case)
    first = {"outcome": "answer", "answer": answer}
    last = {"outcome": "correct", "answer": answer, "category": "wrong", "rationale": "So it is."}
    if answer == "N/A":
        first = {"outcome": "not_computable"}
        last |= {"outcome": "not_computable", "answer": ""}
    conclude_case(actor=expert, case=case, blind=first, **last)


def test_a_release_that_nobody_looked_at_claims_nothing(cut: Cut) -> None:
    card = told(cut(), "quality")
    assert card["tiers"]["unreviewed"] == len(ROWS)
    assert card["expert_agreement"]["released"].items() >= NOTHING.items()
    assert card["residual_error"] == {
        "drawn": 0,
        "decided": 0,
        "wrong": 0,
        "share": None,
        "interval": None,
    }
    assert card["audit"] == {
        "labels": 7,
        "looked_at": 0,
        "share": "0.0000",
        "last": None,
        "age_days": None,
    }
    assert (card["change_rate"], card["gold"], card["rater_agreement"]) == (None, [], [])
    assert set(DEFINITIONS) == set(card) - {"format", "definitions", "canary"}
    assert card["definitions"] == DEFINITIONS


def test_labels_beside_what_experts_say(
    cut: Cut, small: Benchmark, system: User, expert: User
) -> None:
    cut()
    decide(small, system, expert, "n1", "12")
    decide(small, system, expert, "i1", "8")
    decide(small, system, expert, "n2", "N/A")
    second = cut()
    card = told(second, "quality")
    agreement = card["expert_agreement"]
    assert agreement["released"]["agree"] == agreement["released"]["n"] == 3
    assert agreement["released"]["interval"] == texts(wilson(3, 3))
    # 7 beside 8 agrees, 10.5 beside 12 and a number beside unanswerable do not.
    assert (agreement["judged"]["agree"], agreement["judged"]["smape_n"]) == (1, 2)
    rate = card["change_rate"]
    assert (rate["since"], rate["labels"], rate["changed"]) == ("1.0.0", 7, 3)
    assert rate["by_category"] == {"Wrong": {"changed": 3, "share": "0.4286"}}
    assert rate["by_origin"] == {"decision": {"changed": 3, "share": "0.4286"}}
    assert card["clinical_impact"]["assessed"] == 0
    (review,) = told(second, "methods")["reviews"]
    assert review == {"by": "Ada Expert", "specialties": [], "labels": 3, "groups": {"g": 3}}


def test_a_reworded_item_asks_another_question(
    cut: Cut, small: Benchmark, system: User, expert: User, bring: Any
) -> None:
    decide(small, system, expert, "n1", "12")
    assert told(cut(), "quality")["expert_agreement"]["released"]["n"] == 1
    assert Opinion.objects.filter(blind=True).count() == 1
    bring([(*ROWS[0][:4], "How much, in all?", "", "12", "", "a")])
    assert told(cut(), "quality")["expert_agreement"]["released"]["n"] == 0


def test_impact_counts_moves_between_published_bands(
    cut: Cut, small: Benchmark, system: User, correct: Any, bring: Any
) -> None:
    group = "CURB-65 Score for Pneumonia Severity"
    bring([(f"s{n}", "test", group, "integer", f"Ask {n}?", "", "1", "", "") for n in (1, 2)])
    cut()
    correct("s1", "4")
    correct("s2", "0")
    correct("n1", "12")
    card = told(cut(), "quality")
    assert (card["clinical_impact"]["assessed"], card["clinical_impact"]["moved"]) == (2, 1)
    assert card["clinical_impact"]["interval"] == texts(wilson(1, 2))


def test_gold_sets_stand_in_the_card_of_the_release(
    cut: Cut, small: Benchmark, bring: Any, tmp_path: Path, correct: Any
) -> None:
    bring(ROWS, upstream="up/1")
    path = tmp_path / "gold.csv"
    path.write_text("id,answer\nn1,12\ni1,\n", encoding="utf-8")
    call_command("import_gold", SLUG, str(path), "--upstream", "up/1", "--name", "experts")
    first = cut()
    (gold,) = told(first, "quality")["gold"]
    assert (gold["name"], gold["labels"], gold["n"], gold["agree"]) == ("experts", 1, 1, 0)
    assert gold["smape"] == f"{200 * 1.5 / 22.5:.4f}"
    correct("n1", "12")
    (gold,) = told(cut(), "quality")["gold"]
    assert gold["agree"] == 1


def test_methods_say_how_labels_came_about(cut: Cut, small: Benchmark, system: User) -> None:
    head = Head.objects.select_related("revision").get(instance__key="n1")
    vote = Vote.objects.create(
        verifier="recompute@m", version="v1", input="0" * 64, verdict="object", at=head.revision.at
    )
    Look.objects.create(instance_id=head.pk, revision=head.revision, vote=vote)
    seat = {"version": "v1", "model": "a/model", "host": "models.example"}
    for noted in ({}, {"prompt": keep_text("Solve it.")}):  # the hub asks neither of them any more
        panel = {"recompute@m": seat | noted}
        more = {"verifiers": ["recompute@m"], "actor": system.public_id, "panel": panel}
        AuditRun.objects.create(benchmark=small, **more)
    set_policy(actor=system, benchmark=small, text="sampled = 0.125", reason="So.")
    write_guide(actor=system, benchmark=small, group="g", text="Count them.")
    release = cut()
    methods = told(release, "methods")
    assert methods["verifiers"] == [
        {
            "verifier": "recompute@m",
            "version": "v1",
            "labels": 1,
            "votes": 1,
            "model": "a/model",
            "host": "models.example",
            "prompt": "Solve it.",
            "prompt_sha256": sha256_hex("Solve it."),
        }
    ]
    assert methods["policy"]["sampled"] == "0.125"
    assert methods["policy"]["version"].startswith("1 over")
    assert [(guide["group"], guide["version"]) for guide in methods["guides"]] == [("g", 1)]
    assert methods["samples"]["audits"] == 2
    assert (methods["cost"]["total"], methods["reviews"]) == ("0", [])
    assert told(release, "quality")["audit"]["looked_at"] == 1


def test_what_comes_later_changes_no_file(
    cut: Cut, small: Benchmark, system: User, expert: User
) -> None:
    release = cut()
    before = files_in(folder_of(release))
    decide(small, system, expert, "n1", "12")
    (folder_of(release) / "quality.json").unlink()
    build_release(release)
    assert files_in(folder_of(release)) == before


def settle(expert: User, key: str, blind: str, answer: str) -> None:
    """Answer the case of a label blind, and decide for an answer: "" is that it stands."""
    case = Case.objects.get(instance__key=key)
    claim_case(actor=expert, case=case)
    first = {"outcome": "answer", "answer": blind}
    last = {"outcome": "confirm", "rationale": "It stands."}
    if answer == "N/A":
        first = {"outcome": "not_computable"}
        last = {"outcome": "not_computable", "category": "wrong", "rationale": "Nobody can say."}
    elif answer:
        last |= {"outcome": "correct", "answer": answer, "category": "wrong"}
    conclude_case(actor=expert, case=case, blind=first, **last)


@pytest.fixture
def reviewed(
    cut: Cut, small: Benchmark, bring: Any, system: User, expert: User, settings: Any
) -> Release:
    """Eleven labels of two groups, nine of them audited, eight decided by Ada and Bob.

    The audit objects to a2, a4, a6 and a8, which are contested, and draws the other five.
    """
    settings.ERRATA_VERIFIERS = ["tests.audits.verifiers.EvenVerifier"]
    bob = create_user(actor=system, username="bob", full_name="Bob Second")
    set_member(actor=system, benchmark=small, user=bob, role=Role.EXPERT)
    splits, groups = ["test"] * 8 + ["train"] * 3, ["g"] * 4 + ["h"] * 7
    rows = [
        (f"a{n}", split, group, "number", f"Ask {n}?", "", f"{n}0", "", "")
        for n, (split, group) in enumerate(zip(splits, groups, strict=True), start=1)
    ]
    bring(rows[:9], missing="retire")
    policy = "experts_per_case = 2\ndefault_doubt = 0.6\n"
    set_policy(actor=system, benchmark=small, text=policy, reason="Two look.")
    run = start_audit(actor=system, benchmark=small)
    assert work_on_run(run_id=run.pk)
    for verifier, cost in (("blind@m", 2_500_000), ("blind@m", None), ("other@m", 10_000_000)):
        asked = {"reserved": 4_000_000, "cost": cost, "tokens_in": 100, "tokens_out": 7}
        Call.objects.create(run=run, verifier=verifier, input="0" * 64, **asked)
    bring(rows)
    for key, ada, second, answer in (
        ("a1", "10", "10", ""),
        ("a2", "25", "25", "25"),
        ("a3", "33", "33", "33"),
        ("a4", "40", "40", ""),
        ("a5", "50", "60", ""),
        ("a6", "", "", "N/A"),
        ("a7", "70", "70", ""),
        ("a8", "80", "80", ""),
    ):
        settle(expert, key, ada, answer)
        settle(bob, key, second, answer)
    AuditRun.objects.update(finished_at=timezone.now() - timedelta(days=40, hours=1))
    return cut()


def test_card_and_methods_of_labels_that_were_audited_and_reviewed(reviewed: Release) -> None:
    card = told(reviewed, "quality")
    # Drawn are a1, a3 of g and a5, a7, a9 of h; all but a9 are decided, and a3 was wrong. The two
    # of h speak for three: one of five is wrong, known as well as by 25 / 6.5 draws alike.
    worth = 25 / (1 + 1 + 1.5**2 + 1.5**2)
    hits = worth / 5
    ends = beta.ppf(0.025, hits, worth - hits + 1), beta.ppf(0.975, hits + 1, worth - hits)
    assert card["residual_error"] == {
        "drawn": 5,
        "decided": 4,
        "wrong": 1,
        "share": "0.2000",
        "interval": texts(ends),
    }
    # Both say that the label is right (4), another answer (2), none (1); on a5 they differ. So of
    # 16 answers 9, 5 and 2 are alike, of Ada's 5, 2, 1 and of Bob's 4, 3, 1.
    agreed = {each["measure"]: each for each in card["rater_agreement"]}
    assert {name: (each["value"], each["cases"]) for name, each in agreed.items()} == {
        "Krippendorff's alpha": (f"{1 - 15 * 2 / (256 - 110):.4f}", 8),
        "Fleiss' kappa": (f"{(224 - 110) / (256 - 110):.4f}", 8),
        "Cohen's kappa": (f"{(7 / 8 - 27 / 64) / (1 - 27 / 64):.4f}", 8),
    }
    for each in agreed.values():
        lower, upper = map(float, each["interval"])
        assert lower < float(each["value"]) < upper <= 1
    # It objected to a2, a4, a6, a8, of which a2 and a6 were wrong, and was silent on a3.
    (verifier,) = (each for each in card["verifiers"] if each["verifier"] == "even")
    assert verifier == {
        "verifier": "even",
        "objections": 4,
        "right": 2,
        "wrong_labels": 3,
        "precision": {"share": "0.5000", "interval": texts(beta.interval(0.95, 2.5, 2.5))},
        "recall": {"share": "0.6667", "interval": texts(beta.interval(0.95, 2.5, 1.5))},
    }
    # Nobody has looked at the new labels of a2, a3 and a6, nor at a10 and a11.
    finished = AuditRun.objects.get().finished_at
    assert card["audit"] == {
        "labels": 11,
        "looked_at": 6,
        "share": f"{6 / 11:.4f}",
        "last": finished.date().isoformat(),
        "age_days": 40,
    }
    agreement = card["expert_agreement"]
    assert [agreement[each]["agree"] for each in ("released", "judged")] == [7, 4]
    assert [agreement[each]["n"] for each in ("released", "judged")] == [8, 8]
    assert card["tiers"]["expert-agreed"] == 8
    assert card["cases"]["confirm"] == 5

    methods = told(reviewed, "methods")
    assert methods["samples"] == {
        "audits": 1,
        "fresh_rounds": 0,
        "control_drawn": 5,
        "control_decided": 4,
    }
    # What was reserved for the call without an answer counts as spent.
    assert methods["cost"]["total"] == "0.0165"
    assert [
        (each["verifier"], each["calls"], each["cost"], each["tokens_in"], each["tokens_out"])
        for each in methods["cost"]["verifiers"]
    ] == [("blind@m", 2, "0.0065", 200, 14), ("other@m", 1, "0.01", 100, 7)]
    assert methods["reviews"] == [
        {"by": name, "specialties": [], "labels": 8, "groups": {"g": 4, "h": 4}}
        for name in ("Ada Expert", "Bob Second")
    ]
    (seen,) = methods["verifiers"]
    assert (seen["verifier"], seen["labels"], seen["votes"]) == ("even", 6, 6)


def test_a_card_names_origins_and_categories_as_differences_do(
    cut: Cut, small: Benchmark, bring: Callable[..., Any]
) -> None:
    first = cut()
    bring([(*ROWS[0][:6], "12", *ROWS[0][7:])])
    second = cut()
    rate, by = (
        told(second, "quality")["change_rate"],
        difference_of(small, first, second).breakdown(),
    )
    for name, found in (("origin", "upstream"), ("category", "none given")):
        assert by[name] == {found: 1}
        assert {key: row["changed"] for key, row in rate[f"by_{name}"].items()} == by[name]
