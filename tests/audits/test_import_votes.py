"""Votes made elsewhere are first class: they are read whole, kept once and count in triage."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audits.models import Look, Standing, Vote
from audits.selectors import current_looks
from audits.services.import_votes import import_votes
from registry.errors import InvalidInput, NotAllowed
from registry.labels import read_label
from registry.models import Benchmark, Event, Instance
from registry.selectors import preset_of, system_user, texts
from registry.services.revise_label import revise_label
from tests.small import people, small_benchmark, write_jsonl


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path)


def line(**changed: Any) -> dict[str, Any]:
    return {
        "verifier": "panel-of-ours",
        "version": "2",
        "instance": "q2",
        "verdict": "object",
        "answer": "25",
        "confidence": 0.9,
        "rationale": "It is 25.",
        "detail": {"quotes": ["ten times 2"], "score": 0.5},
    } | changed


def bring(benchmark: Benchmark, folder: Path, *lines: Any, **options: Any) -> dict[str, int]:
    path = write_jsonl(folder / "votes.jsonl", lines)
    return import_votes(actor=system_user(), benchmark=benchmark, path=path, **options)


def test_votes_are_kept_linked_and_counted_in_triage(benchmark: Benchmark, tmp_path: Path) -> None:
    samples = [
        line(instance="q1", verdict="support", answer="10", blind=True, sample=n) for n in range(5)
    ]
    counts = bring(benchmark, tmp_path, line(), *samples)
    assert counts == {"lines": 6, "votes": 6, "looks": 6}
    vote = Vote.objects.get(verdict="object")
    instance = Instance.objects.get(key="q2")
    assert (vote.verifier, vote.version, vote.sample) == ("panel-of-ours", "2", 0)
    assert (vote.answer, vote.confidence) == ("25", 0.9)
    assert vote.input == instance.head.revision.digest
    said = texts([vote.rationale, vote.detail])
    assert said[vote.rationale] == "It is 25."
    assert json.loads(said[vote.detail]) == {"quotes": ["ten times 2"], "score": "0.5"}
    doubt = Standing.objects.get(instance=instance)
    assert doubt.bucket != "clear"
    assert any("It is 25." in reason for reason in doubt.reasons)
    assert Standing.objects.get(instance__key="q1").tier == "consensus"


def test_the_same_file_again_changes_nothing(
    benchmark: Benchmark, tmp_path: Path, capsys: Any
) -> None:
    path = write_jsonl(tmp_path / "votes.jsonl", [line(), line(instance="q3")])
    arguments = ("import_votes", benchmark.slug, str(path), "--upstream", "v1/test", "--json")
    call_command(*arguments)
    assert json.loads(capsys.readouterr().out)["votes"] == 2
    events = Event.objects.filter(kind="votes.imported").count()
    call_command(*arguments)
    assert json.loads(capsys.readouterr().out) == {
        "benchmark": benchmark.slug, "lines": 2, "votes": 0, "looks": 0,
    }  # fmt: skip
    assert Event.objects.filter(kind="votes.imported").count() == events == 1


def test_ids_of_a_space_that_is_not_there_are_refused(benchmark: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="v7/test:q2"):
        bring(benchmark, tmp_path, line(), upstream="v7/test")


def test_a_blind_vote_serves_the_next_label_of_the_same_content(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    votes = [line(blind=True, verdict="support", answer="20"), line(verifier="seeing")]
    bring(benchmark, tmp_path, *votes)
    instance = Instance.objects.get(key="q2")
    head = instance.head
    revise_label(
        actor=system_user(),
        instance=instance,
        label=read_label("21", "number", preset_of(benchmark)),
        expected=head.revision,
        reason="So.",
        cause=("decision", "x"),
        at=head.revision.at,
    )
    counts = bring(benchmark, tmp_path, votes[0])
    assert counts == {"lines": 1, "votes": 0, "looks": 1}
    counting = current_looks(benchmark).values_list("vote__verifier", flat=True)
    assert list(counting) == ["panel-of-ours"]  # the other one saw the old label


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"instance": "q77"}, "instance"),
        ({"verdict": "maybe"}, "verdict"),
        ({"answer": "a lot"}, "answer"),
        ({"verdict": "support", "answer": ""}, "answer"),
        ({"category": "no_such"}, "category"),
        ({"confidence": 2}, "confidence"),
        ({"sample": -1}, "sample"),
        ({"sample": "x"}, "sample"),
        ({"verifier": "limits"}, "verifier"),
        ({"verifier": "v" * 51}, "verifier"),
        ({"version": ""}, "version"),
        ({"blind": "yes"}, "blind"),
        ({"detail": ["x"]}, "detail"),
        ({"rationale": "NUL \0"}, "verdict"),
        ({"opinion": "x"}, "opinion"),
    ],
)
def test_a_bad_line_refuses_the_file(
    benchmark: Benchmark, tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        bring(benchmark, tmp_path, line(), line(**change), line(instance="q78"))
    problems = refused.value.details["problems"]
    assert problems[0] == {"line": 2, "field": field}
    assert problems[1] == {"line": 3, "field": "instance"}  # all are told
    assert not Vote.objects.exists()
    assert not Look.objects.exists()


def test_a_vote_says_one_thing_for_ever(benchmark: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="line 2, version"):
        bring(benchmark, tmp_path, line(), line(answer="26"))
    bring(benchmark, tmp_path, line())
    with pytest.raises(InvalidInput, match="line 1, version"):
        bring(benchmark, tmp_path, line(answer="26"))
    assert Vote.objects.get().answer == "25"


def test_only_maintainers_bring_votes(benchmark: Benchmark, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "votes.jsonl", [line()])
    crew = people(benchmark)
    for actor in (crew.user, crew.contributor, crew.expert):
        with pytest.raises(NotAllowed):
            import_votes(actor=actor, benchmark=benchmark, path=path)
    assert not Vote.objects.exists()
