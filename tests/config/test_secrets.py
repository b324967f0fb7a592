"""Secrets are made once, kept, and closed to others."""

import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from config.secrets import kept_secret


def test_made_once_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    first = kept_secret(path)
    assert len(first) >= 50
    assert kept_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret_key"]


def test_two_homes_have_two_secrets(tmp_path: Path) -> None:
    assert kept_secret(tmp_path / "one") != kept_secret(tmp_path / "two")


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    paths = [tmp_path / f"secret_{turn}" for turn in range(25) for _ in range(4)]
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        secrets = list(pool.map(kept_secret, paths))
    for turn in range(25):
        assert len(set(secrets[turn * 4 : turn * 4 + 4])) == 1
    assert len(list(tmp_path.iterdir())) == 25


def test_an_opened_secret_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    secret = kept_secret(path)
    path.chmod(0o644)
    assert kept_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_secret_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.touch()
    with pytest.raises(RuntimeError, match="delete the file"):
        kept_secret(path)
