"""The three kinds together in a run: who is asked what, and what it comes to for a label."""

import re
from pathlib import Path
from typing import Any

import pytest

from audits.models import Attempt, Standing
from audits.voices import voices_of
from registry.labels import read_label
from registry.models import Benchmark, Head, Instance
from registry.selectors import preset_of, system_user, texts
from registry.services.revise_label import revise_label
from tests.audits.asking import audit
from tests.audits.endpoint import Answer, Request, ScriptedEndpoint, calls, says
from tests.small import SLUG, import_file, qa_row, write_csv

PANEL = """
[endpoints.here]
base_url = "{url}"
[models.a]
endpoint = "here"
model = "model-a"
[verifiers.metadata_audit]
models = ["a"]
[verifiers.blind_recompute]
models = ["a"]
[verifiers.cross_examine]
models = ["a"]
"""
SECRETS = ("987654", "EXPLANATION", "tens")
PROMPTS = {
    "metadata_audit": "You audit",
    "blind_recompute": "You solve",
    "cross_examine": "Several",
}


def kind_of(request: Request) -> str:
    """Whose prompt it is."""
    begins = request.body["messages"][0]["content"]
    return next(kind for kind, start in PROMPTS.items() if begins.startswith(start))


def number_in(request: Request) -> int:
    return int(re.findall(r"ten times (\d+)", request.text)[0])


def honest(request: Request) -> Answer:
    """A model that is right: the audit sees through one label, the blind one calculates."""
    kind, right = kind_of(request), str(10 * number_in(request))
    told = {"working": "", "quotes": [f"ten times {number_in(request)}"], "confidence": 0.9}
    if kind == "blind_recompute":
        if not request.tools_used:
            return calls("calculate", expression=f"10 * {number_in(request)}")
        return says(told | {"answer": request.tools_used[0], "reason": "Ten times."})
    if kind == "metadata_audit":
        wrong = "987654" in request.text
        told |= {"verdict": "object" if wrong else "abstain", "reason": "It is ten times."}
        return says(told | {"answer": right if wrong else "", "category": "wrong_answer"})
    told |= {"outcome": "decided", "fact": "Ten times is meant.", "category": "wrong_answer"}
    return says(told | {"answer": right})


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any, endpoint: ScriptedEndpoint) -> Benchmark:
    """Three rows, the second of which is wrong, and a panel with all three kinds."""
    settings.ERRATA_VERIFIERS = []
    settings.ERRATA_PANEL = tmp_path / "panel.toml"
    settings.ERRATA_PANEL.write_text(PANEL.format(url=endpoint.base_url))
    wrong = {"answer": "987654", "lower": "987654", "upper": "987654", "explanation": "EXPLANATION"}
    rows = [qa_row(1), qa_row(2, **wrong), qa_row(3)]
    import_file(write_csv(tmp_path / "rows.csv", rows))
    endpoint.script = honest
    return Benchmark.objects.get(slug=SLUG)


def test_the_panel_finds_the_wrong_label(benchmark: Benchmark, endpoint: ScriptedEndpoint) -> None:
    run = audit(benchmark)
    assert (run.status, Attempt.objects.count()) == ("finished", 0)
    kept = texts(told["prompt"] for told in run.panel.values())
    assert {text.split()[0] for text in kept.values()} == {p.split()[0] for p in PROMPTS.values()}
    asked = [(kind_of(request), number_in(request)) for request in endpoint.requests]
    for number in (1, 2, 3):
        assert asked.count(("metadata_audit", number)) == 1
        assert asked.count(("blind_recompute", number)) == 2 * 5  # a calculation, then the answer
    assert [number for kind, number in asked if kind == "cross_examine"] == [2]
    head = Head.objects.get(benchmark=benchmark, instance__key="q2")
    voices = {voice.verifier: voice for voice in voices_of(benchmark, head.revision_id)}
    assert {(v.verdict, v.answer) for v in voices.values()} == {("object", "20")}
    assert voices["blind_recompute@a"].share == 1.0
    assert voices["cross_examine@a"].sentence == "Ten times is meant."
    assert Standing.objects.get(pk=head.pk).bucket == "contested"
    assert not Standing.objects.exclude(pk=head.pk).filter(bucket="contested").exists()


def test_no_request_of_the_blind_one_holds_label_or_explanation(
    benchmark: Benchmark, endpoint: ScriptedEndpoint
) -> None:
    audit(benchmark)
    blind = [request for request in endpoint.requests if kind_of(request) == "blind_recompute"]
    assert len(blind) == 30
    assert [secret for secret in SECRETS for request in blind if secret in request.raw] == []
    others = [request for request in endpoint.requests if kind_of(request) == "metadata_audit"]
    assert any("EXPLANATION" in request.raw for request in others)  # they would have been seen


def test_another_label_asks_those_again_that_see_it(
    benchmark: Benchmark, endpoint: ScriptedEndpoint
) -> None:
    audit(benchmark)
    endpoint.requests.clear()
    audit(benchmark)
    assert endpoint.requests == []
    instance = Instance.objects.get(benchmark=benchmark, key="q2")
    revision = Head.objects.get(pk=instance.pk).revision
    revise_label(
        actor=system_user(),
        instance=instance,
        label=read_label("20", "number", preset_of(benchmark)),
        expected=None,
        reason="ten times",
        cause=("decision", "0" * 26),
        at=revision.at,
    )
    audit(benchmark)
    assert [kind_of(request) for request in endpoint.requests] == ["metadata_audit"]
    said = voices_of(benchmark, Head.objects.get(pk=instance.pk).revision_id)
    assert {v.verifier: v.verdict for v in said} == {
        "blind_recompute@a": "support",
        "metadata_audit@a": "abstain",
    }
