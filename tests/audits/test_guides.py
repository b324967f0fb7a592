"""Guides are written in versions, and decisions record the one they went by."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.guides import current_guide, guide_of, guides_of, version_of, versions_of
from audits.items import load_items
from audits.models import Case, Decision, Guide, Opinion
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.decide_group import decide_group
from audits.services.preview_ruling import Settled
from audits.services.take_in_reports import take_in_reports
from audits.services.write_guide import MOST, write_guide
from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, Instance
from registry.selectors import texts
from tests.audits.recalculating import PATH, audit, faulty_benchmark
from tests.audits.test_writing import documented
from tests.pages.conftest import file
from tests.small import SLUG, People, hide, import_file, people, qa_row, small_benchmark, write_csv


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    return small_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    return people(benchmark)


def write(benchmark: Benchmark, actor: Any, text: str = "Times ten.", **more: Any) -> Guide:
    return write_guide(actor=actor, benchmark=benchmark, **{"group": "tens", "text": text} | more)


def test_a_guide_is_written_in_versions(benchmark: Benchmark, crew: People) -> None:
    assert guide_of(benchmark, "tens") is None
    first = write(benchmark, crew.maintainer, "Times ten.\r\nNo more.\n", after=0)
    second = write(benchmark, crew.expert, "Times ten, rounded.", reason="Clearer.", after=1)
    assert (first.number, second.number) == (1, 2)
    found = guide_of(benchmark, "tens")
    assert found is not None
    assert (found.guide, found.number, found.text) == (second, 2, "Times ten, rounded.")
    assert [(each.number, each.text) for each in versions_of(benchmark, "tens")] == [
        (2, "Times ten, rounded."),
        (1, "Times ten.\nNo more."),
    ]
    assert version_of(benchmark, "tens", 1).guide == first
    with pytest.raises(NotFound):
        version_of(benchmark, "tens", 3)
    event = Event.objects.filter(kind="guide.written").latest("pk")
    assert (event.actor, event.subject_id, event.data["number"]) == (
        *(crew.expert.public_id, "tens"),
        2,
    )
    assert texts([event.reason]) == {event.reason: "Clearer."}


def test_only_maintainers_and_experts_write(benchmark: Benchmark, crew: People) -> None:
    for actor in (crew.user, crew.contributor):
        with pytest.raises(NotAllowed):
            write(benchmark, actor)
    hide(benchmark)
    with pytest.raises(NotFound):
        write(benchmark, crew.user)
    assert not Guide.objects.exists()
    assert not Event.objects.filter(kind="guide.written").exists()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"text": " \n"}, InvalidInput),
        ({"text": "x" * (MOST + 1)}, InvalidInput),
        ({"text": "a\0b"}, InvalidInput),
        ({"group": "ones"}, InvalidInput),
        ({"text": "Times ten."}, WrongState),
        ({"text": "Another.", "after": 0}, WrongState),
    ],
)
def test_what_is_refused(
    given: dict[str, Any], error: type[Exception], benchmark: Benchmark, crew: People
) -> None:
    write(benchmark, crew.expert)
    with pytest.raises(error):
        write(benchmark, crew.expert, **given)
    assert Guide.objects.count() == 1


def test_guides_in_bulk(tmp_path: Path, db: None) -> None:
    """The newest of each group, in as many queries for one as for all."""
    import_file(write_csv(tmp_path / "a.csv", [qa_row(n, group=f"g{n}") for n in range(1, 6)]))
    benchmark = Benchmark.objects.get(slug=SLUG)
    crew = people(benchmark)
    for number in range(1, 5):
        write(benchmark, crew.expert, "Old.", group=f"g{number}")
        write(benchmark, crew.expert, f"New {number}.", group=f"g{number}")
    with CaptureQueriesContext(connection) as queries:
        found = guides_of(benchmark)
    assert len(queries) == 2
    assert {group: (w.number, w.text) for group, w in found.items()} == {
        f"g{n}": (2, f"New {n}.") for n in range(1, 5)
    }
    assert guides_of(benchmark, ["g2", "g5"]).keys() == {"g2"}


def test_verifiers_are_told_the_guide_that_holds(
    benchmark: Benchmark, crew: People, settings: Any, tmp_path: Path
) -> None:
    """With a panel, whose models read it; the verifiers that compute ask for none."""
    write(benchmark, crew.expert, "Old.")
    write(benchmark, crew.expert, "New.")
    last = Instance.objects.latest("pk").pk
    assert {each.item.guide for each in load_items(benchmark, 0, last)} == {""}
    settings.ERRATA_PANEL = tmp_path / "panel.toml"
    settings.ERRATA_PANEL.write_text(documented("panel"))
    assert {each.item.guide for each in load_items(benchmark, 0, last)} == {"New."}


def test_a_decision_and_its_opinion_record_the_guide(benchmark: Benchmark, crew: People) -> None:
    old = write(benchmark, crew.expert)
    for key, answer in (("q1", "12"), ("q2", "25")):
        file(benchmark, crew.user, key, answer)
    take_in_reports(benchmark.pk)
    for key in ("q1", "q2"):
        case = claim_case(actor=crew.expert, case=Case.objects.get(instance__key=key))
        decide_case(actor=crew.expert, case=case, outcome="confirm", rationale="Right.")
        new = write(benchmark, crew.expert, "Another guide.") if key == "q1" else None
        expected = old if key == "q1" else current_guide(benchmark, "tens")
        assert Decision.objects.get(instance__key=key).guide == expected
        assert Opinion.objects.get(case=case).guide == expected
        assert new is None or new != old


def test_a_ruling_records_the_guide(db: None, tmp_path: Path, settings: Any) -> None:
    settings.ERRATA_VERIFIERS = [PATH]
    benchmark = faulty_benchmark(tmp_path)
    crew = people(benchmark)
    guide = write(benchmark, crew.maintainer, "Counts once.", group="coma")
    audit(benchmark)
    case = claim_case(actor=crew.expert, case=Case.objects.get(instance=None))
    decide_group(
        actor=crew.expert,
        case=case,
        outcome="correct",
        category="wrong_answer",
        rationale="So.",
        settles=[Settled("q1", 1), Settled("q2", 1)],
    )
    assert set(Decision.objects.values_list("guide", flat=True)) == {guide.pk}
    assert set(Opinion.objects.values_list("guide", flat=True)) == {guide.pk}
