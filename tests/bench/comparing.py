"""Tools that compare two files, run by tests/bench/diffing.py in an environment of their own.

python comparing.py TOOL OLD.csv NEW.csv prints the seconds it took and how many rows it found.
"""

import csv
import sys
import time


def polars(old: str, new: str) -> int:
    """A join on the key."""
    import polars as pl

    frames = (pl.scan_csv(path, infer_schema=False) for path in (old, new))
    joined = next(frames).join(next(frames), on="id", suffix="_new")
    return joined.filter(pl.col("answer") != pl.col("answer_new")).collect().height


def datacompy(old: str, new: str) -> int:
    """Its comparison of polars frames."""
    import datacompy
    import polars as pl

    frames = [pl.read_csv(path, infer_schema=False) for path in (old, new)]
    return len(datacompy.PolarsCompare(*frames, join_columns="id").all_mismatch())


def csv_diff(old: str, new: str) -> int:
    """By the key."""
    from csv_diff import compare, load_csv

    with open(old) as before, open(new) as after:  # noqa: PTH123
        return len(compare(load_csv(before, key="id"), load_csv(after, key="id"))["changed"])


def daff(old: str, new: str) -> int:
    """By the key."""
    import daff

    tables = []
    for path in (old, new):
        with open(path, newline="") as file:  # noqa: PTH123
            tables.append(daff.PythonTableView(list(csv.reader(file))))
    flags, found = daff.CompareFlags(), daff.PythonTableView([])
    flags.addPrimaryKey("id")
    daff.TableDiff(daff.Coopy.compareTables(*tables, flags).align(), flags).hilite(found)
    return sum("->" in str(row[0]) for row in found.getData())


TOOLS = {"polars join": polars, "datacompy": datacompy, "csv-diff": csv_diff, "daff": daff}

if __name__ == "__main__":
    tool, *files = sys.argv[1:]
    start = time.perf_counter()
    found = TOOLS[tool](*files)
    print(time.perf_counter() - start, found)
