"""Comparing scores, beside the textbooks: pairs of marks, McNemar's test, intervals and ranks."""

from itertools import combinations

import numpy as np
import pytest
from errata.intervals import paired_shift
from errata.scoring import Mark
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from versions.scoring import (
    Answers,
    Marks,
    Pairs,
    Rank,
    change_of,
    moved,
    pair,
    pair_models,
    rank_models,
)

OUT, REWORDED, WRONG, RIGHT = Mark.NOT_IN_RELEASE, Mark.INPUT_CHANGED, Mark.INCORRECT, Mark.CORRECT
ABSTAINED, UNREAD, RIGHTLY = Mark.ABSTAINED, Mark.UNPARSABLE, Mark.RIGHTLY_ABSTAINED


def marks(*told: Mark) -> Marks:
    return np.array(told, dtype=np.uint8)


def of(*told: Mark, at: tuple[int, ...]) -> Answers:
    return Answers(np.array(at), marks(*told))


@pytest.mark.parametrize(
    "table",
    [(5, 0, 1, 4), (0, 0, 6, 0), (40, 2, 12, 6), (3, 12, 2, 3), (900, 31, 60, 9), (0, 7, 7, 0)],
)
def test_p_values_are_mcnemars_exact_ones(table: tuple[int, int, int, int]) -> None:
    both, lost, gained, neither = table
    found = Pairs(both, lost, gained, neither)
    assert found.p_value == pytest.approx(binomtest(lost, lost + gained, 0.5).pvalue)
    oracle = mcnemar([[both, lost], [gained, neither]], exact=True)
    assert found.p_value == pytest.approx(oracle.pvalue)
    assert found.figures()["p_value"] == round(oracle.pvalue, 6)


def test_where_nothing_differs_the_p_value_is_one() -> None:
    assert Pairs(0, 0, 0, 0).p_value == Pairs(9, 0, 0, 3).p_value == 1.0


@pytest.mark.parametrize("table", [(12, 8, 18, 12), (1, 3, 4, 12), (30, 10, 15, 5)])
def test_the_interval_of_unrelated_pairs_is_that_of_independent_samples(
    table: tuple[int, int, int, int],
) -> None:
    """Where phi is 0, Newcombe's method 10 for pairs is his method 10 for two samples."""
    both, lost, gained, neither = table
    rows = sum(table)
    assert both * neither == lost * gained
    oracle = confint_proportions_2indep(both + gained, rows, both + lost, rows, method="newcomb")
    assert paired_shift(*table) == pytest.approx(oracle)
    assert Pairs(*table).interval == pytest.approx(oracle)
    assert Pairs(*table).shift == (gained - lost) / rows


def test_the_interval_of_few_pairs_is_newcombes() -> None:
    """Fagerland, Lydersen and Laake 2014, Stat. Med. 33:2850: 1, 1, 7, 12 before and after."""
    assert Pairs(1, 1, 7, 12).interval == pytest.approx((0.026, 0.507), abs=5e-4)


def test_pairs_by_hand() -> None:
    before = marks(RIGHT, RIGHT, WRONG, UNREAD, OUT, REWORDED, RIGHTLY, OUT, RIGHT)
    after = marks(RIGHT, WRONG, RIGHT, ABSTAINED, RIGHT, WRONG, REWORDED, OUT, ABSTAINED)
    found = pair(before, after)
    assert found == Pairs(both=1, lost=2, gained=1, neither=1, only_before=1, only_after=2)
    assert (found.common, found.flipped, found.shift) == (5, 3, -0.2)
    assert moved(before, after, both=True).tolist() == [1, 2, 8]
    assert moved(before, after).tolist() == [1, 2, 4, 5, 6, 8]
    told = [change_of(int(before[place]), int(after[place])) for place in moved(before, after)]
    assert told == ["lost", "gained", "entered", "entered", "left", "lost"]


