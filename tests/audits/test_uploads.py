"""Files of reports: what each row comes to, filed once whatever dies, and forgotten in time."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audits.models import Case
from audits.services import work_on_upload as working
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.keep_upload import file_of, keep_upload
from audits.services.submit_upload import submit_upload
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_upload import work_on_upload
from audits.tasks import sweep_uploads
from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, Instance, User
from registry.selectors import system_user
from registry.services.edit_person import delete_person
from registry.services.retire_instance import retire_instance
from submissions.models import Report, Upload
from submissions.services.file_report import file_report
from tests.small import People, csv_text, hide, people, small_benchmark

Row = tuple[str, str]


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.ERRATA_HOME = tmp_path / "home"


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Eight rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path, 8)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


def keep(actor: User, benchmark: Benchmark, text: str, name: str = "r.csv", **more: str) -> Upload:
    more = {"reason": "Counted again."} | more
    return keep_upload(
        actor=actor,
        benchmark=benchmark,
        name=name,
        data=[text.encode(errors="surrogateescape")],
        **more,
    )


def checked(actor: User, benchmark: Benchmark, rows: Sequence[Row], **more: str) -> Upload:
    """A file with these keys and answers, checked."""
    text = csv_text([{"id": key, "answer": answer} for key, answer in rows])
    upload = keep(actor, benchmark, text, **more)
    work_on_upload(upload.pk)
    upload.refresh_from_db()
    return upload


def states(upload: Upload) -> list[str]:
    return list(upload.rows.order_by("number").values_list("state", flat=True))


def report(author: User, benchmark: Benchmark, key: str, answer: str) -> Report:
    return file_report(
        actor=author,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="other",
        answer=answer,
        rationale="So.",
    )


def decide(expert: User, benchmark: Benchmark, key: str, **decision: str) -> None:
    take_in_reports(benchmark.pk)
    case = claim_case(actor=expert, case=Case.objects.get(instance__key=key))
    decide_case(actor=expert, case=case, rationale="It is so.", **decision)


def test_what_each_row_comes_to(benchmark: Benchmark, crew: People) -> None:
    """In the order of the file; nothing is filed."""
    declined = report(crew.contributor, benchmark, "q4", "45")
    decide(crew.expert, benchmark, "q4", outcome="confirm")
    report(crew.contributor, benchmark, "q2", "26")
    own = report(crew.user, benchmark, "q3", "33")
    retire_instance(actor=system_user(), instance=Instance.objects.get(key="q8"), reason="Twice.")
    before = Report.objects.count()
    upload = checked(
        crew.user,
        benchmark,
        [
            ("q1", "12"), ("q2", "25"), ("q3", "33.0"), ("q1", "12.00"), ("q4", "45.0"),
            ("q4", "50"), ("q5", "50.4"), ("q99", "1"), ("q6", "many"), ("q6", ""), ("q8", "7"),
            ("", "7"),
        ],
    )  # fmt: skip
    assert states(upload) == [
        *("new", "joins", "reported", "repeated", "declined"),
        *("decided", "equal", "unknown", "unreadable", "unreadable", "unreadable"),
        "unreadable",
    ]
    rows = {row.number: row for row in upload.rows.all()}
    assert rows[2].said == "they propose 26"
    assert rows[3].about == own.public_id
    assert rows[4].said == "line 2 says the same"
    assert (rows[5].about, rows[5].said) == (declined.public_id, "")
    assert rows[6].about == Case.objects.get(instance__key="q4").decisions.get().public_id
    assert [rows[n].field for n in (8, 9, 10, 11, 12)] == ["key", "answer", "answer", "key", "id"]
    assert upload.counts["unreadable"] == 4
    assert Report.objects.count() == before
    assert not file_of(upload).exists()


def test_submitted_it_is_filed_once(benchmark: Benchmark, crew: People) -> None:
    """Whoever may report may send a file; each report says what its row says."""
    text = "id,answer,error_category,rationale,evidence\nq1,12,wrong_answer,Mine.,p. 3\nq2,N/A,,,\n"
    upload = keep(crew.user, benchmark, text)
    work_on_upload(upload.pk)
    work_on_upload(upload.pk)  # nobody submitted it
    assert not Report.objects.exists()
    for _ in range(2):
        submit_upload(actor=crew.user, upload=upload)
    for _ in range(2):
        work_on_upload(upload.pk)
    filed = Report.objects.order_by("pk")
    assert list(
        filed.values_list("instance__key", "answer", "category__code", "rationale", "evidence")
    ) == [
        ("q1", "12", "wrong_answer", "Mine.", "p. 3"),
        ("q2", "N/A", "other", "Counted again.", ""),
    ]
    assert {each.author for each in filed} == {crew.user.public_id}
    upload.refresh_from_db()
    assert (upload.counts, upload.done, upload.total) == ({"filed": 2}, 2, 2)
    assert upload.finished_at
    assert [row.about for row in upload.rows.order_by("number")] == [
        each.public_id for each in filed
    ]
    assert not upload.rows.exclude(rationale="", evidence="").exists()
    event = Event.objects.get(kind="reports.imported")
    assert (event.actor, event.data["filed"]) == (crew.user.public_id, 2)
    assert take_in_reports(benchmark.pk) == 2


@pytest.mark.parametrize("dies_at", ["bulk_create", "bulk_update"])
def test_a_worker_that_dies_loses_and_doubles_nothing(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    """In the middle of the second chunk; the sweep goes on with it once the lease has ended."""
    monkeypatch.setattr(working, "FILED", 3)
    upload = checked(crew.user, benchmark, [(f"q{n}", "7") for n in range(1, 9)])
    submit_upload(actor=crew.user, upload=upload)
    model = Report if dies_at == "bulk_create" else working.UploadRow
    real, calls = getattr(model.objects, dies_at), []

    def dies(*args: Any, **given: Any) -> Any:
        calls.append(1)
        done = real(*args, **given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as patch:
        patch.setattr(model.objects, dies_at, dies)
        with pytest.raises(KeyboardInterrupt):
            work_on_upload(upload.pk)
    assert Report.objects.count() == 3
    work_on_upload(upload.pk)
    assert Report.objects.count() == 3, "the lease is still held"
    end_lease(upload)
    sweep_uploads()
    assert sorted(Report.objects.values_list("instance__key", flat=True)) == [
        f"q{n}" for n in range(1, 9)
    ]
    assert Upload.objects.get().counts == {"filed": 8}


def test_a_worker_that_dies_while_it_checks_is_followed_by_another(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which starts anew: no row is there twice. After five it is given up."""
    monkeypatch.setattr(working, "READ", 2)
    upload = keep(
        crew.user, benchmark, csv_text([{"id": f"q{n}", "answer": "7"} for n in (1, 2, 3)])
    )
    with monkeypatch.context() as patch:
        patch.setattr(working, "drop_file", interrupted)
        patch.setattr(working, "_held", dies_on(2, working._held))
        with pytest.raises(KeyboardInterrupt):
            work_on_upload(upload.pk)
    assert upload.rows.count() == 2
    end_lease(upload)
    sweep_uploads()
    assert states(upload) == ["new"] * 3
    Upload.objects.update(checked_at=None, claims=5)
    work_on_upload(upload.pk)
    assert "Ask who runs this hub" in Upload.objects.get().refused


