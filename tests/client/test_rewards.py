"""Rewards by the contract, called with the signatures that verl and TRL document."""

import inspect
from typing import Any

import pytest
from errata.contract import Contract
from errata.rewards import NoReward, compute_score, reward_row, trl_reward, trl_weighted_reward

CONTRACT = Contract(version="1.1.0", unanswerable=("unknown",))
ROW = {
    "key": "q1",
    "split": "train",
    "position": 3,
    "kind": "number",
    "answer": "10",
    "limits": {"lower": "9.5", "upper": "10.5"},
    "inputs": {"question": "How much?"},
    "group": "",
    "tier": "expert",
    "posterior": [{"answer": "10", "probability": "0.8"}],
    "valid": True,
    "mask": [],
}
RIGHT, WRONG = "So <answer>9.9</answer>.", "So <answer>11</answer>."


def made(**changed: Any) -> dict[str, Any]:
    return reward_row(ROW | changed, CONTRACT, release="small@1.0.0", role="train")


def score(row: dict[str, Any], response: str, **options: Any) -> float:
    """As verl calls it: by keyword."""
    return compute_score(
        data_source=row["data_source"],
        solution_str=response,
        ground_truth=row["reward_model"]["ground_truth"],
        extra_info=row["extra_info"],
        **options,
    )


def test_a_row_has_the_columns_of_verl() -> None:
    row = made()
    assert list(row) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert row["data_source"] == "errata/small@1.0.0"
    assert row["ability"] == "small"
    assert row["prompt"] == [{"role": "user", "content": CONTRACT.prompt(ROW["inputs"], "number")}]  # type: ignore[arg-type]
    assert row["reward_model"]["style"] == "rule"
    assert (row["extra_info"]["weight"], row["extra_info"]["notice"]) == (0.8, "")


def test_the_signature_is_the_one_that_verl_documents() -> None:
    names = list(inspect.signature(compute_score).parameters)
    assert names[:4] == ["data_source", "solution_str", "ground_truth", "extra_info"]


@pytest.mark.parametrize(
    ("response", "plain", "weighted"),
    [(RIGHT, 1.0, 0.8), (WRONG, 0.0, 0.0), ("9.9", 0.0, 0.0), (RIGHT + WRONG, 0.0, 0.0)],
)
def test_one_for_right_and_nothing_else(response: str, plain: float, weighted: float) -> None:
    assert score(made(), response) == plain
    assert score(made(), response, weighted=True) == weighted


def test_the_words_of_the_contract_travel_with_the_row() -> None:
    row = made(answer="N/A", limits={})
    assert score(row, "<answer>unknown</answer>") == 1.0
    assert score(row, "<answer>unanswerable</answer>") == 0.0


def test_options_travel_with_the_row() -> None:
    inputs = {"question": "Which?", "choices": ["one", "two"]}
    row = made(kind="choice", answer="B", limits={}, inputs=inputs)
    assert score(row, "<answer>two</answer>") == score(row, "<answer>(b)</answer>") == 1.0


@pytest.mark.parametrize("role", ["test", "validation", ""])
def test_other_splits_are_refused(role: str) -> None:
    with pytest.raises(NoReward, match="no train split"):
        reward_row(ROW, CONTRACT, release="small@1.0.0", role=role)


def test_a_split_that_the_policy_allows_says_so() -> None:
    row = reward_row(
        ROW | {"split": "test"}, CONTRACT, release="s@1.0.0", role="test", allowed=("test",)
    )
    assert "must not report results" in row["extra_info"]["notice"]


def test_a_masked_label_gives_no_reward() -> None:
    row = made(valid=False, mask=["contested"])
    assert row["reward_model"]["ground_truth"] == ""
    with pytest.raises(NoReward, match="q1 is masked"):
        score(row, RIGHT)


def test_a_foreign_row_is_refused() -> None:
    with pytest.raises(NoReward, match="names no contract"):
        compute_score("elsewhere", RIGHT, "10", {})
    with pytest.raises(ValueError, match="no packed label"):
        score(made() | {"reward_model": {"ground_truth": "10"}}, RIGHT)


@pytest.mark.parametrize("messages", [False, True])
def test_trl_gets_a_list_with_none_for_masked_labels(*, messages: bool) -> None:
    """TRL gives every column of the batch, and more, by keyword."""
    rows = [made(), made(valid=False), made(), made()]
    texts = [RIGHT, RIGHT, WRONG, ""]
    batch = {name: [row[name] for row in rows] for name in rows[0]}
    batch |= {
        "completions": [[{"role": "assistant", "content": t}] if messages else t for t in texts],
        "prompts": batch.pop("prompt"),
        "completion_ids": [[1]] * 4,
        "trainer_state": None,
    }
    assert trl_reward(**batch) == [1.0, None, 0.0, 0.0]
    assert trl_weighted_reward(**batch) == [0.8, None, 0.0, 0.0]
