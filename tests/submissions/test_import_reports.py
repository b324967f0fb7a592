"""Reports and predictions in bulk: what is counted, filed and refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.import_reports import import_reports
from audits.services.take_in_reports import take_in_reports
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Event, User
from registry.presets import Preset, load_preset
from submissions.models import Prediction, PredictionSet, Report
from submissions.services.publish_predictions import publish_predictions
from submissions.services.store_predictions import store_predictions
from tests.small import People, write_csv, write_jsonl


def send(
    actor: User, benchmark: Benchmark, path: Path, preset: Preset | None = None
) -> dict[str, int]:
    return import_reports(
        actor=actor,
        benchmark=benchmark,
        path=path,
        preset=preset or load_preset("question-answer"),
        upstream="v1/test",
    )


def told(counts: dict[str, int]) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in counts.items() if count}


def rows(*answers: tuple[str, str]) -> list[dict[str, str]]:
    return [{"row": name, "answer": answer} for name, answer in answers]


def test_only_what_differs_is_filed(crew: People, benchmark: Benchmark, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "r.csv", rows(("q1", "10.5"), ("q2", "25"), ("q3", "N/A")))
    assert told(send(crew.contributor, benchmark, path)) == {
        "rows": 3,
        "filed": 2,
        "no_difference": 1,
    }
    assert set(Report.objects.values_list("instance__key", "answer", "category__code")) == {
        ("q2", "25", "other"),
        ("q3", "N/A", "other"),
    }
    assert Event.objects.filter(kind="reports.imported").count() == 1


def test_the_same_file_again_files_nothing(
    crew: People, benchmark: Benchmark, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "r.csv", rows(("q1", "11.5"), ("q2", "25")))
    assert send(crew.contributor, benchmark, path)["filed"] == 2
    assert send(crew.contributor, benchmark, path)["already_reported"] == 2
    assert Report.objects.count() == 2
    assert Event.objects.filter(kind="reports.imported").count() == 1


def test_what_was_declined_or_decided_is_not_filed_again(
    crew: People, benchmark: Benchmark, tmp_path: Path
) -> None:
    """By whom it was sent does not matter; another answer for a declined label is decided too."""
    first = write_csv(tmp_path / "r.csv", rows(("q1", "12"), ("q2", "25"), ("q2", "25.0")))
    counts = send(crew.contributor, benchmark, first)
    assert told(counts) == {"rows": 3, "filed": 2, "already_reported": 1}
    take_in_reports(benchmark.pk)
    decide(crew.expert, "q1", outcome="confirm", rationale="It is 10.")
    decide(crew.expert, "q2", outcome="correct", answer="26", category="wrong_answer")
    again = write_csv(tmp_path / "s.csv", rows(("q1", "12.0"), ("q1", "13"), ("q2", "30")))
    counts = send(crew.expert, benchmark, again)
    assert told(counts) == {"rows": 3, "declined_before": 1, "already_decided": 2}
    assert Report.objects.count() == 2


def decide(expert: User, key: str, **decision: str) -> None:
    case = claim_case(actor=expert, case=Case.objects.get(instance__key=key))
    decide_case(actor=expert, case=case, **({"rationale": "Counted."} | decision))


def test_a_row_joins_what_others_reported(
    crew: People, benchmark: Benchmark, tmp_path: Path
) -> None:
    """Each report keeps its own answer, evidence and author; they share one case."""
    send(crew.contributor, benchmark, write_csv(tmp_path / "r.csv", rows(("q1", "12"))))
    other = [{"row": "q1", "answer": "13", "rationale": "Mine.", "evidence": "p. 3"}]
    send(crew.expert, benchmark, write_csv(tmp_path / "s.csv", other))
    take_in_reports(benchmark.pk)
    assert Case.objects.count() == 1
    reports = Report.objects.order_by("pk").values_list("author", "answer", "evidence")
    assert list(reports) == [
        (crew.contributor.public_id, "12", ""),
        (crew.expert.public_id, "13", "p. 3"),
    ]


@pytest.mark.parametrize(
    ("bad", "field"), [(("q2", "many"), "answer"), (("q9", "1"), "id"), (("q1", "11.5"), "id")]
)
def test_one_unreadable_row_refuses_the_file(
    crew: People, benchmark: Benchmark, tmp_path: Path, bad: tuple[str, str], field: str
) -> None:
    path = write_csv(tmp_path / "r.csv", rows(("q3", "35"), bad))
    if bad[0] == "q1":
        path = write_csv(tmp_path / "r.csv", [*rows(("q3", "35")), {"row": "", "answer": "11.5"}])
    with pytest.raises(InvalidInput) as refusal:
        send(crew.contributor, benchmark, path)
    assert refusal.value.details["problems"] == [{"line": 3, "field": field}]
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("extra", "field"),
    [({"category": "nonsense"}, "category"), ({"rationale": "x" * 20_001}, "rationale")],
)
def test_a_bad_cell_is_named_by_its_field(
    crew: People, benchmark: Benchmark, tmp_path: Path, extra: dict[str, str], field: str
) -> None:
    preset = replace(load_preset("question-answer"), reports={field: (field,)})
    path = write_csv(tmp_path / "r.csv", [{"row": "q1", "answer": "12"} | extra])
    with pytest.raises(InvalidInput) as refusal:
        send(crew.contributor, benchmark, path, preset)
    assert refusal.value.details["problems"] == [{"line": 2, "field": field}]
    assert not Report.objects.exists()


def test_bulk_takes_a_contributor(crew: People, benchmark: Benchmark, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "r.csv", rows(("q1", "12")))
    with pytest.raises(NotAllowed):
        send(crew.user, benchmark, path)
    assert not Report.objects.exists()


def store(actor: User, benchmark: Benchmark, path: Path, **changed: Any) -> PredictionSet:
    fields = {"model": "m", "preset": load_preset("question-answer"), "upstream": "v1/test"}
    return store_predictions(actor=actor, benchmark=benchmark, path=path, **(fields | changed))


def predictions(*answers: tuple[str, str]) -> list[dict[str, str]]:
    return [{"row": name, "prediction": answer} for name, answer in answers]


def test_predictions_are_kept_raw(crew: People, benchmark: Benchmark, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", predictions(("q1", " 10 \n"), ("q2", "")))
    stored = store(crew.contributor, benchmark, path)
    assert list(stored.predictions.order_by("pk").values_list("raw", "answer")) == [
        (" 10 \n", "10"),
        ("", ""),
    ]
    assert stored.admitted is False


def test_the_same_predictions_are_stored_once(
    crew: People, benchmark: Benchmark, tmp_path: Path
) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", predictions(("q1", "10")))
    first = store(crew.maintainer, benchmark, path)
    assert first.admitted is True
    assert store(crew.maintainer, benchmark, path) == first
    assert store(crew.maintainer, benchmark, path, model="other") != first
    assert Prediction.objects.count() == 2


def test_a_maintainer_admits_what_a_contributor_stored(
    crew: People, benchmark: Benchmark, tmp_path: Path
) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", predictions(("q1", "10")))
    first = store(crew.contributor, benchmark, path)
    assert not first.admitted
    publish_predictions(actor=crew.contributor, found=first)
    again = store(crew.maintainer, benchmark, path)
    assert (again, again.admitted) == (first, True)
    assert store(crew.contributor, benchmark, path).admitted
    events = Event.objects.filter(subject_kind="predictions").order_by("pk")
    assert list(events.values_list("kind", flat=True)) == [
        "predictions.stored",
        "predictions.published",
        "predictions.admitted",
    ]


def test_a_set_belongs_to_a_family(crew: People, benchmark: Benchmark, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", predictions(("q1", "10")))
    first = store(crew.contributor, benchmark, path, family=" larch ")
    assert first.family == "larch"
    publish_predictions(actor=crew.contributor, found=first)
    assert store(crew.maintainer, benchmark, path).family == "larch"  # none named, none changed
    assert store(crew.contributor, benchmark, path, family="fir").family == "larch"
    assert store(crew.maintainer, benchmark, path, family="fir").family == "fir"
    assert PredictionSet.objects.get().family == "fir"


@pytest.mark.parametrize(
    "changed",
    [{"model": "m" * 201}, {"family": "f" * 201}, {"upstream": "u" * 101}, {"model": ""}],
)
def test_names_that_do_not_fit_are_refused(
    crew: People, benchmark: Benchmark, tmp_path: Path, changed: dict[str, str]
) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", predictions(("q1", "10")))
    with pytest.raises(InvalidInput) as refusal:
        store(crew.contributor, benchmark, path, **changed)
    assert refusal.value.details["field"] in changed
    assert not PredictionSet.objects.exists()


def test_bad_predictions_store_nothing(crew: People, benchmark: Benchmark, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", predictions(("q1", "1"), ("q1", "2"), ("q77", "3")))
    with pytest.raises(InvalidInput) as refusal:
        store(crew.contributor, benchmark, path)
    assert [problem["line"] for problem in refusal.value.details["problems"]] == [2, 3]
    assert not PredictionSet.objects.exists()