def dies_on(call: int, real: Any) -> Any:
    calls = []

    def dies(*args: Any) -> Any:
        calls.append(1)
        return interrupted() if len(calls) == call else real(*args)

    return dies


def interrupted(*args: Any) -> Any:
    raise KeyboardInterrupt


def end_lease(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_what_changed_since_the_preview_is_seen(benchmark: Benchmark, crew: People) -> None:
    """A label that was decided, an instance that went, the same report by hand."""
    upload = checked(crew.user, benchmark, [(f"q{n}", "7") for n in (1, 2, 3, 4)])
    report(crew.contributor, benchmark, "q1", "12")
    decide(crew.expert, benchmark, "q1", outcome="correct", answer="12", category="other")
    retire_instance(actor=system_user(), instance=Instance.objects.get(key="q2"), reason="Twice.")
    report(crew.user, benchmark, "q3", "7")
    submit_upload(actor=crew.user, upload=upload)
    work_on_upload(upload.pk)
    assert states(upload) == ["decided", "unreadable", "reported", "filed"]
    assert Report.objects.filter(author=crew.user.public_id).count() == 2


def test_rows_cost_no_queries_of_their_own(
    benchmark: Benchmark, crew: People, tmp_path: Path
) -> None:
    """Two rows, then sixty: checked with as many queries."""
    large = small_benchmark(tmp_path, 60, slug="large")
    counts = []
    for each, rows in ((benchmark, 2), (large, 60)):
        text = csv_text([{"id": f"q{n}", "answer": "7.5"} for n in range(1, rows + 1)])
        upload = keep(crew.user, each, text)
        with CaptureQueriesContext(connection) as queries:
            work_on_upload(upload.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("id,answer\nq1,12\n", "r.xlsx", "neither CSV nor JSONL"),
        ("id,answer\nq1,12\n", "r.csv.gz", "neither CSV nor JSONL"),
        ("id,nothing\nq1,12\n", "r.csv", "has no column answer or target"),
        ("answer\n12\n", "r.csv", "has no column id"),
        ("", "r.csv", "The file is empty"),
        ("id,answer\nq1,\udcff\n", "r.csv", "not UTF-8"),
        ("id,answer\nq1,12\n" + " " * 31_000_000, "r.csv", "larger than 30 MB"),
    ],
)
def test_bad_files_are_refused_at_once(
    benchmark: Benchmark, crew: People, text: str, name: str, said: str, settings: Any
) -> None:
    """With what to do; nothing is kept of them."""
    with pytest.raises(InvalidInput, match=said):
        keep(crew.user, benchmark, text, name)
    assert not Upload.objects.exists()
    assert not list(Path(settings.ERRATA_HOME, "uploads").glob("*"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"id,answer\n", "has no rows"),
        (b"id,answer\n" + b"q1,7\n" * 5, "more than 4 rows"),
    ],
)
def test_what_shows_only_later_refuses_it_too(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch, data: bytes, said: str
) -> None:
    """The page then tells; nothing can be submitted."""
    monkeypatch.setattr(working, "MOST", 4)
    monkeypatch.setattr(working, "READ", 2)
    upload = keep_upload(actor=crew.user, benchmark=benchmark, name="r.csv", data=[data])
    work_on_upload(upload.pk)
    upload.refresh_from_db()
    assert said in upload.refused
    assert not file_of(upload).exists()
    with pytest.raises(WrongState):
        submit_upload(actor=crew.user, upload=upload)


