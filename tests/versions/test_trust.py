"""How far each row of a release can be trusted: tier, posterior and mask, frozen with it."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from audits.aggregation import Posterior
from audits.models import Standing
from audits.states import Bucket
from registry.errors import WrongState
from registry.models import Benchmark, Head
from registry.services.remove_text import remove_text
from versions.models import Change, Release
from versions.services.build_release import build_release
from versions.storage import folder_of
from versions.validity import MEANINGS, mask_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]
UNTOLD = [
    {"answer": "10.5", "probability": "0.8500"},
    {"answer": "N/A", "probability": "0.0375"},
    {"answer": None, "probability": "0.1125"},
]


def believe(benchmark: Benchmark, key: str, *shares: tuple[str, float], **values: Any) -> None:
    """What triage would write of a label: likelihoods of answers, the label's own first."""
    head = Head.objects.get(benchmark=benchmark, instance__key=key)
    told = Posterior(shares, round(1 - sum(share for _, share in shares), 4))
    known = {"posterior": told.to_text(), "probability": shares[0][1], "revision": head.revision}
    Standing.objects.update_or_create(
        pk=head.pk, defaults={"benchmark": benchmark, **known, **values}
    )


def rows(release: Release) -> dict[str, dict[str, Any]]:
    """The rows of a release's test split by key."""
    lines = (folder_of(release) / "data" / "test.jsonl").read_text(encoding="utf-8").split("\n")
    return {row["key"]: row for row in map(json.loads, lines[:-1])}


def test_a_row_of_which_nobody_knows_more_says_so(cut: Cut) -> None:
    row = rows(cut())["n1"]
    assert row["posterior"] == UNTOLD
    assert (row["tier"], row["valid"], row["mask"]) == ("unreviewed", True, [])


def test_what_is_believed_is_frozen_with_the_release(
    cut: Cut, small: Benchmark, correct: Any
) -> None:
    believe(small, "n1", ("10.5", 0.3), ("12", 0.6), ("N/A", 0.1), bucket=Bucket.CONTESTED)
    first = cut(waiver="known")
    told = [
        {"answer": "10.5", "probability": "0.3000"},
        {"answer": "12", "probability": "0.6000"},
        {"answer": "N/A", "probability": "0.1000"},
    ]
    assert rows(first)["n1"]["posterior"] == told
    assert rows(first)["n1"]["mask"] == ["contested", "improbable"]
    believe(small, "n1", ("10.5", 0.9), bucket=Bucket.CLEAR)
    build_release(first)
    assert rows(first)["n1"]["posterior"] == told
    assert rows(cut())["n1"]["mask"] == []


def test_a_belief_in_another_revision_is_none(cut: Cut, small: Benchmark, correct: Any) -> None:
    believe(small, "n1", ("10.5", 0.3), ("12", 0.7))
    correct("n1", "12")
    row = rows(cut())["n1"]
    assert [each["probability"] for each in row["posterior"]] == ["0.8500", "0.0375", "0.1125"]
    assert row["posterior"][0]["answer"] == "12"


def test_a_probability_that_moves_goes_along_and_is_no_release(
    cut: Cut, small: Benchmark, correct: Any
) -> None:
    cut()
    believe(small, "n1", ("10.5", 0.82))
    believe(small, "n2", ("-2", 0.79), ("2", 0.2))
    with pytest.raises(WrongState, match="Nothing changed"):
        cut()
    assert Change.objects.filter(sequence=2).count() == 0
    correct("i1", "8")
    second = cut()
    kinds = Change.objects.filter(release=second).values_list("instance__key", "kind")
    assert dict(kinds) == {"i1": "revised", "n2": "posterior"}
    assert rows(second)["n2"]["posterior"][1] == {"answer": "2", "probability": "0.2000"}
    assert rows(second)["n1"]["posterior"] == UNTOLD
    believe(small, "n2", ("-2", 0.75), ("2", 0.25))
    correct("i1", "9")
    assert Change.objects.filter(release=cut()).count() == 1


def test_both_data_files_say_the_same(cut: Cut, small: Benchmark) -> None:
    believe(small, "c1", ("B", 0.5), ("A", 0.4), bucket=Bucket.CONTESTED)
    release = cut(waiver="known")
    table = pq.read_table(folder_of(release) / "data" / "test.parquet").to_pylist()
    for row in table:
        told = rows(release)[row["key"]]
        for name in ("tier", "posterior", "valid", "mask"):
            assert row[name] == told[name], name
    assert [row["valid"] for row in table] == [True, True, True, False]


def test_a_row_without_inputs_is_masked(cut: Cut, small: Benchmark, system: Any) -> None:
    digest = Head.objects.get(instance__key="n1").revision.content_id
    remove_text(actor=system, digest=digest, reason="A name stood there.")
    assert rows(cut())["n1"]["mask"] == ["inputs_removed"]


@pytest.mark.parametrize(
    ("changed", "mask"),
    [
        ({}, []),
        ({"answer": "N/A", "limits": "{}"}, []),
        ({"tier": "contested"}, ["contested"]),
        ({"limits": '{"lower":"11","upper":"12"}'}, ["outside_limits"]),
        ({"has_inputs": False}, ["inputs_removed"]),
    ],
)
def test_a_mask_names_its_reasons(changed: dict[str, Any], mask: list[str]) -> None:
    row = {"tier": "expert", "posterior": UNTOLD, "kind": "number", "answer": "10.5"}
    given = row | {"limits": '{"relative":"0.05"}', "has_inputs": True} | changed
    assert mask_of(**given) == mask
    assert set(mask) <= set(MEANINGS)
