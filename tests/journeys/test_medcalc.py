"""MedCalc-Bench: from the upstream file to a corrected, pinned, re-scored release."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.demo.walk import Material, Walk
from config.serve import Hub
from tests.client.commands import run
from tests.services import needs_medcalc

MODELS = ("gpt-oss-20b-high", "qwq-32b")
Results = dict[str, Any]


@pytest.fixture(scope="module")
def walk(hub: Hub) -> Iterator[Walk]:
    folder = needs_medcalc()
    material = Material(
        slug="medcalc-bench",
        title="MedCalc-Bench",
        preset="medcalc",
        upstream="v1.0/test",
        data=folder / "v1.0_test.csv",
        truth=folder / "v1.0_corrected.csv",
        predictions={model: folder / f"predictions_{model}.jsonl" for model in MODELS},
    )
    walk = Walk(hub, material)
    yield walk
    walk.close()


@pytest.fixture(scope="module")
def done(walk: Walk) -> Results:
    """The whole job, step by step; each test below looks at one step."""
    results: Results = {"import": walk.import_data()}
    walk.invite_people()
    results["scores before"] = walk.import_predictions()
    results["reports"] = walk.import_reports()
    results["audit"] = walk.audit()
    results["decisions"] = walk.decide()
    results["release"] = walk.cut_release("No truth is known for these labels.")
    results["scores after"] = walk.import_predictions()
    results["pull"] = walk.pull("1.1.0")
    results["pull 1.0.0"] = walk.pull("1.0.0")
    results["diff"] = walk.manage("diff_releases", "medcalc-bench", "1.0.0", "1.1.0")
    results["verify"] = walk.verify()
    folder, of = needs_medcalc(), ("medcalc-bench",)
    gold = ("--upstream", "v1.0/test", "--name", "corrected")
    walk.manage("import_gold", *of, str(folder / "v1.0_corrected.csv"), *gold)
    sets = ("--release", "1.0.0", "--release", "1.1.0")
    sets += ("--labels", str(folder / "recomputed_labels.csv"))
    results["compared"] = walk.manage("compare_labels", *of, "--gold", "corrected", *sets)
    results["second audit"] = walk.audit()
    return results


def test_all_rows_are_imported_and_released(done: Results) -> None:
    assert done["import"]["counts"]["new"] == 1047
    assert done["import"]["release"]["version"] == "1.0.0"
    assert done["import"]["release"]["status"] == "published"


def test_models_score_as_upstream_says(done: Results) -> None:
    scores = {model: done["scores before"][model]["releases"]["1.0.0"] for model in MODELS}
    assert [scores[model]["correct"] for model in MODELS] == [47, 35]
    assert [scores[model]["abstained"] for model in MODELS] == [19, 9]
    assert [scores[model]["rows"] for model in MODELS] == [100, 100]


def test_the_corrected_file_becomes_reports(done: Results) -> None:
    assert done["reports"] == {
        "rows": 887,
        "filed": 279,
        "no_difference": 608,
        "already_reported": 0,
        "declined_before": 0,
        "already_decided": 0,
    }


def test_every_reported_label_is_contested(done: Results) -> None:
    assert done["audit"]["buckets"]["contested"] >= 279
    assert done["audit"]["failed_chunks"] == 0


def test_the_expert_decides_what_the_truth_knows(done: Results) -> None:
    assert done["decisions"]["correct"] == 210
    assert done["decisions"]["not_computable"] == 69
    assert done["decisions"]["confirm"] > 0


def test_the_release_changes_exactly_279_labels(done: Results) -> None:
    release = done["release"]
    assert (release["version"], release["bump"]) == ("1.1.0", "minor")
    changes = release["changes"]
    assert changes["label_changes"] == 279
    assert changes["changed"] == 210
    assert changes["became_unanswerable"] == 69
    assert changes["added"] == changes["removed"] == 0


def test_the_tiers_tell_who_looked(done: Results) -> None:
    tiers = done["release"]["tiers"]
    assert tiers["expert"] == 279 + done["decisions"]["confirm"]
    assert sum(tiers.values()) == 1047


def test_models_score_higher_on_the_corrected_labels(done: Results) -> None:
    scores = {model: done["scores after"][model]["releases"] for model in MODELS}
    assert [scores[model]["1.0.0"]["correct"] for model in MODELS] == [47, 35]
    assert [scores[model]["1.1.0"]["correct"] for model in MODELS] == [54, 36]


@pytest.mark.parametrize(("step", "correct"), [("pull 1.0.0", [47, 35]), ("pull", [54, 36])])
def test_a_reader_scores_the_same_offline(
    walk: Walk,
    done: Results,
    step: str,
    correct: list[int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ERRATA_HUB", raising=False)
    files = [str(walk.material.predictions[model]) for model in MODELS]
    told = [run(capsys, "score", file, done[step]["path"])[1]["score"] for file in files]
    assert [score["correct"] for score in told] == correct
    assert [score["counted"] for score in told] == [100, 100]
    assert [score["abstained"] for score in told] == [19, 9]


def test_the_page_shows_what_moved(walk: Walk, done: Results) -> None:
    page = walk._http.get("/b/medcalc-bench/scores/").text
    grid = walk.api("contributor", "GET", "benchmarks/medcalc-bench/scores/")
    told = {each["model"]: each for each in grid["models"]}
    correct = {m: [s["figures"]["correct"] for s in told[m]["scores"]] for m in MODELS}
    assert correct == {"gpt-oss-20b-high": [47, 54], "qwq-32b": [35, 36]}
    for model in MODELS:
        found = told[model]["predictions"]
        assert f"/b/medcalc-bench/scores/{found}/1.0.0..1.1.0/" in page
        path = f"benchmarks/medcalc-bench/predictions/{found}/moved/?old=1.0.0&new=1.1.0"
        moved = walk.api("contributor", "GET", path)
        before, after = correct[model]
        assert moved["gained"] - moved["lost"] == after - before
        assert (moved["common"], len(moved["moves"])) == (100, moved["flipped"])
        shown = walk._http.get(f"/b/medcalc-bench/scores/{found}/1.0.0..1.1.0/").text
        assert all(f">{move['key']}</a>" in shown for move in moved["moves"])
        assert all(move["before"] != move["after"] for move in moved["moves"])


def test_client_api_and_dvc_give_the_same_bytes(walk: Walk, done: Results, tmp_path: Path) -> None:
    import dvc.api

    pulled = Path(done["pull"]["path"])
    listed = walk.api("contributor", "GET", "benchmarks/medcalc-bench/releases/1.1.0/")["files"]
    assert {f["path"] for f in listed} >= {"data/test.jsonl", "data/test.parquet", "manifest.json"}
    repository = walk.hub.home / "repos" / "medcalc-bench"
    for file in listed:
        if not file["path"].startswith("data/"):
            continue
        with dvc.api.open(file["path"], repo=str(repository), rev="v1.1.0", mode="rb") as source:
            assert source.read() == (pulled / file["path"]).read_bytes()
    answer = walk._http.get("/api/v1/benchmarks/medcalc-bench/releases/1.1.0/files/CHANGELOG.md")
    assert answer.content == (pulled / "CHANGELOG.md").read_bytes()


def test_the_csv_of_the_first_release_is_the_file_that_came_in(walk: Walk, done: Results) -> None:
    """Each cell under its name, in its order; only trust and the canary come after."""

    def table(path: Path) -> list[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    exported = table(Path(done["pull 1.0.0"]["path"]) / "data/csv/test.csv")
    assert {row.pop("canary").rpartition(" ")[0] for row in exported} == {
        "Errata benchmark medcalc-bench, canary GUID"
    }
    for row in exported:
        assert [row.pop(name) for name in ("tier", "valid", "mask")] == ["unreviewed", "true", "[]"]
        assert json.loads(row.pop("posterior"))[0]["answer"] == row["Ground Truth Answer"]
    assert exported == table(walk.material.data)


def test_the_pinned_old_version_still_has_the_old_labels(done: Results) -> None:
    def answers(step: str) -> dict[str, str]:
        with (Path(done[step]["path"]) / "data" / "test.jsonl").open(encoding="utf-8") as lines:
            return {row["key"]: row["answer"] for row in map(json.loads, lines)}

    old, new = answers("pull 1.0.0"), answers("pull")
    assert len(old) == len(new) == 1047
    assert sum(old[key] != new[key] for key in old) == 279
    assert sum(answer == "N/A" for answer in new.values()) == 69


def test_the_diff_names_every_change(done: Results) -> None:
    assert done["diff"]["totals"]["label_changes"] == 279


def test_the_history_holds(done: Results) -> None:
    assert done["verify"]["clean"] is True
    assert done["verify"]["revisions"] == 1047 + 279


def test_label_sets_are_compared_with_the_truth(done: Results) -> None:
    sets = {each["set"]: each for each in done["compared"]["sets"]}
    counted = {name: (each["n"], each["agree"], each["smape_n"]) for name, each in sets.items()}
    assert counted == {
        "1.0.0": (887, 667, 780),
        "1.1.0": (887, 887, 780),
        "recomputed_labels.csv": (887, 874, 779),
    }
    assert sets["1.0.0"]["smape"] == pytest.approx(12.2111, abs=5e-5)


def test_a_reader_checks_and_identifies(
    walk: Walk,
    done: Results,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ERRATA_HUB", walk.hub.url)
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path))
    folder = needs_medcalc()
    assert run(capsys, "verify", done["pull"]["path"])[0] == 0
    _, found, _ = run(capsys, "identify", str(folder / "v1.0_test.csv"))
    [match] = found["exact"]
    assert (match["version"], match["upstream"]) == ("1.0.0", "v1.0/test")
    assert match["corrected_since"] == 279
    # The corrected file has upstream ids alone, which the releases' CSV files know.
    _, found, _ = run(capsys, "identify", str(folder / "v1.0_corrected.csv"))
    assert found["looked_at"] == ["medcalc-bench"]
    new, old = ({n: c for n, c in each["counts"].items() if c} for each in found["nearest"])
    assert [each["version"] for each in found["nearest"]] == ["1.1.0", "1.0.0"]
    assert old == {
        "identical": 256,
        "reformatted": 20,
        "within_tolerance": 332,
        "changed": 210,
        "became_answerable": 69,
        "only_in_release": 160,
    }
    assert not {"changed", "became_answerable", "became_unanswerable"} & set(new)
    assert sum(new.values()) == 1047
    target = str(tmp_path / "expert")
    _, pulled, _ = run(capsys, "pull", "medcalc-bench@1.1.0", "--tier", "expert", "--to", target)
    assert [f["path"] for f in pulled["files"] if f["path"].startswith("data/")] == [
        "data/tiers/expert/test.jsonl"
    ]
    assert run(capsys, "verify", target, "--tier", "expert")[0] == 0


def test_a_second_audit_opens_nothing(done: Results) -> None:
    assert done["second audit"]["cases"]["opened"] == 0
