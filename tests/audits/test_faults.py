"""When the labels of a group share one fault."""

from itertools import permutations

from audits.faults import Fault, group_faults


def rows(group: str, **counts: int) -> list[tuple[str, str, str]]:
    return [
        (group, "" if step == "fine" else step, "" if step == "fine" else f"{group}: {step}")
        for step, count in counts.items()
        for _ in range(count)
    ]


def test_a_fault_needs_five_labels_and_more_than_half_of_the_group() -> None:
    found = group_faults(
        rows("most", unit=6, fine=5)
        + rows("half", unit=6, fine=6)
        + rows("few", formula=4)
        + rows("five", formula=5)
        + rows("scattered", unit=4, formula=4, rounding=4)
    )
    assert [(fault.group, fault.step, fault.objected, fault.looked_at) for fault in found] == [
        ("five", "formula", 5, 5),
        ("most", "unit", 6, 11),
    ]
    assert found[1].sentence == (
        "6 of 11 labels differ in the same step (unit), as here: most: unit"
    )


def test_thresholds_can_be_moved() -> None:
    assert group_faults(rows("few", formula=4, fine=6)) == []
    assert len(group_faults(rows("few", formula=4, fine=6), least=3, share=0.3)) == 1


def test_the_sentence_most_labels_share_is_told_whatever_their_order() -> None:
    said = [("g", "unit", text) for text in ("b", "a", "c", "c", "a")]
    assert {tuple(group_faults(order)) for order in permutations(said)} == {
        (Fault("g", "unit", 5, 5, "5 of 5 labels differ in the same step (unit), as here: a"),)
    }


def test_a_reason_counts_whatever_the_numbers_before_it_are() -> None:
    said = [
        ("g", "formula", f"comes to {number}, but the label is {number + 1}: {reason}")
        for number, reason in enumerate(["age is left out", *["it counts twice"] * 4])
    ]
    (fault,) = group_faults(said)
    assert fault.sentence.endswith("comes to 1, but the label is 2: it counts twice")
