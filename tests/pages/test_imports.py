"""Importing through the site: a dry run to look at, then one worker, once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pages.import_pages import WORDS
from registry.errors import NotAllowed, WrongState
from registry.importers.plan import COUNTS
from registry.models import Benchmark, Head, ImportBatch, PlannedImport, Revision
from registry.services import run_import as running
from registry.services.plan_import import confirm_import, file_of
from registry.services.run_import import run_import
from registry.services.set_member import set_member
from registry.tasks import sweep_imports
from tests.pages.conftest import planned, text_of
from tests.small import People, csv_text, qa_row

Browse = Callable[..., Any]
ADDRESS = "/b/small-qa/import/"


def _upload(rows: list[dict[str, str]], **fields: str) -> dict[str, Any]:
    text = csv_text(rows).encode()
    return {"file": SimpleUploadedFile("next.csv", text), "missing": "keep"} | fields


def _rows(**changed: str) -> list[dict[str, str]]:
    return [qa_row(1, **changed), *(qa_row(n) for n in range(2, 8))]


def _answer(key: str) -> str:
    return str(Head.objects.get(instance__key=key).revision.answer)


def test_every_count_of_an_import_is_shown() -> None:
    """A new class needs words."""
    assert {*WORDS, "rows", "matched", "identical", "revisions", "aliases"} == {*COUNTS}


def test_the_dry_run_shows_what_would_change_and_writes_nothing(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """By class: how many, and the first rows before and after."""
    before = Revision.objects.count()
    client = browse(crew.maintainer)
    sent = client.post(ADDRESS, _upload(_rows(answer="12", lower="11", upper="13")), follow=True)
    page = text_of(sent)
    assert sent.status_code == 200
    assert "A dry run: nothing is written yet" in page
    assert "Answers that change 1" in page
    assert "q1 2 10 12" in page
    assert "New instances 1" in page
    assert "q7 8 – 70" in page
    assert Revision.objects.count() == before
    assert not ImportBatch.objects.filter(file_name="next.csv").exists()


@pytest.mark.parametrize(("missing", "word"), [("keep", "kept"), ("retire", "retired")])
def test_rows_that_the_file_lacks(
    missing: str, word: str, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """They are named, with what happens to them."""
    client = browse(crew.maintainer)
    sent = client.post(ADDRESS, _upload([qa_row(1)], missing=missing), follow=True)
    assert f"Not in the file: {word} 5" in text_of(sent)
    assert "q2 – 20 –" in text_of(sent)


def test_problems_are_told_by_line(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Nothing is kept of a file with a problem."""
    client = browse(crew.maintainer)
    sent = client.post(ADDRESS, _upload([qa_row(1, answer="ten"), qa_row(2, kind="sum")]))
    assert sent.status_code == 400
    assert "line 2, answer" in text_of(sent)
    assert "line 3" in text_of(sent)
    assert not PlannedImport.objects.exists()


def test_a_large_file_is_refused(
    benchmark: Benchmark, crew: People, browse: Browse, settings: Any
) -> None:
    """With the size that the hub takes."""
    settings.ERRATA_IMPORT_MB = 0
    sent = browse(crew.maintainer).post(ADDRESS, _upload(_rows()))
    assert sent.status_code == 400
    assert "larger than 0 MB" in text_of(sent)
    with pytest.raises(Exception, match="larger than the 0 MB"):
        planned(crew.maintainer)
    assert not list(Path(settings.ERRATA_HOME, "imports").iterdir())


def test_confirmed_it_is_imported_once(
    benchmark: Benchmark, crew: People, browse: Browse, django_capture_on_commit_callbacks: Any
) -> None:
    """The page follows it; the file is gone afterwards; a second run changes nothing."""
    found = planned(crew.maintainer, answer="12", lower="11", upper="13")
    address = f"/imports/{found.public_id}/"
    client = browse(crew.maintainer)
    assert client.post(address).status_code == 302
    assert "waits for a worker" in text_of(client.get(address))
    assert client.post(address).status_code == 409
    run_import(found.pk)
    assert _answer("q1") == "12"
    assert ImportBatch.objects.filter(public_id=found.public_id, actor=crew.maintainer.public_id)
    page = text_of(client.get(address))
    assert "Imported just now" in page
    assert not file_of(found).exists()
    written = Revision.objects.count()
    run_import(found.pk)
    assert Revision.objects.count() == written


