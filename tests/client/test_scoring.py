"""Figures of scores, each by hand on a few answers."""

import pytest
from errata.answers import parse_answer
from errata.contract import Contract
from errata.grading import Label, Limits
from errata.intervals import paired_shift, wilson
from errata.scoring import WHOLE, Counted, Mark, Question, Score, Tally, judge, read_posterior

CONTRACT = Contract()
TENTH = Limits.within(relative="0.1")


def label(text: str) -> Label:
    answer = parse_answer(text, "number")
    return Label(answer, text, Limits.exact() if answer.unanswerable else Limits.between("9", "11"))


def band(text: str) -> str:
    """High from 10 on."""
    return "high" if float(text) >= 10 else "low"


def question(text: str = "10", **told: object) -> Question:
    return Question(label(text), **({"group": "g", "tier": "unreviewed"} | told))  # type: ignore[arg-type]


def scored(*answers: tuple[str, Question], band_cost: str = "") -> Score:
    tally = Tally()
    for text, asked in answers:
        tally.add(judge(text, asked, CONTRACT))
    return tally.score(release_rows=10, band_cost=band_cost)


def test_what_an_answer_comes_to() -> None:
    def mark(text: str, asked: Question) -> Mark:
        return judge(text, asked, CONTRACT).cell.mark

    assert mark("10.9", question()) is Mark.CORRECT
    assert mark("12", question()) is Mark.INCORRECT
    assert mark("N/A", question()) is Mark.ABSTAINED
    assert mark("about ten", question()) is Mark.UNPARSABLE
    assert mark("N/A", question("N/A")) is Mark.RIGHTLY_ABSTAINED
    assert mark("10", question("N/A")) is Mark.INCORRECT


def test_what_does_not_count_is_not_wrong() -> None:
    tally = Tally()
    tally.add(judge("10", question(), CONTRACT))
    tally.skip(Mark.INPUT_CHANGED)
    tally.skip(Mark.NOT_IN_RELEASE)
    score = tally.score(release_rows=4)
    told = score.figures()
    assert (told["rows"], told["counted"], told["correct"], told["accuracy"]) == (3, 1, 1, 1.0)
    assert (told["input_changed"], told["not_in_release"], told["coverage"]) == (1, 1, 0.25)
    assert bytes(tally.marks) == bytes([Mark.CORRECT, Mark.INPUT_CHANGED, Mark.NOT_IN_RELEASE])
    assert Score.from_dict(score.to_dict()) == score


def test_parts_of_a_score() -> None:
    score = scored(
        ("10", question()),
        ("12", question(group="h")),
        ("N/A", question("N/A", tier="contested")),
        ("N/A", question(group="h")),
    )
    assert (score.correct, score.abstained) == (2, 2)
    assert score.answerable == Counted(3, 1)
    assert score.unanswerable == Counted(1, 1)
    assert score.uncontested == Counted(3, 1)
    assert score.groups == {"g": Counted(2, 2), "h": Counted(2, 0)}
    low, high = wilson(2, 4) or (0, 0)
    assert score.figures()["interval"] == [round(low, 6), round(high, 6)]


def test_each_part_of_a_score_has_its_own_figures() -> None:
    """Eight answers of ten rows, of which each part holds other ones."""
    doubted = {"tier": "contested", "posterior": [(None, 600_000), (label("20"), 300_000)]}
    figures = scored(
        ("10", question(posterior=[(None, 900_000)])),
        ("10", question()),
        ("30", question(group="h")),
        ("20", question(**doubted)),
        ("10", question(group="h", **doubted)),
        ("N/A", question("N/A", group="h")),
        ("5", question("N/A", group="", tier="contested")),
        ("N/A", question("N/A")),
    ).figures()

    def part(rows: int, correct: int) -> dict[str, object]:
        ends = [round(end, 6) for end in wilson(correct, rows) or ()]
        return {"rows": rows, "correct": correct, "share": correct / rows, "interval": ends}

    assert (figures["coverage"], figures["correct"], figures["accuracy"]) == (0.8, 5, 0.625)
    # 0.9 and 0.6 for the rows' own labels, 0.3 for the other one; no other posterior is told.
    assert figures["expected_accuracy"] == 0.225
    assert figures["answerable"] == part(5, 3)
    assert figures["unanswerable"] == part(3, 2) | {"share": 0.666667}
    assert figures["uncontested"] == part(5, 4)
    assert figures["groups"] == {
        "g": part(4, 3),
        "h": part(3, 2) | {"share": 0.666667},
    }


def test_expected_accuracy_shares_out_the_doubt() -> None:
    text = (
        '[{"answer":"10","probability":"0.7"},{"answer":"20","probability":"0.2"},'
        '{"answer":null,"probability":"0.1"}]'
    )
    asked = question(posterior=read_posterior(text, "number", TENTH))
    # 21 lies within a tenth of 20; nothing is known of what else may be right.
    assert [judge(a, asked, CONTRACT).expected for a in ("10", "21", "30", "x")] == [
        700_000, 200_000, 0, 0,
    ]  # fmt: skip
    figures = scored(("10", asked), ("21", asked)).figures()
    assert (figures["accuracy"], figures["expected_accuracy"]) == (0.5, 0.45)
    # The first is rewarded and wrong with 0.3, the second is not and right with 0.2.
    assert figures["wrong_reward_rate"] == 0.25
    assert WHOLE == 1_000_000


def test_an_error_that_moves_the_risk_band_costs_more() -> None:
    banded = question(band=band)
    answers = [("10", banded), ("20", banded), ("3", banded), ("x", banded), ("7", question())]
    score = scored(*answers, band_cost="3")
    assert (score.banded, score.moved) == (4, 1)
    # One error of 3, three of 1; all rows wrong would have cost 4 × 3 + 1.
    assert score.risk_weighted == pytest.approx(1 - 6 / 13)
    assert scored(*answers).risk_weighted is None
    assert scored(("7", question()), band_cost="3").risk_weighted is None


def test_the_interval_of_a_shift_is_newcombes() -> None:
    """Newcombe 1998, Stat. Med. 17:2635, table II, method 10: 36, 12, 2, 0."""
    assert paired_shift(36, 2, 12, 0) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    low, high = paired_shift(36, 12, 2, 0) or (0, 0)
    assert (low, high) == pytest.approx((-0.3404, -0.0569), abs=5e-5)
    assert paired_shift(0, 0, 0, 0) is None
    assert paired_shift(5, 0, 0, 5) == pytest.approx((0, 0), abs=0.35)
