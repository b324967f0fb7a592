"""What the processes of a run share is made once, however many ask for it at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests import migrated


def test_who_waits_finds_it_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_TEST_RUN", str(tmp_path))
    made, together = [], Barrier(4)

    def ask(_: int) -> Path:
        together.wait()
        return migrated.once("it", made.append)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(ask, range(4))) == {tmp_path / "it"}
    assert made == [tmp_path / "it"]


def test_what_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_TEST_RUN", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        migrated.once("it", lambda _: 1 // 0)
    made: list[Path] = []
    migrated.once("it", made.append)
    assert made == [tmp_path / "it"]
