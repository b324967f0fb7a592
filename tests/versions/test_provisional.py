"""Scores if labels changed come to what the release that follows scores, and are kept nowhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from errata.rescoring import score_file
from errata.scoring import Score as Counts

from registry.contracts import changed_contract, contract_in_force
from registry.errors import WrongState
from registry.models import Benchmark, Instance, User
from registry.presets import load_preset
from registry.services.create_user import create_user
from registry.services.retire_instance import retire_instance
from registry.services.set_contract import set_contract
from submissions.models import PredictionSet
from submissions.services.file_report import file_report
from tests.versions.conftest import ROWS
from versions import provisional
from versions.models import Release, Score
from versions.provisional import if_reports_accepted, on_draft
from versions.services.freeze_release import freeze_release
from versions.services.score_predictions import score_benchmark
from versions.services.take_predictions import take_predictions
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]
ANSWERS = {"n1": "10.5", "n2": "5", "i1": "7", "c1": "0", "d1": "2024-02-29", "u1": "N/A"}


@pytest.fixture
def ada(small: Benchmark, system: User) -> User:
    return create_user(actor=system, username="ada", full_name="Ada Modeller")


@pytest.fixture
def found(small: Benchmark, system: User, cut: Cut, tmp_path: Path) -> PredictionSet:
    """A model's answers, made and scored on 1.0.0."""
    cut()
    file = tmp_path / "m.jsonl"
    lines = [json.dumps({"key": key, "prediction": text}) for key, text in ANSWERS.items()]
    file.write_text("\n".join(lines) + "\n")
    preset = load_preset(str(tmp_path / "small.toml"))
    made = take_predictions(actor=system, benchmark=small, path=file, model="m", preset=preset)
    score_benchmark(small)
    return made


def report(ada: User, benchmark: Benchmark, key: str, answer: str) -> None:
    file_report(
        actor=ada,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong",
        answer=answer,
        rationale="Counted again.",
    )


@pytest.mark.parametrize("kept", [True, False])
def test_my_reports_come_to_what_the_client_says_of_the_same_fixes(
    small: Benchmark,
    found: PredictionSet,
    ada: User,
    system: User,
    tmp_path: Path,
    kept: bool,
) -> None:
    fixes = {"n1": "12", "n2": "5.1", "c1": "A", "u1": "4", "t1": "Grace"}
    report(ada, small, "n1", "13")  # the one that follows is what they mean now
    for key, answer in fixes.items():
        report(ada, small, key, answer)
    report(ada, small, "i1", "")  # proposes nothing
    if not kept:
        Score.objects.all().delete()
    told = if_reports_accepted(found, ada, Release.objects.get())
    file = tmp_path / "fixes.csv"
    file.write_text("key,answer\n" + "".join(f"{key},{text}\n" for key, text in fixes.items()))
    client = score_file(tmp_path / "m.jsonl", str(folder_of(told.compared_with)), fixes=file)
    assert client.provisional is not None
    mine, theirs = (each.to_dict() for each in (told.provisional, client.provisional))
    assert mine.pop("if") == "your open reports are accepted"
    assert theirs.pop("if") == "these fixes are accepted"
    assert mine == theirs
    assert (mine["provisional"], mine["version"], mine["citable"]) == (True, None, False)
    assert (mine["fixes"], mine["gained"], mine["lost"], mine["common"]) == (5, 2, 2, 6)
    assert Score.objects.count() == kept  # nothing is kept
    assert if_reports_accepted(found, system, Release.objects.get()).provisional.fixes == 0


@pytest.mark.parametrize("kept", [True, False])
def test_the_draft_comes_to_what_its_release_is_scored(
    small: Benchmark,
    found: PredictionSet,
    cut: Cut,
    correct: Any,
    bring: Any,
    system: User,
    ada: User,
    kept: bool,
) -> None:
    correct("n2", "5")
    correct("i1", "8")
    report(ada, small, "d1", "2024-03-01")  # contests the label
    bring([(*ROWS[0][:4], "How much, in mg?", "", "10.5", "", "a"), *ROWS[1:], NEW])
    retire_instance(actor=system, instance=Instance.objects.get(key="u1"), reason="So.")
    if not kept:
        Score.objects.all().delete()
    told = on_draft(found)
    assert told.compared_with == Release.objects.get()
    assert not Release.objects.filter(sequence=2).exists()
    cut(waiver="known")
    score_benchmark(small)
    score = found.scores.get(release__sequence=2)
    assert told.provisional.score == Counts.from_dict(score.counts)
    assert (told.provisional.gained, told.provisional.lost) == (1, 1)
    assert told.provisional.fixes == 5  # of which one came and one goes
    assert told.provisional.score.input_changed == told.provisional.score.not_in_release == 1
    assert on_draft(found).provisional.fixes == 0


NEW = ("n9", "test", "g", "number", "How much more?", "", "1", "", "a")


def test_the_draft_is_read_by_the_contract_in_force(
    small: Benchmark, found: PredictionSet, system: User
) -> None:
    wanted = changed_contract(
        contract_in_force(small), {"version": "1.1.0", "unanswerable": ["N/A", "5"]}
    )
    set_contract(actor=system, benchmark=small, contract=wanted)
    told = on_draft(found)
    assert (told.contract, told.provisional.fixes) == ("1.1.0", 0)
    assert told.provisional.score.abstained == 2
    assert (told.provisional.gained, told.provisional.lost) == (0, 0)


def test_before_the_first_release(small: Benchmark, system: User, tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("key,prediction\nn1,10.5\nn2,5\n")
    preset = load_preset(str(tmp_path / "small.toml"))
    made = take_predictions(actor=system, benchmark=small, path=file, model="m", preset=preset)
    told = on_draft(made)
    assert told.compared_with is None
    assert (told.provisional.score.correct, told.provisional.score.counted) == (1, 2)
    assert (told.provisional.score.release_rows, told.provisional.common) == (7, 0)


def test_what_would_take_long_is_refused(
    small: Benchmark,
    found: PredictionSet,
    correct: Any,
    system: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provisional, "MOST", 1)
    correct("n2", "5")
    assert on_draft(found).provisional.gained == 1  # of many answers one is judged anew
    correct("i1", "8")
    with pytest.raises(WrongState, match="2 answers would be judged anew, and while you wait 1"):
        on_draft(found)
    freeze_release(actor=system, benchmark=small)
    with pytest.raises(WrongState, match="is being published; ask again"):
        on_draft(found)
