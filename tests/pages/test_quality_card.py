"""The pages of what a release knows of its labels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from errata.answers import parse_answer
from errata.grading import Label

from registry.models import Benchmark, Instance
from registry.selectors import system_user
from registry.services.revise_label import revise_label
from tests.pages.conftest import cut
from tests.small import SLUG

pytestmark = pytest.mark.django_db
Browse = Callable[..., Any]


def test_figures_stand_with_what_they_mean(
    benchmark: Benchmark, browse: Browse, tmp_path: Path
) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("id,answer\nq1,10\nq2,25\n", encoding="utf-8")
    gold = ("import_gold", SLUG, str(path), "--upstream", "v1/test", "--name")
    call_command(*gold, "early")
    cut(benchmark)
    call_command(*gold, "late")
    stranger = browse()
    assert f"/b/{SLUG}/r/1.0.0/quality/" in stranger.get(f"/b/{SLUG}/").content.decode()
    page = stranger.get(f"/b/{SLUG}/r/1.0.0/quality/").content.decode()
    assert "gold set early" in page
    assert "2 answers, imported since" in page
    assert page.count("9\u202f%–91\u202f% of 2") == 2  # Wilson's interval of one in two
    assert "11.1\u202f%" in page  # the mean of 0 and 200 × 5 / 45
    assert "Not known yet: no control sample was drawn." in page
    assert "This is the first release." in page
    assert "Krippendorff" not in page
    assert stranger.get(f"/b/{SLUG}/r/9.9.9/quality/").status_code == 404


def test_a_second_view_compares_nothing(
    benchmark: Benchmark, browse: Browse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(benchmark)
    path = tmp_path / "gold.csv"
    path.write_text("id,answer\nq1,10\nq2,25\n", encoding="utf-8")
    worked_out = []

    def bootstrap(values: list[float]) -> tuple[float, float]:
        worked_out.append(len(values))
        return 0.0, 1.0

    monkeypatch.setattr("versions.quality.bootstrap", bootstrap)

    def seen() -> tuple[str, list[dict[str, Any]]]:
        page = browse().get(f"/b/{SLUG}/r/1.0.0/quality/").content.decode()
        api = browse().get(f"/api/v1/benchmarks/{SLUG}/gold/late/").json()
        return page, api.get("sets")

    assert seen()[1] is None
    call_command("import_gold", SLUG, str(path), "--upstream", "v1/test", "--name", "late")
    page, sets = seen()
    assert "gold set late" in page  # at once
    assert [each["agree"] for each in sets] == [1, 1]
    assert len(worked_out) == 3
    assert seen() == (page, sets)
    assert len(worked_out) == 3
    q2 = Instance.objects.get(benchmark=benchmark, key="q2")
    label = Label(parse_answer("25", "number"), "25")
    with transaction.atomic():
        revise_label(
            actor=system_user(),
            instance=q2,
            label=label,
            expected=None,
            reason="It is 25.",
            cause=("decision", "x"),
            at=timezone.now(),
        )
    assert [each["agree"] for each in seen()[1]] == [2, 1]  # the labels of now, those of 1.0.0


def test_methods_say_who_and_how(benchmark: Benchmark, browse: Browse) -> None:
    cut(benchmark)
    page = browse().get(f"/b/{SLUG}/r/1.0.0/methods/").content.decode()
    assert "No expert decided a label of this release." in page
    assert "No model was asked." in page
    assert "Contested from" in page  # the policy
