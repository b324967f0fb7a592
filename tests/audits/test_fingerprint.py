"""Near-duplicates: the same inputs up to formatting, and nothing that differs in what it says."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from audits import items as loading
from audits.fingerprint import fingerprint, plain, translated
from audits.items import load_items
from audits.models import Fingerprint, Standing
from audits.services.fingerprint_contents import fingerprint_contents
from audits.services.rebuild_heads import rebuild_heads
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, Instance
from registry.selectors import system_user
from registry.services.remove_text import remove_text
from tests.small import import_file, qa_row, small_benchmark, write_csv, write_jsonl

SAME = [
    ("What is 1,000 × 2?", "what is  1000 × 2"),
    ("A 5.0 mg dose", "a 5 mg dose."),
    ("A 5mg dose", "A 5 mg dose"),
    ("0.5 mL", ".5 mL"),
    ("1\u00a0234\u202f567 cells", "1,234,567 cells"),
    ("café", "cafe\u0301"),
    ("ﬁrst “quoted” – word", 'First "quoted" - word'),
    ("Ｆｕｌｌ　ｗｉｄｔｈ １２", "full width 12"),
    ("soft\u00adhyphen and zero\u200bwidth", "softhyphen and zerowidth"),
    ("−5 °C", "-5 °C"),
    ("line one\r\n\r\nline two", "Line one. Line two!"),
    ("follow-up", "follow up"),
    ("½ tablet", "1/2 tablet"),
]
DIFFERENT = [
    ("a dose of 12 mg", "a dose of 13 mg"),
    ("a dose of 12 mg", "a dose of 1.2 mg"),
    ("a dose of 1 2 mg", "a dose of 12 mg"),
    ("a change of -5", "a change of 5"),
    ("at 10:30", "at 10 30"),
    ("10²", "102"),
    ("x ① 2", "x 12"),
    ("1½", "11/2"),
    ("1.500 mg", "1.5 mg"),
    ("1,5 mg", "15 mg"),
    ("x > 5", "x < 5"),
    ("x != 5", "x = 5"),
    ("(a + b) * c", "a + b * c"),
    ("f'(x)", "f(x)"),
    ("5' tall", '5" tall'),
    ("5 %", "5"),
    ("5 ‰", "5 %"),
    ("क", "कि"),
    ("3·4", "34"),
    ("version 1.2.30", "version 1.2.3"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_formatting_does_not_count(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_it_says_counts(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@given(st.decimals(0, 10**9, places=3), st.decimals(0, 10**9, places=3))
def test_numbers_that_differ_never_match(one: Any, other: Any) -> None:
    texts = [f"give {number:,f} mg" for number in (one, other)]
    assert (plain(texts[0]) == plain(texts[1])) == (one == other)


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_plain_text_stays(text: str) -> None:
    once = plain(text)
    assert once == " ".join(once.split())
    fingerprint("text", {"question": text, "more": [text, {"a": text}, 1.5, None, True]})


def test_every_field_counts() -> None:
    whole = fingerprint("number", {"note": "a 5", "question": "How?"})
    assert fingerprint("number", {"question": "how", "note": "A 5."}) == whole
    for other in ({"note": "how", "question": "a 5"}, {"note": "a 5 how"}, {"note": "a 5"}):
        assert fingerprint("number", other).value != whole.value
    assert fingerprint("integer", {"note": "a 5", "question": "How?"}).value != whole.value
    assert fingerprint("number", {"question": "…"}).value == ""
    assert fingerprint("number", {}).value == ""


def options(*choices: str) -> Any:
    return fingerprint("choice", {"question": "Which?", "choices": list(choices)})


def test_options_may_stand_in_another_order() -> None:
    one, other = options("red", "green", "blue"), options("Blue.", "red", "green")
    assert one.value == other.value
    moved = [translated(letter, one.order, other.order) for letter in "ABC"]
    assert moved == ["B", "C", "A"]
    assert [translated(letter, other.order, one.order) for letter in moved] == ["A", "B", "C"]
    assert translated("N/A", one.order, other.order) == "N/A"
    assert translated("D", one.order, other.order) == "D"
    assert options("red", "green", "black").value != one.value


def test_options_that_speak_of_each_other_stay_where_they_are() -> None:
    assert options("red", "green", "all of the above").value != (
        options("green", "red", "all of the above").value
    )
    assert options("red", "green", "A and B").value != options("A and B", "green", "red").value


def test_options_alike_without_formatting_are_compared_with_it() -> None:
    assert options("a-b", "a b").value != options("a b", "a-b").value
    assert options("a-b", "a b") == options("a-b", "a b")


def planted(folder: Path) -> Benchmark:
    """Near-duplicates with another label (q2), with the same (q3), and a near miss (q4)."""
    rows = [
        qa_row(1, question="Give 1,000 mg of X. How much?", context="Café"),
        qa_row(2, question="give  1000 mg of x – how much", context="cafe\u0301"),
        qa_row(3, question="Give 1000.0 mg of X: how much?", context="CAFÉ", answer="10.5",
               lower="9.5", upper="11.5"),
        qa_row(4, question="Give 1,001 mg of X. How much?", context="Café"),
        qa_row(5, question="Give 1,000 mg of X. How much?", context="Cafe"),
    ]  # fmt: skip
    import_file(write_csv(folder / "near.csv", rows), upstream="v1/test")
    return Benchmark.objects.get()


def audited(benchmark: Benchmark) -> dict[str, str]:
    """The reason by key of those that contradict."""
    run = start_audit(actor=system_user(), benchmark=benchmark, verifiers=["contradiction"])
    assert work_on_run(run_id=run.pk)
    assert not run.attempts.exists()
    found = Standing.objects.exclude(bucket="clear").order_by("instance__key")
    return {key: reasons[0] for key, reasons in found.values_list("instance__key", "reasons")}


def twins(benchmark: Benchmark) -> dict[str, tuple[Any, ...]]:
    ids = sorted(Instance.objects.filter(benchmark=benchmark).values_list("pk", flat=True))
    return {one.item.key: one.item.twins for one in load_items(benchmark, ids[0], ids[-1])}


@pytest.mark.django_db
def test_near_duplicates_with_other_labels_contradict(tmp_path: Path) -> None:
    benchmark = planted(tmp_path)
    found = audited(benchmark)
    assert sorted(found) == ["q1", "q2", "q3"]
    assert found["q1"] == (
        "contradiction: The same inputs, up to formatting, have the answer 20 in q2."
    )
    told = {key: [twin[0] for twin in others] for key, others in twins(benchmark).items()}
    assert told == {"q1": ["q2", "q3"], "q2": ["q1", "q3"], "q3": ["q1", "q2"], "q4": [], "q5": []}


@pytest.mark.django_db
def test_a_key_that_moved_with_its_option_is_the_same(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "split": "test", "question": "Which?", "choices": ["x", "y"], "answer": "A"},
        {"id": "b", "split": "test", "question": "which", "choices": ["Y", "X"], "answer": "B"},
        {"id": "c", "split": "test", "question": "Which …", "choices": ["y", "x"], "answer": "B"},
    ]
    import_file(
        write_jsonl(tmp_path / "mc.jsonl", rows), preset="multiple-choice", upstream="v1/test"
    )
    benchmark = Benchmark.objects.get()
    assert audited(benchmark) == {}
    assert twins(benchmark)["a"] == (("b", "A", "{}"), ("c", "A", "{}"))
    assert twins(benchmark)["b"] == (("a", "B", "{}"), ("c", "B", "{}"))


@pytest.mark.django_db
def test_a_key_that_stayed_when_options_moved_contradicts(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "split": "test", "question": "Which?", "choices": ["x", "y"], "answer": "A"},
        {"id": "b", "split": "test", "question": "Which?", "choices": ["y", "x"], "answer": "A"},
    ]
    import_file(
        write_jsonl(tmp_path / "mc.jsonl", rows), preset="multiple-choice", upstream="v1/test"
    )
    assert sorted(audited(Benchmark.objects.get())) == ["a", "b"]


@pytest.mark.django_db
def test_fingerprints_are_made_once_and_can_be_made_anew(tmp_path: Path) -> None:
    benchmark = planted(tmp_path)
    assert fingerprint_contents(benchmark=benchmark) == 5
    assert fingerprint_contents(benchmark=benchmark) == 0
    before = list(Fingerprint.objects.order_by("pk").values_list())
    Fingerprint.objects.filter(pk=before[0][0]).update(version=0, value="outdated")
    Fingerprint.objects.filter(pk=before[1][0]).delete()
    assert fingerprint_contents(benchmark=benchmark) == 2
    assert list(Fingerprint.objects.order_by("pk").values_list()) == before
    Fingerprint.objects.update(value="spoilt")
    rebuild_heads(actor=system_user(), benchmark=benchmark)
    assert list(Fingerprint.objects.order_by("pk").values_list()) == before


@pytest.mark.django_db
def test_inputs_that_were_removed_are_like_themselves_alone(tmp_path: Path) -> None:
    benchmark = planted(tmp_path)
    for key in ("q1", "q2"):
        content = Instance.objects.get(key=key).revisions.get().content_id
        remove_text(actor=system_user(), digest=content, reason="Identifies a patient.")
    assert fingerprint_contents(benchmark=benchmark) == 5
    assert twins(benchmark) == {f"q{number}": () for number in range(1, 6)}


@pytest.mark.django_db
def test_many_equal_ones_are_told_by_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MAX_TWINS", 3)
    rows = [qa_row(n, question="How?") for n in range(1, 8)]
    import_file(write_csv(tmp_path / "many.csv", rows), upstream="v1/test")
    benchmark = Benchmark.objects.get()
    fingerprint_contents(benchmark=benchmark)
    told = {key: [twin[0] for twin in others] for key, others in twins(benchmark).items()}
    assert told["q7"] == ["q1", "q2", "q3"]
    assert told["q1"] == ["q2", "q3"]


@pytest.mark.django_db
def test_chunks_ask_the_database_as_often_whatever_their_size(tmp_path: Path) -> None:
    counts = []
    for rows, slug in ((3, "three"), (60, "sixty")):
        benchmark = small_benchmark(tmp_path, rows, slug=slug)
        with CaptureQueriesContext(connection) as queries:
            fingerprint_contents(benchmark=benchmark)
            twins(benchmark)
        counts.append(len(queries))
    assert counts[0] == counts[1]
