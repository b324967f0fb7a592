"""Measures of doubts against the truth: by hand on small cases, and of an audit as a whole."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from audits.evaluation import evaluate
from audits.measuring import WHOLE, evaluate_audit, simulate
from audits.models import AuditRun
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.errors import InvalidInput
from registry.models import Benchmark, Instance
from registry.presets import load_preset
from registry.selectors import system_user
from tests.audits.test_learning import decide
from tests.audits.test_voices import vote
from tests.small import SLUG, import_file, people, qa_row, small_benchmark, write_csv


def test_measures_by_hand() -> None:
    found = evaluate(
        [0.9, 0.8, 0.6, 0.4, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1],
        [True, True, True, False, False, False, False, False, False, False],
        [True, False, True, True, False, False, False, False, False, False],
        range(10),
    )
    assert (found.labels, found.wrong, found.objections, found.right) == (10, 3, 3, 2)
    assert found.precision == found.recall == pytest.approx(2 / 3)
    assert found.auc == pytest.approx(19 / 21)
    assert found.average_precision == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert found.caught_at == {
        "5": 0.0, "10": pytest.approx(1 / 3), "20": pytest.approx(1 / 3),
        "32": pytest.approx(2 / 3), "50": 1.0,
    }  # fmt: skip
    assert found.saved_at == {"90": pytest.approx(0.6), "95": pytest.approx(0.6)}
    brier = (0.01 + 0.64 + 0.16 + 0.36 + 0.04 + 5 * 0.01) / 10
    assert found.brier == pytest.approx(brier)
    lowest = found.bins[0]
    assert (lowest.labels, lowest.wrong) != (0, 0)
    assert sum(each.labels for each in found.bins) == 10
    assert sum(each.wrong for each in found.bins) == 3
    assert found.curve[0] == 0
    assert found.curve[-1] == 1


def test_calibration_error_by_hand() -> None:
    found = evaluate([0.25] * 4 + [0.75] * 4, [False] * 8, [True] + [False] * 6 + [True], range(8))
    assert [(each.labels, each.doubt, each.wrong) for each in found.bins] == [
        (4, 0.25, 1), (4, 0.75, 1),
    ]  # fmt: skip
    assert found.calibration_error == pytest.approx(0.25)


def test_what_cannot_be_said_is_not_said() -> None:
    none = evaluate([0.1, 0.2], [False, False], [False, False], range(2))
    assert none.precision is none.recall is none.auc is none.average_precision is None
    assert none.caught_at["50"] == none.saved_at["90"] == 0.0
    assert evaluate([0.1, 0.2], [True, True], [True, True], range(2)).auc is None


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Ten labels, two of which a verifier objects to."""
    return small_benchmark(tmp_path, 10)


@pytest.fixture
def run(benchmark: Benchmark) -> AuditRun:
    run = start_audit(actor=system_user(), benchmark=benchmark, verifiers=["limits"])
    assert work_on_run(run_id=run.pk)
    for key, answer in (("q1", "15"), ("q2", "25")):
        vote(key, "object", answer, verifier="limits")
    run.refresh_from_db()
    return run


def truth(folder: Path, rows: list[dict[str, str]]) -> Path:
    return write_csv(folder / "truth.csv", rows)


def answers(folder: Path, right: dict[str, str]) -> Path:
    return truth(folder, [{"id": key, "answer": answer} for key, answer in right.items()])


RIGHT = {"q1": "15", "q2": "20.5", "q3": "N/A", "q4": "40", "q5": "", "q77": "1"}


def test_labels_are_wrong_where_the_right_answer_differs(run: AuditRun, tmp_path: Path) -> None:
    result = evaluate_audit(run, answers(tmp_path, RIGHT))
    # q2 stays inside its limits, q5 says nothing, q77 is nowhere.
    assert (result["labels"], result["wrong"]) == (4, 2)
    assert (result["rows"], result["elsewhere"], result["without_truth"]) == (6, 1, 6)
    alone = result["quality"]["limits"]
    assert (alone["objections"], alone["right"]) == (2, 1)
    assert (alone["precision"], alone["recall"]) == (0.5, 0.5)
    assert result["quality"][WHOLE] == alone


