"""The `errata` command against a real hub, over real HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from errata.cli import main

from registry.models import Benchmark
from registry.selectors import system_user
from tests.client.commands import run
from tests.pages.conftest import Nowhere
from tests.small import SLUG, bearer, hide, import_file, people, qa_row, small_benchmark, write_csv
from versions.models import Release, SigningKey
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

pytestmark = pytest.mark.django_db(transaction=True)
Capsys = pytest.CaptureFixture[str]


def publish(benchmark: Benchmark) -> Release:
    release = freeze_release(actor=system_user(), benchmark=benchmark)
    return publish_release(release.pk)


@pytest.fixture
def benchmark(
    transactional_db: None,
    live_server: Any,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Benchmark:
    """1.0.0 with six rows; 1.1.0, in which q1 is 70 instead of 10 and q2 has no answer."""
    settings.ERRATA_HOME, settings.ERRATA_HUB = tmp_path / "home", live_server.url
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
    monkeypatch.setenv("ERRATA_HUB", live_server.url)
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.chdir(tmp_path)
    made = small_benchmark(tmp_path)
    publish(made)
    rows = [qa_row(1, answer="70", lower="", upper=""), qa_row(2, answer="N/A", lower="", upper="")]
    import_file(write_csv(tmp_path / "new.csv", rows))
    publish(made)
    return made


def test_what_a_reader_does(benchmark: Benchmark, capsys: Capsys, tmp_path: Path) -> None:
    code, listed, _ = run(capsys, "list")
    assert (code, [row["slug"] for row in listed["benchmarks"]]) == (0, [SLUG])
    code, listed, _ = run(capsys, "list", SLUG)
    assert [row["version"] for row in listed["releases"]] == ["1.1.0", "1.0.0"]

    code, told, _ = run(capsys, "info", SLUG)
    assert (code, told["version"], told["status"]) == (0, "1.1.0", "published")
    assert (told["licence"], told["counts"]["instances"]) == ("CC0-1.0", 6)
    assert sum(told["tiers"].values()) == 6
    assert told["wrong_reward_rate"]["all"] == {"rows": 6, "measured": 0, "rate": "0.1500"}
    [key] = SigningKey.objects.all()
    assert (told["key"], told["trust"]) == (key.key, "first_use")
    assert run(capsys, "info", f"{SLUG}@1.1.0", "--offline")[1] == told | {"trust": "known"}

    code, asked, _ = run(capsys, "diff", SLUG, "1.0.0", "1.1.0")
    assert (code, asked["totals"]["label_changes"]) == (0, 2)
    assert [(e["key"], e["change"]) for e in asked["results"]] == [
        ("q1", "changed"),
        ("q2", "became_unanswerable"),
    ]
    assert run(capsys, "diff", SLUG, "1.0.0", "1.1.0", "--offline")[1]["code"] == "not_cached"
    for version in ("1.0.0", "1.1.0"):
        assert run(capsys, "pull", f"{SLUG}@{version}")[0] == 0
        assert run(capsys, "verify", f"{SLUG}-{version}")[0] == 0
    code, computed, _ = run(capsys, "diff", SLUG, "1.0.0", "1.1.0", "--offline")
    assert code == 0
    assert computed["totals"] == {name: asked["totals"][name] for name in computed["totals"]}
    told = [each.pop("changelog") for each in computed["results"]]
    assert told[0].startswith("1.1.0: ")
    for here, there in zip(computed["results"], asked["results"], strict=True):
        assert here == {name: there[name] for name in here}

    assert main(["diff", SLUG, "1.0.0", "latest"]) == 0
    assert "q1: 10 → 70 (changed" in capsys.readouterr().out
    assert run(capsys, "diff", SLUG, "9.0.0", "1.1.0")[0] == 2
    assert run(capsys, "list", "nowhere")[:1] == (2,)
    hide(benchmark)
    assert run(capsys, "list")[1]["benchmarks"] == []
    assert main(["list"]) == 0
    assert "no benchmark that you may see" in capsys.readouterr().out


def test_which_version_a_file_is(benchmark: Benchmark, capsys: Capsys, tmp_path: Path) -> None:
    run(capsys, "pull", f"{SLUG}@1.0.0")
    old = Path(f"{SLUG}-1.0.0/data/test.jsonl")
    for more in ([], ["--offline"]):
        code, found, _ = run(capsys, "identify", str(old), *more)
        # All rows are of one tier, so its file holds the same bytes.
        paths = ["data/test.jsonl", "data/tiers/unreviewed/test.jsonl"]
        assert (code, sorted(match["path"] for match in found["exact"])) == (0, paths)
        assert {match["version"] for match in found["exact"]} == {"1.0.0"}
        assert found["exact"][0]["corrected_since"] == (None if more else 2)
    code, found, _ = run(capsys, "identify", f"{SLUG}.csv")
    [match] = found["exact"]
    assert (match["version"], match["upstream"], match["corrected_since"]) == (
        "1.0.0",
        "v1/test",
        2,
    )

    rows = [json.loads(line) for line in old.read_text().splitlines()]
    rows[4]["answer"] = "51"  # inside the limits of 50
    mine = Path("mine.jsonl")
    mine.write_text("".join(json.dumps(row) + "\n" for row in rows[:5]))
    code, found, _ = run(capsys, "identify", str(mine))
    assert (code, found["looked_at"]) == (1, [SLUG])
    searched = found | {"looked_at": []}
    code, found, _ = run(capsys, "identify", str(mine), "--of", SLUG)
    assert found == searched
    assert (code, found["exact"], found["corrected_since"]) == (1, [], 2)
    nearest, other = found["nearest"]
    assert (nearest["version"], other["version"]) == ("1.0.0", "1.1.0")
    counts = {name: count for name, count in nearest["counts"].items() if count}
    assert counts == {"identical": 4, "within_tolerance": 1, "only_in_release": 1}
    assert other["counts"]["changed"] == other["counts"]["became_unanswerable"] == 1
    # Both versions are in the cache by now.
    assert run(capsys, "identify", str(mine), "--of", SLUG, "--offline")[1] == found

    # The columns are those that the hub imports, or the ones named.
    write_csv(tmp_path / "changed.csv", [qa_row(n) for n in (1, 2, 3)])
    assert (
        run(capsys, "identify", "changed.csv", "--of", SLUG)[1]["nearest"][0]["version"] == "1.0.0"
    )
    Path("odd.csv").write_text("Number,Right\nq1,70\nq2,N/A\nq3,thirty\n")
    arguments = ["identify", "odd.csv", "--of", SLUG]
    assert run(capsys, *arguments)[1]["code"] == "column_missing"
    arguments += ["--id-column", "Number", "--answer-column", "Right"]
    [nearest, _] = run(capsys, *arguments)[1]["nearest"]
    assert (nearest["version"], nearest["counts"]["unreadable"]) == ("1.1.0", 1)
    arguments[-1] = "Number"
    assert run(capsys, *arguments[:4], *arguments[6:], "--id-column", "Right")[1]["code"] == (
        "no_key_in_common"
    )
    assert main(arguments) == 1
    assert "Nearest first" in capsys.readouterr().err
    for name, text, wrong in (
        ("x.xlsx", "x", "unreadable_file"),
        ("x.csv", "id,answer\n", "empty_file"),
        ("x.jsonl", "[]\n", "unreadable_file"),
    ):
        Path(name).write_text(text)
        code, refused, _ = run(capsys, "identify", name, "--of", SLUG)
        assert (code, refused["code"]) == (2, wrong)
    hide(benchmark)
    assert run(capsys, "identify", str(old))[1]["code"] == "unknown_file"


def test_a_report_is_filed(
    benchmark: Benchmark, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["report", f"{SLUG}@1.1.0", "q3", "--category", "other", "--rationale", "It is 3 × 10."]
    code, refused, _ = run(capsys, *words, "--answer", "35")
    assert (code, refused["code"]) == (2, "sign_in_required")
    token = bearer(people(benchmark).user)["Authorization"].split()[1]
    monkeypatch.setenv("ERRATA_TOKEN", token)
    code, filed, _ = run(capsys, *words, "--answer", "35")
    assert (code, filed["instance"], filed["status"]) == (0, "q3", "open")
    assert filed["page"].endswith(f"/reports/{filed['id']}/")
    assert run(capsys, *words, "--answer", "35")[1]["id"] == filed["id"]
    assert main([*words[:-1], "It cannot be known.", "--not-computable"]) == 0
    assert "/reports/" in capsys.readouterr().out
    for wrong in (
        ["report", SLUG, "q99", *words[3:]],
        ["report", f"{SLUG}@latest", *words[2:]],
        [*words[:4], "no-such-category", *words[5:]],
        ["report", "nowhere", *words[2:]],
    ):
        code, refused, _ = run(capsys, *wrong, "--answer", "35")
        assert (code, refused["ok"]) == (2, False)
        assert refused["message"]
