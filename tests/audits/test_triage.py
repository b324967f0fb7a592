"""Triage is a pure function: what it must do whatever the evidence."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from audits.evidence import Evidence, Policy, Voice
from audits.policies import load_policy
from audits.triage import is_sampled, triage

POLICY = load_policy()
VOICES = st.builds(
    Voice,
    st.sampled_from([*POLICY.doubt, "somebody's"]),
    st.sampled_from(["object", "support", "abstain"]),
    st.text(max_size=10),
)
EVIDENCE = st.builds(
    Evidence,
    benchmark=st.sampled_from(["one", "two"]),
    key=st.text(max_size=10),
    voices=st.lists(VOICES, max_size=6, unique_by=lambda voice: voice.verifier).map(tuple),
    open_reports=st.integers(0, 3),
    decided=st.booleans(),
    flawed=st.booleans(),
)


def label(**known: object) -> Evidence:
    return Evidence(benchmark="b", key="k", **known)  # type: ignore[arg-type]


def objection(*verifiers: str) -> tuple[Voice, ...]:
    return tuple(Voice(name, "object", f"{name} says so") for name in verifiers)


@given(EVIDENCE)
def test_the_same_evidence_gives_the_same_finding(evidence: Evidence) -> None:
    turned = replace(evidence, voices=evidence.voices[::-1])
    finding = triage(evidence, POLICY)
    assert finding == triage(evidence, POLICY)
    assert 0 <= finding.score <= 1
    other = triage(turned, POLICY)
    assert (finding.bucket, finding.score, finding.review) == (
        other.bucket,
        other.score,
        other.review,
    )


@given(EVIDENCE)
def test_an_open_report_is_contested_whatever_the_verifiers_say(evidence: Evidence) -> None:
    finding = triage(replace(evidence, open_reports=1), POLICY)
    assert (finding.bucket, finding.tier, finding.review) == ("contested", "contested", True)
    assert any("report" in reason for reason in finding.reasons)


@given(EVIDENCE)
def test_votes_never_reopen_a_decision(evidence: Evidence) -> None:
    decided = replace(evidence, decided=True, open_reports=0, flawed=False)
    finding = triage(decided, POLICY)
    assert (finding.bucket, finding.tier, finding.review) == ("clear", "expert", False)


@given(EVIDENCE)
def test_contested_goes_to_a_human_and_clear_does_not(evidence: Evidence) -> None:
    finding = triage(evidence, POLICY)
    assert finding.review >= (finding.bucket == "contested")
    assert not (finding.bucket == "clear" and finding.review)
    assert (finding.tier == "contested") == (finding.bucket == "contested")


def test_one_strong_objection_contests() -> None:
    for verifier in ("limits", "score_range", "contradiction", "steps", "consensus"):
        assert triage(label(voices=objection(verifier)), POLICY).bucket == "contested"


def test_one_weak_objection_is_possible_and_two_contest() -> None:
    assert triage(label(voices=objection("explanation")), POLICY).bucket == "possible"
    both = triage(label(voices=objection("explanation", "plugged in")), POLICY)
    assert both.bucket == "contested"
    assert both.reasons[0] == "explanation: explanation says so"


def test_a_support_is_consensus_only_without_objection() -> None:
    support = Voice("consensus", "support", "all agree")
    assert triage(label(voices=(support,)), POLICY).tier == "consensus"
    assert triage(label(voices=(support, *objection("explanation"))), POLICY).tier == "unreviewed"
    assert triage(label(), POLICY).tier == "unreviewed"


def test_the_sample_follows_its_rate_and_its_seed() -> None:
    labels = [Evidence(benchmark="b", key=str(n)) for n in range(5_000)]
    drawn = [is_sampled(evidence, POLICY) for evidence in labels]
    assert abs(sum(drawn) / len(drawn) - POLICY.sampled) < 0.02
    assert drawn != [is_sampled(e, replace(POLICY, seed="other")) for e in labels]
    assert all(is_sampled(e, replace(POLICY, sampled=1.0)) for e in labels)
    assert not any(is_sampled(e, replace(POLICY, sampled=0.0)) for e in labels)


def test_the_policy_gives_shares() -> None:
    assert isinstance(POLICY, Policy)
    for share in (*POLICY.doubt.values(), POLICY.sampled, POLICY.contested_from):
        assert 0 <= share <= 1
