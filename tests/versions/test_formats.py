"""The formats of a release: which files there are, and what each holds."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from errata.manifest import MANIFEST, Manifest, read_rows, verify_directory

from audits.services.set_policy import set_policy
from audits.services.take_in_reports import take_in_reports
from registry.models import Alias, Benchmark, Instance, User
from registry.presets import load_preset
from submissions.services.file_report import file_report
from tests.small import import_file, qa_row, write_csv
from tests.versions.conftest import ROWS
from versions.exports.about import About
from versions.exports.csv import TRUST
from versions.formats import source_columns
from versions.models import Artifact, Release
from versions.services.build_release import build_release
from versions.services.freeze_release import freeze_release
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]
SPLITS = ("test", "train")


def rows_at(path: Path) -> list[dict[str, Any]]:
    return list(read_rows(path))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_manifest_lists_every_format(cut: Cut) -> None:
    folder = folder_of(cut())
    manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    paths = {file.path for file in manifest.files}
    assert paths >= {
        *(f"data/{split}.{form}" for split in SPLITS for form in ("jsonl", "parquet")),
        *(f"data/csv/{split}.csv" for split in SPLITS),
        *(f"data/excluded/{split}.jsonl" for split in SPLITS),
        *(f"data/tiers/unreviewed/{split}.jsonl" for split in SPLITS),
        "data/rewards/train.parquet",
        *("README.md", "croissant.json", "CHANGELOG.md", "quality.json"),
        *("CITATION.cff", "CITATION.bib"),
        *("tasks/lm-eval/small_test.yaml", "tasks/lm-eval/utils.py", "tasks/inspect/small.py"),
    }
    assert "data/rewards/test.parquet" not in paths
    assert {file.path for file in manifest.files if file.is_data} == {
        "data/test.jsonl",
        "data/train.jsonl",
    }
    assert manifest.contract["version"] == "1.0.0"
    assert verify_directory(folder) == []


@pytest.fixture
def doubted(small: Benchmark, system: User) -> None:
    """Somebody reports n1, so that it is contested and masked."""
    file_report(
        actor=system,
        benchmark=small,
        instance=Instance.objects.get(key="n1"),
        category="wrong",
        answer="12",
        rationale="So.",
    )
    take_in_reports(small.pk)


@pytest.mark.usefixtures("doubted")
def test_the_files_of_tiers_together_are_all_rows(cut: Cut) -> None:
    folder = folder_of(cut(waiver="for once"))
    manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    tiers: dict[str, list[str]] = {}
    for file in manifest.files:
        if file.tier:
            found = rows_at(folder / file.path)
            assert {(row["tier"], row["split"]) for row in found} == {(file.tier, file.split)}
            tiers.setdefault(file.tier, []).extend(row["key"] for row in found)
    assert tiers["contested"] == ["n1"]
    assert sorted(key for keys in tiers.values() for key in keys) == sorted(r[0] for r in ROWS)


@pytest.mark.usefixtures("doubted")
def test_masked_labels_are_listed_with_their_reasons(cut: Cut) -> None:
    folder = folder_of(cut(waiver="for once"))
    (left_out,) = rows_at(folder / "data/excluded/test.jsonl")
    assert (left_out["key"], left_out["mask"]) == ("n1", ["contested"])
    assert rows_at(folder / "data/excluded/train.jsonl") == []


@pytest.mark.usefixtures("doubted")
def test_every_export_tells_tier_posterior_and_mask_in_one_form(
    cut: Cut, small: Benchmark, system: User
) -> None:
    """In JSON lines and CSV as the same JSON; in Parquet, rewards included, as the same lists."""
    import pyarrow.parquet as pq

    text = 'rewards_from = ["train", "test"]'
    set_policy(actor=system, benchmark=small, text=text, reason="To look at it")
    folder = folder_of(cut(waiver="for once"))
    for split in SPLITS:
        rows = [{name: r[name] for name in TRUST} for r in rows_at(folder / f"data/{split}.jsonl")]
        cells = [
            {name: line[name] if name == "tier" else json.loads(line[name]) for name in TRUST}
            for line in table(folder / f"data/csv/{split}.csv")
        ]
        kept = pq.read_table(folder / f"data/{split}.parquet", columns=list(TRUST)).to_pylist()
        assert cells == kept == rows
        made = pq.read_table(folder / f"data/rewards/{split}.parquet").to_pylist()
        told = [{name: row["extra_info"][name] for name in TRUST} for row in made]
        assert told == [row for row in rows if row["valid"]]
    assert any(row["mask"] for row in rows_at(folder / "data/test.jsonl"))


def test_every_row_carries_the_canary(cut: Cut, small: Benchmark) -> None:
    folder = folder_of(cut())
    said = f"Errata benchmark small, canary GUID {small.canary}"
    assert {row["canary"] for row in rows_at(folder / "data/test.jsonl")} == {said}
    assert {row["canary"] for row in table(folder / "data/csv/test.csv")} == {said}
    for path in ("README.md", "CHANGELOG.md", "croissant.json", "tasks/lm-eval/utils.py"):
        assert str(small.canary) in (folder / path).read_text(encoding="utf-8")


def test_the_csv_can_be_imported_as_what_it_came_from(db: None, tmp_path: Path) -> None:
    """Columns in their order under their own names; the labels, limits included, are the same."""
    names = {"answer": "target", "context": "passage", "id": "row"}
    preset = load_preset("question-answer")
    given = [
        qa_row(1, kind="integer", lower="", upper=""),
        qa_row(2),
        qa_row(3, answer="N/A", lower="", upper=""),
        qa_row(4, kind="date", answer="2/19/2024", lower="2/18/2024", upper="2/20/2024"),
        qa_row(5, kind="text", answer="Ada, “Lovelace”\tx", lower="", upper="", context="a\nb"),
        qa_row(6, upper=""),
    ]
    rows = [
        {names.get(n, n): value for n, value in row.items()} | {"id": row["id"]} for row in given
    ]
    header = ["passage", "target", *(n for n in rows[0] if n not in ("passage", "target", "row"))]
    file = write_csv(tmp_path / "came.csv", [{n: r[n] for n in header} for r in rows], header)
    import_file(file, slug="came", upstream="v1/test")
    benchmark = Benchmark.objects.get(slug="came")
    exported = _built(benchmark) / "data/csv/test.csv"
    assert list(table(exported)[0]) == [*header, *TRUST, "canary"]
    assert [line["target"] for line in table(exported)] == [row["answer"] for row in given]
    import_file(exported, slug="again", upstream="v1/test", preset=preset)
    again = Benchmark.objects.get(slug="again")
    assert _labels(again) == _labels(benchmark)


def _built(benchmark: Benchmark) -> Path:
    from registry.selectors import system_user

    return build_release(freeze_release(actor=system_user(), benchmark=benchmark))


def _labels(benchmark: Benchmark) -> list[tuple[Any, ...]]:
    fields = ("key", "split", "head__revision__content", "head__revision__answer")
    fields += ("head__revision__limits", "head__revision__group", "head__revision__derivation")
    return list(benchmark.instances.order_by("key").values_list(*fields))


def test_upstream_ids_are_those_of_the_last_file(
    bring: Callable[..., Any], cut: Cut, small: Benchmark
) -> None:
    """An id that is no part of the key is the alias in the space that was imported last."""
    for number, row in enumerate(ROWS[:2], start=1):
        instance = Instance.objects.get(key=row[0])
        for space in ("v1/test", "v2/test"):
            Alias.objects.create(
                benchmark=small, instance=instance, space=space, value=f"{space[1]}{number}"
            )
    release = cut()
    columns = json.loads(release.snapshot)["formats"]["columns"]
    assert columns[0] == ["id", "key", "0/1"]
    later = Alias(benchmark=small, instance=Instance.objects.get(key="i1"), space="v2/test")
    assert json.loads(release.snapshot)["formats"]["aliases"]["spaces"] == {"test": "v2/test"}
    later.value = "23"
    later.save()
    before = {a.path: a.sha256 for a in Artifact.objects.filter(release=release)}
    folder = folder_of(release)
    (folder / "data/csv/test.csv").unlink()
    build_release(release)
    assert {a.path: a.sha256 for a in Artifact.objects.filter(release=release)} == before


def test_columns_are_named_as_the_files_named_them() -> None:
    preset = load_preset("medcalc")
    header = ["Row Number", "Calculator ID", "Note ID", "Question", "Patient Note", "Strange"]
    header += ["Ground Truth Answer", "Lower Limit", "Output Type"]
    found = source_columns(preset, [header, ["Unique ID", "Note Type"]])
    assert found == [
        ("Row Number", "id", ""),
        ("Calculator ID", "meta", "calculator_id"),
        ("Note ID", "meta", "note_id"),
        ("Question", "inputs", "question"),
        ("Patient Note", "inputs", "note"),
        ("Ground Truth Answer", "answer", ""),
        ("Lower Limit", "lower", ""),
        ("Output Type", "meta", "output_type"),
        ("Note Type", "meta", "note_type"),
    ]
    unknown = [name for name, _, _ in source_columns(preset, [[], []])]
    assert unknown[:3] == ["Unique ID", "Note ID", "Calculator ID"]
    assert "Patient Note" in unknown


def test_names_in_programs_differ_as_splits_do() -> None:
    splits = {name: name for name in ("test-1", "test_1", "%E6%B8%AC")}
    found = About("1.0.0", "2026-01-01", {}, splits, []).words
    assert found == {"test-1": "test_1", "test_1": "test_1_", "%E6%B8%AC": "E6_B8_AC"}


def test_rewards_from_a_test_split_take_the_policys_leave_and_say_so(
    cut: Cut, small: Benchmark, system: User
) -> None:
    import pyarrow.parquet as pq

    text = 'rewards_from = ["train", "test"]'
    set_policy(actor=system, benchmark=small, text=text, reason="A study of overfitting")
    folder = folder_of(cut())
    said = pq.read_metadata(folder / "data/rewards/test.parquet").metadata
    assert b"must not report results" in said[b"notice"]
    made = pq.read_table(folder / "data/rewards/test.parquet").to_pylist()
    assert [row["extra_info"]["key"] for row in made] == [
        row[0] for row in ROWS if row[1] == "test"
    ]
    assert all("must not report" in row["extra_info"]["notice"] for row in made)
    train = pq.read_table(folder / "data/rewards/train.parquet").to_pylist()
    assert {row["extra_info"]["notice"] for row in train} == {""}