def test_models_are_compared_over_what_both_answered() -> None:
    """Instances 3, 5 and 8 are common; on 8 one of the answers does not count."""
    one = of(RIGHT, WRONG, RIGHT, RIGHT, at=(2, 3, 5, 8))
    other = of(RIGHT, RIGHT, REWORDED, WRONG, at=(3, 5, 8, 9))
    assert pair_models(one, other) == Pairs(1, 0, 1, 0, only_before=1)
    assert pair_models(other, one) == Pairs(1, 1, 0, 0, only_after=1)
    assert pair_models(one, of(RIGHT, at=(9,))).common == 0
    # As many answers, but to other instances.
    assert pair_models(one, of(RIGHT, RIGHT, RIGHT, RIGHT, at=(1, 3, 6, 7))) == Pairs(0, 0, 1, 0)


def compared(*models: list[bool]) -> dict[tuple[int, int], Pairs]:
    """Every pair of models that answered the same instances, by which each got right."""
    told = [
        Answers(np.arange(len(right)), marks(*(RIGHT if each else WRONG for each in right)))
        for right in models
    ]
    return {
        (one, other): pair_models(told[one], told[other])
        for one, other in combinations(range(len(told)), 2)
    }


def test_ranks_are_only_those_that_the_data_bear_out() -> None:
    """Two that cannot be told apart are ahead of one, and all of a fourth."""
    first, second = [True] * 38 + [False] * 2, [False] * 2 + [True] * 38
    third, fourth = [True] * 20 + [False] * 20, [True] * 4 + [False] * 36
    pairs = compared(third, first, fourth, second)
    ranks = rank_models(range(4), pairs)
    assert ranks == {1: Rank(1, 2), 3: Rank(1, 2), 0: Rank(3, 3), 2: Rank(4, 4)}
    assert rank_models([7], {}) == {7: Rank(1, 1)}
    assert rank_models([], {}) == {}


def test_ranks_take_holms_correction() -> None:
    """p is 0.0313 twice: borne out for one pair alone, not where three are compared."""
    better, worse = [True] * 6 + [True] * 4, [False] * 6 + [True] * 4
    (alone,) = compared(better, worse).values()
    assert alone.p_value == pytest.approx(0.03125)
    assert rank_models(range(2), compared(better, worse)) == {0: Rank(1, 1), 1: Rank(2, 2)}
    three = compared(better, worse, worse)
    assert rank_models(range(3), three) == dict.fromkeys(range(3), Rank(1, 3))


def test_holm_steps_down() -> None:
    """0.0215 is borne out beside a smaller one, and would not be by Bonferroni's correction."""
    pairs = {(0, 1): Pairs(9, 11, 0, 0), (0, 2): Pairs(9, 9, 1, 2), (1, 2): Pairs(3, 4, 2, 1)}
    values = [each.p_value for each in pairs.values()]
    assert multipletests(values, method="holm")[0].tolist() == [True, True, False]
    assert multipletests(values, method="bonferroni")[0].tolist() == [True, False, False]
    assert rank_models(range(3), pairs) == {0: Rank(1, 1), 1: Rank(2, 3), 2: Rank(2, 3)}


@pytest.mark.parametrize("seed", range(5))
def test_ranks_of_random_models_are_those_of_statsmodels(seed: int) -> None:
    chance = np.random.default_rng(seed)
    skills = chance.uniform(0.3, 0.9, 6)
    pairs = compared(*((chance.random(80) < skill).tolist() for skill in skills))
    differ = multipletests([each.p_value for each in pairs.values()], method="holm")[0]
    ahead, behind = [0] * 6, [0] * 6
    for ((one, other), found), is_sure in zip(pairs.items(), differ, strict=True):
        if is_sure:
            ahead[one if found.lost > found.gained else other] += 1
            behind[other if found.lost > found.gained else one] += 1
    assert any(differ)
    assert not all(differ)
    expected = {model: Rank(1 + behind[model], 6 - ahead[model]) for model in range(6)}
    assert rank_models(range(6), pairs) == expected


def test_answers_are_packed_and_unpacked() -> None:
    told = of(RIGHT, OUT, RIGHTLY, at=(3, 4, 10**12))
    back = Answers.unpacked(*told.packed())
    assert back.instances.tolist() == [3, 4, 10**12]
    assert back.marks.tolist() == [RIGHT, OUT, RIGHTLY]
