"""What votes mean beside a label: blind answers, samples, votes made elsewhere."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from errata.manifest import canonical_json

from audits.models import AuditRun, Case, Look, Standing, Vote
from audits.policies import load_policy
from audits.reading import dossier_of
from audits.selectors import current_policy
from audits.services.preview_decision import candidates
from audits.services.triage_instances import triage_instances
from audits.summary import summary_of
from audits.tiers import with_tier
from audits.voices import evidence_of, voices_of
from registry.labels import read_label
from registry.models import Benchmark, Head, Instance
from registry.selectors import preset_of, system_user
from registry.services.keep_text import keep_text
from registry.services.revise_label import revise_label
from tests.small import import_file, qa_row, small_benchmark, write_csv
from versions.pending import pending_changes


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path)


def head(key: str) -> Head:
    return Head.objects.select_related("revision", "instance").get(instance__key=key)


def vote(key: str, verdict: str, answer: str = "", **fields: Any) -> Vote:
    """One vote on the current label of an instance; blind unless it is named otherwise."""
    at = head(key)
    sentence, detail = fields.pop("sentence", ""), fields.pop("detail", None)
    named = {"verifier": "blind", "version": "1", "input": f"{Vote.objects.count():064}"}
    made = Vote.objects.create(
        **(named | fields),
        verdict=verdict,
        answer=answer,
        rationale=keep_text(sentence),
        detail=keep_text(canonical_json(detail)) if detail else "",
        at=at.revision.at,
    )
    Look.objects.create(instance=at.instance, revision=at.revision, vote=made)
    return made


def triaged(benchmark: Benchmark, *keys: str) -> list[Standing]:
    ids = list(Instance.objects.filter(key__in=keys).values_list("pk", flat=True))
    triage_instances(benchmark=benchmark, instance_ids=ids)
    return list(Standing.objects.filter(pk__in=ids).order_by("instance__key"))


def tiers(benchmark: Benchmark) -> dict[str, str]:
    """Tiers by key as pages show them; a release frozen now says the same."""
    heads = with_tier(Head.objects.filter(benchmark=benchmark))
    shown = dict(heads.values_list("instance__key", "tier"))
    keys = dict(Instance.objects.values_list("pk", "key"))
    assert {keys[p.instance_id]: p.tier_after for p in pending_changes(benchmark)} == shown
    return shown


def test_a_blind_answer_that_the_label_refuses_is_an_objection(benchmark: Benchmark) -> None:
    vote("q1", "support", "12", sentence="Ten and two.")
    vote("q2", "support", "20.5")
    objected, supported = triaged(benchmark, "q1", "q2")
    assert (objected.bucket, objected.tier) == ("possible", "unreviewed")
    assert objected.reasons == ["blind: Ten and two."]
    assert (supported.bucket, supported.tier) == ("clear", "consensus")
    shown = tiers(benchmark)
    assert (shown["q1"], shown["q2"], shown["q3"]) == ("unreviewed", "consensus", "unreviewed")


def test_the_same_answer_speaks_anew_beside_a_new_label(benchmark: Benchmark) -> None:
    said = vote("q1", "support", "10")
    assert triaged(benchmark, "q1")[0].tier == "consensus"
    revise_label(
        actor=system_user(),
        instance=head("q1").instance,
        label=read_label("12", "number", preset_of(benchmark)),
        expected=None,
        reason="upstream",
        cause=("event", "x"),
        at=said.at,
    )
    assert tiers(benchmark)["q1"] == "unreviewed", "a tier holds for the revision that earned it"
    now = head("q1")
    Look.objects.create(instance=now.instance, revision=now.revision, vote=said)
    assert triaged(benchmark, "q1")[0].reasons == ["blind."]
    assert tiers(benchmark)["q1"] == "unreviewed"


def test_candidates_and_dossier_hear_blind_objections(benchmark: Benchmark) -> None:
    vote("q1", "support", "12", sentence="Ten and two.")
    vote("q1", "support", "10", verifier="other", detail={"step": "unit"})
    vote("q1", "object", verifier="metadata")
    case = Case.objects.create(
        benchmark=benchmark, instance=head("q1").instance, bucket="contested"
    )
    assert [(c.answer, c.source) for c in candidates(case)] == [("12", "blind")]
    assert dossier_of(case, revealed=False).voices == (), (
        "an expert who has not answered yet is not told"
    )
    Case.objects.update(status="closed")
    case.refresh_from_db()
    said = [
        (v.verifier, v.verdict, v.sentence, v.step) for v in dossier_of(case, revealed=True).voices
    ]
    assert said == [
        ("blind", "object", "Ten and two.", ""),
        ("metadata", "object", "", ""),
        ("other", "support", "", "unit"),
    ]


def test_a_run_counts_what_votes_mean(benchmark: Benchmark) -> None:
    vote("q1", "support", "12")
    vote("q2", "support", "20")
    vote("q3", "object", verifier="plain")
    run = AuditRun.objects.create(benchmark=benchmark, verifiers=["blind", "plain"])
    table = summary_of(run)["verifiers"]
    assert table["blind"] | {"failures": 0} == {
        "votes": 2,
        "objections": 1,
        "supports": 1,
        "abstentions": 0,
        "failures": 0,
    }
    assert table["plain"]["objections"] == 1


def test_samples_are_one_voice_by_super_majority(benchmark: Benchmark) -> None:
    for key, answers in (("q1", "12 12 12 12 10"), ("q2", "20 20 20 20 30"), ("q3", "1 1 1 2 2")):
        for sample, answer in enumerate(answers.split()):
            vote(key, "support", answer, input=key.zfill(64), sample=sample)
    triaged(benchmark, "q1", "q2", "q3")
    said = {key: voices_of(benchmark, head(key).revision_id)[0] for key in ("q1", "q2", "q3")}
    assert [voice.verdict for voice in said.values()] == ["object", "support", "abstain"]
    assert (said["q1"].answer, said["q1"].share) == ("12", 0.8)
    assert [tiers(benchmark)[key] for key in said] == ["unreviewed", "consensus", "unreviewed"]
    run = AuditRun.objects.create(benchmark=benchmark, verifiers=["blind"])
    row = summary_of(run)["verifiers"]["blind"]
    assert (row["objections"], row["supports"], row["abstentions"]) == (1, 1, 1)


def test_votes_of_a_verifier_that_the_hub_has_not_count(benchmark: Benchmark) -> None:
    vote("q1", "object", "12", verifier="somebody elsewhere")
    evidence = evidence_of(benchmark, [head("q1").revision_id], current_policy(benchmark))
    assert [v.verifier for v in evidence[head("q1").revision_id].voices] == ["somebody elsewhere"]
    assert triaged(benchmark, "q1")[0].bucket == "possible"


def test_a_moved_risk_band_counts_more(db: None, tmp_path: Path) -> None:
    rows = [
        qa_row(n, group="Glasgow Coma Score (GCS)", kind="integer", answer="8", lower="", upper="")
        for n in (1, 2)
    ]
    import_file(write_csv(tmp_path / "gcs.csv", rows))
    benchmark = Benchmark.objects.get()
    vote("q1", "object", "12")
    vote("q2", "object", "7")
    moved, kept = triaged(benchmark, "q1", "q2")
    assert (moved.bucket, kept.bucket) == ("contested", "possible")
    assert moved.score == kept.score
    assert moved.reasons[-1] == "An answer that is proposed lies in another risk band."
    assert load_policy().band_weight > 1


def test_evidence_names_group_split_and_source(benchmark: Benchmark) -> None:
    revision = head("q4").revision_id
    evidence = evidence_of(benchmark, [revision], current_policy(benchmark))[revision]
    assert (evidence.key, evidence.group, evidence.split) == ("q4", "tens", "test")
    assert (evidence.answer, evidence.kind, evidence.source) == ("40", "number", "")


def test_as_many_queries_for_one_label_as_for_all(benchmark: Benchmark) -> None:
    for number in range(1, 7):
        vote(f"q{number}", "support", "12", sentence="so")
    policy, ids = current_policy(benchmark), list(Head.objects.values_list("revision", flat=True))
    counts = []
    for some in (ids[:1], ids):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(evidence_of(benchmark, some, policy)) == len(some)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4
    assert voices_of(benchmark, ids[0])[0].verdict == "object"
