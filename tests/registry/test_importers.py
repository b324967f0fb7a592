"""Files of every format say the same; bad files import nothing and tell every bad place."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from registry.errors import InvalidInput
from registry.importers.base import Problems
from registry.models import Alias, Benchmark, Content, Head, ImportBatch, Instance, Revision, Text
from tests.small import HEADER, SLUG, csv_text, import_file, qa_row, write_csv, write_jsonl

pytestmark = pytest.mark.django_db

ROWS = [qa_row(1), qa_row(2, question='Wie heißt „zwanzig“?\nZwei Zeilen, "so"'), qa_row(3)]


def as_csv(path: Path) -> Path:
    return write_csv(path / "rows.csv", ROWS)


def with_bom(path: Path) -> Path:
    (path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + csv_text(ROWS).encode())
    return path / "bom.csv"


def with_crlf(path: Path) -> Path:
    text = csv_text(ROWS[:1] + ROWS[2:]).replace("\n", "\r\n")
    (path / "crlf.csv").write_bytes(text.encode())
    return path / "crlf.csv"


def as_jsonl(path: Path) -> Path:
    return write_jsonl(path / "rows.jsonl", ROWS)


def as_parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(ROWS), path / "rows.parquet")
    return path / "rows.parquet"


def zipped(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def zip_it(path: Path) -> Path:
        plain = make(path)
        target = plain.with_name(plain.name + ".gz")
        target.write_bytes(gzip.compress(plain.read_bytes()))
        return target

    return zip_it


def labels(slug: str = SLUG) -> list[tuple[Any, ...]]:
    """What was imported, without what differs between two imports."""
    heads = Head.objects.filter(benchmark__slug=slug).order_by("instance__position")
    return [
        (
            head.instance.key,
            head.instance.split,
            head.revision.content_id,
            head.revision.answer,
            head.revision.limits,
            head.revision.derivation,
            head.revision.group,
        )
        for head in heads.select_related("instance", "revision")
    ]


@pytest.mark.parametrize(
    "make",
    [with_bom, as_jsonl, as_parquet, zipped(as_csv), zipped(as_jsonl), zipped(as_parquet)],
    ids=["bom", "jsonl", "parquet", "csv.gz", "jsonl.gz", "parquet.gz"],
)
def test_every_format_says_the_same(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    import_file(as_csv(tmp_path))
    wanted = labels()
    again = import_file(make(tmp_path))
    assert (again.counts["identical"], again.counts["revisions"]) == (3, 0)
    import_file(make(tmp_path), slug="other")
    assert labels("other") == wanted


def test_line_ends_do_not_matter(tmp_path: Path) -> None:
    import_file(as_csv(tmp_path))
    assert import_file(with_crlf(tmp_path)).counts["identical"] == 2


def test_numbers_keep_the_digits_they_are_written_with(tmp_path: Path) -> None:
    written = ["23.977999999999998", "1e22", "12345678901234567890"]
    line = '{"id": %d, "split": "test", "kind": "number", "question": "?", "answer": %s}\n'
    (tmp_path / "n.jsonl").write_text("".join(line % pair for pair in enumerate(written)))
    import_file(tmp_path / "n.jsonl")
    answers = Head.objects.order_by("instance__position").values_list("revision__answer", flat=True)
    assert list(answers) == written


def nothing_was_written() -> bool:
    models = (Benchmark, ImportBatch, Instance, Alias, Content, Revision, Head)
    return not any(model._base_manager.exists() for model in models)


def refused(path: Path, **options: Any) -> InvalidInput:
    """The refusal of a file; nothing is written by it."""
    texts = Text.objects.count()
    with pytest.raises(InvalidInput) as caught:
        import_file(path, **options)
    assert nothing_was_written()
    assert Text.objects.count() == texts
    return caught.value


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


GOOD = csv_text([qa_row(1)])
HEAD = ",".join(HEADER) + "\n"


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([qa_row(1), qa_row(2), qa_row(1)], [(4, "key")]),
        ([qa_row(1, answer="about 10"), qa_row(2, answer="")], [(2, "answer"), (3, "answer")]),
        ([qa_row(1, answer="nan")], [(2, "answer")]),
        ([qa_row(1, answer="Infinity")], [(2, "answer")]),
        ([qa_row(1, lower="11", upper="9")], [(2, "answer")]),
        ([qa_row(1, lower="low")], [(2, "answer")]),
        ([qa_row(1, question="a\x00b")], [(2, "question")]),
        ([qa_row(1, explanation="a\x00b")], [(2, "explanation")]),
        ([qa_row(1, id="")], [(2, "id")]),
        ([qa_row(1, id="k" * 201)], [(2, "key")]),
        ([qa_row(1, id="a\tb")], [(2, "key")]),
        ([qa_row(1, group="g" * 201)], [(2, "group")]),
        ([qa_row(1, split="none")], [(2, "split")]),
        ([qa_row(1, kind="colour")], [(2, "answer")]),
        ([qa_row(1, question="")], [(2, "inputs")]),
        ([qa_row(1, kind="date", answer="2024-02-30", lower="", upper="")], [(2, "answer")]),
    ],
)
def test_bad_rows_are_named(
    tmp_path: Path, rows: list[dict[str, str]], problems: list[tuple[int, str]]
) -> None:
    for path, first in (
        (write_csv(tmp_path / "bad.csv", rows), 0),
        (write_jsonl(tmp_path / "bad.jsonl", rows), 1),
    ):
        error = refused(path)
        assert error.code == "bad_file"
        assert error.details["problems"] == [
            {"line": line - first, "field": field} for line, field in problems
        ]
        for line, field in problems:
            assert f"line {line - first}, {field}:" in error.message


@pytest.mark.parametrize(
    ("name", "data", "code", "told"),
    [
        ("no.csv", b"id,question\n1,x\n", "column_missing", "no column answer or target"),
        ("no.csv", b"question,answer\nx,1\n", "column_missing", "no column id"),
        ("twice.csv", b"id,answer,id\n1,2,3\n", "bad_header", "id twice"),
        ("empty.csv", b"", "bad_header", "empty"),
        ("head.csv", HEAD.encode(), "no_rows", "no rows"),
        ("empty.jsonl", b"\n \n", "no_rows", "no rows"),
        (
            "latin.csv",
            GOOD.encode() + "q2,caf\u00e9\n".encode("latin-1"),
            "wrong_encoding",
            "line 3",
        ),
        ("u16.csv", GOOD.encode("utf-16"), "wrong_encoding", "line 1"),
        ("latin.jsonl", b'{}\n{"a": "\xff"}\n', "wrong_encoding", "line 2"),
        ("cut.csv.gz", gzip.compress(GOOD.encode() * 99, mtime=0)[:-20], "damaged_file", "cut off"),
        ("plain.csv.gz", GOOD.encode(), "damaged_file", "Not a gzipped file"),
        (
            "latin.csv.gz",
            gzip.compress(b"id,answer\n1,\xe9\n", mtime=0),
            "wrong_encoding",
            "line 2",
        ),
        ("bad.parquet", b"PAR1 but no more", "damaged_file", "Parquet"),
        ("file.ods", b"PK", "unknown_format", "reads .csv"),
        ("noending", b"", "unknown_format", "reads .csv"),
        ("ragged.csv", (HEAD + "q1,test\n").encode() + GOOD.encode(), "bad_file", "2 cells where"),
        ("quote.csv", HEAD.encode() + b'q1,"te"st,x\n', "bad_file", "not valid CSV"),
        ("open.csv", HEAD.encode() + b'q1,"test\n', "bad_file", "not valid CSV"),
        ("nul.csv", GOOD.encode().replace(b"tens", b"te\x00ns"), "bad_file", "NUL"),
        ("cut.jsonl", b'{"id": "1", "answer": "2"', "bad_file", "not valid JSON"),
        ("list.jsonl", b"[1]\n", "bad_file", "not a JSON object"),
        ("nan.jsonl", b'{"id": "1", "answer": NaN}\n', "bad_file", "NaN is no JSON number"),
        ("half.jsonl", b'{"id": "1", "answer": "\\ud800"}\n', "bad_file", "surrogate"),
        ("deep.jsonl", b"[" * 100_000 + b"\n", "bad_file", "not valid JSON"),
        ("noanswer.jsonl", b'{"id": "1"}\n', "bad_file", "no column answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_files_import_nothing(
    tmp_path: Path, name: str, data: bytes, code: str, told: str
) -> None:
    error = refused(write(tmp_path / name, data))
    assert error.code == code
    assert told in error.message


def test_damage_inside_a_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "big.parquet"
    pq.write_table(pa.Table.from_pylist([qa_row(n) for n in range(1, 5_000)]), path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 2_000] = b"\xa5" * 2_000
    path.write_bytes(data)
    assert refused(path).code in ("damaged_file", "bad_file")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv").code == "no_file"
    (tmp_path / "folder.csv").mkdir()
    assert refused(tmp_path / "folder.csv").code == "no_file"


def test_the_first_20_in_full_and_all_by_line_and_field(tmp_path: Path) -> None:
    rows = [qa_row(n, answer="x") if n % 2 else qa_row(n) for n in range(1, 101)]
    error = refused(write_csv(tmp_path / "many.csv", rows))
    lines = error.message.splitlines()
    assert lines[0] == "many.csv was not imported: 50 problems."
    assert len([line for line in lines if line.startswith("line ")]) == 20
    assert lines[-3] == "And in these lines:"
    assert lines[-2].startswith("answer: lines 42, 44, 46")
    assert lines[-2].endswith(", 98, 100")
    assert len(error.details["problems"]) == error.details["total"] == 50


def test_many_thousand_problems_stay_readable() -> None:
    problems = Problems("huge.csv")
    for line in range(2, 20_002):
        if line != 5_000:
            problems.add(line, "answer", "'x' is no number")
    problems.add(5_000, "upper", "is below the lower limit")
    problems.add(30_000, "answer", "'x' is no number")
    with pytest.raises(InvalidInput) as refusal:
        problems.refuse()
    lines = refusal.value.message.splitlines()
    assert lines[0] == "huge.csv was not imported: 20001 problems."
    assert lines[21:] == [
        "And in these lines:",
        "answer: lines 22-4999, 5001-20001, 30000",
        "upper: line 5000",
        "Mend the file and try again.",
    ]
    assert len(refusal.value.details["problems"]) == 1_000
    assert refusal.value.details["total"] == 20_001


def test_one_problem_is_told_as_one(tmp_path: Path) -> None:
    error = refused(write_csv(tmp_path / "one.csv", [qa_row(1, answer="x"), qa_row(2)]))
    first, second, last = error.message.splitlines()
    assert first == "one.csv was not imported: 1 problem."
    assert second.startswith("line 2, answer: ")
    assert last == "Mend the file and try again."


def test_a_problem_in_the_last_line_writes_nothing(tmp_path: Path) -> None:
    rows = [qa_row(n) for n in range(1, 2_500)] + [qa_row(2_500, answer="?")]
    error = refused(write_csv(tmp_path / "long.csv", rows))
    assert error.details["problems"] == [{"line": 2_501, "field": "answer"}]


def test_a_bad_file_leaves_an_existing_benchmark_as_it_is(tmp_path: Path) -> None:
    import_file(as_csv(tmp_path))
    before = labels()
    bad = [qa_row(1, answer="77"), qa_row(2, answer="?")]
    with pytest.raises(InvalidInput):
        import_file(write_csv(tmp_path / "bad.csv", bad), missing="retire")
    assert labels() == before
    assert ImportBatch.objects.count() == 1
    assert Benchmark.objects.get().slug == SLUG


def test_lists_and_objects_become_text(tmp_path: Path) -> None:
    row = {**qa_row(1), "context": ["a", {"b": 1}], "explanation": None}
    import_file(write_jsonl(tmp_path / "nested.jsonl", [row]))
    revision = Revision.objects.get()
    document = json.loads(Text.objects.get(pk=revision.content_id).body)
    assert document["inputs"]["context"] == '["a",{"b":"1"}]'
    assert revision.derivation == ""
