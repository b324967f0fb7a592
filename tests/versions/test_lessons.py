"""Decided labels teach verifiers once they are released, and only while they stand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from errata.manifest import canonical_json

from audits.items import load_items
from audits.models import Case, Decision, Lesson
from audits.panel import ModelSettings
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from audits.verifiers.base import Item
from audits.verifiers.blind_recompute import BlindRecompute
from audits.verifiers.metadata_audit import MetadataAudit
from registry.models import Benchmark, Instance
from registry.services.remove_text import remove_text
from registry.services.retire_instance import retire_instance
from submissions.services.file_report import file_report
from tests.small import People, people, qa_row, small_benchmark
from versions.models import Release
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

PANEL = """
examples = 2
[endpoints.here]
base_url = "http://127.0.0.1:9/v1"
[models.a]
endpoint = "here"
model = "a"
[verifiers.metadata_audit]
models = ["a"]
"""

pytestmark = pytest.mark.usefixtures("ship_nowhere")


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """Six rows of one group, and a panel that asks for two examples."""
    settings.ERRATA_PANEL = tmp_path / "panel.toml"
    settings.ERRATA_PANEL.write_text(PANEL)
    return small_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    return people(benchmark)


@pytest.fixture
def decide(benchmark: Benchmark, crew: People) -> Callable[..., Decision]:
    """Report an instance and decide its case."""

    def decide(key: str, **changed: Any) -> Decision:
        instance = Instance.objects.get(benchmark=benchmark, key=key)
        file_report(
            actor=crew.user,
            benchmark=benchmark,
            instance=instance,
            category="wrong_answer",
            rationale="because",
        )
        take_in_reports(benchmark.pk)
        case = Case.objects.get(instance=instance, status="open")
        claim_case(actor=crew.expert, case=case)
        fields = {"outcome": "correct", "answer": "12", "category": "wrong_answer"}
        fields["rationale"] = f"{key} counts twice"
        return decide_case(actor=crew.expert, case=case, **(fields | changed))

    return decide


@pytest.fixture
def release(benchmark: Benchmark, crew: People) -> Callable[[], Release]:
    def release() -> Release:
        frozen = freeze_release(actor=crew.maintainer, benchmark=benchmark, waiver="so it is")
        return publish_release(frozen.pk)

    return release


def items(benchmark: Benchmark) -> dict[str, Item]:
    return {loaded.item.key: loaded.item for loaded in load_items(benchmark, 0, 2**31)}


def taught(benchmark: Benchmark, key: str) -> list[str]:
    """The reasons of the examples that an instance's verifiers see."""
    return [example["reason"] for example in items(benchmark)[key].examples]


def test_a_decision_teaches_once_it_is_released(
    benchmark: Benchmark, decide: Callable[..., Decision], release: Callable[[], Release]
) -> None:
    release()
    decision = decide("q1")
    assert taught(benchmark, "q2") == []
    release()
    assert [lesson.decision for lesson in Lesson.objects.all()] == [decision]
    assert items(benchmark)["q2"].examples == (
        {
            "inputs": {"question": "What is ten times 1?"},
            "answer before": "10",
            "experts decided": "another answer is right",
            "answer now": "12",
            "category": "wrong_answer",
            "reason": "q1 counts twice",
        },
    )
    assert taught(benchmark, "q1") == []  # no label teaches about itself


def test_a_decision_after_freezing_waits_for_the_next_release(
    benchmark: Benchmark,
    crew: People,
    decide: Callable[..., Decision],
    release: Callable[[], Release],
) -> None:
    frozen = freeze_release(actor=crew.maintainer, benchmark=benchmark)
    decide("q1")
    publish_release(frozen.pk)
    assert taught(benchmark, "q2") == []
    release()
    assert taught(benchmark, "q2") == ["q1 counts twice"]


