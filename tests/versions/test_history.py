"""verify_history finds a tampered row and names it; commands print what they found."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from audits.models import Standing
from registry.dialects import remove_locks
from registry.models import Benchmark, Head, Instance, Revision, User
from registry.services.remove_text import remove_text
from registry.services.retire_instance import retire_instance
from tests.versions.conftest import COLUMNS, PRESET, ROWS, Nowhere
from versions.models import Release
from versions.publishers.base import Package
from versions.services.verify_history import verify_history
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]


@pytest.fixture
def told(cut: Callable[..., Release], correct: Any, system: User) -> Benchmark:
    """Two releases, a corrected label, a retired instance."""
    cut()
    correct("n1", "12")
    retire_instance(actor=system, instance=Instance.objects.get(key="i1"), reason="a double")
    return cut().benchmark


def _tamper(statement: str, *values: Any, tables: tuple[str, ...] = ("registry_revision",)) -> None:
    remove_locks(connection, tables)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_whole_history_holds(told: Benchmark) -> None:
    check = verify_history(benchmark=told)
    assert check.finding == ""
    assert (check.instances, check.revisions, check.releases) == (len(ROWS), len(ROWS) + 2, 2)


def test_removed_texts_are_counted_and_break_nothing(told: Benchmark, system: User) -> None:
    content = Head.objects.get(instance__key="n2").revision.content_id
    remove_text(actor=system, digest=content, reason="names a patient")
    check = verify_history(benchmark=told)
    assert (check.finding, check.removed_texts) == ("", 1)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "UPDATE registry_revision SET answer = '99' WHERE id = %s",
            "The revision 2 of n1 was changed: its digest is not that of what it says.",
        ),
        (
            "UPDATE registry_revision SET number = 3 WHERE id = %s",
            "Before revision 3 of n1 a revision is missing.",
        ),
        (
            "UPDATE registry_revision SET previous = digest WHERE id = %s",
            "The revision 2 of n1 does not follow from the revision before it.",
        ),
        (
            "UPDATE registry_head SET retired = true WHERE revision_id = %s",
            "The head of n1 and its last revision differ: is it retired?",
        ),
        (
            "UPDATE registry_text SET body = 'n1 is right' WHERE digest = "
            "(SELECT reason FROM registry_revision WHERE id = %s)",
            "of revision 2 of n1 was changed.",
        ),
        (
            "UPDATE registry_head SET revision_id = (SELECT r.id FROM registry_revision r WHERE "
            "r.instance_id = registry_head.instance_id AND r.number = 1) WHERE revision_id = %s",
            "The head of n1 is not its last revision, 2.",
        ),
        (
            "UPDATE versions_change SET after_id = before_id WHERE after_id = %s",
            "The rows of release 1.1.0 do not come to its history root.",
        ),
    ],
)
def test_the_first_broken_row_is_named(told: Benchmark, statement: str, finding: str) -> None:
    Release.objects.filter(version="1.1.0")
    target = Revision.objects.get(instance__key="n1", number=2)
    if "1.1.0" in finding:
        finding = finding.replace("1.1.0", Release.objects.latest("sequence").version)
    _tamper(statement, target.pk, tables=("registry_revision", "versions_change"))
    assert verify_history(benchmark=told).finding.endswith(finding)


def test_a_changed_manifest_is_found(told: Benchmark) -> None:
    path = folder_of(Release.objects.get(sequence=1)) / "manifest.json"
    path.write_bytes(path.read_bytes() + b" ")
    finding = "The manifest of release 1.0.0 was changed on disk."
    assert verify_history(benchmark=told).finding == finding


def test_a_signature_by_nobody_is_found(told: Benchmark) -> None:
    release = Release.objects.get(sequence=1)
    statement = f"UPDATE versions_signature SET signature = '{'0' * 128}' WHERE release_id = %s"
    _tamper(statement, release.pk, tables=("versions_signature",))
    finding = "The manifest of release 1.0.0 is not the one that was signed."
    assert verify_history(benchmark=told).finding == finding


def _command(*arguments: Any, code: int = 0) -> tuple[dict[str, Any], str]:
    """The result with --json, and the text without."""
    printed = []
    for extra in (["--json"], []):
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*map(str, arguments), *extra, stdout=out, stderr=err)
            ended = 0
        except SystemExit as exit_:
            ended = int(str(exit_.code))
        assert ended == code, err.getvalue()
        printed.append(out.getvalue())
    return json.loads(printed[0]), printed[1]


def test_the_command_exits_with_one_on_a_finding(told: Benchmark) -> None:
    result, text = _command("verify_history", "small")
    assert result["clean"]
    assert "the history holds" in text
    target = Revision.objects.get(instance__key="n1", number=2)
    _tamper("UPDATE registry_revision SET answer = '99' WHERE id = %s", target.pk)
    result, text = _command("verify_history", "small", code=1)
    assert not result["clean"]
    assert text.startswith("Broken: The revision 2 of n1")


def test_diffs_are_printed(told: Benchmark) -> None:
    result, text = _command("diff_releases", "small", "1.0.0", "latest")
    assert (result["totals"]["changed"], result["totals"]["removed"]) == (1, 1)
    assert "changed  n1  10.5 → 12  (also limits)" in text
    _command("diff_releases", "small", "latest", "1.0.0", code=2)
    _command("diff_releases", "small", "7.0.0", "latest", code=2)


def test_a_file_is_imported_and_released(tmp_path: Any, system: User) -> None:
    (tmp_path / "p.toml").write_text(PRESET)
    (tmp_path / "rows.tsv.csv").write_text(",".join(COLUMNS) + "\na,test,g,number,How much?,,3,,\n")
    out = io.StringIO()
    call_command(
        "import_benchmark", "fresh", str(tmp_path / "rows.tsv.csv"),
        "--preset", str(tmp_path / "p.toml"), "--release", "1.0.0", "--json", stdout=out,
    )  # fmt: skip
    result = json.loads(out.getvalue())
    assert (result["counts"]["new"], result["release"]["status"]) == (1, "published")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("cut_release", "fresh", "--json", stdout=out)
    assert json.loads(out.getvalue())["code"] == "nothing_changed"


def test_predictions_are_graded_on_every_release(told: Benchmark, tmp_path: Any) -> None:
    (tmp_path / "p.toml").write_text(PRESET)
    answers = {"n1": "12.1", "n2": "-1.95", "i1": "7", "c1": "b", "d1": "soon", "u1": "N/A"}
    file = tmp_path / "answers.csv"
    lines = [f"{key},{answer}" for key, answer in answers.items()]
    file.write_text("\n".join(["id,prediction", *lines]) + "\n")
    result, text = _command(
        "import_predictions",
        "small",
        file,
        "--model",
        "m",
        "--family",
        "f",
        "--preset",
        tmp_path / "p.toml",
    )
    scores = list(result["releases"].values())
    assert scores[0].items() >= {
        "rows": 6, "abstained": 1, "unparsable": 1, "not_in_release": 0, "correct": 4
    }.items()  # fmt: skip
    assert (scores[1]["not_in_release"], scores[1]["correct"]) == (1, 4)
    assert "on 1.0.0: 6 rows" in text
    stored = told.predictions.get()
    assert stored.family == "f"


def test_releases_are_cut_named_waived_and_finished(
    small: Benchmark, system: User, correct: Any, monkeypatch: Any
) -> None:
    instance = Instance.objects.get(key="n2")
    Standing.objects.create(instance=instance, benchmark=small, bucket="contested")
    refused, _ = _command("cut_release", "small", code=2)
    assert (refused["code"], refused["contested"]) == ("contested", 1)
    assert "1 contested" in _run("cut_release", "small", "--as", "0.9.0", "--waive", "Known.")
    told = json.loads(_run("verify_history", "small", "--json"))
    assert told["clean"]
    correct("n1", "12")
    small_step = ("cut_release", "small", "--bump", "patch", "--waive", "Known.")
    assert _command(*small_step, code=2)[0]["code"] == "bump_too_small"

    class Away(Nowhere):
        def ship(self, package: Package) -> None:
            raise OSError("https://me:s3cret@store.example is full")

    with monkeypatch.context() as patch:
        patch.setattr("versions.services.ship_release.PUBLISHER", Away())
        failed = ("cut_release", "small", "--waive", "Known.", "--json")
        out = io.StringIO()
        with pytest.raises(SystemExit, match="2"):
            call_command(*failed, stdout=out)
        told = json.loads(out.getvalue())
        assert told["code"] == "not_shipped"
        assert "0.10.0 is frozen" in told["message"]
        assert "https://store.example is full" in told["message"]
    assert _command("cut_release", "small", code=2)[0]["code"] == "release_unfinished"
    assert "0.10.0 is published (minor after 0.9.0)" in _run("cut_release", "small", "--finish")
    assert _command("cut_release", "small", "--finish", code=2)[0]["code"] == "all_finished"


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
