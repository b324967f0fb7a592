"""The bundled sample is what its README says: sizes, planted errors, and how each can be found."""

import ast
import csv
import json
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from errata.answers import KINDS, Answer, parse_answer, print_answer
from errata.grading import (
    Grade,
    Label,
    LabelChange,
    Limits,
    Verdict,
    accepts,
    compare,
    gradable_differently,
    grade,
    limits_by_rule,
    read_limits,
)

from config.demo.sample import generate
from registry.presets import Preset, load_preset, read_back

Row = dict[str, str]
FOLDER = Path(generate.__file__).parent
MODELS = ("quillon-70b", "tamarack-8b", "ostrava-mini")
OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@cache
def rows() -> dict[str, Row]:
    """The sample's rows by case."""
    return _by_case("sample.csv")


@cache
def truth() -> dict[str, Row]:
    """The truth's rows by case."""
    return _by_case("truth.csv")


@cache
def wrong() -> dict[str, Row]:
    """The truth's rows of the planted errors."""
    return {case: row for case, row in truth().items() if row["wrong"] == "yes"}


@cache
def preset() -> Preset:
    return load_preset(str(FOLDER / "sample.toml"))


def _by_case(name: str) -> dict[str, Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    found = {row["case_id"]: row for row in listed}
    assert len(found) == len(listed)
    return found


def found_by(*means: str) -> set[str]:
    return {case for case, row in wrong().items() if row["found_by"] in means}


def choices(row: Row) -> list[str]:
    return json.loads(row["choices"]) if row["choices"] else []


def answer(row: Row, text: str) -> Answer:
    return parse_answer(text, row["kind"], choices=choices(row), unanswerable=preset().unanswerable)


def label(row: Row) -> Label:
    """The label as the file gives it, with the file's limits."""
    value = answer(row, row["answer"])
    return Label(value, row["answer"], read_limits(row["lower"], row["upper"], value))


def right(case: str) -> Label:
    """The right label, with the preset's limits."""
    row, text = rows()[case], truth()[case]["answer"]
    value = answer(row, text)
    return Label(value, text, limits_by_rule(value, preset().rule(row["kind"])))


@cache
def predictions(model: str) -> dict[str, str]:
    """A model's raw answers by case."""
    case_of = {row["id"]: case for case, row in rows().items()}
    lines = (FOLDER / f"predictions_{model}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert all(record["LLM Name"] == model for record in records)
    return {case_of[str(record["Row Number"])]: record["LLM Answer"] for record in records}


def graded(model: str, case: str, against: Label) -> Grade:
    raw = read_back(preset(), predictions(model)[case])
    return grade(raw, against, choices=choices(rows()[case]), unanswerable=preset().unanswerable)


def test_committed_files_are_what_the_generator_writes() -> None:
    for name, content in generate.files().items():
        assert (FOLDER / name).read_bytes() == content, f"{name}: generate the sample again"
        assert b"\r" not in content


def test_sizes() -> None:
    assert len(rows()) == 120
    assert [row["id"] for row in rows().values()] == [str(place) for place in range(1, 121)]
    assert Counter(row["split"] for row in rows().values()) == {"test": 80, "train": 40}
    assert Counter(row["kind"] for row in rows().values()) == {
        "number": 44,
        "integer": 28,
        "date": 12,
        "duration": 12,
        "choice": 12,
        "text": 12,
    }
    assert {row["kind"] for row in rows().values()} == set(KINDS)
    assert len({row["calculator"] for row in rows().values()}) == 11
    assert list(truth()) == list(rows())
    assert [row["id"] for row in truth().values()] == [row["id"] for row in rows().values()]


def test_planted_errors() -> None:
    assert len(wrong()) == 15
    assert Counter(row["category"] for row in wrong().values()) == {
        "calculator_logic_mismatch": 7,
        "extraction_error": 3,
        "not_computable": 2,
        "other": 2,
        "clinical_ambiguity": 1,
    }
    assert {row["category"] for row in wrong().values()} == set(preset().categories)
    group = {case for case, row in rows().items() if row["calculator"] == "Coma Score"}
    assert len(group) == 5
    assert {
        case for case, row in wrong().items() if row["fault"] == "verbal counted twice"
    } == group
    for row in truth().values():
        told = [row["category"], row["fault"], row["found_by"], row["rationale"]]
        assert all(told) if row["wrong"] == "yes" else not any(told)


@pytest.mark.parametrize("case", sorted(rows()))
def test_label_is_right_unless_planted(case: str) -> None:
    old, new = label(rows()[case]), right(case)
    if case in wrong():
        assert compare(old, new).change in {
            LabelChange.CHANGED,
            LabelChange.BECAME_ANSWERABLE,
            LabelChange.BECAME_UNANSWERABLE,
        }
        assert gradable_differently(old, new)
    else:
        assert compare(old, new).change is LabelChange.IDENTICAL
        assert not gradable_differently(old, new)


@pytest.mark.parametrize("case", sorted(rows()))
def test_row_is_well_formed(case: str) -> None:
    row = rows()[case]
    assert 3 <= len(re.findall(r"[.?](?: |$)", row["note"])) <= 6
    assert row["explanation"].endswith(f" is {row['answer']}.")
    assert isinstance(json.loads(row["entities"]), dict)
    assert bool(row["choices"]) == (row["kind"] == "choice")
    assert not choices(row) or len(set(choices(row))) == 4
    printed = print_answer(answer(row, row["answer"]))
    assert answer(row, printed) == answer(row, row["answer"])


def test_limits_follow_the_rule_of_the_preset() -> None:
    for case, row in rows().items():
        if case in found_by("limits"):
            continue
        given = label(row)
        assert given.limits == limits_by_rule(given.answer, preset().rule(row["kind"])), case
        if given.limits == Limits.exact() and row["kind"] in ("integer", "date"):
            assert row["lower"] == row["upper"]


def test_each_deterministic_finding_is_a_planted_error() -> None:
    """What a verifier can see without a model is exactly what the truth promises of it."""
    assert _outside_limits() == found_by("limits") == {"bmi-06"}
    assert _outside_range() == found_by("score_range") == {"coma-01", "coma-02", "coma-05"}
    assert _not_recomputing() == found_by("explanation") == {"map-04"}
    assert _not_in_note() == found_by("grounding") == {"ca-10"}
    assert _same_inputs() == [{"curb-04", "curb-09"}]
    assert found_by("contradiction") == {"curb-09"}


def test_models_agree_where_consensus_is_to_find_the_error() -> None:
    agreed_against_label = set()
    for case, row in rows().items():
        parsed = [_parsed(model, case) for model in MODELS]
        if None in parsed or parsed[0] is None:
            continue
        first = Label(parsed[0], "", limits_by_rule(parsed[0], preset().rule(row["kind"])))
        agree = all(value is not None and accepts(first, value) for value in parsed)
        if agree and graded(MODELS[0], case, label(row)).verdict is not Verdict.CORRECT:
            agreed_against_label.add(case)
    assert found_by("consensus") <= agreed_against_label
    assert not found_by("report") & agreed_against_label
    assert agreed_against_label - set(wrong()) == {"curb-06"}


def test_no_two_models_repeat_a_wrong_answer_that_only_a_reader_can_find() -> None:
    for case in found_by("report"):
        verdicts = [graded(model, case, label(rows()[case])).verdict for model in MODELS]
        assert verdicts.count(Verdict.CORRECT) == 1, case


def test_readme_lists_the_planted_errors() -> None:
    listed = {cells[0].strip("`"): cells[1:] for cells in _table(r"[a-z]+-\d\d") if len(cells) == 8}
    assert listed == {
        case: [
            rows()[case]["calculator"],
            rows()[case]["split"],
            rows()[case]["answer"],
            row["answer"],
            row["fault"],
            f"`{row['category']}`",
            row["found_by"],
        ]
        for case, row in wrong().items()
    }


def test_readme_counts_the_models() -> None:
    listed = {cells[0].strip("`"): list(map(int, cells[1:])) for cells in _table("|".join(MODELS))}
    assert listed == {model: _counts(model) for model in MODELS}
    assert all(72 <= counts[0] <= 102 for counts in listed.values()), "60 to 85 % right"


def test_readme_prose() -> None:
    text = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    for claim in (
        "120 rows",
        "80 rows in `test`, 40 in `train`; 15 labels are wrong",
        "44 rows `number`, 28 `integer`, 12 `date`, 12 `duration`, 12 `choice`, 12 `text`",
        "rightly `N/A`: the note lacks what the question needs (`ca-08`, `age-04`)",
    ):
        assert claim in text
    unanswerable = {case for case in rows() if right(case).answer.unanswerable}
    assert unanswerable - set(wrong()) == {"ca-08", "age-04"}
    assert [_parsed(model, "curb-06") for model in MODELS] == [Answer("integer", 1)] * 3


def _table(first_cell: str) -> Iterable[list[str]]:
    for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines():
        if re.match(rf"\| `(?:{first_cell})` \|", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _counts(model: str) -> list[int]:
    by_truth = [graded(model, case, right(case)) for case in rows()]
    by_label = [graded(model, case, label(row)) for case, row in rows().items()]
    return [
        sum(one.verdict is Verdict.CORRECT for one in by_truth),
        sum(one.verdict is Verdict.CORRECT for one in by_label),
        sum(one.abstained for one in by_truth),
        sum(one.verdict is Verdict.UNPARSABLE for one in by_truth),
    ]


def _parsed(model: str, case: str) -> Answer | None:
    try:
        return answer(rows()[case], read_back(preset(), predictions(model)[case]))
    except ValueError:
        return None


def _outside_limits() -> set[str]:
    return {case for case, row in rows().items() if not accepts(label(row), label(row).answer)}


def _outside_range() -> set[str]:
    ranges = {group: Limits.between(**bounds) for group, bounds in preset().ranges.items()}
    return {
        case
        for case, row in rows().items()
        if row["calculator"] in ranges
        and not accepts(Label(label(row).answer, "", ranges[row["calculator"]]), label(row).answer)
    }


def _not_recomputing() -> set[str]:
    return {case for case, row in rows().items() if not all(_holds(*it) for it in _sums(row))}


def _sums(row: Row) -> list[tuple[str, str]]:
    return re.findall(r"([\d(][\d+\-*/(). ]*?) = (\d+(?:\.\d+)?)", row["explanation"])


def _holds(expression: str, result: str) -> bool:
    """Whether the expression gives the result to the last digit of its three places."""
    return abs(_value(ast.parse(expression, mode="eval").body) - Decimal(result)) <= Decimal(
        "0.0005"
    )


def _value(node: ast.expr) -> Decimal:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    assert isinstance(node, ast.Constant)
    return Decimal(str(node.value))


def _not_in_note() -> set[str]:
    ungrounded = set()
    for case, row in rows().items():
        for value in json.loads(row["entities"]).values():
            if isinstance(value, list):
                number = re.escape(str(value[0]))
                if not re.search(rf"(?<![\d.]){number}(?![\d]|\.\d)", row["note"]):
                    ungrounded.add(case)
    return ungrounded


def _same_inputs() -> list[set[str]]:
    groups: dict[tuple[str, str, str], set[str]] = {}
    for case, row in rows().items():
        groups.setdefault((row["note"], row["question"], row["choices"]), set()).add(case)
    return [cases for cases in groups.values() if len(cases) > 1]


def test_every_number_has_a_working_that_can_be_recomputed() -> None:
    for case, row in rows().items():
        if row["kind"] in ("number", "integer") and row["answer"] != "N/A":
            assert _sums(row), case
