"""A small benchmark of every kind of label, made through the services, in a home of its own."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from audits.models import Case, Decision
from registry.ids import new_id
from registry.labels import read_label
from registry.models import Benchmark, Head, Instance, User
from registry.presets import load_preset
from registry.selectors import SYSTEM, preset_of
from registry.services.import_benchmark import import_benchmark
from registry.services.revise_label import revise_label
from versions.models import Release
from versions.publishers.base import Package
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

SLUG = "small"
PRESET = """
name = "small"
rewordable = ["question"]
[benchmark]
title = "Small *benchmark*"
licence = "CC0-1.0"
citation = "Nobody. 2026."
[splits]
test = "test"
train = "train"
[columns]
id = ["id"]
key = ["id"]
split = ["split"]
group = ["group"]
kind = ["kind"]
answer = ["answer"]
[columns.inputs]
question = ["question"]
choices = ["choices"]
[columns.derivation]
explanation = ["explanation"]
[columns.meta]
source = ["source"]
[kinds]
default = "number"
[limits]
number = { relative = "0.05" }
[categories]
wrong = "The label is wrong."
[predictions]
id = ["id"]
answer = ["prediction"]
"""
COLUMNS = ("id", "split", "group", "kind", "question", "choices", "answer", "explanation", "source")
ROWS = [
    ("n1", "test", "g", "number", "How much? 25 µg", "", "10.5", "so it is", "a"),
    ("n2", "test", "g", "number", "How much else?", "", "-2", "", "a"),
    ("i1", "test", "g", "integer", "How many?", "", "7", "", ""),
    ("c1", "test", "h", "choice", "Which?", '["one","two"]', "B", "", "b"),
    ("d1", "train", "h", "date", "When?", "", "2024-02-29", "", "b"),
    ("u1", "train", "h", "number", "Whence?", "", "N/A", "", "b"),
    ("t1", "train", "h", "text", "Who, “exactly”?", "", "Ada\tLovelace", "", "b"),
]


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    """Everything that releases leave on disk lies in a folder of the test."""
    settings.ERRATA_HOME = tmp_path / "home"
    settings.ERRATA_SIGNING_KEY = tmp_path / "home" / "signing_key.pem"
    settings.ERRATA_REPOS = tmp_path / "home" / "repos"
    settings.ERRATA_DVC_REMOTE = str(tmp_path / "home" / "dvc")
    settings.CELERY_BROKER_URL = "memory://"
    return settings.ERRATA_HOME


class Nowhere:
    """A publisher for tests that ask nothing of a repository."""

    def has_shipped(self, slug: str, version: str) -> bool:
        return True

    def ship(self, package: Package) -> None:
        pass


@pytest.fixture
def ship_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases are built and published, without git and DVC."""
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())


@pytest.fixture
def system() -> User:
    """The actor of commands; a transactional test before this one may have flushed it."""
    return User.objects.get_or_create(username=SYSTEM, defaults={"is_staff": True})[0]


@pytest.fixture
def bring(system: User, tmp_path: Path) -> Callable[..., Any]:
    """Import rows into the small benchmark, by its preset and what `more` says."""

    def bring(rows: list[tuple[str, ...]], more: str = "", **options: Any) -> Any:
        preset = tmp_path / "small.toml"
        preset.write_text(PRESET + more)
        file = tmp_path / "rows.csv"
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([COLUMNS, *rows])
        return import_benchmark(
            actor=system, slug=SLUG, path=file, preset=load_preset(str(preset)), **options
        )

    return bring


@pytest.fixture
def small(bring: Callable[..., Any]) -> Benchmark:
    """The small benchmark with its seven rows, not yet released."""
    bring(ROWS)
    return Benchmark.objects.get(slug=SLUG)


@pytest.fixture
def cut(system: User, small: Benchmark) -> Callable[..., Release]:
    """Freeze and publish the next release of the small benchmark."""

    def cut(**options: Any) -> Release:
        release = freeze_release(actor=system, benchmark=small, **options)
        return publish_release(release.pk)

    return cut


@pytest.fixture
def correct(system: User, small: Benchmark) -> Callable[..., Any]:
    """Give an instance another answer, as a decision does."""

    @transaction.atomic
    def correct(key: str, answer: str, **limits: str) -> Any:
        instance = Instance.objects.get(benchmark=small, key=key)
        head = Head.objects.select_related("revision__content").get(pk=instance.pk)
        kind = head.revision.content.kind
        label = read_label(answer, kind, preset_of(small), choices=("one", "two"), **limits)
        decision, at = new_id(), head.revision.at
        revision = revise_label(
            actor=system,
            instance=instance,
            label=label,
            expected=None,
            reason=f"{key} was wrong",
            cause=("decision", decision),
            at=at,
        )
        case = Case.objects.create(
            benchmark=small, instance=instance, status="decided", bucket="contested", ended_at=at
        )
        Decision.objects.create(
            public_id=decision,
            case=case,
            instance=instance,
            outcome="correct",
            before=head.revision,
            after=revision,
            reason=revision.reason,
            actor=system.public_id,
            at=at,
        )
        return revision

    return correct


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