def test_rows_by_their_ids_upstream_and_in_json(benchmark: Benchmark, crew: People) -> None:
    """A line that is no JSON, or lacks the columns, is told by line; the others count."""
    text = '{"row": "q1", "answer": 12}\nnonsense\n{"answer": "1"}\n{"row": "q9", "answer": "1"}\n'
    upload = keep(crew.user, benchmark, text, "r.jsonl", upstream="v1/test")
    work_on_upload(upload.pk)
    assert states(upload) == ["new", "unreadable", "unreadable", "unknown"]
    assert "not valid JSON" in upload.rows.get(number=2).said


def test_a_reason_is_needed(benchmark: Benchmark, crew: People) -> None:
    """Of each row, or once for all."""
    upload = checked(crew.user, benchmark, [("q1", "12")], reason="")
    assert upload.rows.get().said == "is empty; say why the label is wrong"
    with pytest.raises(WrongState, match="None of its rows is new"):
        submit_upload(actor=crew.user, upload=upload)


def test_only_the_last_file_that_was_not_submitted_stays(
    benchmark: Benchmark, crew: People
) -> None:
    """One of each person; while it is filed there is no other."""
    first = keep(crew.user, benchmark, "id,answer\nq1,12\n")
    checked(crew.contributor, benchmark, [("q1", "12")])
    second = checked(crew.user, benchmark, [("q2", "25")])
    assert not Upload.objects.filter(pk=first.pk).exists()
    work_on_upload(first.pk)  # its message comes late
    submit_upload(actor=crew.user, upload=second)
    with pytest.raises(WrongState, match="still being filed"):
        keep(crew.user, benchmark, "id,answer\nq1,12\n")
    work_on_upload(second.pk)
    keep(crew.user, benchmark, "id,answer\nq1,12\n")
    assert Upload.objects.count() == 3


def test_a_file_that_is_replaced_while_it_is_checked_is_let_go(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker writes nothing more, and does not break."""
    first = keep(crew.user, benchmark, "id,answer\nq1,12\n")
    real = working.open_source

    def replaced(*args: Any) -> Any:
        Upload.objects.filter(pk=first.pk).delete()
        file_of(first).unlink()
        return real(*args)

    monkeypatch.setattr(working, "open_source", replaced)
    work_on_upload(first.pk)
    assert not Upload.objects.exists()


def test_only_its_sender_submits_and_only_while_they_may_report(
    benchmark: Benchmark, crew: People
) -> None:
    """Rights are looked at again when it is filed."""
    upload = checked(crew.user, benchmark, [("q1", "12")])
    with pytest.raises(NotAllowed):
        submit_upload(actor=crew.staff, upload=upload)
    submit_upload(actor=crew.user, upload=upload)
    hide(benchmark)
    with pytest.raises(NotFound):
        submit_upload(actor=crew.user, upload=Upload.objects.get())
    work_on_upload(upload.pk)
    assert not Report.objects.exists()
    assert "that you may see" in Upload.objects.get().refused


def test_a_sender_who_left_files_nothing(benchmark: Benchmark, crew: People) -> None:
    """The account may go at any time."""
    upload = checked(crew.user, benchmark, [("q1", "12")])
    submit_upload(actor=crew.user, upload=upload)
    delete_person(actor=crew.user, user=crew.user)
    work_on_upload(upload.pk)
    assert "no account any more" in Upload.objects.get().refused
    assert not Report.objects.exists()


def test_what_nobody_submitted_is_forgotten(benchmark: Benchmark, crew: People) -> None:
    """After a day; the rows of what was filed after a month, its counts never."""
    unsent = keep(crew.user, benchmark, "id,answer\nq1,12\n")
    sent = checked(crew.contributor, benchmark, [("q1", "12")])
    submit_upload(actor=crew.contributor, upload=sent)
    work_on_upload(sent.pk)
    Upload.objects.filter(pk=unsent.pk).update(created_at=timezone.now() - timedelta(days=2))
    Upload.objects.filter(pk=sent.pk).update(finished_at=timezone.now() - timedelta(days=31))
    sweep_uploads()
    kept = Upload.objects.get()
    assert (kept.counts, kept.rows.count()) == ({"filed": 1}, 0)
    assert not file_of(unsent).exists()
