"""`make screenshots`: the pictures in README and docs, taken in Chromium on a demo hub.

The sample and the sizes are fixed, so that only a changed page makes another picture (or the day's
date on it).
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from config.demo.__main__ import WAIVER, environment, sample
from config.demo.walk import Walk, WalkError
from config.serve import ROOT, Hub, HubError

FOLDER = ROOT / "docs" / "images"
LONG = {"width": 1280, "height": 1500}
DESK = {"width": 1280, "height": 800}
TABLET = {"width": 1024, "height": 768}
LARGEST = 200_000  # bytes of a picture


def main() -> int:
    """Exit 0 with all pictures written, 1 if the hub, the walk or a picture failed."""
    program = shutil.which(os.environ.get("ERRATA_TEST_CHROMIUM", "chromium"))
    if program is None:
        print("There is no chromium on this machine: install Debian's package of that name.")
        return 1
    with tempfile.TemporaryDirectory(prefix="errata-screenshots-") as name:
        hub = Hub(home=Path(name), port=0, env=environment(), demo=True)
        try:
            with hub, sync_playwright() as playwright:
                walk = Walk(hub, sample())
                case = _walk(walk)
                browser = playwright.chromium.launch(
                    executable_path=program,
                    args=["--no-sandbox", "--disable-background-networking"],
                )
                _take_all(browser, walk, case)
        except (HubError, WalkError) as error:
            print(f"No pictures were taken. {error}", file=sys.stderr)
            return 1
    return 0


def _walk(walk: Walk) -> str:
    """What the demo does, and one report more; the case that it opens."""
    walk.import_data()
    walk.invite_people()
    walk.import_predictions()
    walk.import_reports()
    walk.ask_for_second_looks()
    walk.audit()
    walk.decide()
    walk.cut_release(WAIVER)
    walk.api(
        *("contributor", "POST", "reports/"),
        benchmark=walk.material.slug,
        instance="curb-05",
        category="extraction_error",
        answer="2",
        rationale="No sign of confusion is described, so its point is missing from the note.",
    )
    walk.audit()
    path = f"benchmarks/{walk.material.slug}/cases/?status=open"
    (case,) = [each["id"] for each in walk.pages("expert", path) if each["instance"] == "curb-05"]
    return str(case)


def _take_all(browser: Browser, walk: Walk, case: str) -> None:
    _take(_page(browser, walk, walk.page("i/coma-01/"), LONG), "instance")
    _take(_page(browser, walk, walk.page("dashboard/"), DESK, role="maintainer"), "dashboard")
    page = _page(browser, walk, f"{walk.hub.url}/cases/{case}/", TABLET, role="expert")
    page.get_by_role("textbox", name="Your answer").fill("2")
    page.get_by_role("button", name="Answer and see the label").click()
    page.get_by_role("heading", name="Label now").wait_for()
    _take(page, "case")


def _page(
    browser: Browser, walk: Walk, address: str, size: Mapping[str, int], *, role: str = ""
) -> Page:
    """The page in a window of that size, seen by the demo's person of that role."""
    options: dict[str, Any] = {"viewport": size, "reduced_motion": "reduce"}
    page = browser.new_context(color_scheme="light", **options).new_page()
    if role:
        page.goto(f"{walk.hub.url}/accounts/login/")
        page.get_by_label("User name").fill(walk.people[role]["username"])
        page.get_by_label("Password", exact=True).fill(walk.people[role]["password"])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Sign out").wait_for()
    page.goto(address)
    return page


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state()
    picture = page.screenshot(path=FOLDER / f"{name}.png")
    if len(picture) > LARGEST:
        raise WalkError(f"{name}.png has {len(picture):,} bytes: show less of the page.")
    print(f"docs/images/{name}.png: {len(picture):,} bytes", flush=True)


if __name__ == "__main__":
    sys.exit(main())
