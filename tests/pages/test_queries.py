"""Lists ask the database the same number of questions for one row as for thirty."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, Role
from registry.paging import SIZE
from registry.selectors import live_heads, system_user
from registry.services.retire_instance import reword_instance
from registry.services.set_member import set_member
from tests.pages.conftest import answers, cut, file
from tests.small import People, people, small_benchmark
from versions.rewordings import Pair
from versions.services.mark_rewordings import mark_rewordings

Browse = Callable[..., Any]
PAGES = (
    "/b/{}/",
    "/b/{}/i/",
    "/b/{}/reports/",
    "/b/{}/reports/upload/",
    "/b/{}/moderation/",
    "/b/{}/cases/",
    "/b/{}/cases/?status=decided",
    "/b/{}/packets/",
    "/b/{}/guides/",
    "/b/{}/guide/?group=tens",
    "/b/{}/audits/",
    "/b/{}/schedule/",
    "/b/{}/policy/",
    "/b/{}/contract/",
    "/b/{}/dashboard/",
    "/b/{}/import/",
    "/b/{}/verifiers/",
    "/b/{}/draft/",
    "/b/{}/r/",
    "/b/{}/errata/",
    "/b/{}/errata.json",
    "/b/{}/errata.atom",
    "/b/{}/r/1.1.0/",
    "/b/{}/r/1.1.0/quality/",
    "/b/{}/r/1.1.0/methods/",
    "/b/{}/diff/1.0.0..1.1.0/",
    "/b/{}/rewordings/",
    "/b/{}/rewordings/1.0.0..1.1.0/",
    "/b/{}/scores/",
    "/b/{}/scores/upload/",
)


def test_lists(db: None, tmp_path: Path, browse: Browse) -> None:
    """One row, then thirty: no more queries. All pages on one filling, which takes the time."""
    crew = people()
    for slug, rows in (("one", 1), ("thirty", 30)):
        _fill(small_benchmark(tmp_path, 2 * rows, slug=slug), crew, rows)
    staff = browse(crew.staff)
    faults = []
    for page in PAGES:
        client = browse(crew.expert) if "packets" in page else staff
        few, many = (_queries(client, page.format(slug)) for slug in ("one", "thirty"))
        if many > few or few > (60 if "dashboard" in page or "draft" in page else 30):
            faults.append((page, few, many))
    assert faults == []


def _queries(client: Any, address: str) -> int:
    client.get(address)  # whatever is cached on first use
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return len(queries)


def test_home(db: None, tmp_path: Path, browse: Browse) -> None:
    """One benchmark, then eight."""
    counts = []
    for number in range(8):
        small_benchmark(tmp_path, 2, slug=f"b{number}")
        with CaptureQueriesContext(connection) as queries:
            browse().get("/")
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_a_long_history(db: None, tmp_path: Path, browse: Browse) -> None:
    """An instance with thirty reports takes as many queries as one with a single one."""
    benchmark = small_benchmark(tmp_path, 2)
    crew = people(benchmark)
    file(benchmark, crew.user, "q1", "12")
    for number in range(30):
        file(benchmark, crew.user, "q2", str(100 + number))
    counts = []
    for key in ("q1", "q2"):
        with CaptureQueriesContext(connection) as queries:
            browse().get(f"/b/{benchmark.slug}/i/{key}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_pages_of_a_list_neither_lose_nor_repeat(db: None, tmp_path: Path, browse: Browse) -> None:
    """Forward to the end and back to the start, fifty at a time."""
    benchmark = small_benchmark(tmp_path, 2 * SIZE + 7)
    address, seen, pages = f"/b/{benchmark.slug}/i/", [], []
    cursor = ""
    while True:
        page = browse().get(address, {"after": cursor} if cursor else {}).context["page"]
        keys = [head.instance.key for head in page.rows]
        pages.append(keys)
        seen += keys
        cursor = page.after
        if not cursor:
            break
    assert [len(each) for each in pages] == [SIZE, SIZE, 7]
    assert seen == [f"q{n}" for n in range(1, 2 * SIZE + 8)]
    cursor = page.before
    for expected in reversed(pages[:-1]):
        page = browse().get(address, {"before": cursor}).context["page"]
        assert [head.instance.key for head in page.rows] == expected
        assert page.after
        cursor = page.before
    assert not cursor


def test_pages_of_equal_scores(db: None, tmp_path: Path, browse: Browse) -> None:
    """Cases share their score; none is lost between two pages."""
    benchmark = small_benchmark(tmp_path, SIZE + 5)
    crew = people(benchmark)
    for number in range(1, SIZE + 6):
        file(benchmark, crew.user, f"q{number}", "7.5")
    take_in_reports(benchmark.pk)
    first = browse().get(f"/b/{benchmark.slug}/cases/").context["page"]
    query = {"after": first.after}
    second = browse().get(f"/b/{benchmark.slug}/cases/", query).context["page"]
    assert len({case.pk for case in [*first.rows, *second.rows]}) == SIZE + 5


def _reword(benchmark: Benchmark, rows: int) -> None:
    """`rows` instances ask in other words, which mean the same."""
    system, pairs = system_user(), []
    for head in live_heads(benchmark).order_by("instance__position")[rows : 2 * rows]:
        new = reword_instance(
            actor=system,
            instance=head.instance,
            inputs={"question": "How much?"},
            expected=head.revision,
            reason="so",
        )
        pairs.append(Pair(head.instance.key, head.revision.content_id, new.content_id))
    mark_rewordings(actor=system, benchmark=benchmark, pairs=pairs, reason="so")


def _fill(benchmark: Benchmark, crew: People, rows: int) -> None:
    """`rows` decided cases between two releases, and as many open reports after them."""
    set_member(actor=system_user(), benchmark=benchmark, user=crew.expert, role=Role.EXPERT)
    cut(benchmark)
    for number in range(1, rows + 1):
        file(benchmark, crew.user, f"q{number}", "7.5")
    take_in_reports(benchmark.pk)
    for case in Case.objects.filter(benchmark=benchmark):
        decide_case(
            actor=crew.expert,
            case=claim_case(actor=crew.expert, case=case),
            outcome="correct",
            answer="7.5",
            category="wrong_answer",
            rationale="so",
        )
    _reword(benchmark, rows)
    cut(benchmark)
    for number in range(1 if rows == 1 else 4):
        answers(benchmark, crew.staff, f"model {number}")
    for number in range(rows + 1, 2 * rows + 1):
        file(benchmark, crew.user, f"q{number}", "7.5")
    take_in_reports(benchmark.pk)
    for _ in range(1 if rows == 1 else 5):
        work_on_run(run_id=start_audit(actor=system_user(), benchmark=benchmark).pk)
