"""What the formats of a release need beside its rows, noted when it is frozen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Max

from audits.selectors import current_policy
from registry.models import Alias, Benchmark, ImportBatch
from registry.presets import Preset
from registry.selectors import preset_of

# A column: its name, the part of a row that it shows, and the field or place inside of that part.
Column = tuple[str, str, str]
_NESTED = ("inputs", "derivation", "meta")
_PLAIN = ("group", "split", "answer", "lower", "upper", "kind", "id")


def formats_of(benchmark: Benchmark) -> dict[str, Any]:
    """Hub, roles of splits, inputs, columns, upstream ids, and what rewards are made from."""
    preset = preset_of(benchmark)
    batches = ImportBatch.objects.filter(benchmark=benchmark).order_by("pk")
    return {
        "hub": settings.ERRATA_HUB,
        "roles": dict(preset.splits),
        "inputs": list(preset.inputs),
        "columns": source_columns(preset, batches.values_list("columns", flat=True)),
        "aliases": _aliases(benchmark),
        "rewards_from": current_policy(benchmark).rewards_from,
    }


def upstream_ids(
    snapshot: Mapping[str, Any], instances: Iterable[tuple[int, str]]
) -> dict[int, str]:
    """The upstream ids of instances, given with their splits, as the release knows them."""
    aliases = snapshot["formats"]["aliases"]
    spaces, splits = aliases["spaces"], dict(instances)
    found = Alias.objects.filter(
        instance__in=splits, pk__lte=aliases["until"], space__in=set(spaces.values())
    ).order_by("-pk")
    return {
        instance: value
        for instance, space, value in found.values_list("instance", "space", "value")
        if space == spaces.get(splits[instance])
    }


def source_columns(preset: Preset, files: Iterable[Sequence[str]]) -> list[Column]:
    """Of the columns of some files, first file first, those that the preset knows.

    Where several hold the same part of a row, the first one stands for it. Where no file's columns
    are known, they are those that the preset would look for first.
    """
    known = list(dict.fromkeys(name for names in files for name in names))
    found: dict[tuple[str, str], str] = {}
    for name in known or _first_names(preset):
        for part in _parts(preset, name):
            if part not in found and name not in found.values():
                found[part] = name
    return [(name, *part) for part, name in found.items()]


def _aliases(benchmark: Benchmark) -> dict[str, Any]:
    """By split the space of upstream ids that was imported last, and the last alias there is.

    An instance may get more aliases later; those after `until` are none of this release.
    """
    aliases = Alias.objects.filter(benchmark=benchmark)
    newest = dict(aliases.values_list("instance__split").annotate(Max("pk")))
    spaces = dict(Alias.objects.filter(pk__in=newest.values()).values_list("pk", "space"))
    return {
        "until": max(newest.values(), default=0),
        "spaces": {split: spaces[pk] for split, pk in newest.items()},
    }


def _parts(preset: Preset, name: str) -> list[tuple[str, str]]:
    """What a column of that name holds, the most faithful first."""
    nested: Mapping[str, Mapping[str, tuple[str, ...]]] = {
        part: getattr(preset, part) for part in _NESTED
    }
    parts = [
        (part, field)
        for part, fields in nested.items()
        for field, names in fields.items()
        if name in names
    ]
    if name in preset.key:
        parts.append(("key", f"{preset.key.index(name)}/{len(preset.key)}"))
    return parts + [(part, "") for part in _PLAIN if name in preset.columns.get(part, ())]


def _first_names(preset: Preset) -> list[str]:
    roles = [preset.columns.get("id", ()), *((name,) for name in preset.key)]
    roles += [names for role, names in preset.columns.items() if role != "id"]
    roles += [names for part in _NESTED for names in getattr(preset, part).values()]
    return list(dict.fromkeys(names[0] for names in roles if names))
