"""The queue: most doubtful first, every group seen, a reason for every place; and rulings."""

from dataclasses import replace

from audits.belief import learn
from audits.evidence import Decided, Evidence, Voice
from audits.ordering import order
from audits.policies import load_policy
from audits.proposals import propose_rulings

POLICY = load_policy()


def label(key: str, group: str = "A", **known: object) -> Evidence:
    kind = known.pop("kind", "integer")
    return Evidence(benchmark="b", key=key, group=group, kind=kind, **known)  # type: ignore[arg-type]


def decided(group: str, wrong: int, right: int, **known: object) -> list[Decided]:
    return [
        Decided(evidence=label(f"{group}{n}", group), wrong=n < wrong, **known)  # type: ignore[arg-type]
        for n in range(wrong + right)
    ]


def waiting(groups: int = 12, each: int = 8) -> list[Evidence]:
    return [label(f"{g}-{n}", f"G{g}") for g in range(groups) for n in range(each)]


def test_equal_decisions_and_seed_give_equal_places() -> None:
    given = decided("G1", 5, 1) + decided("G2", 0, 4)
    one = order(waiting(), learn(given, POLICY), seed="s")
    other = order(waiting()[::-1], learn(given[::-1], POLICY), seed="s")
    assert repr(one) == repr(other)
    assert one != order(waiting(), learn(given, POLICY), seed="t")
    assert sorted(place.key for place in one) == sorted(each.key for each in waiting())


def test_priorities_fall_and_every_place_has_its_reason() -> None:
    places = order(waiting(), learn(decided("G1", 5, 1), POLICY), seed="s")
    priorities = [place.priority for place in places]
    assert priorities == sorted(priorities, reverse=True)
    assert all(place.reason for place in places)
    first = places[0]
    assert first.key.startswith("1-")
    assert first.reason == "5 of 6 decided labels of G1 were wrong"


def test_a_decision_reorders_what_is_left() -> None:
    def places_of(group: str, given: list[Decided]) -> float:
        found = [place.key for place in order(waiting(), learn(given, POLICY), seed="s")]
        return sum(n for n, key in enumerate(found) if key.startswith(f"{group}-"))

    assert places_of("3", decided("G3", 4, 0)) < places_of("3", [])
    assert places_of("3", decided("G3", 0, 4)) > places_of("3", [])


def test_no_group_stays_unseen() -> None:
    # Group 0 is so bad that doubt alone would have the expert see nothing else for long.
    left = [label(f"0-{n}", "G0") for n in range(300)] + waiting(12)[8:]
    given = decided("G0", 30, 0)
    assert learn(given, POLICY).doubt(left[0]).probability > 0.9
    share = POLICY.exploration
    places = order(left, learn(given, POLICY), seed="s")
    early = [p for p in places[: round(12 / share)] if not p.key.startswith("0-")]
    assert {p.key.split("-")[0] for p in early} == {str(n) for n in range(1, 12)}
    assert early[0].reason.startswith("nobody has decided on any label of G")
    greedy = order(left, learn(given, replace(POLICY, exploration=0.0)), seed="s")
    assert all(p.key.startswith("0-") for p in greedy[:250])


def test_labels_of_one_unknown_group_do_not_crowd_the_front() -> None:
    left = [label(f"big-{n}", "big") for n in range(50)] + [label("small-0", "small")]
    given = decided("other", 1, 5)
    places = order(left, learn(given, replace(POLICY, exploration=0.0)), seed="s")
    assert [p.key for p in places].index("small-0") <= 1


def test_of_two_as_doubtful_the_more_harmful_comes_first() -> None:
    pair = [label("usual"), label("grave", impact=1.5)]
    places = order(pair, learn([], POLICY), seed="s")
    assert places[0].key == "grave"
    assert places[0].reason.endswith("an error would matter more than usual")


def test_a_ruling_is_proposed_for_what_the_errors_share() -> None:
    left = [label("x", "GCS", answer="9"), label("y", "GCS", answer="12"), label("z", "BMI")]
    wrong = [
        Decided(evidence=label(str(n), "GCS", answer=str(n)), wrong=True, truth=str(n - 4))
        for n in (9, 11, 13)
    ]
    (proposal,) = propose_rulings(wrong, left, POLICY)
    assert (proposal.group, proposal.keys) == ("GCS", ("x", "y"))
    assert proposal.sentence == (
        "3 of 3 decided labels of GCS were wrong alike: the right answer is the label -4; "
        "2 more labels wait."
    )
    assert propose_rulings(wrong[:2], left, POLICY) == []


def test_a_shared_step_settles_only_the_labels_that_show_it() -> None:
    def voices(step: str) -> tuple[Voice, ...]:
        return (Voice("recalculate", "object", step=step),)

    given = [
        *(Decided(evidence=label(str(n), voices=voices("unit")), wrong=True) for n in range(3)),
        *decided("A", 0, 6),
    ]
    left = [label("x", voices=voices("unit")), label("y", voices=voices("formula")), label("z")]
    (proposal,) = propose_rulings(given, left, POLICY)
    assert (proposal.keys, proposal.wrong, proposal.decided) == (("x",), 3, 3)
    assert proposal.shared == "recalculate objects to unit"


def test_what_else_errors_may_share() -> None:
    left = [label("x")]

    def shared(**known: object) -> list[str]:
        found = propose_rulings(decided("A", 4, 0, **known), left, POLICY)
        return [proposal.shared for proposal in found]

    assert shared(truth="N/A") == ["the inputs lack what the question needs"]
    assert shared(category="not_computable") == ["the experts say not_computable"]
    assert shared() == []
    ratio = [
        Decided(evidence=label(a, kind="number", answer=a), wrong=True, truth=t)
        for a, t in (("10", "20"), ("11", "22"), ("13", "26"))
    ]
    assert propose_rulings(ratio, left, POLICY)[0].shared == "the right answer is 2 times the label"
    uneven = [
        Decided(evidence=label(d, kind="date", answer=f"2024-01-{d}"), wrong=True, truth=t)
        for d, t in (("10", "2024-02-01"), ("11", "2024-03-09"), ("12", "2024-05-05"))
    ]
    assert propose_rulings(uneven, left, POLICY)[0].shared == "the label is too low"


def test_a_group_that_is_as_often_right_gets_no_ruling() -> None:
    given = decided("A", 4, 4, category="other")
    assert propose_rulings(given, [label("x")], POLICY) == []


def test_what_cannot_be_read_shares_nothing() -> None:
    given = decided("A", 4, 0, truth="about ten")
    assert propose_rulings(given, [label("x", answer="?")], POLICY) == []
    assert propose_rulings(decided("", 4, 0, category="other"), [label("x", "")], POLICY) == []


def test_groups_with_most_labels_waiting_come_first() -> None:
    given = decided("A", 3, 0, category="other") + decided("B", 3, 0, category="other")
    left = [label("1", "A"), label("2", "B"), label("3", "B")]
    assert [each.group for each in propose_rulings(given, left, POLICY)] == ["B", "A"]
    assert propose_rulings(given, [], POLICY) == []
