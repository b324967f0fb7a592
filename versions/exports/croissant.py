"""Croissant metadata (JSON-LD, https://docs.mlcommons.org/croissant): files, digests, fields."""

import json
import re
from collections.abc import Iterator
from typing import Any

from versions.exports.about import About
from versions.snapshot_format import has

_CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_TYPES = {
    "key": "sc:Text",
    "position": "sc:Integer",
    "revision": "sc:Integer",
    "valid": "sc:Boolean",
}
_FIELDS = {
    "key": "Names the instance; stays the same in all versions.",
    "split": "The split.",
    "position": "Where the instance stands in the benchmark.",
    "kind": "The kind of answer.",
    "answer": "The label; N/A where the inputs lack what the question needs.",
    "group": "What the instance belongs to.",
    "tier": "How far the label was looked at.",
    "valid": "Whether the label may be scored and trained on.",
    "revision": "The number of the label's revision.",
    "digest": "The digest of the label's revision.",
    "canary": "By which the data is found where it does not belong.",
}
_LIMITS = ("lower", "upper", "absolute", "relative")


def croissant(about: About) -> dict[str, Any]:
    """The document; of each split it describes the Parquet file."""
    benchmark = about.benchmark
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "name": benchmark["slug"],
        "alternateName": benchmark["title"],
        "description": f"{benchmark['intended_use'] or benchmark['title']} ({about.canary})",
        "version": about.version,
        "datePublished": about.frozen_on,
        "license": _licence(benchmark["licence"]),
        "url": about.address,
        "citeAs": benchmark["citation"],
        "isLiveDataset": False,
        "distribution": [_file(about, name) for name in about.splits],
        "recordSet": [_records(about, name) for name in about.splits],
    }
    if benchmark["upstream_url"]:
        document["isBasedOn"] = benchmark["upstream_url"]
    return {name: value for name, value in document.items() if value != ""}


def _licence(licence: str) -> str:
    """The address of an SPDX identifier; any other text as it is."""
    is_identifier = re.fullmatch(r"[A-Za-z0-9.+-]+", licence)
    return f"https://spdx.org/licenses/{licence}" if is_identifier else licence


def _file(about: About, name: str) -> dict[str, Any]:
    path = f"data/{name}.parquet"
    file = about.file(path)
    assert file is not None  # noqa: S101  # every split has one
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{file.size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
    }


def _records(about: About, name: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"The split {name}.",
        "field": list(_fields(about, name)),
    }


def _fields(about: About, name: str) -> Iterator[dict[str, Any]]:
    for field, meaning in _FIELDS.items():
        yield _field(name, field, field, meaning)
    for limit in _LIMITS:
        meaning = f"What counts as right beside the answer: {limit} limit or tolerance."
        yield _field(name, f"limits/{limit}", "limits", meaning, limit)
    for field in about.inputs:
        yield _field(name, f"inputs/{field}", "inputs", f"What a solver may see: {field}.", field)
    if has(about.snapshot, "trust"):
        yield from _beliefs(name)


def _beliefs(name: str) -> Iterator[dict[str, Any]]:
    """What is believed of a label: a list of answers with probabilities; why nothing should be."""
    meaning = "Answers with their probabilities, the label's own first; null is any other answer."
    posterior = _field(name, "posterior", "posterior", meaning) | {"repeated": True}
    del posterior["dataType"]  # that of its parts
    posterior["subField"] = [
        _field(name, f"posterior/{part}", "posterior", f"The {part}.", part)
        for part in ("answer", "probability")
    ]
    yield posterior
    meaning = "Why the label should be neither scored nor trained on; empty where it is valid."
    yield _field(name, "mask", "mask", meaning) | {"repeated": True}


def _field(split: str, place: str, column: str, meaning: str, inner: str = "") -> dict[str, Any]:
    source: dict[str, Any] = {
        "fileObject": {"@id": f"data/{split}.parquet"},
        "extract": {"column": column},
    }
    if inner:
        source["transform"] = {"jsonPath": inner if inner.isidentifier() else json.dumps(inner)}
    return {
        "@type": "cr:Field",
        "@id": f"{split}/{place}",
        "name": f"{split}/{place}",
        "description": meaning,
        "dataType": _TYPES.get(column, "sc:Text"),
        "source": source,
    }


_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "conformsTo": "dct:conformsTo",
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty"),
            *("fileObject", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key"),
            *("md5", "parentField", "path", "recordSet", "references", "regex", "repeated"),
            *("replace", "samplingRate", "separator", "source", "subField", "transform"),
        )
    },
}
