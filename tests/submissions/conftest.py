"""A small benchmark and its people."""

from pathlib import Path

import pytest

from registry.models import Benchmark, Instance
from tests.small import People, people, small_benchmark


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


@pytest.fixture
def q1(benchmark: Benchmark) -> Instance:
    """The first instance."""
    return Instance.objects.get(benchmark=benchmark, key="q1")
