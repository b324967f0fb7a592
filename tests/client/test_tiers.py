"""Pulling the rows of some tiers alone."""

import shutil
from pathlib import Path

import pytest
from errata.cli import main
from errata.manifest import verify_directory

from tests.client.commands import run
from tests.client.releases import TEST_ROWS, TRAIN_ROWS, FakeHub, json_lines, listing, make_release

Capsys = pytest.CaptureFixture[str]
REFERENCE = "tea@1.1.0"
EXPERT = {
    "data/tiers/expert/test.jsonl": json_lines(TEST_ROWS[:1]),
    "data/tiers/expert/train.jsonl": json_lines(TRAIN_ROWS),
}
OTHERS = {
    "data/tiers/consensus/test.jsonl": json_lines(TEST_ROWS[1:]),
    "data/tiers/unreviewed/test.jsonl": b"{}\n",
}
OWN = {"manifest.json", "manifest.sig"}


@pytest.fixture(autouse=True)
def _by_tier(hub: FakeHub) -> None:
    """tea@1.1.0 has files by tier."""
    hub.files = hub.sent = make_release(more=EXPERT | OTHERS)
    hub.listed = listing(hub.files)


def files_in(folder: str) -> set[str]:
    return {
        path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()
    }


def test_only_the_files_of_the_tiers_come(hub: FakeHub, capsys: Capsys) -> None:
    code, report, _ = run(capsys, "pull", REFERENCE, "--tier", "expert")
    assert (code, report["downloaded"]) == (0, 4)
    assert Path(report["path"]).name == "tea-1.1.0-expert"
    assert files_in("tea-1.1.0-expert") == OWN | set(EXPERT)
    assert {file["path"] for file in report["files"]} == OWN | set(EXPERT)
    assert not any(path.endswith("files/data/test.jsonl") for path in hub.asked)
    assert run(capsys, "pull", REFERENCE, "--tier", "expert")[1]["downloaded"] == 0
    code, report, _ = run(capsys, "pull", REFERENCE, "--tier", "expert, consensus", "--to", "two")
    assert (code, report["downloaded"]) == (0, 1)
    assert files_in("two") == OWN | set(EXPERT) | {"data/tiers/consensus/test.jsonl"}


def test_what_is_no_tier_is_refused(hub: FakeHub, capsys: Capsys) -> None:
    code, report, _ = run(capsys, "pull", REFERENCE, "--tier", "expert,gold")
    assert (code, report["code"]) == (2, "not_found")
    five = "expert-agreed, expert, consensus, unreviewed, contested"
    assert f"There is no tier gold; the tiers are {five}." in report["message"]
    hub.files = hub.sent = make_release()
    hub.listed = listing(hub.files)
    assert main(["pull", REFERENCE, "--tier", "expert"]) == 2
    assert "no files by tier" in capsys.readouterr().err
    assert not list(Path().glob("tea*"))


@pytest.mark.usefixtures("hub")
def test_a_tier_without_rows_is_told_and_the_others_come(capsys: Capsys) -> None:
    """A line that names tiers works on every release, whichever of them have rows there."""
    asked = ("--tier", "expert,contested")
    code, report, told = run(capsys, "pull", REFERENCE, *asked)
    assert (code, "tea@1.1.0 has no rows of the tier contested." in told) == (0, True)
    folder = "tea-1.1.0-contested-expert"
    assert Path(report["path"]).name == folder
    assert files_in(folder) == OWN | set(EXPERT)
    assert run(capsys, "verify", folder, *asked)[0] == 0
    assert run(capsys, "pull", REFERENCE, "--tier", "contested")[0] == 0
    assert files_in("tea-1.1.0-contested") == OWN


@pytest.mark.usefixtures("hub")
def test_a_folder_of_tiers_is_no_release_to_compare_or_score(capsys: Capsys) -> None:
    run(capsys, "pull", REFERENCE, "--tier", "expert,consensus")
    folder = "tea-1.1.0-consensus-expert"
    Path("answers.jsonl").write_text('{"key": "a", "answer": "1"}\n')
    for command in (("diff", folder, folder), ("score", "answers.jsonl", folder)):
        code, report, _ = run(capsys, *command)
        assert (code, report["code"]) == (2, "part_of_release")
        assert "only the rows of the tier " in report["message"]
        assert "errata pull tea@1.1.0 --to DIR" in report["message"]


@pytest.mark.usefixtures("hub")
def test_a_folder_of_tiers_is_checked_as_such(capsys: Capsys) -> None:
    run(capsys, "pull", REFERENCE, "--tier", "expert")
    folder = "tea-1.1.0-expert"
    assert run(capsys, "verify", folder, "--tier", "expert")[0] == 0
    code, report, _ = run(capsys, "verify", folder)
    assert (code, {finding["code"] for finding in report["findings"]}) == (1, {"missing"})
    assert main(["verify", folder]) == 1
    assert "pulled with --tier, name the same tiers here" in capsys.readouterr().err
    for tiers, found in ((["gold"], "no_tier"), (["expert", "consensus"], "missing")):
        assert {finding.code for finding in verify_directory(folder, tiers)} == {found}
    path = Path(folder, "data/tiers/expert/train.jsonl")
    path.write_bytes(path.read_bytes().replace(b"black", b"Black"))
    assert [finding.code for finding in verify_directory(folder, ["expert"])] == ["digest"]


@pytest.mark.usefixtures("hub")
def test_a_whole_release_has_its_tiers_too_and_one_history(capsys: Capsys) -> None:
    assert run(capsys, "pull", REFERENCE)[0] == 0
    assert verify_directory("tea-1.1.0") == []
    run(capsys, "lock", REFERENCE)
    shutil.rmtree("tea-1.1.0")
    code, report, _ = run(capsys, "pull", "--locked", "--tier", "consensus")
    assert (code, report["releases"][0]["downloaded"]) == (0, 0)
    assert files_in("tea-1.1.0-consensus") == OWN | {"data/tiers/consensus/test.jsonl"}
