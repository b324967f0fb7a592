"""What a release's labels are worth as rewards: expected to be wrong, and flipped."""

from collections.abc import Callable
from typing import Any

import pytest

from audits.states import Bucket
from registry.models import Benchmark, Head, User
from registry.services.remove_text import remove_text
from tests.versions.conftest import ROWS
from tests.versions.test_cutting import predict
from tests.versions.test_trust import believe
from versions.models import Release
from versions.selectors import snapshot_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]


def part(rows: int, measured: int, rate: str | None) -> dict[str, Any]:
    return {"rows": rows, "measured": measured, "rate": rate}


def test_a_reward_is_wrong_where_the_label_does_not_grade_the_truth_as_right(
    cut: Cut, small: Benchmark, system: User
) -> None:
    """10.6 lies in the limits of n1; the other rows of g are as doubtful as any."""
    believe(small, "n1", ("10.5", 0.5), ("10.6", 0.3), ("20", 0.15), bucket=Bucket.CLEAR)
    believe(small, "u1", ("N/A", 0.9), ("3", 0.1), bucket=Bucket.CLEAR)
    believe(small, "c1", ("B", 0.4), ("A", 0.6), bucket=Bucket.CLEAR)
    gone = Head.objects.get(instance__key="t1").revision.content_id
    remove_text(actor=system, digest=gone, reason="A name stood there.")
    told = snapshot_of(cut())["quality"]["wrong_reward_rate"]
    assert told == {
        "reward_files": part(2, 1, "0.1250"),  # d1, u1; t1 has no inputs any more
        "valid": part(5, 2, "0.1500"),
        "all": part(7, 3, "0.2143"),  # and c1, whose label is the less likely one
        "splits": {"test": part(3, 1, "0.1667"), "train": part(2, 1, "0.1250")},
        "groups": [
            {"group": "g", **part(3, 1, "0.1667")},
            {"group": "h", **part(2, 1, "0.1250")},
        ],
        "more_groups": 0,
    }


def test_answers_to_other_inputs_are_no_noise(
    cut: Cut, small: Benchmark, system: User, bring: Any, correct: Any, tmp_path: Any
) -> None:
    """One set answered what n1 asked before it was reworded, the other what it asks now."""
    assert snapshot_of(cut())["quality"]["reward_noise"] is None
    answers = {"n1": "11", "n2": "-2"}
    predict(small, system, tmp_path, "old", answers, made_on="1.0.0")
    reworded = (*ROWS[0][:4], "How much, in mg?", "", "11", "", "a")
    bring([reworded, *ROWS[1:]])
    noise = snapshot_of(cut())["quality"]["reward_noise"]
    assert (noise["sets"], noise["answers"], noise["flipped"]) == (1, 1, 0)
    predict(small, system, tmp_path, "new", answers)
    correct("n1", "12")
    noise = snapshot_of(cut())["quality"]["reward_noise"]
    assert (noise["sets"], noise["answers"], noise["flipped"]) == (2, 3, 1)
    assert noise["groups"] == [{"group": "g", "answers": 3, "flipped": 1, "flip_rate": "0.3333"}]
