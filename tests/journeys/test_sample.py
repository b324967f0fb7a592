"""The bundled sample: what `make demo` shows, twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import errata
import pytest

from config.demo.__main__ import sample
from config.demo.walk import Walk
from config.serve import Hub

Results = dict[str, Any]


@pytest.fixture(scope="module")
def walk(hub: Hub) -> Iterator[Walk]:
    walk = Walk(hub, sample())
    yield walk
    walk.close()


def run(walk: Walk) -> Results:
    """One whole walk."""
    results: Results = {"import": walk.import_data()}
    walk.invite_people()
    results["reports"] = walk.import_reports()
    results["asked"] = walk.ask_for_second_looks()
    results["scores before"] = walk.import_predictions()
    results["audit"] = walk.audit()
    results["decisions"] = walk.decide()
    results["release"] = walk.cut_release("Nobody could decide these.")
    results["scores"] = walk.import_predictions()
    results["pull"] = walk.pull(walk.latest())
    results["verify"] = walk.verify()
    return results


@pytest.fixture(scope="module")
def first(walk: Walk) -> Results:
    return run(walk)


@pytest.fixture(scope="module")
def second(walk: Walk, first: Results) -> Results:
    return run(walk)


def test_the_first_walk_corrects_the_planted_errors(first: Results) -> None:
    assert first["import"]["counts"]["new"] == 120
    assert first["reports"]["filed"] == 15
    release = first["release"]
    assert release["version"] == "1.1.0"
    assert release["changes"]["label_changes"] == 15
    assert release["changes"]["changed"] == 12
    assert release["changes"]["became_unanswerable"] == 2
    assert release["changes"]["became_answerable"] == 1


def test_models_rise_to_what_they_really_know(first: Results) -> None:
    scores = {model: scored["releases"] for model, scored in first["scores"].items()}
    assert {model: s["1.0.0"]["correct"] for model, s in scores.items()} == {
        "quillon-70b": 88,
        "tamarack-8b": 77,
        "ostrava-mini": 65,
    }
    assert {model: s["1.1.0"]["correct"] for model, s in scores.items()} == {
        "quillon-70b": 98,
        "tamarack-8b": 87,
        "ostrava-mini": 76,
    }


def test_the_second_walk_cuts_the_next_version(second: Results) -> None:
    assert second["import"]["changed"] is False
    assert second["reports"]["filed"] == 0
    assert len(second["asked"]) == 3
    assert second["decisions"]["confirm"] >= 3
    assert second["release"]["version"] == "1.1.1"
    assert second["release"]["changes"]["label_changes"] == 0
    assert second["verify"]["clean"] is True
    assert second["pull"]["version"] == "1.1.1"


def test_rows_are_loaded_from_the_hub_in_python(
    walk: Walk, first: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERRATA_HUB", walk.hub.url)
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path))
    assert len(errata.load("errata-sample@1.1.0")) == 120
    old, new = (errata.load(f"errata-sample@{v}", split="test") for v in ("1.0.0", "1.1.0"))
    assert [row["key"] for row in old] == [row["key"] for row in new]
    assert any(before["answer"] != after["answer"] for before, after in zip(old, new, strict=True))
