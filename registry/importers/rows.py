"""From a file's records to rows in Errata's roles, as a preset directs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Problems, Source
from registry.presets import Names, Preset

LONGEST = {"id": 200, "key": 200, "group": 200}  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """One row in its roles. None means that the file has no such column: what is there stays."""

    line: int
    id: str | None
    key: str | None
    split: str | None
    group: str | None
    kind: str | None
    answer: str
    lower: str | None
    upper: str | None
    inputs: Mapping[str, Any]
    derivation: Mapping[str, Any]
    meta: Mapping[str, Any]


def read_rows(source: Source, preset: Preset, problems: Problems) -> Iterator[Row]:
    """Stream the rows of a file; what is wrong with one is added to `problems`, row left out."""
    for row in each_row(source, preset):
        if isinstance(row, BadRecord):
            problems.add(row.line, row.field, row.message)
        else:
            yield row


def each_row(source: Source, preset: Preset) -> Iterator[Row | BadRecord]:
    """Stream the rows of a file, what is wrong with one in its place."""
    source.met.update(dict.fromkeys(source.columns or ()))
    for record in source.records:
        try:
            if isinstance(record, BadRecord):
                raise record
            if source.columns is None:
                source.met.update(dict.fromkeys(record.values))
            yield _row(record.line, record.values, preset)
        except BadRecord as error:
            yield error


def check_columns(source: Source, preset: Preset, *, aligned: bool) -> None:
    """Refuse a file that lacks a column without which no row can be read."""
    if source.columns is None:
        return
    columns = set(source.columns)
    answers, ids = preset.columns.get("answer", ()), preset.columns.get("id", ())
    if not columns.intersection(answers):
        raise InvalidInput(
            f"{source.name} has no column {' or '.join(answers)}, so no answer can be read. "
            "Rename the column or take another preset.",
            code="column_missing",
        )
    if columns.issuperset(preset.key) or (aligned and columns.intersection(ids)):
        return
    wanted = " and ".join(name for name in preset.key if name not in columns)
    raise InvalidInput(
        f"{source.name} has no column {wanted}, so instances cannot be found by key. Add it, or "
        f"say which version's ids, as in v1.0/test, its {' or '.join(ids)} holds (--align).",
        code="column_missing",
    )


def _row(line: int, values: Mapping[str, Any], preset: Preset) -> Row:
    def text(role: str) -> str | None:
        value = find(values, preset.columns.get(role, ()))
        return None if value is ... else _short(plain_text(value, line, role), line, role)

    answer = text("answer")
    if answer is None:
        wanted = " or ".join(preset.columns.get("answer", ("answer",)))
        raise BadRecord(line, "answer", f"the file has no column {wanted}")
    return Row(
        line=line,
        key=_key(line, values, preset),
        id=text("id"),
        split=text("split"),
        group=text("group"),
        kind=text("kind"),
        answer=answer,
        lower=text("lower"),
        upper=text("upper"),
        inputs=_table(line, values, preset.inputs, preset.values),
        derivation=_table(line, values, preset.derivation, preset.values),
        meta=_table(line, values, preset.meta, preset.values),
    )


def find(values: Mapping[str, Any], names: Names) -> Any:
    """The value of the first of `names` that the record has; Ellipsis if it has none of them."""
    for name in names:
        if name in values:
            return values[name]
    return ...


def plain_text(value: Any, line: int, name: str) -> str:
    """One cell as stripped text; lists and objects as compact JSON."""
    if value is None:
        return ""
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    check_text(value, line, name)
    return value.strip()


def check_text(value: str, line: int, name: str) -> None:
    """Refuse what no database and no JSON file keeps: NUL and lone surrogates."""
    if "\x00" in value:
        raise BadRecord(line, name, "holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadRecord(line, name, "holds half of a surrogate pair") from None


def _key(line: int, values: Mapping[str, Any], preset: Preset) -> str | None:
    if not preset.key or any(name not in values for name in preset.key):
        return None
    parts = [plain_text(values[name], line, name) for name in preset.key]
    if not all(parts):
        raise BadRecord(line, " + ".join(preset.key), "is empty, but names the instance")
    key = _short(":".join(parts), line, "key")
    if any(ord(letter) < 32 for letter in key):
        raise BadRecord(line, "key", "has control characters")
    return key


def _short(value: str, line: int, name: str) -> str:
    """The value, or BadRecord where it is longer than its column."""
    longest = LONGEST.get(name, len(value))
    if len(value) > longest:
        raise BadRecord(line, name, f"is over {longest} characters")
    return value


def _table(
    line: int,
    values: Mapping[str, Any],
    roles: Mapping[str, Names],
    aliases: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The roles that the file has; an empty cell is kept as None, which clears."""
    table: dict[str, Any] = {}
    for role, names in roles.items():
        value = find(values, names)
        if value is ...:
            continue
        if role == "choices":
            table[role] = None if value in (None, "") else _choices(value, line)
            continue
        text = value if isinstance(value, str) else plain_text(value, line, role)
        check_text(text, line, role)
        table[role] = aliases.get(role, {}).get(text, text) or None
    return table


def _choices(value: Any, line: int) -> list[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadRecord(line, "choices", f"is not a JSON list: {error}") from error
    if not isinstance(value, list) or not 2 <= len(value) <= 26:
        raise BadRecord(line, "choices", "is not a list of 2 to 26 options")
    return [plain_text(item, line, "choices") for item in value]
