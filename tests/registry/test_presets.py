"""Presets that ship, and what a preset may not say."""

from pathlib import Path
from typing import Any

import pytest
from errata.predictions import ROW_NUMBERS, stream_predictions

from registry.errors import InvalidInput
from registry.models import Head, Revision
from registry.presets import FOLDER, load_preset, parse_preset, read_back
from registry.selectors import documents
from tests.small import import_file, write_csv, write_jsonl

OPTIONS = ["red", "green", "blue"]


def choice(number: int, answer: Any, **more: Any) -> dict[str, Any]:
    """A multiple-choice row."""
    return {
        "id": f"m{number}",
        "split": "test",
        "question": f"Colour {number}?",
        "choices": OPTIONS,
        "answer": answer,
    } | more


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_shipped_presets_load_and_survive_storage(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert parse_preset(preset.text) == preset
    assert all(sentence.endswith(".") for sentence in preset.categories.values())
    assert list(preset.categories)[-1] == "other"
    assert set(preset.predictions) >= {"id", "answer"}


def test_results_of_medcalc_bench_read_alike_in_hub_and_client(tmp_path: Path) -> None:
    preset = load_preset("medcalc")
    date = "time data 'N/A' does not match format '%m/%d/%Y'"
    raw = ["4", "N/A", "name 'N' is not defined", date, "name 'M' is not defined", f"so {date}"]
    [number, answer] = [preset.predictions[role][0] for role in ("id", "answer")]
    rows = [{number: n, answer: each} for n, each in enumerate(raw)]
    told = stream_predictions(write_jsonl(tmp_path / "results.jsonl", rows))
    assert [each.text for each in told] == [read_back(preset, each) for each in raw]
    assert set(ROW_NUMBERS) == set(preset.columns["id"])


def test_issue_categories_are_there() -> None:
    assert list(load_preset("medcalc").categories) == [
        "extraction_error",
        "calculator_logic_mismatch",
        "clinical_ambiguity",
        "not_computable",
        "other",
    ]
    assert list(load_preset("multiple-choice").categories) == [
        "wrong_key",
        "several_right",
        "no_right",
        "unclear_question",
        "unclear_options",
        "other",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name = ", "bad_preset"),
        ('name = "x"\ntypo = 1', "bad_preset"),
        ('name = "x"\n[kinds]\ndefault = "colour"', "bad_preset"),
        ('name = "x"\n[splits]\na = "holdout"', "bad_preset"),
        ('name = "x"\n[splits]\nTest = "test"\ntest = "test"', "bad_preset"),
        (f'name = "x"\n[splits]\n"{"é" * 30}" = "test"', "bad_preset"),
        ('name = "x"\n[splits]\ncon = "test"', "bad_preset"),
        ('name = "x"\n[limits]\nnumber = { relative = 0.05 }', "bad_preset"),
        ("name = '\xff'".encode("latin-1"), "bad_preset"),
        ('[splits]\ntest = "test"', "bad_preset"),
        ("name = 3", "bad_preset"),
        ('name = "x"\ncolumns = 3', "bad_preset"),
        ('name = "x"\nunanswerable = "N/A"', "bad_preset"),
        ('name = "x"\n[columns]\nid = "Row Number"', "bad_preset"),
        ('name = "x"\n[columns]\nkey = "ab"', "bad_preset"),
        ('name = "x"\n[columns]\ninputs = "ab"', "bad_preset"),
        ('name = "x"\n[limits]\nnumber = { about = "1" }', "bad_preset"),
        ('name = "x"\n[limits]\nnumber = { relative = "much" }', "bad_preset"),
        ('name = "x"\n[limits]\ncolour = { relative = "0.05" }', "bad_preset"),
        ('name = "x"\n[predictions]\nabstained = ["("]', "bad_preset"),
        ('name = "x"\n[categories]\n"a b!" = "So."', "bad_preset"),
        (f'name = "x"\n[categories]\na = "{"s" * 301}"', "bad_preset"),
        ('name = "x"\nchoice_answer = "colour"', "bad_preset"),
        ('name = "x"\n[ranges]\ng = { lower = "low" }', "bad_preset"),
        ('name = "x"\n[ranges]\ng = { from = "1" }', "bad_preset"),
    ],
)
def test_wrong_presets_are_refused(tmp_path: Path, text: str | bytes, code: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInput) as refused:
        load_preset(str(path))
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["nothing", "nowhere.toml", ""])
def test_unknown_presets_name_those_there_are(name: str) -> None:
    with pytest.raises(InvalidInput, match="medcalc, multiple-choice, question-answer"):
        load_preset(name)


