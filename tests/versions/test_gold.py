"""Gold sets: answers of experts, and how label sets compare with them."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from errata.answers import Answer
from openpyxl import Workbook
from scipy.stats import binomtest

from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Event, User
from tests.services import needs_medcalc
from tests.small import import_file
from tests.versions.conftest import SLUG
from versions.gold import compare_labels, get_gold
from versions.models import GoldLabel, GoldSet, Release
from versions.quality import agrees, are_whole, bootstrap, percentage_error, wilson
from versions.services.import_gold import import_gold

Bring = Callable[..., Any]


def number(text: str) -> Answer:
    return Answer("number", None if text == "N/A" else Decimal(text))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def aliased(bring: Bring) -> Benchmark:
    """The small benchmark whose keys are also the ids of the space up/1."""
    from tests.versions.conftest import ROWS

    bring(ROWS, upstream="up/1")
    return Benchmark.objects.get(slug=SLUG)


# --- the rule and the measures --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "answer", "others", "agree"),
    [
        ("100", "105", (), True),  # within 5 % of the expert's
        ("100", "105.1", (), False),
        ("-0.31", "-0.372", (), False),
        ("5", "6", (), True),  # integers up to 20: within 1
        ("5", "7", (), False),
        ("-1", "0", (), True),
        ("5", "6", ("7.5",), False),  # not every value is whole, so 5 % holds
        ("20", "21", (), True),  # 21 is beyond 20, and within 5 %
        ("10", "11", ("21",), False),
        ("0", "0.04", (), False),  # 5 % of nothing is nothing
        ("N/A", "N/A", ("3",), True),
        ("N/A", "3", (), False),
        ("3", "N/A", (), False),
        ("4", "5", ("N/A",), True),  # what is unanswerable is no value
    ],
)
def test_the_rule_of_agreement(
    gold: str, answer: str, others: tuple[str, ...], agree: bool
) -> None:
    values = [number(each) for each in (gold, answer, *others)]
    assert agrees(values[0], values[1], whole=are_whole(values)) is agree


def test_what_is_no_number_has_to_be_the_same() -> None:
    day, other = Answer("date", date(2024, 2, 19)), Answer("date", date(2024, 2, 20))
    assert agrees(day, day, whole=True)
    assert not agrees(day, other, whole=True)
    weeks = Answer("duration", 99)
    assert agrees(weeks, Answer("duration", 103), whole=False)
    assert not agrees(weeks, Answer("duration", 104), whole=False)


def test_wilson_is_that_of_scipy() -> None:
    for hits, of in [(0, 7), (10, 50), (37, 50), (7, 7), (667, 887)]:
        told = binomtest(hits, of).proportion_ci(method="wilson")
        assert wilson(hits, of) == pytest.approx((told.low, told.high), abs=1e-12)
    assert wilson(0, 0) is None


def test_percentage_errors_and_their_interval() -> None:
    assert percentage_error(Decimal(0), Decimal(0)) == 0
    assert percentage_error(Decimal(1), Decimal(-1)) == 200
    assert percentage_error(Decimal(100), Decimal(110)) == pytest.approx(2000 / 210)
    assert bootstrap([]) is None
    assert bootstrap([3.0, 3.0]) == (3.0, 3.0)
    values = [float(each) for each in range(100)]
    lower, upper = bootstrap(values) or (0, 0)
    # Of the mean of so many the normal interval holds: 49.5 ± 1.96 × 28.87 / 10.
    assert (lower, upper) == pytest.approx((43.8, 55.2), abs=0.8)
    assert bootstrap(values) == (lower, upper)


# --- importing ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_workbook_is_read_with_units_and_empty_cells(
    aliased: Benchmark, system: User, tmp_path: Path, capsys: Any
) -> None:
    book = Workbook()
    rows = [("uid", "note", "y* (experts)"), ("n1", "x", 11.0), ("n2", "x", "-2.1 ml/hr")]
    rows += [("i1", "x", None), ("d1", "x", date(2024, 2, 29)), ("u1", "", "N/A"), (None, "", "")]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "gold.xlsx")
    asked = (SLUG, str(tmp_path / "gold.xlsx"), "--upstream", "up/1", "--name", "experts")
    columns = ("--id-column", "uid", "--answer-column", "y* (experts)")
    call_command("import_gold", *asked, *columns, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["units"] == [{"id": "n2", "written": "-2.1 ml/hr", "read": "-2.1", "unit": "ml/hr"}]
    assert (told["rows"], told["labels"], told["unlabelled"], told["changed"]) == (5, 4, 1, True)
    kept = GoldLabel.objects.order_by("pk").values_list("row", "written", "answer", "unit")
    assert list(kept) == [
        ("n1", "11", "11", ""),
        ("n2", "-2.1 ml/hr", "-2.1", "ml/hr"),
        ("d1", "2024-02-29", "2024-02-29", ""),
        ("u1", "N/A", "N/A", ""),
    ]
    call_command("import_gold", *asked, *columns)
    assert "nothing is new" in capsys.readouterr().out
    assert GoldSet.objects.count() == 1
    assert Event.objects.filter(kind="gold.imported").count() == 1


@pytest.mark.django_db
def test_bad_rows_refuse_the_whole_file(aliased: Benchmark, system: User, tmp_path: Path) -> None:
    text = "id,answer\nn1,11\nn9,3\n,4\nn2,12 or 13\nn1,12\nd1,soon\n"
    with pytest.raises(InvalidInput) as refusal:
        import_gold(
            actor=system,
            benchmark=aliased,
            path=write(tmp_path / "gold.csv", text),
            upstream="up/1",
            name="experts",
        )
    problems = [(each["line"], each["field"]) for each in refusal.value.details["problems"]]
    assert problems == [(3, "id"), (4, "id"), (5, "answer"), (6, "id"), (7, "answer")]
    assert not GoldSet.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"text": "id,answer\nn1,12\n"}, "gold_name_taken"),
        ({"text": "name,what,more\nn1,11,x\n", "name": "b"}, "column_missing"),
        ({"answer_column": "y", "name": "b"}, "column_missing"),
        ({"text": "id,answer\nn1,\n", "name": "b"}, "no_rows"),
        ({"name": " "}, "bad_name"),
        ({"upstream": "up/2", "name": "b"}, "no_space"),
    ],
)
def test_what_cannot_be_a_gold_set(
    aliased: Benchmark, system: User, tmp_path: Path, changed: dict[str, str], code: str
) -> None:
    given = {"actor": system, "benchmark": aliased, "upstream": "up/1", "name": "a"}
    path = write(tmp_path / "gold.csv", "id,answer\nn1,11\n")
    import_gold(**given, path=path)
    write(path, changed.pop("text", path.read_text()))
    with pytest.raises(InvalidInput) as refusal:
        import_gold(**(given | changed), path=path)
    assert refusal.value.code == code
    assert GoldSet.objects.count() == 1


@pytest.mark.django_db
def test_only_maintainers_import(aliased: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        import_gold(
            actor=User.objects.create(username="stranger"),
            benchmark=aliased,
            path=write(tmp_path / "gold.csv", "id,answer\nn1,11\n"),
            upstream="up/1",
            name="a",
        )
    assert not GoldSet.objects.exists()


# --- comparing ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("ship_nowhere")
def test_sets_are_compared_in_one_call(
    aliased: Benchmark,
    system: User,
    tmp_path: Path,
    cut: Callable[..., Release],
    correct: Any,
    capsys: Any,
) -> None:
    """What a row counts as depends on all sets: with 8.5 among them, 7 and 8 are 5 % apart."""
    text = "uid,y\nn1,11\nn2,N/A\ni1,8\nd1,2024-02-29\n"
    import_gold(
        actor=system,
        benchmark=aliased,
        path=write(tmp_path / "gold.csv", text),
        upstream="up/1",
        name="experts",
    )
    cut()
    correct("n1", "11")
    one = write(tmp_path / "one.csv", "uid,y_new\nn1,11.2\ni1,7\nother,3\nd1,\nn2,unknown\n")
    other = write(tmp_path / "other.jsonl", '{"id":"i1","answer":8.5}\n')

    def compared(*args: str) -> list[dict[str, Any]]:
        call_command("compare_labels", SLUG, "--gold", "experts", *args, "--json")
        return json.loads(capsys.readouterr().out)["sets"]

    now, file = compared("--labels", str(one))
    assert (now["set"], now["n"], now["agree"], now["smape_n"]) == ("current labels", 4, 3, 2)
    assert (file["set"], file["n"], file["agree"], file["missing"]) == ("one.csv", 3, 3, 1)
    first, *_ = compared("--release", "1.0.0")
    assert (first["n"], first["agree"]) == (4, 3)
    assert first["interval"] == pytest.approx(wilson(3, 4), abs=1e-6)
    assert first["smape"] == pytest.approx((200 * 0.5 / 21.5 + 200 / 15) / 2, abs=1e-6)
    first, file, _ = compared("--release", "1.0.0", "--labels", str(one), str(other))
    assert (first["agree"], file["agree"]) == (2, 2)


@pytest.mark.django_db
def test_an_answer_of_another_kind_is_missing(
    aliased: Benchmark, system: User, tmp_path: Path, bring: Bring
) -> None:
    """A file may change what an instance asks for; then the gold answer to it means nothing."""
    path = write(tmp_path / "gold.csv", "id,answer\nn1,11\nn2,-2\n")
    given = {"actor": system, "benchmark": aliased, "upstream": "up/1", "name": "a"}
    gold = import_gold(**given, path=path).gold
    bring([("n1", "test", "g", "date", "When?", "", "2024-02-29", "", "a")])
    (told,) = compare_labels(benchmark=aliased, gold=gold, current=True)
    assert (told.likeness.n, told.likeness.agree, told.missing) == (1, 1, 1)


@pytest.mark.django_db
def test_a_bad_label_file_compares_nothing(
    aliased: Benchmark, system: User, tmp_path: Path
) -> None:
    path = write(tmp_path / "gold.csv", "id,answer\nn1,11\n")
    given = {"actor": system, "benchmark": aliased, "upstream": "up/1", "name": "a"}
    gold = import_gold(**given, path=path).gold
    write(path, "id,answer\nn1,many\nn1,3\n")
    with pytest.raises(InvalidInput, match=r"was not compared: 1 problem"):
        compare_labels(benchmark=aliased, gold=gold, files=[path])


# --- the real files -------------------------------------------------------------------------------

RECOMPUTED = "recomputed_labels.csv"


def medcalc(system: User) -> tuple[Path, dict[str, Any]]:
    """The folder of the real files, and what an import of gold labels beside its v1.0 is given."""
    folder = needs_medcalc()
    import_file(folder / "v1.0_test.csv", slug="medcalc", preset="medcalc", upstream="v1.0/test")
    benchmark = Benchmark.objects.get(slug="medcalc")
    return folder, {"actor": system, "benchmark": benchmark, "upstream": "v1.0/test"}


@pytest.mark.django_db
def test_the_real_files_give_the_counted_figures(system: User) -> None:
    """Counted by a script of its own, with floats: the corrected labels as the truth."""
    folder, given = medcalc(system)
    benchmark = given["benchmark"]
    gold = import_gold(**given, path=folder / "v1.0_corrected.csv", name="corrected").gold
    assert (gold.rows, gold.labels) == (887, 887)
    files = [folder / RECOMPUTED]
    told = compare_labels(benchmark=benchmark, gold=gold, files=files, current=True)
    now, recomputed = (each.likeness for each in told)
    assert (now.n, now.agree, now.smape_n) == (887, 667, 780)
    assert now.interval == pytest.approx((0.7225, 0.7793), abs=5e-5)
    assert now.smape == pytest.approx(12.2111, abs=5e-5)
    assert (recomputed.n, recomputed.agree, recomputed.smape_n) == (887, 874, 779)


@pytest.mark.django_db
def test_the_physicians_workbook_gives_the_counted_figures(system: User) -> None:
    """It is not among the files that every machine with MedCalc-Bench has."""
    physicians = needs_medcalc() / "y_new_and_sampled_MD_evals.xlsx"
    if not physicians.is_file():
        pytest.skip(f"{physicians.name} is not in the folder that ERRATA_MEDCALC names.")
    folder, given = medcalc(system)
    benchmark, files = given["benchmark"], [folder / RECOMPUTED]
    columns = {"id_column": "uid", "answer_column": "y* (Physician label)"}
    import_gold(**given, **columns, path=physicians, name="physicians")
    gold = get_gold(benchmark, "physicians")
    told = compare_labels(benchmark=benchmark, gold=gold, files=files, current=True)
    now, recomputed = (each.likeness for each in told)
    assert (now.n, now.agree, now.smape_n) == (50, 10, 34)
    assert now.smape == pytest.approx(72.6746, abs=5e-5)
    assert (recomputed.n, recomputed.agree, recomputed.smape_n) == (50, 37, 33)
    assert recomputed.smape == pytest.approx(20.0721, abs=5e-5)
