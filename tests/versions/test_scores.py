"""Scores of predictions: kept once for each set, release and contract, and seen by whom."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import signature
from django.conf import settings
from django.db import DatabaseError, transaction
from errata.rescoring import score_file
from errata.scoring import Score as Counts

from config.celery import app
from registry.contracts import changed_contract, contract_in_force
from registry.errors import Immutable, InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, Revision, Role, User
from registry.presets import load_preset
from registry.selectors import preset_of
from registry.services.create_user import create_user
from registry.services.set_contract import set_contract
from registry.services.set_member import set_member
from submissions.models import Prediction, PredictionSet
from submissions.selectors import evidence_of, get_predictions, visible_predictions
from submissions.services.admit_predictions import admit_predictions
from submissions.services.delete_predictions import delete_predictions
from submissions.services.publish_predictions import publish_predictions
from tests.versions.conftest import ROWS
from versions.models import Release, Score
from versions.rewordings import Pair
from versions.services.freeze_release import freeze_release
from versions.services.mark_rewordings import mark_rewordings
from versions.services.publish_release import publish_release
from versions.services.score_predictions import score_benchmark
from versions.services.take_predictions import take_predictions
from versions.services.withdraw_release import withdraw_release
from versions.storage import folder_of
from versions.tasks import score_benchmark as score_task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]
ANSWERS = {"n1": "10.5", "n2": "5", "i1": "7", "c1": "b", "d1": "2024-02-29", "u1": "N/A"}


@pytest.fixture
def ada(small: Benchmark, system: User) -> User:
    user = create_user(actor=system, username="ada", full_name="Ada Modeller")
    set_member(actor=system, benchmark=small, user=user, role=Role.CONTRIBUTOR)
    return user


@pytest.fixture
def take(small: Benchmark, tmp_path: Path) -> Callable[..., PredictionSet]:
    """Upload the answers of a model."""

    def take(actor: User, model: str = "m", **answers: str) -> PredictionSet:
        made_on = answers.pop("made_on", "")
        file = tmp_path / f"{model}.csv"
        told = answers or ANSWERS
        lines = [f'{key},"{answer}"' for key, answer in told.items()]
        file.write_text("\n".join(["id,prediction", *lines]) + "\n")
        return take_predictions(
            actor=actor,
            benchmark=small,
            path=file,
            model=model,
            preset=load_preset(str(tmp_path / "small.toml")),
            made_on=made_on,
        )

    return take


def kept(found: PredictionSet) -> dict[str, tuple[int, int]]:
    """Counted and correct rows by version and contract."""
    scores = Score.objects.filter(prediction_set=found).order_by("release__sequence", "contract")
    told = {}
    for score in scores.select_related("release"):
        counts = Counts.from_dict(score.counts)
        told[f"{score.release.version} {score.contract}"] = (counts.counted, counts.correct)
    return told


def test_scored_at_upload_and_at_every_publish_once(
    small: Benchmark, cut: Cut, correct: Any, take: Any, ada: User
) -> None:
    cut()
    found = take(ada)
    score_task(small.pk)
    assert kept(found) == {"1.0.0 1.0.0": (6, 5)}
    correct("n2", "5")
    cut()
    score_task(small.pk)
    score_task(small.pk)
    assert kept(found) == {"1.0.0 1.0.0": (6, 5), "1.1.0 1.0.0": (6, 6)}
    assert score_benchmark(small) == 0


@pytest.fixture
def at_once() -> Iterator[None]:
    """Messages are worked on where they are sent."""
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


def sweep() -> None:
    """Everything that beat sends for releases and scores."""
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"].startswith("versions."):
            signature(entry["task"]).apply_async()


@pytest.mark.usefixtures("at_once")
def test_what_is_sent_and_what_is_published_is_scored_by_the_workers(
    small: Benchmark,
    correct: Any,
    take: Any,
    ada: User,
    system: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """Each commit sends the message that scores; nobody asks for it by hand."""
    early = take(ada, "early")
    with django_capture_on_commit_callbacks(execute=True):
        freeze_release(actor=system, benchmark=small)
    assert kept(early) == {"1.0.0 1.0.0": (6, 5)}
    with django_capture_on_commit_callbacks(execute=True):
        found = take(ada)
    assert kept(found) == {"1.0.0 1.0.0": (6, 5)}
    correct("n2", "5")
    with django_capture_on_commit_callbacks(execute=True):
        freeze_release(actor=system, benchmark=small)
    assert kept(found) == {"1.0.0 1.0.0": (6, 5), "1.1.0 1.0.0": (6, 6)} == kept(early)


@pytest.mark.usefixtures("at_once")
def test_the_sweep_finds_what_lost_its_message(
    small: Benchmark,
    cut: Cut,
    correct: Any,
    take: Any,
    ada: User,
    system: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    cut()
    found = take(ada)
    assert kept(found) == {}
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert kept(found) == {"1.0.0 1.0.0": (6, 5)}
    correct("n2", "5")
    freeze_release(actor=system, benchmark=small)
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert kept(found) == {"1.0.0 1.0.0": (6, 5), "1.1.0 1.0.0": (6, 6)}
    with django_capture_on_commit_callbacks() as messages:
        sweep()
    assert messages == []  # nothing is missing any more


def test_an_error_that_moves_the_risk_band_costs_what_the_preset_says(
    small: Benchmark, bring: Any, cut: Cut, take: Any, ada: User
) -> None:
    """Bands of 0 to 1, 2, and 3 on: of two errors one moves the band, and costs 4."""
    group = "CURB-65 Score for Pneumonia Severity"
    rows = [(f"s{n}", "test", group, "integer", f"Ask {n}?", "", "1", "", "") for n in range(3)]
    bring(rows, '[scoring]\nband_cost = "4"\n')
    cut()
    found = take(ada, s0="4", s1="0", s2="1", n1="-1")
    score_benchmark(small)
    told = Counts.from_dict(found.scores.get().counts).figures()
    assert (told["banded"], told["moved_band"], told["band_cost"]) == (3, 1, "4")
    # Errors of 4, 1 and 1; three rows could have cost 4 and one 1.
    assert told["risk_weighted"] == round(1 - 6 / 13, 6)


def test_a_killed_worker_leaves_nothing_half_done(
    small: Benchmark, cut: Cut, take: Any, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut()
    found, other = take(ada), take(ada, "other")

    def die(*_: Any, **__: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Counts, "to_dict", die)
        with pytest.raises(MemoryError):
            score_task(small.pk)
    assert not Score.objects.exists()
    score_task(small.pk)
    assert kept(found) == kept(other) == {"1.0.0 1.0.0": (6, 5)}


def test_another_input_is_no_error(
    small: Benchmark, cut: Cut, bring: Any, take: Any, ada: User, system: User
) -> None:
    cut()
    found = take(ada, made_on="1.0.0")
    bring([(*ROWS[0][:4], "How much, in mg?", "", "11.5", "", "a"), *ROWS[1:]])
    cut()
    later = take(ada, "later")
    assert (found.made_on, later.made_on) == ("1.0.0", Release.objects.latest("sequence").version)
    score_benchmark(small)
    first, second = Score.objects.filter(prediction_set=found).order_by("release__sequence")
    assert first.counts["input_changed"] == 0
    assert (second.counts["input_changed"], second.counts["correct"]) == (1, 4)
    withdraw_release(
        actor=system, benchmark=small, version=later.made_on, reason="Wrong.", instead="1.0.0"
    )
    assert take(ada, "last").made_on == "1.0.0"
    # Made on the newer release, it is the older one whose input is another.
    first, second = Score.objects.filter(prediction_set=later).order_by("release__sequence")
    assert (first.counts["input_changed"], second.counts["input_changed"]) == (1, 0)


def test_a_rewording_that_keeps_the_meaning_lets_answers_count(
    small: Benchmark,
    cut: Cut,
    bring: Any,
    correct: Any,
    take: Any,
    ada: User,
    system: User,
    tmp_path: Path,
) -> None:
    def changed(found: PredictionSet) -> dict[str, int]:
        score_benchmark(small)
        scores = Score.objects.filter(prediction_set=found).order_by("release__sequence")
        return {s.release.version: s.counts["input_changed"] for s in scores}

    def mark(key: str, **options: Any) -> None:
        revisions = Revision.objects.filter(instance__key=key).order_by("number")
        before, after = dict.fromkeys(revisions.values_list("content_id", flat=True))
        pairs, reason = [Pair(key, before, after)], "Only a typing error."
        mark_rewordings(actor=system, benchmark=small, pairs=pairs, reason=reason, **options)

    cut()
    found = take(ada, made_on="1.0.0")
    bring(
        [(*row[:4], f"{row[4]} Say.", *row[5:]) if row[0] in ("n1", "n2") else row for row in ROWS]
    )
    mark("n1")
    cut(version="2.0.0")
    assert changed(found) == {"1.0.0": 0, "2.0.0": 1}
    assert changed(take(ada, "new", made_on="2.0.0")) == {"1.0.0": 1, "2.0.0": 0}
    # What was said later counts on later releases, however late the answers are sent.
    mark("n2")
    correct("i1", "8")
    cut(version="3.0.0")
    mark("n1", same=False)
    correct("i1", "9")
    cut(version="4.0.0")
    expected = {"1.0.0": 0, "2.0.0": 1, "3.0.0": 0, "4.0.0": 1}
    assert changed(found) == changed(take(ada, "late", made_on="1.0.0")) == expected
    expected = {"1.0.0": 1, "2.0.0": 0, "3.0.0": 0, "4.0.0": 0}
    assert changed(take(ada, "late and new", made_on="2.0.0")) == expected
    expected = {"1.0.0": 0, "2.0.0": 0, "3.0.0": 0, "4.0.0": 0}
    assert changed(take(ada, "newer", made_on="3.0.0")) == expected
    # The client, which has the folders alone, grades alike.
    folders = {release.version: str(folder_of(release)) for release in Release.objects.all()}
    for score in Score.objects.select_related("prediction_set", "release"):
        told = score_file(
            tmp_path / "new.csv",
            folders[score.release.version],
            made_on=folders[score.prediction_set.made_on],
        )
        ours = Counts.from_dict(score.counts).figures()
        assert told.score.figures() == ours


def test_a_release_that_is_not_there_is_refused(cut: Cut, take: Any, ada: User) -> None:
    cut()
    with pytest.raises(NotFound, match=r"no published release 9\.0\.0"):
        take(ada, made_on="9.0.0")
    assert not PredictionSet.objects.exists()


def test_a_new_contract_has_scores_of_its_own(
    small: Benchmark, cut: Cut, correct: Any, take: Any, ada: User, system: User
) -> None:
    cut()
    found = take(ada, **{**ANSWERS, "u1": "no way to tell"})
    score_benchmark(small)
    wanted = changed_contract(
        contract_in_force(small), {"version": "1.1.0", "unanswerable": ["N/A", "no way to tell"]}
    )
    set_contract(actor=system, benchmark=small, contract=wanted)
    correct("i1", "8")
    cut()
    score_benchmark(small)
    assert kept(found) == {
        "1.0.0 1.0.0": (6, 4),
        "1.0.0 1.1.0": (6, 5),
        "1.1.0 1.1.0": (6, 4),
    }


def test_a_score_is_never_changed(small: Benchmark, cut: Cut, take: Any, ada: User) -> None:
    cut()
    take(ada)
    score_benchmark(small)
    score = Score.objects.get()
    with pytest.raises(Immutable):
        score.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.update(contract="2.0.0")


def test_predictions_are_private_until_their_owner_publishes_them(
    small: Benchmark, cut: Cut, take: Any, ada: User, system: User
) -> None:
    cut()
    found = take(ada)
    score_benchmark(small)
    assert list(visible_predictions(small, ada)) == [found]
    for reader in (None, system):
        assert not visible_predictions(small, reader)
        with pytest.raises(NotFound):
            get_predictions(found.public_id, small, reader)
    for act in (publish_predictions, delete_predictions, admit_predictions):
        with pytest.raises(NotFound):
            act(actor=system, found=found)
    stored = Event.objects.get(kind="predictions.stored")
    assert stored.data == {"rows": 6}  # neither model nor file
    with pytest.raises(NotAllowed):
        admit_predictions(actor=ada, found=found)
    publish_predictions(actor=ada, found=found)
    publish_predictions(actor=ada, found=found)
    assert list(visible_predictions(small, None)) == [found]
    assert Event.objects.filter(kind="predictions.published").count() == 1
    with pytest.raises(WrongState, match="stay"):
        delete_predictions(actor=ada, found=found)
    with pytest.raises(NotAllowed, match="only who uploaded"):
        delete_predictions(actor=system, found=found)


def test_private_predictions_go_with_their_scores(
    small: Benchmark, cut: Cut, take: Any, ada: User
) -> None:
    cut()
    found = take(ada)
    score_benchmark(small)
    delete_predictions(actor=ada, found=found)
    assert (Score.objects.count(), Prediction.objects.count()) == (0, 0)
    assert Event.objects.get(kind="predictions.deleted").data == {}
    assert score_benchmark(small) == 0


def test_evidence_is_admitted_and_dismissed_by_maintainers(
    small: Benchmark, cut: Cut, take: Any, ada: User, system: User
) -> None:
    found, own = take(ada), take(system, "own")
    assert (found.admitted, own.admitted, found.made_on) == (False, True, "")
    publish_predictions(actor=ada, found=found)
    admit_predictions(actor=system, found=found)
    assert PredictionSet.objects.get(pk=found.pk).admitted
    # Evidence takes both: a maintainer's word and, of whoever uploaded it, that all may see it.
    assert list(evidence_of(small)) == [found]
    publish_predictions(actor=system, found=own)
    assert set(evidence_of(small)) == {found, own}
    admit_predictions(actor=system, found=own, admitted=False)
    assert list(evidence_of(small)) == [found]
    private = take(system, "private")
    assert private.admitted
    delete_predictions(actor=system, found=private)
    assert list(PredictionSet.objects.order_by("pk")) == [found, own]


def test_two_people_may_upload_the_same_file(
    small: Benchmark, take: Any, ada: User, system: User
) -> None:
    found = take(ada)
    other = take(system)
    assert found.pk != other.pk  # what is private is not told by an upload either
    assert take(ada).pk == found.pk
    publish_predictions(actor=system, found=other)
    eve = create_user(actor=system, username="eve")
    set_member(actor=system, benchmark=small, user=eve, role=Role.CONTRIBUTOR)
    assert take(eve).pk == other.pk


def test_logs_of_harnesses_hold_full_responses(
    small: Benchmark, cut: Cut, ada: User, tmp_path: Path
) -> None:
    cut()
    said = {key: f"Well … <answer>{answer}</answer>" for key, answer in ANSWERS.items()}
    said["n2"] = "I cannot tell."
    samples = tmp_path / "samples.jsonl"
    lines = [{"doc": {"key": key}, "resps": [[text]]} for key, text in said.items()]
    samples.write_text("".join(json.dumps(line) + "\n" for line in lines))
    log = tmp_path / "log.json"
    told = [{"id": key, "output": {"completion": text}} for key, text in said.items()]
    log.write_text(json.dumps({"samples": told}))
    preset = preset_of(small)
    for model, path in (("lm-eval", samples), ("inspect", log)):
        found = take_predictions(actor=ada, benchmark=small, path=path, model=model, preset=preset)
        score_benchmark(small)
        assert kept(found) == {"1.0.0 1.0.0": (6, 5)}
        assert found.scores.get().counts["unparsable"] == 1
        assert found.predictions.get(instance__key="n2").raw == "I cannot tell."
    log.write_text(json.dumps({"samples": [{"id": "x9", "output": {"completion": "?"}}]}))
    with pytest.raises(InvalidInput, match="there is no instance 'x9'"):
        take_predictions(actor=ada, benchmark=small, path=log, model="other", preset=preset)
    assert PredictionSet.objects.count() == 2


CHOICES = {"c1": ["one", "two", "three"], "c2": ["3", "0", "7"], "c3": ["up", "down"]}
SAID = {  # what a model may say: the option that it means to all readers, or none
    "c1": {"B": "B", "(b)": "B", "b. two": "B", " TWO ": "B", "1": "B", "0": "A", "2": "C"}
    | {"3": None, "01": None, "-1": None, "1.0": None, "one two": None, "N/A": "N/A"},
    "c2": {"3": "A", "0": "B", "7": "C", "1": None, "2": None, "b": "B"},
    "c3": {"0": "A", "1": "B", "2": None},
}


@pytest.mark.parametrize("form", ["csv", "jsonl", "response", "lm-eval", "preset"])
def test_hub_and_client_read_options_alike(
    bring: Any, system: User, tmp_path: Path, form: str
) -> None:
    """Letter, text or index: each file comes to the same marks here and by `errata score`."""
    labels = {"c1": "B", "c2": "B", "c3": "A"}
    base = ("test", "h", "choice", "Which?")
    bring([(k, *base, json.dumps(CHOICES[k]), labels[k], "", "") for k in CHOICES])
    small = Benchmark.objects.get(slug="small")
    release = publish_release(freeze_release(actor=system, benchmark=small).pk)
    for number in range(max(map(len, SAID.values()))):
        told = {key: list(said)[number] for key, said in SAID.items() if number < len(said)}
        path = _written(tmp_path, form, told)
        found = take_predictions(
            actor=system, benchmark=small, path=path, model="m", preset=preset_of(small)
        )
        score_benchmark(small)
        hub = Counts.from_dict(found.scores.get().counts).figures()
        client = score_file(path, str(folder_of(release))).score.figures()
        assert hub == client, told
        right = sum(SAID[key][text] == labels[key] for key, text in told.items())
        unread = sum(SAID[key][text] is None for key, text in told.items())
        assert (hub["correct"], hub["unparsable"]) == (right, unread), told


def _written(folder: Path, form: str, told: dict[str, str]) -> Path:
    """Answers in one of the forms that both read; `preset` needs one to say what `id` means."""
    if form in ("csv", "preset"):
        path = folder / f"{form}.csv"
        with path.open("w", newline="") as file:
            head = ("key" if form == "csv" else "id", "prediction")
            csv.writer(file).writerows([head, *told.items()])
        return path
    path, tags = folder / f"{form}.jsonl", "Hm … <answer>{}</answer>"
    lines: list[dict[str, Any]] = {
        "jsonl": [
            {"key": key, "answer": "label", "prediction": text} for key, text in told.items()
        ],
        "response": [{"key": key, "response": tags.format(text)} for key, text in told.items()],
        "lm-eval": [
            {"doc": {"key": key}, "resps": [[tags.format(text)]]} for key, text in told.items()
        ],
    }[form]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key,prediction\nn1,1\nx9,2\n", "line 2, key: there is no instance 'x9'; name it by"),
        ("key,prediction\nn1,1\nn1,2\n", "line 2, key: is the same instance as record 1; keep"),
        ("key,prediction\nn1\n", "Record 1 of p.csv lacks a key or an answer; it needs key or id"),
        ("id,prediction\nn1,1\nn1,2\n", "line 3, id: is the same instance as line 2; keep one"),
        ("id,prediction\nx9,2\n", "line 2, key: there is no instance 'x9'; name it by its key"),
        ("id,text\nn1,1\n", "p.csv has no column prediction, so no answer can be read. Rename"),
        ("name,prediction\nn1,1\n", "p.csv has no column id, so instances cannot be found by key"),
        ("id,prediction\n", "p.csv has no rows; nothing was stored."),
        ("", "The file is empty; it needs a header line."),
        ("key,prediction\nn1,a\0b\n", "holds a NUL character"),
    ],
)
def test_bad_rows_are_told_and_nothing_is_stored(
    small: Benchmark, ada: User, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(InvalidInput) as refusal:
        take_predictions(actor=ada, benchmark=small, path=path, model="m", preset=preset_of(small))
    assert said in refusal.value.message
    assert not PredictionSet.objects.exists()
