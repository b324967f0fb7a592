"""What became of releases and how they differ, for every width of a screen."""

from pathlib import Path

from registry.models import Benchmark
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.pages.conftest import cut
from tests.pages.test_errata import correct
from tests.small import SLUG, People, import_file, qa_row, write_csv
from versions.services.name_upstream import name_upstream
from versions.services.withdraw_release import withdraw_release


def test_release_pages(benchmark: Benchmark, crew: People, open_page: Open, tmp_path: Path) -> None:
    """A difference with reworded inputs, a withdrawn release, its advisory and upstream names."""
    cut(benchmark)
    correct(crew, benchmark, "q1", "12")
    rows = [qa_row(n) for n in range(1, 7)]
    rows[1]["question"] = "What is ten times two, in words that are rather long? " * 4
    import_file(write_csv(tmp_path / "next.csv", rows))
    cut(benchmark)
    acts = {"actor": crew.maintainer, "benchmark": benchmark}
    name_upstream(**acts, name="v1.0/test", versions=["1.0.0", "1.1.0"])
    reason = "The column of the answers was shifted by one row in the upstream file."
    withdraw_release(**acts, version="1.1.0", reason=reason, instead="1.0.0")
    b = f"/b/{SLUG}/"
    paths = ("", "r/", "r/1.1.0/", "r/1.0.0/withdraw/", "names/", "errata/", "diff/1.0.0..1.1.0/")
    for width in (PHONE, TABLET, DESKTOP):
        page = open_page(crew.maintainer, b, width=width)
        for path in (*paths, f"errata/ERR-{SLUG}-2-withdrawn/"):
            page.goto(b + path)
            assert_fits(page)
            if width == PHONE:
                assert_accessible(page)
