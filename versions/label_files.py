"""Files of labels: an id and an answer a row, however the columns are called."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from errata.answers import Answer, UnreadableAnswer, parse_answer

from registry.errors import InvalidInput
from registry.importers.base import (
    BadRecord,
    Problems,
    Progress,
    Source,
    no_progress,
    open_source,
)
from registry.importers.rows import find, plain_text
from registry.labels import read_label
from registry.presets import Names, Preset

_IDS, _ANSWERS = ("id", "uid"), ("answer", "label")
_LONGEST = 200  # characters of an id
# A number and a unit behind it, such as 78.1 ml/hr or 61 mL/min/1.73 m²; never a second value.
_WITH_UNIT = re.compile(
    r"([+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?)"
    r"(?:\s*([A-Za-zµμ°%Ω][^\s,;]*(?:\s*/\s*[^\s,;]+)*(?:\s(?:per\s[A-Za-z]+|m[2²3³]))?))?"
)
_LONGEST_UNIT = 40
_MIDNIGHT = re.compile(r"[ T]00:00(?::00(?:\.0+)?)?")  # what tables write behind a day


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row: where it stands, its id, and the answer as it is written; empty where none is."""

    line: int
    id: str
    written: str


@dataclass(frozen=True, slots=True)
class Value:
    """An answer as it is read, the text that means the same, and the unit it was read without."""

    answer: Answer
    text: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """An open file, and the columns that are read of it."""

    source: Source
    id_names: Names
    answer_names: Names

    def rows(self, problems: Problems) -> Iterator[Labelled]:
        """Its rows, those without any of both cells left out; a bad one goes to `problems`."""
        for record in self.source.records:
            try:
                if isinstance(record, BadRecord):
                    raise record
                row = self._row(record.line, record.values)
            except BadRecord as error:
                problems.add(error.line, error.field, error.message)
            else:
                if row.id or row.written:
                    yield row

    def _row(self, line: int, values: Mapping[str, Any]) -> Labelled:
        texts = []
        for names in (self.id_names, self.answer_names):
            value = find(values, names)
            if value is ...:
                raise BadRecord(line, names[0], f"there is no {' or '.join(names)}")
            texts.append(plain_text(value, line, names[0]))
        if len(texts[0]) > _LONGEST:
            raise BadRecord(line, self.id_names[0], f"is longer than {_LONGEST} characters")
        return Labelled(line, *texts)


@contextmanager
def open_labels(
    path: Path,
    preset: Preset,
    *,
    id_column: str = "",
    answer_column: str = "",
    progress: Progress = no_progress,
) -> Iterator[LabelFile]:
    """Open a file of labels.

    The columns are those named; else as the preset calls ids and answers, else `id` or `uid` and
    `answer` or `label`; in a file of two columns the first is the id, the second the answer.
    """
    with open_source(path, progress) as source:
        columns = source.columns
        two = columns is not None and len(columns) == 2
        wanted = []
        for given, known, place, option in (
            (id_column, (*preset.columns.get("id", ()), *_IDS), 0, "--id-column"),
            (answer_column, (*preset.columns.get("answer", ()), *_ANSWERS), 1, "--answer-column"),
        ):
            names = (given,) if given else known
            if columns is not None and not set(columns).intersection(names):
                if given or not two:
                    raise InvalidInput(
                        f"{path.name} has no column {' or '.join(names)}; it has "
                        f"{', '.join(columns)}. Rename one, or name it with {option} (of a gold "
                        "set).",
                        code="column_missing",
                    )
                names = (columns[place],)
            wanted.append(names if columns is None else _first(names, columns))
        yield LabelFile(source, *wanted)


def _first(names: Names, columns: Sequence[str]) -> Names:
    return (next(name for name in names if name in columns),)


def read_value(text: str, kind: str, preset: Preset, choices: Sequence[str] = ()) -> Value:
    """Read an answer that somebody wrote; a number may come with a unit, and need not be whole.

    Raises UnreadableAnswer.
    """
    if kind == "date" and (midnight := _MIDNIGHT.search(text)) and midnight.end() == len(text):
        text = text[: midnight.start()]
    try:
        label = read_label(text, kind, preset, choices=choices)
    except ValueError as error:
        found = _WITH_UNIT.fullmatch(text) if kind in ("number", "integer") else None
        if found is None or len(found[2] or "") > _LONGEST_UNIT:
            raise UnreadableAnswer(str(error)) from None
        number = parse_answer(found[1], "number")
        return Value(number, found[1], found[2] or "")
    if kind == "integer" and label.answer.value is not None:
        return Value(Answer("number", Decimal(str(label.answer.value))), label.text)
    return Value(label.answer, label.text)