def test_a_file_may_say_itself_what_is_wrong(run: AuditRun, tmp_path: Path) -> None:
    rows = [{"id": "q1", "wrong": "yes"}, {"id": "q2", "wrong": "No"}, {"id": "q3", "wrong": ""}]
    result = evaluate_audit(run, truth(tmp_path, rows), upstream="v1/test")
    assert (result["labels"], result["wrong"]) == (2, 1)
    with pytest.raises(InvalidInput, match="neither yes nor no"):
        evaluate_audit(run, truth(tmp_path, [{"id": "q1", "wrong": "perhaps"}]))
    with pytest.raises(InvalidInput, match="tells of no label"):
        evaluate_audit(run, truth(tmp_path, [{"id": "q99", "wrong": "yes"}]))


def test_rows_are_found_by_upstream_ids_where_the_key_is_missing(tmp_path: Path, db: None) -> None:
    rows = [qa_row(n) | {"row": str(n)} for n in (1, 2)]
    preset = load_preset("question-answer")
    preset = replace(preset, columns=preset.columns | {"id": ("row",)})
    import_file(write_csv(tmp_path / "rows.csv", rows), preset=preset, upstream="v1/test")
    benchmark = Benchmark.objects.get()
    path = truth(tmp_path, [{"row": "2", "answer": "21"}, {"row": "7", "answer": "1"}])
    result = simulate(benchmark, path, seeds=1, upstream="v1/test")
    assert (result["labels"], result["elsewhere"], result["wrong"]) == (1, 1, 0)
    with pytest.raises(InvalidInput, match="is missing"):
        simulate(benchmark, truth(tmp_path, [{"row": "", "answer": "1"}]), seeds=1, upstream="v1")


def test_the_commands_tell_people_and_programs(run: AuditRun, tmp_path: Path) -> None:
    path = answers(tmp_path, RIGHT)
    out = StringIO()
    plots = tmp_path / "plots"
    call_command("evaluate_audit", run.public_id, truth=path, plots=plots, stdout=out)
    assert "2 of 4 labels with truth are wrong" in out.getvalue()
    assert "limits" in out.getvalue()
    call_command("simulate_review", SLUG, truth=path, seeds=2, plots=plots, stdout=out)
    assert "learning" in out.getvalue()
    for name in ("caught", "reliability", "review"):
        drawn = ElementTree.parse(plots / f"{name}.svg")  # noqa: S314
        assert drawn.getroot().tag.endswith("svg")
    told = as_json("evaluate_audit", run.public_id, truth=path)
    assert {"auc", "average_precision", "caught_at", "saved_at", "bins"} <= told["quality"][
        WHOLE
    ].keys()
    told = as_json("simulate_review", SLUG, truth=path, seeds=2)
    assert set(told["orders"]) == {"learning", "static", "random"}
    assert told["orders"]["learning"]["caught_at"]["32"].keys() == {"mean", "low", "high"}


def as_json(command: str, *arguments: str, **options: Any) -> Any:
    out = StringIO()
    call_command(command, *arguments, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_what_cannot_be_done_is_refused(run: AuditRun, tmp_path: Path) -> None:
    path = answers(tmp_path, RIGHT)
    for command, names, options in (
        ("simulate_review", [SLUG], {"seeds": 0}),
        ("evaluate_audit", [run.public_id], {"plots": path}),
    ):
        with pytest.raises(SystemExit) as refused:
            call_command(command, *names, truth=path, stderr=StringIO(), **options)
        assert refused.value.code == 2


def test_decided_labels_are_replayed_as_they_were(
    benchmark: Benchmark, run: AuditRun, tmp_path: Path
) -> None:
    path = answers(tmp_path, {"q1": "15", "q4": "40"})
    before = simulate(benchmark, path, seeds=1)
    assert (before["labels"], before["wrong"]) == (2, 1)
    crew = people(benchmark)
    decide(benchmark, crew, "q1", "15")
    assert Instance.objects.get(key="q1").head.revision.answer == "15"
    assert simulate(benchmark, path, seeds=1)["wrong"] == 1
    assert evaluate_audit(run, path)["wrong"] == 1
