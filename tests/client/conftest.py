"""A hub to pull from, on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.releases import FakeHub, make_release, serving


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """It has tea@1.1.0; the test works in an empty folder, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("ERRATA_TOKEN", raising=False)
    with serving(FakeHub(make_release())) as hub:
        monkeypatch.setenv("ERRATA_HUB", hub.address + "/")
        yield hub
