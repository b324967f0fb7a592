"""What people watch and comment on: a benchmark, an instance, a report or a case, by its name."""

from audits.reading import get_case
from registry.errors import NotFound
from registry.models import Benchmark
from registry.permissions import Reader
from registry.selectors import get_instance
from submissions.selectors import get_report


def subject_of(benchmark: Benchmark, reader: Reader, kind: str, name: str) -> str:
    """The subject as it is stored: a slug, an instance's key, a public id.

    Raises NotFound where the benchmark has no such thing.
    """
    if kind == "benchmark" and name == benchmark.slug:
        return name
    if kind == "instance":
        return get_instance(benchmark, name).key
    if kind == "report" and get_report(name, reader).benchmark_id == benchmark.pk:
        return name
    if kind == "case" and get_case(name, reader).benchmark_id == benchmark.pk:
        return name
    raise NotFound(f"{benchmark.slug} has nothing of that name; open its page and try again.")
