"""Parquet: the rows of a JSON lines file in columns, with the same bytes whenever it is made.

The columns follow from the rows: what stands in inputs, derivation and meta differs by benchmark.
Rows are read in fixed batches and each batch becomes one row group, since the bytes depend on it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from errata.manifest import canonical_json

from versions.ahead import read_ahead
from versions.selectors import in_batches

ROW_GROUP = 5_000
BLOCK = 2**31 - 1  # bytes that Arrow reads at once; a row group of more comes in several pieces
_TEXTS = ("key", "split", "kind", "answer", "group", "digest", "tier", "canary")
_NUMBERS = ("position", "revision")
_BELIEVED = ("posterior", "valid", "mask")
_LIMITS = dict.fromkeys(("lower", "upper", "absolute", "relative"), "text")
_NESTED = ("inputs", "derivation", "meta")
# Field name -> how its values are kept: a text, a list of texts, or canonical JSON.
Fields = dict[str, str]


class NestedFields:
    """The fields that occur inside each nested column of some rows, and how they are kept."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._found: dict[str, Fields] = {name: {} for name in _NESTED}

    def see(self, row: Mapping[str, Any]) -> None:
        """Note what a row has."""
        for name, fields in self._found.items():
            for field, value in (row[name] or {}).items():
                way = "text" if type(value) is str else _way(value)
                if fields.setdefault(field, way) != way:
                    fields[field] = "json"

    def known(self) -> dict[str, Fields]:
        """The fields of each nested column that has any."""
        return {"limits": _LIMITS} | {name: kept for name, kept in self._found.items() if kept}


def write_parquet(rows: Path, target: Path, fields: NestedFields) -> None:
    """Write the rows of the JSON lines file `rows`, all seen by `fields`, to `target`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = fields.known()
    schema = _schema(pa, nested)
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=3, version="2.6", store_schema=False
    ) as writer:
        for table in read_ahead(_tables(pa, rows, schema, nested)):
            writer.write_table(table, row_group_size=ROW_GROUP)


def _tables(pa: Any, rows: Path, schema: Any, nested: Mapping[str, Fields]) -> Iterator[Any]:
    """The rows in tables of one row group each."""
    from pyarrow.json import ParseOptions, ReadOptions, read_json

    parsing = ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    has_json = any("json" in kept.values() for kept in nested.values())
    with rows.open("rb") as file:
        for lines in in_batches(file, ROW_GROUP):
            if has_json:  # kept as text, which Arrow does not make of what is no text
                fitted = [_fitted(json.loads(line), nested) for line in lines]
                yield pa.Table.from_pylist(fitted, schema=schema)
            else:
                text = b"".join(lines)
                reading = ReadOptions(use_threads=False, block_size=min(len(text), BLOCK))
                yield read_json(pa.BufferReader(text), reading, parsing)


def _way(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "texts"
    return "json"


def belief_types(pa: Any) -> tuple[Any, Any]:
    """The types of a label's posterior and of its mask, in every file of Parquet."""
    believed = pa.struct([("answer", pa.string()), ("probability", pa.string())])
    return pa.list_(believed), pa.list_(pa.string())


def _schema(pa: Any, nested: Mapping[str, Fields]) -> Any:
    types = {"text": pa.string(), "texts": pa.list_(pa.string()), "json": pa.string()}
    columns = [(name, pa.string()) for name in _TEXTS]
    columns += [(name, pa.int64()) for name in _NUMBERS]
    posterior, mask = belief_types(pa)
    columns += [("posterior", posterior), ("valid", pa.bool_()), ("mask", mask)]
    columns += [
        (name, pa.struct([(field, types[way]) for field, way in sorted(fields.items())]))
        for name, fields in nested.items()
    ]
    return pa.schema(columns)


def _fitted(row: Mapping[str, Any], nested: Mapping[str, Fields]) -> dict[str, Any]:
    fitted = {name: row[name] for name in (*_TEXTS, *_NUMBERS, *_BELIEVED)}
    for name, fields in nested.items():
        values = row[name]
        fitted[name] = values and {
            field: canonical_json(value) if fields[field] == "json" else value
            for field, value in values.items()
        }
    # No limits at all means exactly the answer, which is not the same as unknown.
    fitted["limits"] = row["limits"]
    return fitted
