"""Rewards for reinforcement learning, by the answer contract: for verl and for TRL.

`compute_score` has the signature that verl documents for a custom reward function, `trl_reward`
that of a TRL reward function. Both take what stands in a release's reward files; the reward is 1
for a right answer and 0 for any other response.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from errata.contract import Contract, pack_label
from errata.manifest import canonical_json

TRAIN = "train"
_READING = ("version", "unanswerable", "extraction", "grading")


class NoReward(ValueError):
    """A row that no reward may be given for; the message says why."""


def reward_row(
    row: Mapping[str, Any],
    contract: Contract,
    *,
    release: str,
    role: str,
    allowed: Sequence[str] = (TRAIN,),
    canary: str = "",
) -> dict[str, Any]:
    """A row of a release in verl's columns: prompt, packed label, and what a reward needs beside.

    `release` is `slug@version`, `role` that of the row's split. Raises NoReward where the role is
    not among `allowed`: training on a test split makes every result on it worthless. The row of a
    masked label has no right answer and says that it is not valid.
    """
    if role not in allowed:
        raise NoReward(
            f"{row['key']} is of the split {row['split']!r}, which is no train split. Take train "
            "splits; a benchmark's policy may allow others with rewards_from."
        )
    return {
        "data_source": f"errata/{release}",
        "prompt": [{"role": "user", "content": contract.prompt(row["inputs"] or {}, row["kind"])}],
        "ability": row["group"] or release.partition("@")[0],
        "reward_model": {"style": "rule", "ground_truth": pack_label(row) if row["valid"] else ""},
        "extra_info": {
            "index": row["position"],
            "key": row["key"],
            "split": row["split"],
            "tier": row["tier"],
            "posterior": row["posterior"],
            "valid": row["valid"],
            "mask": row["mask"],
            "weight": float(row["posterior"][0]["probability"]),
            "contract": reading(contract),
            "notice": "" if role == TRAIN else notice(row["split"]),
            "canary": canary,
        },
    }


def reading(contract: Contract) -> str:
    """As JSON what of a contract it takes to read and grade a response; not the prompt."""
    fields = contract.to_dict()
    return canonical_json({name: fields[name] for name in _READING})


def notice(split: str) -> str:
    """What a reward file says that was made from another than a train split."""
    return (
        f"Made from the split {split!r}, which is no train split, since the benchmark's policy "
        "allows it. Whoever trains on it must not report results on it."
    )


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    *,
    weighted: bool = False,
) -> float:
    """The reward of one response, as verl calls it: 1.0 if it is right, else 0.0.

    With `weighted` a right answer is worth the probability that the label is right. Raises NoReward
    for a masked label and for rows that are not of a release's reward file.
    """
    given = extra_info or {}
    if "contract" not in given:
        raise NoReward(f"The row of {data_source} names no contract; use a release's reward file.")
    if not given.get("valid", True) or not ground_truth:
        raise NoReward(f"The label of {given.get('key')} is masked; leave the row out.")
    outcome = _contract(given["contract"]).grade_packed(solution_str, ground_truth)
    weight = float(given["weight"]) if weighted else 1.0
    return weight if outcome.is_correct else 0.0


def trl_reward(
    completions: Sequence[Any],
    reward_model: Sequence[Mapping[str, Any]],
    extra_info: Sequence[Mapping[str, Any]],
    **_: Any,
) -> list[float | None]:
    """The rewards of a batch, as TRL calls it; None for a masked label, which TRL then leaves out.

    Completions are texts or, for conversations, lists of messages, of which the last counts.
    """
    return _rewards(completions, reward_model, extra_info, weighted=False)


def trl_weighted_reward(
    completions: Sequence[Any],
    reward_model: Sequence[Mapping[str, Any]],
    extra_info: Sequence[Mapping[str, Any]],
    **_: Any,
) -> list[float | None]:
    """As `trl_reward`, a right answer being worth the probability that the label is right."""
    return _rewards(completions, reward_model, extra_info, weighted=True)


def _rewards(
    completions: Sequence[Any],
    reward_model: Sequence[Mapping[str, Any]],
    extra_info: Sequence[Mapping[str, Any]],
    *,
    weighted: bool,
) -> list[float | None]:
    rewards: list[float | None] = []
    for completion, model, info in zip(completions, reward_model, extra_info, strict=True):
        truth = model["ground_truth"]
        if not truth or not info.get("valid", True):
            rewards.append(None)
            continue
        rewards.append(compute_score("trl", _text(completion), truth, info, weighted=weighted))
    return rewards


def _text(completion: Any) -> str:
    if isinstance(completion, str):
        return completion
    return str(completion[-1]["content"]) if completion else ""


@lru_cache(maxsize=16)
def _contract(reading: str) -> Contract:
    """The contract behind what `reading` gave; its prompt is nobody's and never used."""
    fields = json.loads(reading)
    return Contract.from_dict(Contract().to_dict() | {name: fields[name] for name in _READING})
