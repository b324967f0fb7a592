"""How two texts differ, word by word."""

from time import process_time

import pytest
from errata.word_diff import MOST, changed_inputs, word_diff


def _told(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.op, piece.text) for piece in word_diff(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("a b c", "a x c", [("same", "a"), ("removed", " b"), ("added", " x"), ("same", " c")]),
        ("a b", "a b c", [("same", "a b"), ("added", " c")]),
        ("", "a b", [("added", "a b")]),
        ("a  b", "a b", [("same", "a"), ("removed", "  b"), ("added", " b")]),
        ("a b b c", "a b c", [("same", "a b"), ("removed", " b"), ("same", " c")]),
        ("same", "same", [("same", "same")]),
    ],
)
def test_words(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert _told(before, after) == pieces


def test_unchanged_words_far_from_a_change_are_left_out() -> None:
    long = " ".join(f"w{n}" for n in range(100))
    first, removed, added, last = _told(f"{long} old {long}", f"{long} new {long}")
    assert (removed, added) == (("removed", " old"), ("added", " new"))
    assert first[1] == " … w92 w93 w94 w95 w96 w97 w98 w99"
    assert last[1] == " w0 w1 w2 w3 w4 w5 w6 w7 …"


def test_texts_without_much_in_common_are_replaced_whole() -> None:
    before, after = ("x" + " y" * MOST, "z" + " y" * MOST + " z")
    assert [op for op, _ in _told(before, after)] == ["removed", "added"]


def test_a_long_text_of_few_words_takes_no_time() -> None:
    before, after = ["0", "1"] * 700, ["1", "0", "2"] * 466
    start = process_time()
    told = _told(" ".join(before), " ".join(after))
    assert process_time() - start < 1  # 10 s where each 0 and 1 may begin a run
    assert "".join(text for op, text in told if op != "added") == " ".join(before)
    assert "".join(text for op, text in told if op != "removed") == " ".join(after)


def test_only_inputs_that_differ_are_told() -> None:
    before = {"question": "How much?", "choices": ["one", "two"], "note": "x", "gone": "y"}
    after = {"question": "How much?", "choices": ["one", "three"], "note": "x", "new": 3}
    told = {
        name: [(p.op, p.text) for p in pieces] for name, pieces in changed_inputs(before, after)
    }
    assert told == {
        "choices": [("same", "one"), ("removed", "\ntwo"), ("added", "\nthree")],
        "new": [("added", "3")],
        "gone": [("removed", "y")],
    }
