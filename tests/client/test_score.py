"""errata score: offline on a pulled folder, in every form that answers come in, and with fixes."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from errata.cli import main
from errata.comparing import compare_folders
from errata.contract import Contract
from errata.grading import Limits
from errata.lockfile import Locked, write_lock
from errata.manifest import sha256_hex
from errata.rewordings import REWORDINGS, wording_of

from tests.client.commands import run
from tests.client.keys import key
from tests.client.releases import (
    FakeHub,
    json_lines,
    listing,
    make_release,
    make_row,
    write_release,
)

ROWS = [
    make_row("n/1", "10", kind="number", limits=Limits.between("9", "11").to_dict(), group="g"),
    make_row("n/2", "N/A", kind="number", limits=Limits.exact().to_dict(), group="g"),
    make_row(
        "c/1", "B", kind="choice", limits=Limits.exact().to_dict(), group="h",
        inputs={"choices": ["one", "two", "three"]},
    ),
]  # fmt: skip
for row in ROWS:
    own = {"answer": row["answer"], "probability": "0.9000"}
    row |= {"tier": "unreviewed", "posterior": [own, {"answer": None, "probability": "0.1000"}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pulled release; no hub is anywhere."""
    rule = Limits.within(relative="0.1").to_dict()
    files = make_release(
        test=json_lines(ROWS),
        more={"data/train.jsonl": b""},
        contract=Contract().to_dict() | {"version": "1.2.0"},
        grading={"limits": {"number": rule}},
    )
    write_release(tmp_path / "tea", files)
    return tmp_path / "tea"


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_bytes(json_lines(list(records)))
    return path


def answers(*said: str) -> list[tuple[str, str]]:
    return list(zip(("n/1", "n/2", "c/1"), said, strict=True))


def tagged(text: str) -> str:
    return f"I think … <answer>{text}</answer>"


@pytest.mark.parametrize("choice", ["B", "b", "two", "1"])
@pytest.mark.parametrize("form", ["jsonl", "csv", "response", "lm-eval", "inspect", "eval"])
def test_every_form_comes_to_the_same(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, choice: str
) -> None:
    told = answers("10.5", "N/A", choice)
    samples = [{"id": key, "output": {"completion": tagged(text)}} for key, text in told]
    if form == "csv":
        path = tmp_path / "p.csv"
        path.write_text("id,prediction\n" + "".join(f"{key},{text}\n" for key, text in told))
    elif form == "inspect":
        path = tmp_path / "log.json"
        path.write_text(json.dumps({"version": 2, "samples": samples}))
    elif form == "eval":
        path = tmp_path / "log.eval"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("header.json", "{}")
            for number, sample in enumerate(samples):
                archive.writestr(f"samples/{number}_epoch_1.json", json.dumps(sample))
    else:
        records = {
            "jsonl": [{"key": key, "answer": text} for key, text in told],
            "response": [{"key": key, "response": tagged(text)} for key, text in told],
            "lm-eval": [
                {"doc_id": n, "doc": {"key": key}, "resps": [[tagged(text)]], "filtered_resps": [1]}
                for n, (key, text) in enumerate(told)
            ],
        }
        path = written(tmp_path / "p.jsonl", *records[form])
    code, report, _ = run(capsys, "score", str(path), str(folder))
    assert (code, report["benchmark"], report["version"]) == (0, "tea", "1.1.0")
    assert report["contract"] == "1.2.0"
    score = report["score"]
    assert (score["correct"], score["counted"], score["coverage"]) == (3, 3, 1.0)
    assert (score["abstained"], score["expected_accuracy"]) == (1, 0.9)
    assert score["unanswerable"]["correct"] == 1
    assert report["provisional"] is None


def test_fixes_make_a_provisional_score(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(
        tmp_path / "p.jsonl",
        *({"key": key, "answer": text} for key, text in answers("12", "N/A", "A")),
        {"key": "gone", "answer": "1"},
    )
    fixes = tmp_path / "fixes.csv"
    fixes.write_text("key,answer\nn/1,12.5\nn/2,3\n")
    code, report, _ = run(capsys, "score", str(path), str(folder), "--with", str(fixes))
    assert code == 0
    assert (report["score"]["correct"], report["score"]["not_in_release"]) == (1, 1)
    told = report["provisional"]
    assert (told["provisional"], told["citable"], told["version"]) == (True, False, None)
    assert (told["fixes"], told["gained"], told["lost"], told["common"]) == (2, 1, 1, 3)
    assert (told["score"]["correct"], told["shift"]) == (1, 0.0)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("p.jsonl", '{"key": "n/1"}\n', "column_missing"),
        ("p.jsonl", '{"key": "n/1", "answer": 1}\n' * 2, "answered_twice"),
        ("p.jsonl", "{", "unreadable_file"),
        ("p.json", "[]", "empty_file"),
        ("p.json", '{"samples": 7}', "empty_file"),
        ("p.json", '{"samples": [{"id": 1}', "unreadable_file"),
        ("p.json", "", "unreadable_file"),
        pytest.param("p.json", '{"samples": ' + "[" * 200_000, "unreadable_file", id="too deep"),
        ("p.eval", "no archive", "unreadable_file"),
        ("p.docx", "", "unknown_form"),
    ],
)
def test_what_cannot_be_read_is_refused(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    text: str,
    code: str,
) -> None:
    (tmp_path / name).write_text(text)
    exit_code, report, _ = run(capsys, "score", str(tmp_path / name), str(folder))
    assert (exit_code, report["code"]) == (2, code)


