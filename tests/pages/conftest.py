"""A small benchmark with a case and a release, its people, and browsers for them."""

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from django.test import Client

from audits.models import AuditRun, Case
from audits.services.claim_case import claim_case
from audits.services.give_opinion import give_opinion
from audits.services.keep_upload import keep_upload
from audits.services.start_audit import start_audit
from audits.services.submit_upload import submit_upload
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_upload import work_on_upload
from registry.models import Benchmark, Instance, PlannedImport, User
from registry.presets import load_preset
from registry.selectors import system_user
from registry.services.plan_import import plan_import
from submissions.models import PredictionSet, Report, Upload
from submissions.services.file_report import file_report
from submissions.services.publish_predictions import publish_predictions
from tests.small import SLUG, People, csv_text, people, qa_row, small_benchmark
from versions.models import Release
from versions.publishers.base import Package
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release
from versions.services.score_predictions import score_benchmark
from versions.services.take_predictions import take_predictions


class Nowhere:
    """A publisher for tests that ask nothing of a repository."""

    def has_shipped(self, slug: str, version: str) -> bool:
        return True

    def ship(self, package: Package) -> None:
        pass


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ERRATA_HOME = tmp_path / "home"
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    made = small_benchmark(tmp_path)
    made.title = "Tens and more"
    made.save()
    return made


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


@pytest.fixture
def report(benchmark: Benchmark, crew: People) -> Report:
    """An open report on q1 that proposes 12."""
    return file(benchmark, crew.user, "q1", "12")


@pytest.fixture
def case(report: Report) -> Case:
    """The open case of that report."""
    take_in_reports(report.benchmark_id)
    return Case.objects.get(instance=report.instance)


@pytest.fixture
def held(case: Case, crew: People) -> Case:
    """The same case, claimed by the expert."""
    return claim_case(actor=crew.expert, case=case)


@pytest.fixture
def answered(held: Case, crew: People) -> Case:
    """The same case, answered blind with 12: its label is shown to the expert."""
    give_opinion(actor=crew.expert, case=held, outcome="answer", answer="12", rationale="Counted.")
    return held


@pytest.fixture
def release(benchmark: Benchmark) -> Release:
    """1.0.0, published."""
    return cut(benchmark)


@pytest.fixture
def run(benchmark: Benchmark) -> AuditRun:
    """An audit that no worker has taken on."""
    return start_audit(actor=system_user(), benchmark=benchmark)


@pytest.fixture
def browse() -> Callable[[User | None], Client]:
    """A browser signed in as somebody, or as nobody."""

    def browse(user: User | None = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return browse


def file(benchmark: Benchmark, author: User, key: str, answer: str) -> Report:
    """File a report."""
    return file_report(
        actor=author,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong_answer",
        answer=answer,
        rationale=f"It is {answer} by the book.",
    )


def cut(benchmark: Benchmark, waiver: str = "") -> Release:
    """Freeze and publish the next release."""
    frozen = freeze_release(actor=system_user(), benchmark=benchmark, waiver=waiver)
    return publish_release(frozen.pk)


def planned(actor: User, rows: int = 7, *, slug: str = SLUG, **changed: str) -> PlannedImport:
    """The dry run of a file with q1, q2, …, the first of them changed, for a small benchmark."""
    text = csv_text([qa_row(1, **changed), *(qa_row(n) for n in range(2, rows + 1))])
    return plan_import(
        actor=actor,
        slug=slug,
        name="next.csv",
        data=[text.encode()],
        preset=load_preset("question-answer"),
        upstream="v2/test",
        licence="CC0-1.0",
    )


def uploaded(
    actor: User, benchmark: Benchmark, rows: str = "q2,25,\nq9,1,\n", *, submit: bool = False
) -> Upload:
    """A file of keys, answers and evidence that was checked, and filed if that is asked."""
    kept = keep_upload(
        actor=actor,
        benchmark=benchmark,
        name="mine.csv",
        data=[b"id,answer,evidence\n", rows.encode()],
        reason="Counted again.",
    )
    work_on_upload(kept.pk)
    if submit:
        submit_upload(actor=actor, upload=kept)
        work_on_upload(kept.pk)
    return kept


def text_of(response: Any) -> str:
    """What a page says, tags and line breaks aside."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def answers(
    benchmark: Benchmark, owner: User, model: str = "tamarack", *, publish: bool = True
) -> PredictionSet:
    """A model's answers to q1 and q2: 12, which is wrong, and 20, which is right."""
    text = csv_text([{"id": f"q{n}", "prediction": told} for n, told in ((1, "12"), (2, "20"))])
    with NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        found = take_predictions(
            actor=owner,
            benchmark=benchmark,
            path=Path(file.name),
            model=model,
            preset=load_preset("question-answer"),
        )
    if publish:
        publish_predictions(actor=owner, found=found)
    score_benchmark(benchmark)
    return found