def answers() -> dict[str, str]:
    """Answers by key."""
    return dict(Head.objects.values_list("instance__key", "revision__answer"))


@pytest.mark.django_db
def test_the_right_option_as_letter_index_or_text(tmp_path: Path) -> None:
    rows = [
        choice(1, "B"),
        choice(2, "(c)"),
        choice(3, 0),
        choice(4, "2"),
        choice(5, "Green"),
        choice(6, " blue "),
        choice(7, "N/A"),
    ]
    import_file(write_jsonl(tmp_path / "m.jsonl", rows), preset="multiple-choice")
    wanted = dict(zip("1234567", ["B", "C", "A", "C", "B", "C", "N/A"], strict=True))
    assert answers() == {f"m{number}": letter for number, letter in wanted.items()}
    revision = Revision.objects.filter(instance__key="m1").get()
    document = documents([revision.content_id])[revision.content_id]
    assert (document["kind"], document["inputs"]["choices"]) == ("choice", OPTIONS)


@pytest.mark.django_db
def test_choices_in_a_cell_are_a_json_list(tmp_path: Path) -> None:
    row = choice(1, "red") | {"choices": '["red", "green"]'}
    import_file(write_csv(tmp_path / "m.csv", [row]), preset="multiple-choice")
    assert answers() == {"m1": "A"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        (choice(1, "1", choices=["2", "1", "0"]), None, None),
        (
            choice(1, "1", choices=["1", "2", "0"]),
            "answer",
            "different options as index and as text",
        ),
        (
            choice(1, "B", choices=["B", "A", "C"]),
            "answer",
            "different options as letter and as text",
        ),
        (choice(1, "3"), "answer", None),
        (choice(1, "D"), "answer", "beyond the 3"),
        (choice(1, "purple"), "answer", None),
        (choice(1, "red", choices=["red", "Red", "blue"]), "answer", None),
        (choice(1, ["A"]), "answer", None),
        (choice(1, "A", choices="red, green"), "choices", "JSON list"),
        (choice(1, "A", choices=["one"]), "choices", "2 to 26"),
        (choice(1, "A", choices=[str(n) for n in range(27)]), "choices", "2 to 26"),
    ],
)
def test_ambiguous_options_are_refused(
    tmp_path: Path, row: dict[str, Any], field: str | None, told: str | None
) -> None:
    path = write_jsonl(tmp_path / "m.jsonl", [row])
    if field is None:
        import_file(path, preset="multiple-choice")
        assert answers() == {"m1": "B"}
        return
    with pytest.raises(InvalidInput) as refused:
        import_file(path, preset="multiple-choice")
    assert refused.value.details["problems"] == [{"line": 1, "field": field}]
    assert told is None or told in refused.value.message
    assert answers() == {}


@pytest.mark.django_db
def test_another_letter_without_choices_in_the_file(tmp_path: Path) -> None:
    import_file(write_jsonl(tmp_path / "m.jsonl", [choice(1, "B")]), preset="multiple-choice")
    row = {"id": "m1", "answer": "blue"}
    done = import_file(write_jsonl(tmp_path / "n.jsonl", [row]), preset="multiple-choice")
    assert done.counts["changed"] == 1
    assert answers() == {"m1": "C"}


@pytest.mark.django_db
def test_question_answer_takes_every_kind(tmp_path: Path) -> None:
    kinds = [
        ("number", "1.5"),
        ("integer", "7"),
        ("date", "2024-02-29"),
        ("duration", "99 days"),
        ("text", "Ada Lovelace"),
        ("", "no kind is text"),
        ("number", "unanswerable"),
    ]
    rows = [
        {"id": n, "split": "dev" if n > 90 else "test", "question": "?", "kind": k, "answer": a}
        for n, (k, a) in enumerate(kinds)
    ]
    import_file(write_jsonl(tmp_path / "q.jsonl", rows))
    stored = Head.objects.order_by("instance__position").values_list(
        "revision__content__kind", "revision__answer"
    )
    assert list(stored) == [
        *kinds[:5],
        ("text", "no kind is text"),
        ("number", "N/A"),
    ]
