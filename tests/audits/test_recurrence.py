"""When to audit again, and what is odd about new predictions."""

import random

import pytest

from audits.money import print_amount, read_amount
from audits.recurrence import LONGEST, SHORTEST, odd_groups, recommended_days
from registry.errors import InvalidInput


def test_the_more_is_found_the_sooner_the_next_audit() -> None:
    days = [recommended_days(wrong=n, labels=1_000, days=180) for n in (0, 5, 10, 20, 500)]
    assert days == sorted(days, reverse=True)
    assert days[0] == LONGEST
    assert days[-1] == SHORTEST
    # 10 of 1,000 in 180 days: one in a hundred is wrong after about as long again.
    assert days[2] == pytest.approx(180, abs=5)


def test_a_group_that_fails_alone_is_odd() -> None:
    dice = random.Random(1)
    rows = [(f"g{n % 10}", dice.random() < 0.6) for n in range(1_000)]
    assert odd_groups(rows) == []
    rows += [("coma", False)] * 12
    (odd,) = odd_groups(rows)
    assert (odd.group, odd.disagree, odd.total) == ("coma", 12, 12)
    assert odd.expected == pytest.approx(0.4, abs=0.06)


def test_chance_alone_is_hardly_ever_odd() -> None:
    found = 0
    for seed in range(40):
        dice = random.Random(seed)
        rows = [(f"g{n % 55}", dice.random() < 0.5) for n in range(1_047)]
        found += bool(odd_groups(rows))
    assert found <= 1


def test_few_predictions_or_one_group_say_nothing() -> None:
    assert odd_groups([("a", False)] * 4 + [("b", True)] * 100) == []
    assert odd_groups([("a", False)] * 50) == []


@pytest.mark.parametrize(
    ("text", "shown"), [("12.5", "12.50"), ("0", "0.00"), ("0.0003", "0.0003")]
)
def test_amounts(text: str, shown: str) -> None:
    assert print_amount(read_amount(text)) == shown


@pytest.mark.parametrize("text", ["-1", "much", "", "NaN", "1e30"])
def test_no_amount(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no amount"):
        read_amount(text)


def test_a_billionth_is_not_nothing() -> None:
    assert print_amount(1, "USD") == "0.000000001 USD"