@pytest.mark.parametrize(
    ("fix", "code"), [("x/9,1", "unknown_key"), ("n/1,many", "unreadable_answer")]
)
def test_fixes_that_cannot_be_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fix: str, code: str
) -> None:
    path = written(tmp_path / "p.jsonl", {"key": "n/1", "answer": "10"})
    (tmp_path / "fixes.csv").write_text(f"key,answer\n{fix}\n")
    told = run(capsys, "score", str(path), str(folder), "--with", str(tmp_path / "fixes.csv"))
    assert (told[0], told[1]["code"]) == (2, code)


@pytest.mark.parametrize("bound", ["_SAMPLE", "_ARCHIVE"])
def test_a_log_that_unpacks_to_too_much_is_refused(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
) -> None:
    path = tmp_path / "p.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/1.json", " " * 1_000 + "{}")
    monkeypatch.setattr(f"errata.predictions.{bound}", 999)
    code, report, _ = run(capsys, "score", str(path), str(folder))
    assert (code, report["code"]) == (2, "unreadable_file")
    assert "unpacks to too much" in report["message"]


def test_a_folder_that_was_changed_is_not_scored_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = written(tmp_path / "told.jsonl", {"key": "n/1", "answer": "10"})
    file = folder / "data/test.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"10"', b'"11"'))
    assert run(capsys, "score", str(told), str(folder))[1]["code"] == "bad_release"
    file.unlink()
    code, report, _ = run(capsys, "score", str(told), str(folder))
    assert (code, report["code"]) == (1, "bad_release")


CSV = b"Unique ID,Ground Truth Answer\n7,10\n8,N/A\n9,B\n10,1\n"


def numbered(number: int, answer: str) -> dict[str, Any]:
    """A result as MedCalc-Bench's evaluation writes it."""
    return {"Row Number": number, "LLM Name": "m", "LLM Answer": answer, "Result": "Incorrect"}


def test_results_of_medcalc_bench_name_rows_by_number(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [numbered(7, "10.5"), numbered(8, "name 'N' is not defined"), numbered(9, "two")]
    path = written(tmp_path / "p.jsonl", *told, numbered(4, "1"))
    code, refused, _ = run(capsys, "score", str(path), str(folder))
    assert (code, refused["code"]) == (2, "no_row_numbers")
    shared: dict[str, Any] = {"contract": Contract().to_dict(), "grading": {"limits": {}}}
    rows = [*ROWS, make_row("4", "1", kind="number", limits={}, group="g")]  # 4 is no row number
    for version, sequence, table in (
        ("1.0.0", 1, CSV),
        ("1.1.0", 2, CSV.replace(b"8,N", b"1,N")),  # upstream counted anew
    ):
        more = {"data/train.jsonl": b"", "data/csv/test.csv": table}
        named: dict[str, Any] = {"version": version, "sequence": sequence}
        made = make_release(test=json_lines(rows), more=more, **named, **shared)
        write_release(tmp_path / version, made)
    old, new = str(tmp_path / "1.0.0"), str(tmp_path / "1.1.0")

    def scored(*options: str) -> tuple[int, int, int]:
        code, report, _ = run(capsys, "score", str(path), *options)
        score = report["score"]
        assert code == 0
        return score["correct"], score["abstained"], score["not_in_release"]

    assert scored(old) == (3, 1, 1)
    assert scored(new) == (2, 0, 2)
    assert scored(new, "--made-on", old) == (3, 1, 1)
    twice = written(tmp_path / "twice.jsonl", told[0], told[0])
    assert run(capsys, "score", str(twice), old)[1]["code"] == "answered_twice"
    (tmp_path / "1.0.0/data/csv/test.csv").write_bytes(CSV + b"11,x\n")
    assert run(capsys, "score", str(path), old)[1]["code"] == "bad_release"


def test_answers_to_another_benchmark_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "p.jsonl", {"key": "x/1", "answer": "1"}, {"key": "x", "answer": "2"})
    code, refused, _ = run(capsys, "score", str(path), str(folder))
    assert (code, refused["code"]) == (2, "no_key_in_common")
    assert refused["message"].startswith("None of the 2 predictions of p.jsonl has a row in tea@1.")