def test_the_first_ones_of_a_group_teach(
    benchmark: Benchmark, decide: Callable[..., Decision], release: Callable[[], Release]
) -> None:
    for key in ("q3", "q1", "q4", "q2"):
        decide(key)
    release()
    assert taught(benchmark, "q5") == ["q3 counts twice", "q1 counts twice"]
    assert taught(benchmark, "q3") == ["q1 counts twice", "q4 counts twice"]


def test_a_confirmation_teaches_too_and_a_flawed_item_does_not(
    benchmark: Benchmark, decide: Callable[..., Decision], release: Callable[[], Release]
) -> None:
    decide("q1", outcome="confirm", answer="", category="")
    decide("q2", outcome="flawed", answer="")
    release()
    [example] = items(benchmark)["q5"].examples
    assert (example["experts decided"], example["answer now"]) == ("the label is right", "10")


def test_only_labels_that_stand_as_decided_teach(
    benchmark: Benchmark,
    crew: People,
    decide: Callable[..., Decision],
    release: Callable[[], Release],
) -> None:
    decide("q1")
    decide("q2")
    release()
    decide("q1", answer="13", rationale="on second thought")
    assert taught(benchmark, "q5") == ["q2 counts twice"]
    release()
    assert taught(benchmark, "q5") == ["q2 counts twice", "on second thought"]
    retire_instance(
        actor=crew.maintainer,
        instance=Instance.objects.get(benchmark=benchmark, key="q2"),
        reason="gone",
    )
    assert taught(benchmark, "q5") == ["on second thought"]


def test_another_group_and_another_benchmark_are_not_taught(
    benchmark: Benchmark,
    tmp_path: Path,
    decide: Callable[..., Decision],
    release: Callable[[], Release],
) -> None:
    other = small_benchmark(tmp_path, slug="other-qa")
    decide("q1")
    release()
    assert taught(other, "q2") == []
    assert qa_row(1)["group"] == "tens"  # the group is the same there


def test_a_removed_reason_is_not_shown(
    benchmark: Benchmark,
    crew: People,
    decide: Callable[..., Decision],
    release: Callable[[], Release],
) -> None:
    decision = decide("q1")
    release()
    remove_text(actor=crew.staff, digest=decision.reason, reason="a patient's name")
    assert taught(benchmark, "q2") == [""]


def test_without_a_panel_nothing_is_loaded(
    benchmark: Benchmark,
    settings: Any,
    decide: Callable[..., Decision],
    release: Callable[[], Release],
) -> None:
    decide("q1")
    release()
    settings.ERRATA_PANEL.unlink()
    assert taught(benchmark, "q2") == []


def test_examples_change_what_the_audit_looks_at_and_not_the_blind_one(
    benchmark: Benchmark, decide: Callable[..., Decision], release: Callable[[], Release]
) -> None:
    model = ModelSettings(name="a", endpoint="here", model="a")
    audit, blind = MetadataAudit(model), BlindRecompute(model)
    before = items(benchmark)["q2"]
    decide("q1")
    release()
    after = items(benchmark)["q2"]
    assert canonical_json(audit.look(before)) != canonical_json(audit.look(after))
    assert "q1 counts twice" in audit.messages(audit.look(after) or {})[1]["content"]
    assert canonical_json(blind.look(before)) == canonical_json(blind.look(after))
    assert "wrong_answer" in after.categories


def test_many_items_take_as_many_queries_as_few(
    benchmark: Benchmark,
    decide: Callable[..., Decision],
    release: Callable[[], Release],
    django_assert_max_num_queries: Any,
) -> None:
    for key in ("q1", "q2", "q3"):
        decide(key)
    release()
    first = Instance.objects.get(benchmark=benchmark, key="q4").pk
    with django_assert_max_num_queries(50) as few:
        load_items(benchmark, first, first)
    captured: CaptureQueriesContext = few
    with django_assert_max_num_queries(len(captured)):
        assert len(load_items(benchmark, 0, 2**31)) == 6
