"""The key that a mistyped one probably means."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from django.db import connection

from registry.models import Alias, Benchmark, Instance

_CLOSE = 0.6  # of 1; below it two keys have little in common
_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*$)")


def nearest_keys(benchmark: Benchmark, names: Sequence[str]) -> dict[str, str]:
    """By name, the key of the benchmark that it probably means; names like no key are left out.

    A name may be the upstream id of an instance, or a key in other case, without its prefix, with
    other zeros; else it is compared with its neighbours in the order of keys. Three queries however
    many keys there are; an index on parts of keys would call half of q1 … q1000000 alike.
    """
    if not names:
        return {}
    found = _by_alias(benchmark, names)
    first = Instance.objects.filter(benchmark=benchmark).order_by("position").first()
    asked = {
        name: list(dict.fromkeys(_variants(name, first.key)))
        for name in names
        if first is not None and name not in found
    }
    neighbours = _neighbours(benchmark, {each for variants in asked.values() for each in variants})
    for name, variants in asked.items():
        near = [key for each in variants for key in neighbours[each]]
        same = [each for each in variants if each in near]
        close = same or get_close_matches(name, near, n=1, cutoff=_CLOSE)
        if close:
            found[name] = close[0]
    return found


def _by_alias(benchmark: Benchmark, names: Sequence[str]) -> dict[str, str]:
    aliases = Alias.objects.filter(benchmark=benchmark, value__in=set(names)).order_by("-pk")
    return dict(aliases.values_list("value", "instance__key"))


def _variants(name: str, sample: str) -> Iterator[str]:
    """Other ways to write a name; `sample` is a key that there is."""
    number = _NUMBER.search(sample)
    prefix, width = sample[: number.start()] if number else "", len(number[0]) if number else 0
    for written in (
        name,
        _NUMBER.sub(lambda digits: digits[0].lstrip("0") or "0", name),
        _NUMBER.sub(lambda digits: digits[0].zfill(width), name),
    ):
        yield from (written, written.lower(), written.upper(), prefix + written)


def _neighbours(benchmark: Benchmark, probes: set[str]) -> dict[str, list[str]]:
    """The keys before and from each probe on, as the index on keys orders them."""
    found: dict[str, list[str]] = defaultdict(list)
    if not probes:
        return found
    table = Instance._meta.db_table
    keys = f'SELECT i."key" FROM {table} i WHERE i.benchmark_id = %s AND i."key"'  # noqa: S608
    asked = ", ".join(["(CAST(%s AS varchar(250)))"] * len(probes))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH probes(probe) AS (VALUES {asked}) SELECT probe, "  # noqa: S608
            f'({keys} >= probe ORDER BY i."key" LIMIT 1), '
            f'({keys} < probe ORDER BY i."key" DESC LIMIT 1) FROM probes',
            [*probes, benchmark.pk, benchmark.pk],
        )
        for probe, *keys_around in cursor.fetchall():
            found[probe] = [key for key in keys_around if key is not None]
    return found
