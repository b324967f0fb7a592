"""Reward files for reinforcement learning: Parquet in verl's columns, one row for each prompt."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from errata.contract import Contract
from errata.manifest import read_rows
from errata.rewards import TRAIN, notice, reward_row

from versions.exports.parquet import ROW_GROUP, belief_types
from versions.selectors import in_batches


def write_rewards(
    rows: Path,
    target: Path,
    contract: Contract,
    *,
    release: str,
    role: str,
    allowed: Collection[str],
    canary: str,
    trust: bool,
) -> None:
    """Write the rows of a split, those of masked labels left out, to the Parquet file `target`.

    A file of another than a train split says so in its metadata and in every row; one that is not
    allowed is refused with NoReward. With `trust` each row has its posterior and mask.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    said = {"canary": canary, "contract": contract.version, "release": release}
    if role != TRAIN:
        said["notice"] = notice(rows.stem)
    schema = _schema(pa, trust=trust)
    options = {"allowed": tuple(allowed), "release": release, "role": role, "canary": canary}
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=3, version="2.6", store_schema=False
    ) as writer:
        writer.add_key_value_metadata(said)
        valid = (row for row in read_rows(rows) if row["valid"])
        for batch in in_batches(valid, ROW_GROUP):
            made = [reward_row(row, contract, **options) for row in batch]
            writer.write_table(pa.Table.from_pylist(made, schema=schema), row_group_size=ROW_GROUP)


def _schema(pa: Any, *, trust: bool) -> Any:
    text = pa.string()
    message = pa.struct([("role", text), ("content", text)])
    model = pa.struct([("style", text), ("ground_truth", text)])
    texts = ("key", "split", "tier", "contract", "notice", "canary")
    extra = [("index", pa.int64()), ("valid", pa.bool_()), ("weight", pa.float64())]
    extra += [(name, text) for name in texts]
    if trust:
        extra += zip(("posterior", "mask"), belief_types(pa), strict=True)
    return pa.schema(
        [
            ("data_source", text),
            ("prompt", pa.list_(message)),
            ("ability", text),
            ("reward_model", model),
            ("extra_info", pa.struct(extra)),
        ]
    )
