"""The pages of what a release knows of its labels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from registry.models import Benchmark
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


def test_methods_say_who_and_how(benchmark: Benchmark, browse: Browse) -> None:
    cut(benchmark)
    page = browse().get(f"/b/{SLUG}/r/1.0.0/methods/").content.decode()
    assert "No expert decided a label of this release." in page
    assert "No model was asked." in page
    assert "Contested from" in page  # the policy
