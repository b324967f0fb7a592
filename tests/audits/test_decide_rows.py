"""Cases decided from a file: each row through the same checks, a bad one stops no other."""

import io
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from audits.models import Case, Decision, Opinion
from audits.services.claim_case import claim_case
from audits.services.decide_rows import decide_rows
from audits.services.take_in_reports import take_in_reports
from audits.sheets import (
    CUT,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UNPACKED,
    guarded,
    read_table,
    unguarded,
    written_csv,
    written_xlsx,
)
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Event, Head, Role
from registry.selectors import system_user
from registry.services.create_user import create_user
from registry.services.set_member import set_member
from tests.pages.conftest import file
from tests.small import SLUG, People, people, small_benchmark

ROW = {"key": "q1", "outcome": "correct", "answer": "12", "category": "wrong_answer", "reason": "x"}


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    return small_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """Reports on q1 to q3 have opened three cases."""
    made = people(benchmark)
    for key in ("q1", "q2", "q3"):
        file(benchmark, made.user, key, "12345")
    take_in_reports(benchmark.pk)
    return made


def decide(benchmark: Benchmark, actor: Any, *rows: dict[str, str], **more: Any) -> list[str]:
    checked = decide_rows(actor=actor, benchmark=benchmark, rows=rows, **more)
    return [each.state for each in checked]


def test_a_dry_run_checks_everything_and_writes_nothing(benchmark: Benchmark, crew: People) -> None:
    before = (Event.objects.count(), list(Case.objects.values_list("status", "claimed_by")))
    (checked,) = decide_rows(actor=crew.expert, benchmark=benchmark, rows=[ROW])
    assert (checked.line, checked.state, checked.before, checked.after) == (2, "fine", "10", "12")
    assert (Event.objects.count(), list(Case.objects.values_list("status", "claimed_by"))) == before
    assert not Opinion.objects.exists()


def test_rows_are_decided_and_the_same_file_again_changes_nothing(
    benchmark: Benchmark, crew: People
) -> None:
    rows = (
        ROW,
        {"id": "q2", "outcome": "confirm", "reason": "Right."},
        {"key": "q3", "outcome": "", "answer": ""},
    )
    told = {"upstream": "v1/test", "dry_run": False}
    assert decide(benchmark, crew.expert, *rows, **told) == ["decided", "decided", "empty"]
    assert Head.objects.get(instance__key="q1").revision.answer == "12"
    assert set(Decision.objects.values_list("instance__key", "actor")) == {
        ("q1", crew.expert.public_id),
        ("q2", crew.expert.public_id),
    }
    assert decide(benchmark, crew.expert, *rows, **told) == ["case moved", "case moved", "empty"]
    assert Decision.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "state", "said"),
    [
        ({"answer": "a lot"}, "unreadable", "a lot"),
        ({"outcome": "maybe"}, "unreadable", "no outcome"),
        ({"reason": ""}, "unreadable", "Say why"),
        ({"category": ""}, "unreadable", "category"),
        ({"key": "q99"}, "unreadable", "no instance"),
        ({"key": "q6"}, "case moved", "no case that waits"),
        ({"revision": "7"}, "case moved", "changed meanwhile"),
        ({"case": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "case moved", "another case"),
    ],
)
def test_a_bad_row_is_named_and_stops_no_other(
    changed: dict[str, str], state: str, said: str, benchmark: Benchmark, crew: People
) -> None:
    good = ROW | {"key": "q2", "answer": "25"}
    checked = decide_rows(
        actor=crew.expert, benchmark=benchmark, rows=[ROW | changed, good], dry_run=False
    )
    assert [each.state for each in checked] == [state, "decided"]
    assert said in checked[0].said
    assert list(Decision.objects.values_list("instance__key", flat=True)) == ["q2"]


@pytest.mark.parametrize(
    ("answer", "outcome", "label"),
    [("10.5", "confirm", "10"), ("12", "correct", "12"), ("N/A", "not_computable", "N/A")],
)
def test_a_blind_answer_confirms_or_corrects(
    answer: str, outcome: str, label: str, benchmark: Benchmark, crew: People
) -> None:
    """Right within the label's limits is right."""
    row = ROW | {"outcome": "answer", "answer": answer}
    assert decide(benchmark, crew.expert, row, dry_run=False) == ["decided"]
    assert Decision.objects.get().outcome == outcome
    assert Head.objects.get(instance__key="q1").revision.answer == label
    assert Opinion.objects.get(blind=True).answer == answer


def test_a_row_that_stands_twice(benchmark: Benchmark, crew: People) -> None:
    assert decide(benchmark, crew.expert, ROW, ROW) == ["fine", "unreadable"]


