"""A real Chromium on a live server, signed in as anybody; what every page must hold is asserted."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from audits.models import AuditRun, Case
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, User
from registry.selectors import system_user
from submissions.models import Report
from tests.pages.conftest import Nowhere, file
from tests.services import needs_browser
from tests.small import People, people, small_benchmark

PHONE, TABLET, DESKTOP = 390, 768, 1280
_HEIGHTS = {PHONE: 844, TABLET: 1024, DESKTOP: 800}
_PATIENCE = 30_000  # ms: a machine that is busy is no fault of a page
_MARK_LOADED = 'addEventListener("load", () => document.documentElement.toggleAttribute("loaded"))'

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them are transactional: a live server sees only what is committed."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for these tests, closed with them: its event loop would be in others' way."""
    program = needs_browser()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs a loop in this thread; the ORM is called between its turns, never in one.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-background-networking"]
        )
        expect.set_options(timeout=_PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ERRATA_HOME = tmp_path / "home"
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())


@pytest.fixture
def benchmark(chromium: Browser, transactional_db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    made = small_benchmark(tmp_path)
    made.title = "Tens and more"
    made.intended_use = "To see whether a model can count in tens."
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
def run(benchmark: Benchmark) -> AuditRun:
    """An audit that no worker has taken on."""
    return start_audit(actor=system_user(), benchmark=benchmark)


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Open]:
    """`open_page(user, path, width=390)`: a page in a browser of its own, signed in or not.

    Options of Playwright's `new_context` may follow: `has_touch`, `java_script_enabled`, … At the
    end no page may have complained: an error on the console, a failed request, a script's error.
    """
    contexts, complaints = [], []

    def open_page(
        user: User | None, path: str, *, width: int = DESKTOP, height: int = 0, **options: Any
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height or _HEIGHTS[width]},
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(_PATIENCE)
        if user is not None:
            context.add_cookies([_session_of(user, live_server.url)])
        page = context.new_page()
        if options.get("java_script_enabled", True):
            act_on_whole_pages(page)
        listen(page, complaints)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def act_on_whole_pages(page: Page) -> None:
    """Let each act and expectation wait until the scripts of the page it meets are in place.

    Playwright acts on what it sees, so a field of the next page could be filled before anything
    listens to it. Of what "covers" a page Playwright waits until it is gone: here, not loaded yet.
    """
    page.add_init_script(_MARK_LOADED)
    page.add_locator_handler(page.locator("html:not([loaded])"), lambda: None)


def listen(page: Page, complaints: list[str]) -> None:
    """Note whatever a browser complains of."""
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: said.type == "error" and complaints.append(f"{page.url}: {said.text}"),
    )


def assert_accessible(page: Page) -> None:
    """No violation that axe knows, in light and dark; what colours cannot change is run once."""
    page.wait_for_load_state()
    page.emulate_media(color_scheme="light")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    page.emulate_media(color_scheme="dark")
    dark = 'axe.run({runOnly: ["color-contrast"], resultTypes: ["violations"]})'
    found += page.evaluate(dark)["violations"]
    page.emulate_media(color_scheme="light")
    told = [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]
    assert told == [], page.url + "\n" + "\n".join(told)


def assert_fits(page: Page) -> None:
    """Nothing makes the page itself scroll sideways; tables may scroll within their frames."""
    page.wait_for_load_state()
    wide = page.evaluate(
        """() => {
            const room = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= room) return [];
            return [...document.querySelectorAll("main *, header *")]
                .filter((each) => each.getBoundingClientRect().right > room + 1)
                .map((each) => `${each.tagName}.${each.className}`).slice(0, 5);
        }"""
    )
    assert wide == [], f"{page.url} is wider than the screen: {wide}"


def _session_of(user: User, url: str) -> dict[str, str]:
    """The cookie of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
