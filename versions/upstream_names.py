"""The names that upstream gave to its versions, and which releases they stand for."""

from registry.errors import InvalidInput
from registry.models import Benchmark
from versions.models import UpstreamName


def upstream_names(benchmark: Benchmark) -> dict[str, list[str]]:
    """Versions by name, in the order of names; one query."""
    found = UpstreamName.objects.filter(benchmark=benchmark).order_by("pk")
    held = {row.name: row.versions.split() for row in found}
    return {name: held[name] for name in sorted(held) if held[name]}


def names_of_version(benchmark: Benchmark, version: str) -> list[str]:
    """The upstream names that a version stands for."""
    return [name for name, of in upstream_names(benchmark).items() if version in of]


def version_named(benchmark: Benchmark, name: str) -> str:
    """The one version that an upstream name stands for, or empty; never a guess.

    Raises InvalidInput with all of them where there are several.
    """
    found = UpstreamName.objects.filter(benchmark=benchmark, name=name).order_by("-pk").first()
    versions = found.versions.split() if found else []
    if len(versions) > 1:
        told = ", ".join(f"{benchmark.slug}@{version}" for version in versions)
        raise InvalidInput(
            f"'{name}' stands for several releases of {benchmark.slug}; name one: {told}.",
            code="ambiguous_version",
            name=name,
            versions=versions,
        )
    return versions[0] if versions else ""