def test_a_case_that_somebody_else_holds(benchmark: Benchmark, crew: People) -> None:
    other = create_user(actor=system_user(), username="other")
    set_member(actor=system_user(), benchmark=benchmark, user=other, role=Role.EXPERT)
    claim_case(actor=other, case=Case.objects.get(instance__key="q1"))
    assert decide(benchmark, crew.expert, ROW, dry_run=False) == ["not yours"]


def test_one_s_own_report_alone_is_not_decided(benchmark: Benchmark, crew: People) -> None:
    file(benchmark, crew.expert, "q5", "7")
    take_in_reports(benchmark.pk)
    assert decide(benchmark, crew.expert, ROW | {"key": "q5"}, dry_run=False) == ["not yours"]


def test_only_experts(benchmark: Benchmark, crew: People) -> None:
    for actor in (crew.user, crew.maintainer):
        with pytest.raises(NotAllowed):
            decide(benchmark, actor, ROW)


def test_the_command(benchmark: Benchmark, crew: People, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "decided.csv"
    path.write_bytes(written_csv(list(ROW), [ROW, ROW | {"key": "q99"}]))
    call_command("decide_cases", SLUG, str(path), "--dry-run", "--actor", "expert")
    out = capsys.readouterr().out
    assert "1 fine" in out
    assert "line 3, q99: unreadable" in out
    assert not Decision.objects.exists()
    call_command("decide_cases", SLUG, str(path), "--actor", "expert")
    assert "1 decided" in capsys.readouterr().out
    assert Decision.objects.count() == 1


# --- spreadsheets --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "'x"])
def test_no_cell_is_run(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["-3.5", "+2", "12", "", "a = b"])
def test_numbers_and_plain_texts_stay(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("write", [written_csv, written_xlsx])
def test_what_is_written_is_read_again(write: Any) -> None:
    rows = [{"key": "q1", "note": "=HYPERLINK(1)\nnext"}, {"key": "é", "note": "-3"}]
    name = "a.csv" if write is written_csv else "a.xlsx"
    assert read_table(name, io.BytesIO(write(["key", "note"], rows))) == rows


def test_what_no_cell_of_a_workbook_holds_is_told() -> None:
    """CSV has the whole text; a workbook says that it has not."""
    fits, long = "x" * MAX_CELL, "x" * (MAX_CELL + 1)
    table = ["fits", "long"], [{"fits": fits, "long": long}]
    (whole,) = read_table("a.csv", io.BytesIO(written_csv(*table)))
    assert whole == {"fits": fits, "long": long}
    (cut,) = read_table("a.xlsx", io.BytesIO(written_xlsx(*table)))
    assert cut == {"fits": fits, "long": fits + CUT}
    assert len(fits + CUT) < 32_767, "what spreadsheets open"


def test_no_formula_in_a_workbook() -> None:
    book = load_workbook(io.BytesIO(written_xlsx(["a"], [{"a": "=1+1"}])))
    assert [cell.data_type for cell in book.active["A"]] == ["s", "s"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "no header"),
        ("a.csv", b"\xff\xfe1", "no UTF-8"),
        ("a.csv", b"key,key\n1,2", "two columns"),
        ("a.csv", b"key\n" + b"q\n" * (MAX_ROWS + 1), "more than 2,000 rows"),
        ("a.csv", b"x" * 10_000_001, "larger than 10 MB"),
        ("a.xlsx", b"PK no workbook", "no workbook"),
    ],
)
def test_files_that_cannot_be_taken(name: str, data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_table(name, io.BytesIO(data))


def test_a_workbook_that_unpacks_too_far() -> None:
    """It says how large it is before anything is unpacked."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", bytes(MAX_UNPACKED + 1))
    assert packed.tell() < 10_000_000
    with pytest.raises(InvalidInput, match="unpacks to more"):
        read_table("a.xlsx", io.BytesIO(packed.getvalue()))


def test_columns_beyond_the_last_are_left() -> None:
    names = [f"c{number}" for number in range(MAX_COLUMNS + 50)]
    data = f"{','.join(names)}\n{','.join(names)}\n".encode()
    (row,) = read_table("a.csv", io.BytesIO(data))
    assert list(row) == names[:MAX_COLUMNS]


def test_semicolons_as_some_spreadsheets_write() -> None:
    assert read_table("a.csv", io.BytesIO(b"key;answer\nq1;1,5\n")) == [
        {"key": "q1", "answer": "1,5"}
    ]


def test_a_workbook_that_is_damaged_further_down_is_refused() -> None:
    whole = io.BytesIO(written_xlsx(["a"], [{"a": "x"}] * 50))
    damaged = io.BytesIO()
    with ZipFile(whole) as source, ZipFile(damaged, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            target.writestr(name, body[: len(body) // 2] if "sheet1" in name else body)
    with pytest.raises(InvalidInput, match="no workbook that can be read"):
        read_table("a.xlsx", io.BytesIO(damaged.getvalue()))
