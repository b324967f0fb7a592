"""docs/verifiers.md: its panel is one, and its verifiers work as they stand there."""

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings, settings

from audits.catalog import verifiers
from audits.models import Attempt, Vote
from audits.panel import load_panel
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark
from registry.selectors import system_user
from tests.audits.endpoint import Answer, Request, ScriptedEndpoint, says
from tests.small import SLUG, import_file, qa_row, write_csv

PAGE = settings.BASE_DIR / "docs" / "verifiers.md"
MODULE = "documented_verifiers"


def documented(name: str) -> str:
    """The block of the page that is marked as tested under this name."""
    pattern = rf"<!-- tested: {name} -->\n```\w+\n(.*?)```"
    return re.findall(pattern, PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


@pytest.fixture
def module() -> Iterator[str]:
    """Both examples as a module that can be imported by name."""
    made = types.ModuleType(MODULE)
    for name in ("plain", "model"):
        exec(compile(documented(name), str(PAGE), "exec"), made.__dict__)  # noqa: S102  Our own page.
    sys.modules[MODULE] = made
    yield MODULE
    del sys.modules[MODULE]


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Three rows, one of which counts less than nothing."""
    rows = [
        qa_row(1, question="How many apples?", answer="-4", lower="", upper=""),
        qa_row(2, question="How many pears?"),
        qa_row(3, question="How cold?", answer="-4", lower="", upper=""),
    ]
    import_file(write_csv(tmp_path / "rows.csv", rows))
    return Benchmark.objects.get(slug=SLUG)


def audit(benchmark: Benchmark) -> dict[str, list[tuple[str, str]]]:
    """Verdicts and categories of a run, by verifier."""
    run = start_audit(actor=system_user(), benchmark=benchmark)
    work_on_run(run_id=run.pk)
    assert list(Attempt.objects.values_list("verifier", "error")) == []
    found: dict[str, list[tuple[str, str]]] = {}
    for vote in Vote.objects.order_by("verifier", "verdict"):
        found.setdefault(vote.verifier, []).append((vote.verdict, vote.category))
    return found


def test_the_documented_panel_is_one(tmp_path: Path, settings: LazySettings) -> None:
    settings.ERRATA_PANEL = tmp_path / "panel.toml"
    settings.ERRATA_PANEL.write_text(documented("panel"))
    panel = load_panel(settings.ERRATA_PANEL)
    assert [one.name for one in verifiers() if "@" in one.name] == [
        f"{kind}@large" for kind in panel.verifiers
    ]


def test_the_documented_verifier_audits(
    module: str, benchmark: Benchmark, settings: LazySettings
) -> None:
    settings.ERRATA_VERIFIERS = [f"{module}.CountVerifier"]
    assert audit(benchmark) == {"count": [("abstain", ""), ("object", "wrong_answer")]}


def test_the_documented_model_verifier_audits(
    module: str,
    benchmark: Benchmark,
    settings: LazySettings,
    tmp_path: Path,
    endpoint: ScriptedEndpoint,
) -> None:
    def script(request: Request) -> Answer:
        assert "names two readings" in request.text
        doubtful = "How cold?" in request.text
        return says({"reason": "The air or the water.", "clear": "no" if doubtful else "yes"})

    endpoint.script = script
    settings.ERRATA_VERIFIERS = []
    settings.ERRATA_PANEL = tmp_path / "panel.toml"
    settings.ERRATA_PANEL.write_text(
        f'[endpoints.ours]\nbase_url = "{endpoint.base_url}"\n'
        '[models.large]\nendpoint = "ours"\nmodel = "m"\n'
        + documented("seat").replace("my_package.clarity", module)
    )
    verdicts = [("abstain", ""), ("abstain", ""), ("object", "")]
    assert audit(benchmark) == {"clarity@large": verdicts}