def test_the_release_that_is_meant_is_found(
    folder: Path, hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(Path("p.jsonl"), {"key": "n/1", "answer": "10"})
    Path("fixes.csv").write_text("key,answer\nn/1,12\n")

    def scored(*options: str) -> tuple[str, int]:
        code, report, _ = run(capsys, "score", "p.jsonl", "--with", "fixes.csv", *options)
        assert (code, report["provisional"]["citable"]) == (0, False)
        return report["version"], report["provisional"]["lost"]

    assert scored() == ("1.1.0", 1)  # the only release here
    other = make_release(version="1.0.0")
    write_release(Path("other"), other)
    Path("site").mkdir()
    Path("site/manifest.json").write_text("{}")  # of something else
    code, refused, _ = run(capsys, "score", str(path))
    assert (code, refused["code"]) == (2, "no_release")
    assert refused["message"].startswith("On which release? There are other, tea here. Name one")
    assert scored("--made-on", "tea") == ("1.1.0", 1)

    hub.files = hub.sent = {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }
    hub.listed = listing(hub.files)
    pinned = sha256_hex(hub.files["manifest.json"])
    write_lock([Locked("tea", "1.1.0", hub.address, pinned, key(1))])
    assert scored() == ("1.1.0", 1)
    assert hub.asked == []  # what is pinned lies here
    folder.rename("elsewhere.txt")
    Path("elsewhere.txt/manifest.json").unlink()
    assert scored() == ("1.1.0", 1)
    assert hub.asked
    locked = [Locked("tea", each, hub.address, pinned, key(1)) for each in ("1.0.0", "1.1.0")]
    write_lock(locked)
    assert main(["score", "p.jsonl"]) == 2
    assert "The file errata.lock pins tea@1.0.0, tea@1.1.0." in capsys.readouterr().err


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """1.0.0, and 1.1.0 in which n/1 and c/1 ask in other words; those of n/1 mean the same."""
    told = {"split": "test", "revision": 1}
    old = [
        row | told | {"inputs": {"question": row["key"]} | row.get("inputs", {})} for row in ROWS
    ]
    new = [
        row
        if row["key"] == "n/2"
        else row | {"digest": f"{row['digest'][:-1]}!", "inputs": row["inputs"] | {"question": "?"}}
        for row in old
    ]
    pair = [wording_of(old[0]), wording_of(new[0])]
    said = json_lines([{"key": "n/1", "wordings": sorted(pair), "canary": "tea"}])
    more = {"data/train.jsonl": b""}
    shared: dict[str, Any] = {"contract": Contract().to_dict(), "grading": {"limits": {}}}
    for version, sequence, rows, files in (
        ("1.0.0", 1, old, more),
        ("1.1.0", 2, new, more | {REWORDINGS: said}),
    ):
        made = make_release(
            test=json_lines(rows), more=files, version=version, sequence=sequence, **shared
        )
        write_release(tmp_path / version, made)
    return tmp_path / "1.0.0", tmp_path / "1.1.0"


def test_answers_to_other_inputs_count_where_they_mean_the_same(
    two: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answers("10.5", "N/A", "B")
    path = written(tmp_path / "p.jsonl", *({"key": key, "answer": text} for key, text in told))

    def scored(release: Path, *options: str) -> tuple[int, int]:
        code, report, _ = run(capsys, "score", str(path), str(release), *options)
        assert code == 0
        return report["score"]["input_changed"], report["score"]["correct"]

    old, new = two
    assert scored(new) == (0, 3)  # nothing is said of what it was made on
    assert scored(new, "--made-on", str(old)) == (1, 2)
    assert scored(old, "--made-on", str(new)) == (1, 2)  # the later release knows both wordings
    assert scored(new, "--made-on", str(new)) == (0, 3)
    (new / REWORDINGS).write_bytes(b"")
    code, report, _ = run(capsys, "score", str(path), str(old), "--made-on", str(new))
    assert (code, report["code"]) == (1, "bad_release")
    coffee = make_release(benchmark={"slug": "coffee"})
    write_release(tmp_path / "coffee", coffee)
    code, report, _ = run(
        capsys, "score", str(path), str(old), "--made-on", str(tmp_path / "coffee")
    )
    assert (code, report["code"]) == (2, "other_benchmark")


def test_a_difference_of_folders_says_what_means_the_same(two: tuple[Path, Path]) -> None:
    old, new = two
    found = compare_folders(old, new)
    flags = {e["key"]: (e["inputs_changed"], e["same_meaning"]) for e in found["results"]}
    assert flags == {"n/1": (True, True), "c/1": (True, False)}
    assert (found["totals"]["same_meaning"], found["totals"]["label_changes"]) == (1, 0)
