"""Reading a model's answers from a file: own forms, MedCalc-Bench results, logs of harnesses."""

import csv
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errata.contract import Contract
from errata.errors import ErrataError
from errata.manifest import InvalidManifest, read_rows
from errata.streaming import items_of
from errata.tables import read_csv

# Of several the first: what stands as the answer beside a prediction is the label.
KEYS, ANSWERS, RESPONSES = ("key", "id"), ("prediction", "answer"), ("response", "completion")
# What MedCalc-Bench's evaluation writes: the row's number in the file of upstream, and the answer,
# or the error that it met in reading an "N/A".
ROW_NUMBERS, _RESULT = ("Row Number", "Unique ID"), "LLM Answer"
_ABSTAINED = r"name 'N' is not defined|time data 'N/A' does not match format .*"
_DAMAGED = (
    csv.Error,
    ValueError,
    InvalidManifest,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # encrypted, nested too deeply, or compressed in a way that is not known here
)
_SAMPLE, _ARCHIVE = 1 << 26, 1 << 31  # bytes of a sample, of an archive; so that none is a bomb
_ROWS = (".csv", ".jsonl", ".ndjson")
ENDINGS = ".csv, .jsonl, .json (an Inspect log) or .eval"


@dataclass(frozen=True, slots=True)
class Predicted:
    """One prediction: the row's key, and a final answer or a full response still to be read.

    In the results of MedCalc-Bench the key is the row's number.
    """

    key: str
    text: str
    is_response: bool

    def answer(self, contract: Contract) -> str:
        """The final answer; empty where the contract finds none in the response."""
        return (contract.extract(self.text).answer or "") if self.is_response else self.text


def read_answers(path: Path, contract: Contract) -> dict[str, str]:
    """The final answer for each key of a file; raises ErrataError where one cannot be read.

    As `stream_predictions` reads them; no row may be answered twice. Responses are not kept.
    """
    found: dict[str, str] = {}
    for each in stream_predictions(path):
        if each.key in found:
            message = f"{path.name} answers {each.key} twice; keep one answer of each row."
            raise ErrataError("answered_twice", message, asked_wrongly=True)
        found[each.key] = each.answer(contract)
    if not found:
        raise ErrataError("empty_file", f"{path.name} holds no prediction.", asked_wrongly=True)
    return found


def stream_predictions(path: Path) -> Iterator[Predicted]:
    """The predictions of a file one by one; raises ErrataError where one cannot be read.

    Records are objects or CSV rows with `key` (or `id`) and `prediction` (or `answer`), or a full
    `response` in place of the answer; results of MedCalc-Bench, with `Row Number` and `LLM Answer`;
    lines of lm-evaluation-harness samples; and Inspect logs, whose samples have the rows' keys as
    ids.
    """
    for number, each in enumerate(_read(path), start=1):
        if each is None:
            message = (
                f"Record {number} of {path.name} lacks a key or an answer; it needs "
                f"{' or '.join(KEYS)}, and {' or '.join((*ANSWERS, RESPONSES[0]))} (results of "
                f"MedCalc-Bench: {ROW_NUMBERS[0]} and {_RESULT})."
            )
            raise ErrataError("column_missing", message, asked_wrongly=True)
        yield each


def names_keys(path: Path) -> bool:
    """Whether a file says by itself how it is read: a harness's log, or rows with a `key`.

    Rows without one need somebody to say what their columns mean.
    """
    if path.suffix.lower() in (".json", ".eval"):
        return True
    first = _first_record(path)
    return _is_sample(first) or ("key" in first and any(n in first for n in (*ANSWERS, *RESPONSES)))


def numbers_rows(path: Path) -> bool:
    """Whether a file holds results of MedCalc-Bench, whose keys are numbers of rows."""
    return _is_result(_first_record(path))


def _first_record(path: Path) -> Mapping[str, Any]:
    """The first row of CSV or JSON Lines; empty where there is none, or none that can be read."""
    try:
        return next(_records(path, path.suffix.lower()), {})
    except _DAMAGED:
        return {}


def _is_result(row: Mapping[str, Any]) -> bool:
    return _RESULT in row and _first(row, KEYS) is None and _first(row, ROW_NUMBERS) is not None


def _is_sample(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("doc"), dict) and "resps" in row


def _read(path: Path) -> Iterator[Predicted | None]:
    ending = path.suffix.lower()
    try:
        if ending in _ROWS:
            yield from map(_record, _records(path, ending))
        elif ending == ".json":
            yield from map(_inspected, items_of(path, "samples", _SAMPLE))
        elif ending == ".eval":
            yield from _archived(path)
        else:
            message = f"{path.name}: predictions are read from {ENDINGS}."
            raise ErrataError("unknown_form", message, asked_wrongly=True)
    except _DAMAGED as error:
        message = f"{path.name} cannot be read ({error}); write it again, as UTF-8."
        raise ErrataError("unreadable_file", message, asked_wrongly=True) from None


def _records(path: Path, ending: str) -> Iterator[Mapping[str, Any]]:
    """The rows of CSV or JSON Lines; none of any other file."""
    if ending == ".csv":
        yield from read_csv(path)
    elif ending in _ROWS:
        yield from read_rows(path)


def _archived(path: Path) -> Iterator[Predicted | None]:
    """An Inspect log as its archive keeps it: a JSON file for each sample."""
    left = _ARCHIVE
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith("samples/") and name.endswith(".json"):
                with archive.open(name) as file:
                    text = file.read(min(_SAMPLE, left) + 1)
                left -= len(text)
                if len(text) > _SAMPLE or left < 0:
                    raise ValueError(f"{name} unpacks to too much")
                yield _inspected(json.loads(text))


def _record(row: Mapping[str, Any]) -> Predicted | None:
    if _is_sample(row):
        return _sampled(row)
    if _is_result(row):
        return _result(row)
    key = _first(row, KEYS)
    answer, response = _first(row, ANSWERS), _first(row, RESPONSES)
    if key is None or (answer is None and response is None):
        return None
    return Predicted(key, answer if answer is not None else response or "", answer is None)


def _result(row: Mapping[str, Any]) -> Predicted | None:
    """A result of MedCalc-Bench; what its evaluation could not read as an answer abstains."""
    number, said = _first(row, ROW_NUMBERS), _first(row, (_RESULT,))
    if number is None or said is None:
        return None
    abstains = len(said) <= 500 and re.fullmatch(_ABSTAINED, said)
    return Predicted(number, "N/A" if abstains else said, False)


def _sampled(row: Mapping[str, Any]) -> Predicted | None:
    """A sample of lm-evaluation-harness: its document, and the response before any filter."""
    key, said = _first(row["doc"], KEYS), row["resps"]
    while isinstance(said, list) and said:
        said = said[0]
    return None if key is None or not isinstance(said, str) else Predicted(key, said, True)


def _inspected(sample: Any) -> Predicted | None:
    """A sample of an Inspect log; one that failed has no completion and is no answer."""
    if not isinstance(sample, dict) or sample.get("id") is None:
        return None
    output = sample.get("output")
    said = output.get("completion") if isinstance(output, dict) else None
    return Predicted(str(sample["id"]), said if isinstance(said, str) else "", True)


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    found = next((row[name] for name in names if row.get(name) is not None), None)
    return None if found is None else str(found).strip()
