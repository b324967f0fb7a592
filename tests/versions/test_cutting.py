"""Previewing and cutting: the digest of a draft, gates, waivers, versions, comparability, notes."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from audits.models import Decision, Standing
from audits.services.set_policy import set_policy
from audits.services.write_guide import write_guide
from registry.dialects import remove_locks
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, ImportBatch, Instance, Revision, User
from registry.presets import load_preset
from registry.services.retire_instance import retire_instance, revive_instance
from submissions.models import PredictionSet
from submissions.services.publish_predictions import publish_predictions
from submissions.services.store_predictions import store_predictions
from tests.versions.conftest import PRESET, ROWS
from versions.drafted import Line, Seal, basis_of, difference
from versions.models import GoldSet, Preview, Release
from versions.selectors import rows_of, snapshot_of
from versions.services import publish_release as publishing
from versions.services.freeze_release import freeze_release
from versions.services.hold_back import hold_back
from versions.services.preview_release import Previewed, preview_release
from versions.storage import folder_of
from versions.waiving import read_waiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]


@pytest.fixture
def look(system: User, small: Benchmark) -> Callable[..., Previewed]:
    """Preview the next release of the small benchmark."""

    def look(**options: Any) -> Previewed:
        return preview_release(actor=system, benchmark=small, **options)

    return look


def _contest(benchmark: Benchmark, *keys: str) -> None:
    for instance in Instance.objects.filter(benchmark=benchmark, key__in=keys):
        Standing.objects.update_or_create(
            instance=instance,
            defaults={"benchmark": benchmark, "bucket": "contested", "tier": "contested"},
        )


def _states(found: Previewed) -> dict[str, str]:
    return {gate.name: gate.state for gate in found.gates}


def test_what_was_previewed_is_cut(cut: Cut, correct: Any, look: Any) -> None:
    assert cut(expected=look().draft.digest).version == "1.0.0"
    correct("n1", "12")
    found = look()
    assert found.draft.digest == look().draft.digest
    assert (found.version, found.draft.counts["changed"]) == ("1.1.0", 1)
    assert cut(expected=found.draft.digest).version == "1.1.0"
    assert not Preview.objects.exists()


def test_another_draft_is_refused_with_the_difference(
    cut: Cut, correct: Any, look: Any, small: Benchmark, system: User
) -> None:
    cut()
    correct("n1", "12")
    seen = look().draft.digest
    correct("n1", "13")
    correct("n2", "-3")
    hold_back(actor=system, benchmark=small, group="h", reason="Redone.")
    _contest(small, "i1")
    Benchmark.objects.update(licence="CC-BY-4.0")
    small.refresh_from_db()
    set_policy(actor=system, benchmark=small, text='rewards_from = ["train", "test"]')
    with pytest.raises(WrongState) as refused:
        cut(expected=seen, waiver="Known.")
    assert (refused.value.code, refused.value.details["labels"]) == ("draft_changed", 3)
    assert refused.value.details["difference"] == [
        "Holds that came: 1.",
        "Of the benchmark changed: licence.",
        "The policy is version 1 over 4 now, in which changed: rewards_from (now train and test).",
        "Decisions that came: 2.",
        "n1: 12 (unreviewed, revision 2, 85% likely); now 13 (unreviewed, revision 3, 85% likely).",
        "n2: no change; now -3 (unreviewed, revision 2, 85% likely).",
        "i1: no change; now 7 (contested, revision 1, 85% likely).",
    ]
    assert Release.objects.count() == 1
    assert refused.value.details["digest"] == look().draft.digest
    with pytest.raises(WrongState, match="was previewed since") as unknown:
        cut(expected="0" * 64, waiver="Known.")
    assert unknown.value.code == "draft_unknown"
    assert cut(expected=refused.value.details["digest"], waiver="Known.").version == "1.1.0"


def test_whatever_people_change_of_a_release_is_named(
    cut: Cut, correct: Any, look: Any, small: Benchmark, system: User, tmp_path: Path
) -> None:
    """Gates, guides, gold sets, imports, answers of models: none of them moves a label."""
    cut()
    correct("n1", "12")
    seen = look().draft.digest
    assert look().draft.digest == seen  # time alone changes nothing
    set_policy(actor=system, benchmark=small, text='gates = ["history"]')
    write_guide(actor=system, benchmark=small, group="g", text="Round at the end.")
    by = {"benchmark": small, "actor": system.public_id, "at": timezone.now()}
    GoldSet.objects.create(**by, name="Two experts", file_digest="0" * 64, rows=0, labels=0)
    ImportBatch.objects.create(**by, file_digest="0" * 64, counts={})
    predict(small, system, tmp_path, "one", {"n1": "10.5"})
    with pytest.raises(WrongState) as refused:
        cut(expected=seen)
    assert refused.value.details["difference"] == [
        "The policy is version 1 over 4 now, in which changed: gates (now history).",
        "Guides that changed, by group: g.",
        "Gold sets that came: Two experts.",
        "Imports that came: 1.",
        "Published answers of models that came: 1.",
    ]
    assert cut(expected=refused.value.details["digest"]).version == "1.1.0"


def test_a_preview_that_an_older_hub_kept_is_told_as_such(small: Benchmark) -> None:
    then = basis_of(small, None)
    now = Seal(then).kept()
    old = {"format": 1, "rewards_from": [], "preset": then["preset"], "held": then["held"]}
    told = difference(small, Seal(old).kept(), now).sentences
    assert told == ["The hub was updated, and takes more into account now."]


def test_a_draft_that_differs_in_what_else_is_believed_says_so(small: Benchmark) -> None:
    then, now = Seal(basis_of(small, None)), Seal(basis_of(small, None))
    line = Line("n1", "revised", 1, "a", "b", "unreviewed", 0.5, "one")
    then.add(line)
    now.add(line._replace(posterior="other"))
    assert then.digest != now.digest
    told = difference(small, then.kept(), now.kept()).sentences
    assert told == ["The labels are the same; how likely other answers are has moved."]


def test_a_preview_of_before_the_last_release_is_not_known(
    cut: Cut, correct: Any, look: Any
) -> None:
    seen = look().draft.digest
    cut()
    correct("n1", "12")
    with pytest.raises(WrongState, match="preview it again"):
        cut(expected=seen)


def test_the_previews_that_were_looked_at_last_are_remembered(
    small: Benchmark, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("versions.services.preview_release.KEPT", 2)
    seen = []
    for licence in ("A", "B", "A", "C"):
        Benchmark.objects.update(licence=licence)
        small.refresh_from_db()
        seen.append(look().draft.digest)
    assert set(Preview.objects.values_list("digest", flat=True)) == {seen[0], seen[3]}


def test_only_maintainers_preview(small: Benchmark) -> None:
    with pytest.raises(NotAllowed):
        preview_release(actor=User.objects.create(username="stranger"), benchmark=small)
    assert not Preview.objects.exists()


def test_the_gates_of_a_clean_draft(look: Any) -> None:
    assert _states(look()) == {"history": "passed", "causes": "passed", "contested": "passed"}


def test_a_broken_history_is_not_released(
    cut: Cut, correct: Any, look: Any, small: Benchmark
) -> None:
    cut()
    correct("n1", "12")
    remove_locks(connection, ["registry_revision"])
    with connection.cursor() as cursor:
        # A row that the release before holds already, and that nothing changed since.
        cursor.execute(
            "UPDATE registry_revision SET answer = '8' WHERE id = %s",
            [Revision.objects.get(instance__key="i1").pk],
        )
    assert _states(look())["history"] == "blocked"
    with pytest.raises(WrongState, match="revision 1 of i1 was changed") as refused:
        cut()
    assert refused.value.code == "history_broken"
    assert Release.objects.count() == 1


def test_a_label_needs_an_import_or_a_decision(
    cut: Cut, small: Benchmark, system: User, look: Any, correct: Any
) -> None:
    cut()
    instance = Instance.objects.get(key="n2")
    retire_instance(actor=system, instance=instance, reason="a double")
    revive_instance(actor=system, instance=instance, reason="it is none")
    assert _states(look())["causes"] == "passed"
    decided = correct("n1", "12")
    remove_locks(connection, ["audits_decision"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audits_decision SET public_id = 'x' WHERE after_id = %s", [decided.pk]
        )
    gate = next(gate for gate in look().gates if gate.name == "causes")
    assert (gate.state, gate.count, gate.told) == ("blocked", 1, "1 label has neither: n1.")
    with pytest.raises(WrongState, match="neither: n1") as refused:
        cut()
    assert refused.value.code == "no_cause"


def test_a_label_that_is_held_back_needs_no_cause(
    cut: Cut, small: Benchmark, system: User, look: Any, correct: Any
) -> None:
    cut()
    for key in ("n1", "n2"):
        correct(key, "12")
    unknown = Decision.objects.get(instance__key="n1")
    hold_back(actor=system, benchmark=small, reason="Later.", decision=unknown.public_id)
    remove_locks(connection, ["audits_decision"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audits_decision SET public_id = 'x' WHERE id = %s", [unknown.pk])
    assert _states(look())["causes"] == "passed"
    assert cut().version == "1.1.0"


def test_the_policy_says_which_gates_there_are(
    cut: Cut, small: Benchmark, system: User, look: Any
) -> None:
    _contest(small, "n1")
    with pytest.raises(WrongState, match="1 contested"):
        cut()
    set_policy(actor=system, benchmark=small, text='gates = ["history"]')
    assert _states(look()) == {"history": "passed", "causes": "off", "contested": "off"}
    release = cut()
    log = (folder_of(release) / "CHANGELOG.md").read_text()
    assert "1 contested label is let out: The policy asks for no waiver." in log
    manifest = json.loads((folder_of(release) / "manifest.json").read_text())
    assert (manifest["gates"], manifest["waived"]["labels"]) == (["history"], 1)
    with pytest.raises(InvalidInput, match="mood is no gate; there are history, causes, contested"):
        set_policy(actor=system, benchmark=small, text='gates = ["mood"]')


def test_contested_labels_are_waived_by_filter(cut: Cut, small: Benchmark, look: Any) -> None:
    _contest(small, "n1", "n2", "c1")
    assert look().waivable == {
        "group": {"g": 2, "h": 1},
        "split": {"test": 3},
        "category": {},
    }
    some = {"waiver": "The source\nis asked.", "where": {"group": ["g"], "split": ["test"]}}
    waiver = read_waiver(some["waiver"], some["where"])
    gate = next(g for g in look(waiver=waiver).gates if g.name == "contested")
    assert (gate.state, gate.count) == ("blocked", 1)
    with pytest.raises(WrongState, match="1 contested label waits for an expert beside the 2"):
        cut(**some)
    some["where"] = {"group": ["h", "g"]}
    release = cut(**some)
    assert snapshot_of(release)["waived"] == {"labels": 3, "where": {"group": ["g", "h"]}}
    log = (folder_of(release) / "CHANGELOG.md").read_text()
    assert "3 contested labels are let out (group g, h): The source is asked." in log
    manifest = json.loads((folder_of(release) / "manifest.json").read_text())
    assert manifest["waived"]["reason"] == "The source is asked."


def test_contested_labels_are_waived_by_category(
    cut: Cut, small: Benchmark, system: User, look: Any
) -> None:
    instance = Instance.objects.get(key="n1")
    category = small.categories.get(code="wrong")
    small.reports.create(instance=instance, category=category, author=system.public_id)
    assert look().waivable["category"] == {"wrong": 1}
    with pytest.raises(WrongState):
        cut(waiver="Known.", where={"category": ["other"]})
    assert cut(waiver="Known.", where={"category": ["wrong"]}).version == "1.0.0"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"where": {"group": ["g"]}}, "Say why"),
        ({"waiver": "so", "where": {"mood": ["g"]}}, "not by mood"),
        ({"notes": "# 2.0.0"}, "Begin headings in notes with ###"),
        ({"notes": "x" * 20_001}, "Shorten the notes"),
        ({"bump": "huge"}, "no bump"),
        ({"version": "one"}, "no version"),
    ],
)
def test_what_cannot_be_cut(cut: Cut, options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        cut(**options)
    assert not Release.objects.exists()


def test_a_smaller_version_says_so(
    cut: Cut, correct: Any, bring: Any, look: Any, small: Benchmark
) -> None:
    cut()
    bring([("n9", *ROWS[0][1:])])
    assert look().version == "2.0.0"
    with pytest.raises(InvalidInput, match=r"name 1\.1\.0 or higher") as refused:
        cut(version="1.0.1")
    assert refused.value.code == "bump_too_small"
    flag = look(version="1.1.0").comparability
    release = cut(version="1.1.0")
    assert snapshot_of(release)["comparability"] == flag
    assert (release.bump, flag["comparable"], flag["needed"], flag["named"]) == (
        *("minor", False, "major", "minor"),
    )
    assert flag["reason"] == (
        "Not comparable with 1.0.0: 1 label came. By what changed it would be a major release."
    )
    log = (folder_of(release) / "CHANGELOG.md").read_text()
    assert "By what changed it would be a major release." in log
    manifest = json.loads((folder_of(release) / "manifest.json").read_text())
    assert manifest["comparability"] == flag


def test_a_release_that_changes_no_grade_is_comparable(cut: Cut, correct: Any) -> None:
    assert snapshot_of(cut())["comparability"] is None
    correct("n1", "10.50")
    flag = snapshot_of(cut(version="1.0.1"))["comparability"]
    assert flag["comparable"]
    assert flag["reason"] == "Comparable with 1.0.0: no answer can be graded differently."


def test_flips_are_measured_on_stored_predictions(
    cut: Cut, correct: Any, small: Benchmark, system: User, tmp_path: Path, look: Any
) -> None:
    cut()
    for model, answers in {
        "one": {"n1": "10.5", "n2": "-2", "c1": "A"},
        "two": {"n1": "12.1", "i1": "7"},
        "three": {"i1": "7"},
    }.items():
        predict(small, system, tmp_path, model, answers)
    correct("n1", "12")
    correct("c1", "A")
    correct("n2", "-2.0")
    flips = look().comparability["flips"]
    assert [(f["model"], f["answers"], f["gained"], f["lost"], f["flipped"]) for f in flips] == [
        ("one", 3, 1, 1, 2),
        ("three", 1, 0, 0, 0),
        ("two", 2, 1, 0, 1),
    ]
    PredictionSet.objects.filter(model="three").update(published_at=None)  # private from now on
    flips = [each for each in flips if each["model"] != "three"]
    release = cut()
    assert snapshot_of(release)["comparability"]["flips"] == flips
    assert snapshot_of(release)["quality"]["reward_noise"] == {
        "since": "1.0.0",
        "sets": 2,
        "answers": 5,
        "flipped": 3,
        "flip_rate": "0.6000",
        "groups": [
            {"group": "g", "answers": 4, "flipped": 2, "flip_rate": "0.5000"},
            {"group": "h", "answers": 1, "flipped": 1, "flip_rate": "1.0000"},
        ],
        "more_groups": 0,
    }
    log = (folder_of(release) / "CHANGELOG.md").read_text()
    assert "Of 3 answers of one 2 are graded differently (1 right now, 1 wrong now)." in log


def test_notes_stand_on_top(cut: Cut) -> None:
    release = cut(notes="\r\nThe *first* one.\r\n\r\n### Known\r\n- nothing\n")
    log = (folder_of(release) / "CHANGELOG.md").read_text()
    assert "7 instances.\n\nThe *first* one.\n\n### Known\n- nothing\n" in log
    assert snapshot_of(release)["notes"] == "The *first* one.\n\n### Known\n- nothing"


def test_the_command_previews_and_cuts(
    cut: Cut, correct: Any, small: Benchmark, tmp_path: Path
) -> None:
    cut()
    correct("n1", "12")
    _contest(small, "n2", "c1")
    (tmp_path / "notes.md").write_text("By hand.")
    told = json.loads(_run("--preview", "--json", code=1))["preview"]
    assert [gate["state"] for gate in told["gates"]] == ["passed", "passed", "blocked"]
    (entry,) = told["entries"]
    assert (entry["key"], entry["after"]["answer"], told["more"]) == ("n1", "12", 0)
    text = _run("--preview", "--as", "2.0.0", "--waive", "Known.")
    assert "small would become 2.0.0 (after 1.0.0); nothing is cut yet" in text
    assert "waived: No contested label without a waiver. 2 contested labels" in text
    assert f"draft: {told['digest']}" in text
    assert "changed  n1  10.5 → 12" in text
    correct("i1", "8")
    options = ("--waive", "Known.", "--where", "group=g", "--where", "group=h")
    options += ("--notes", str(tmp_path / "notes.md"), "--json")
    refused = json.loads(_run(*options, "--draft", told["digest"], code=2))
    assert (refused["code"], refused["labels"]) == ("draft_changed", 1)
    again = json.loads(_run("--preview", "--json", code=1))["preview"]["digest"]
    done = json.loads(_run(*options, "--draft", again))
    assert (done["version"], done["comparability"]["comparable"]) == ("1.1.0", False)
    release = Release.objects.get(version="1.1.0")
    assert snapshot_of(release)["notes"] == "By hand."
    assert rows_of(release).filter(tier="contested").count() == 2
    missing = json.loads(_run("--notes", str(tmp_path / "none.md"), "--json", code=2))
    assert missing["code"] == "bad_notes"
    assert json.loads(_run("--where", "g", "--json", code=2))["code"] == "bad_waiver"


def test_how_far_it_is_stands_with_the_release(
    small: Benchmark, system: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(publishing, "EVERY", 0)
    release = freeze_release(actor=system, benchmark=small)
    seen = []

    def show(stage: str, done: int, total: int) -> None:
        row = Release.objects.get(pk=release.pk)
        seen.append((row.stage, row.done, row.total))

    publishing.publish_release(release.pk, progress=show)
    assert seen[0] == ("", 0, 0)
    assert ("building", 7, 7) in seen
    assert ("shipping", 0, 1) in seen
    release.refresh_from_db()
    assert (release.status, release.stage, release.trouble) == ("published", "", "")


def predict(
    benchmark: Benchmark,
    system: User,
    folder: Path,
    model: str,
    answers: dict[str, str],
    **options: str,
) -> None:
    """Publish the answers of a model."""
    (folder / "p.toml").write_text(PRESET)
    file = folder / f"{model}.csv"
    lines = [f"{key},{answer}" for key, answer in answers.items()]
    file.write_text("\n".join(["id,prediction", *lines]) + "\n")
    found = store_predictions(
        actor=system,
        benchmark=benchmark,
        path=file,
        model=model,
        family="",
        preset=load_preset(str(folder / "p.toml")),
        upstream="",
        **options,
    )
    publish_predictions(actor=system, found=found)


def _run(*options: str, code: int = 0) -> str:
    out = io.StringIO()
    if not code:
        call_command("cut_release", "small", *options, stdout=out)
    else:
        with pytest.raises(SystemExit) as ended:
            call_command("cut_release", "small", *options, stdout=out)
        assert ended.value.code == code
    return out.getvalue()
