"""Parquet: the rows of a JSON lines file in columns, with the same bytes whenever it is made.

The columns follow from the rows: what stands in inputs, derivation and meta differs by benchmark.
Rows are read in fixed batches and each batch becomes one row group, since the bytes depend on it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from errata.manifest import canonical_json, read_rows

from versions.selectors import in_batches

ROW_GROUP = 5_000
_TEXTS = ("key", "split", "kind", "answer", "group", "digest", "tier", "canary")
_NUMBERS = ("position", "revision")
_BELIEVED = ("posterior", "valid", "mask")
_LIMITS = dict.fromkeys(("lower", "upper", "absolute", "relative"), "text")
_NESTED = ("inputs", "derivation", "meta")
# Field name -> how its values are kept: a text, a list of texts, or canonical JSON.
Fields = dict[str, str]


def write_parquet(rows: Path, target: Path) -> None:
    """Write the rows of the JSON lines file `rows` to the Parquet file `target`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = _nested_fields(read_rows(rows))
    schema = _schema(pa, nested)
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=3, version="2.6", store_schema=False
    ) as writer:
        for batch in in_batches(read_rows(rows), ROW_GROUP):
            flat = [_fitted(row, nested) for row in batch]
            writer.write_table(pa.Table.from_pylist(flat, schema=schema), row_group_size=ROW_GROUP)


def _nested_fields(rows: Iterable[Mapping[str, Any]]) -> dict[str, Fields]:
    """The fields that occur inside each nested column, and how their values are kept."""
    found: dict[str, Fields] = {name: {} for name in _NESTED}
    for row in rows:
        for name, fields in found.items():
            for field, value in (row[name] or {}).items():
                way = _way(value)
                fields[field] = way if fields.get(field, way) == way else "json"
    return {"limits": _LIMITS} | {name: fields for name, fields in found.items() if fields}


def _way(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "texts"
    return "json"


def _schema(pa: Any, nested: Mapping[str, Fields]) -> Any:
    types = {"text": pa.string(), "texts": pa.list_(pa.string()), "json": pa.string()}
    columns = [(name, pa.string()) for name in _TEXTS]
    columns += [(name, pa.int64()) for name in _NUMBERS]
    believed = pa.struct([("answer", pa.string()), ("probability", pa.string())])
    columns += [("posterior", pa.list_(believed))]
    columns += [("valid", pa.bool_()), ("mask", pa.list_(pa.string()))]
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