def test_a_benchmark_that_changed_meanwhile_refuses(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Only what was looked at is imported."""
    found = planned(crew.maintainer, answer="12", lower="11", upper="13")
    other = planned(crew.maintainer, answer="14", lower="13", upper="15")
    confirm_import(actor=crew.maintainer, planned=other)
    run_import(other.pk)
    confirm_import(actor=crew.maintainer, planned=found)
    run_import(found.pk)
    assert _answer("q1") == "14"
    page = text_of(browse(crew.maintainer).get(f"/imports/{found.public_id}/"))
    assert "Not imported" in page
    assert "changed since the dry run" in page


def test_a_worker_that_dies_before_it_wrote_leaves_nothing(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one takes it on once the lease has ended, and not before."""
    found = planned(crew.maintainer, answer="12", lower="11", upper="13")
    confirm_import(actor=crew.maintainer, planned=found)
    before = Revision.objects.count()
    with monkeypatch.context() as patch:
        patch.setattr(running, "import_benchmark", _dies)
        with pytest.raises(KeyboardInterrupt):
            run_import(found.pk)
    assert Revision.objects.count() == before
    run_import(found.pk)
    assert Revision.objects.count() == before, "the lease is still held"
    _end_lease(found)
    sweep_imports()
    assert _answer("q1") == "12"
    assert PlannedImport.objects.get().refused == ""


def test_a_worker_that_dies_after_it_wrote_is_not_repeated(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch that is there says that it was done."""
    found = planned(crew.maintainer, answer="12", lower="11", upper="13")
    confirm_import(actor=crew.maintainer, planned=found)
    real = running.import_benchmark
    with monkeypatch.context() as patch:
        patch.setattr(running, "import_benchmark", lambda **given: (real(**given), _dies()))
        with pytest.raises(KeyboardInterrupt):
            run_import(found.pk)
    written = Revision.objects.count()
    _end_lease(found)
    sweep_imports()
    assert Revision.objects.count() == written
    done = PlannedImport.objects.get()
    assert done.finished_at
    assert not done.refused


def test_after_five_deaths_it_is_given_up(benchmark: Benchmark, crew: People) -> None:
    """With a sentence, and not for ever."""
    found = planned(crew.maintainer)
    confirm_import(actor=crew.maintainer, planned=found)
    PlannedImport.objects.update(claims=5)
    run_import(found.pk)
    assert "Ask who runs this hub" in PlannedImport.objects.get().refused


def test_dry_runs_expire(benchmark: Benchmark, crew: People) -> None:
    """File and row go; one that expired is not confirmed any more."""
    found = planned(crew.maintainer)
    PlannedImport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(WrongState, match="expired"):
        confirm_import(actor=crew.maintainer, planned=found)
    sweep_imports()
    assert not PlannedImport.objects.exists()
    assert not file_of(found).parent.exists()


def test_who_lost_the_role_confirms_nothing(benchmark: Benchmark, crew: People) -> None:
    """Also not what was planned before."""
    found = planned(crew.maintainer)
    set_member(
        actor=crew.staff, benchmark=benchmark, user=crew.maintainer, role="maintainer", member=False
    )
    with pytest.raises(NotAllowed):
        confirm_import(actor=crew.maintainer, planned=found)


def test_the_same_file_again_brings_nothing(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """And offers no button."""
    data = _upload([qa_row(n) for n in range(1, 7)], upstream="v1/test")
    page = browse(crew.maintainer).post(ADDRESS, data, follow=True)
    assert "Nothing is new" in text_of(page)
    assert "Import it" not in text_of(page)


def test_limits_are_told_in_words(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Also where they alone change."""
    found = planned(crew.maintainer, lower="8", upper="12")
    page = text_of(browse(crew.maintainer).get(f"/imports/{found.public_id}/"))
    assert "Only the limits change 1" in page
    assert "lower: 8, upper: 12" in page


def test_a_new_benchmark(db: None, crew: People, browse: Browse) -> None:
    """Upload, look, confirm: the benchmark is there, and its maker is staff."""
    client = browse(crew.staff)
    data = _upload(_rows(), slug="fresh", licence="CC0-1.0", title="Fresh", visibility="members")
    sent = client.post("/new/", data | {"preset": "question-answer"}, follow=True)
    assert "New instances 7" in text_of(sent)
    assert not Benchmark.objects.filter(slug="fresh").exists()
    found = PlannedImport.objects.get()
    client.post(f"/imports/{found.public_id}/")
    run_import(found.pk)
    made = Benchmark.objects.get(slug="fresh")
    assert (made.title, made.licence, made.visibility) == ("Fresh", "CC0-1.0", "members")
    taken = client.post("/new/", data | _upload(_rows()) | {"preset": "question-answer"})
    assert taken.status_code == 400
    assert "There is a benchmark of this name" in text_of(taken)


def _dies(**given: Any) -> None:
    """A worker that is killed: nothing of ours runs afterwards."""
    raise KeyboardInterrupt


def _end_lease(found: PlannedImport) -> None:
    PlannedImport.objects.filter(pk=found.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
