"""The primitives in which the databases differ: nothing swallowed, nothing taken twice."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction
from django.utils import timezone

from audits.models import AuditRun, Case, Chunk
from audits.states import ChunkStatus
from registry.dialects import (
    BATCH,
    FEW,
    bulk_insert,
    claim,
    insert_missing,
    refresh_statistics,
    update_rows,
)
from registry.models import Benchmark, Content, Event, Instance, Revision, Text
from registry.presets import load_preset
from registry.selectors import system_user
from registry.services import import_benchmark as importing
from registry.services.create_benchmark import create_benchmark
from tests.small import SLUG, small_benchmark

TEXT = ("digest", "body")
REVISION = [field.name for field in Revision._meta.concrete_fields if field.name != "id"]


def benchmark() -> Benchmark:
    """An empty one."""
    return create_benchmark(
        actor=system_user(), slug=SLUG, preset=load_preset("question-answer"), licence="CC0-1.0"
    )


def refused(write: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        write()


@pytest.mark.django_db
def test_bulk_insert_writes_every_value_as_it_is() -> None:
    rows = [(f"{n:064}", body) for n, body in enumerate(HOSTILE)]
    assert bulk_insert(Text, TEXT, rows) == len(rows)
    assert dict(Text.objects.values_list("digest", "body")) == dict(rows)


HOSTILE = [
    "",
    "\\N",
    "\\.",
    "a\tb",
    "a\nb\r\n",
    "\"quoted\", 'both'",
    "ünï 🙂",
    "%s {} $1",
    "\\x00",
]


@pytest.mark.django_db
def test_bulk_insert_takes_more_than_a_batch_and_a_stream() -> None:
    count = BATCH * 2 + 7
    assert bulk_insert(Text, TEXT, ((f"{n:064}", "x") for n in range(count))) == count
    assert Text.objects.filter(body="x").count() == count
    assert bulk_insert(Text, TEXT, []) == 0


@pytest.mark.django_db
def test_raw_and_orm_writes_of_a_moment_compare(tmp_path: Path) -> None:
    small_benchmark(tmp_path, 1)
    found = Revision.objects.get()
    assert Revision.objects.filter(at=found.at).count() == 1
    late = found.at + timedelta(microseconds=1)
    assert Revision.objects.filter(at__lt=late, at__gte=found.at).count() == 1
    assert Event.objects.get(kind="benchmark.imported").at == found.at
    assert found.at.tzinfo is not None


@pytest.mark.django_db
def test_bulk_insert_raises_for_any_broken_constraint() -> None:
    found = benchmark()
    fields = ("benchmark", "key", "split", "position")
    bulk_insert(Instance, fields, [(found.pk, "a", "test", 0)])
    for row in (
        (found.pk, "a", "test", 1),
        (found.pk, "b", "test", 0),
        (found.pk, None, "test", 2),
    ):
        refused(lambda row=row: bulk_insert(Instance, fields, [row]))
    assert Instance.objects.count() == 1


@pytest.mark.django_db
def test_insert_missing_keeps_what_is_there() -> None:
    bulk_insert(Text, TEXT, [("a" * 64, "old")])
    rows = [("a" * 64, "new"), ("b" * 64, "first"), ("b" * 64, "second")]
    assert insert_missing(Text, TEXT, rows, key=("digest",)) == 1
    assert dict(Text.objects.values_list("body", "digest")) == {"old": "a" * 64, "first": "b" * 64}
    assert insert_missing(Text, TEXT, rows, key=("digest",)) == 0
    assert insert_missing(Text, TEXT, [], key=("digest",)) == 0
    some = [(f"{n:f>64}", "x") for n in range(FEW + 1)]
    assert insert_missing(Text, TEXT, iter(some), key=("digest",)) == FEW + 1
    many = [(f"{n:064}", "x") for n in range(BATCH + 3)]
    assert insert_missing(Text, TEXT, many[: BATCH - 1], key=("digest",)) == BATCH - 1
    assert insert_missing(Text, TEXT, many, key=("digest",)) == 4


@pytest.mark.django_db
def test_hostile_texts_are_kept_by_few_and_by_many() -> None:
    rows = [(f"{n:064}", body) for n, body in enumerate(HOSTILE)]
    assert insert_missing(Text, TEXT, rows, key=("digest",)) == len(rows)
    assert dict(Text.objects.values_list("digest", "body")) == dict(rows)


@pytest.mark.django_db
def test_update_rows_writes_these_fields_of_these_rows(tmp_path: Path) -> None:
    """References, texts, lists and moments as the ORM writes them; nothing else is touched."""
    made = small_benchmark(tmp_path, 3)
    instances = list(Instance.objects.filter(benchmark=made).order_by("pk"))
    run = AuditRun.objects.create(benchmark=made, verifiers=["b"], trigger="x")
    run.verifiers, run.trigger, run.finished_at = ["%s ü"], "y", datetime(2026, 1, 2, tzinfo=UTC)
    update_rows([run], ["verifiers", "finished_at"])
    kept = AuditRun.objects.get(pk=run.pk)
    assert (kept.verifiers, kept.finished_at, kept.trigger) == (["%s ü"], run.finished_at, "x")
    cases = [Case(benchmark=made, instance=one, bucket="clear", score=1) for one in instances]
    cases = Case.objects.bulk_create(cases)
    for case in cases[:2]:
        case.reasons, case.score, case.instance = ["a"], 2, case.instance
    update_rows(cases[:2], ["reasons", "score", "instance"])
    assert [c.reasons for c in Case.objects.order_by("pk")] == [["a"], ["a"], []]
    assert [c.score for c in Case.objects.order_by("pk")] == [2, 2, 1]
    update_rows([], ["score"])


@pytest.mark.django_db
def test_insert_missing_swallows_no_other_conflict(tmp_path: Path) -> None:
    """CHECK, NOT NULL, another unique key: each still raises."""
    small_benchmark(tmp_path, 2)
    known = Revision.objects.order_by("pk").first()
    assert known is not None
    good = {field.name: getattr(known, field.attname) for field in Revision._meta.concrete_fields}

    def insert(**changed: Any) -> int:
        row = good | {"digest": "d" * 64} | changed
        values = [tuple(row[name] for name in REVISION)]
        return insert_missing(Revision, REVISION, values, key=("instance", "number"))

    assert insert() == 0
    refused(lambda: insert(number=0))  # CHECK number >= 1
    refused(lambda: insert(number=5, answer=None))  # NOT NULL
    assert insert(number=2) == 1
    fields = ("benchmark", "key", "split", "position")
    rows = [(known.instance.benchmark_id, "other", "test", known.instance.position)]
    refused(lambda: insert_missing(Instance, fields, rows, key=("benchmark", "key")))


@pytest.mark.django_db
def test_foreign_keys_hold_in_bulk() -> None:
    fields = ("benchmark", "key", "split", "position")
    bulk_insert(Instance, fields, [(999_999, "a", "test", 0)])
    with pytest.raises(IntegrityError):
        connection.check_constraints()
    transaction.set_rollback(True)


@pytest.mark.django_db
def test_contents_are_shared_between_benchmarks(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    small_benchmark(tmp_path, slug="copy")
    assert (Content.objects.count(), Instance.objects.count()) == (6, 12)


WAITING = models.Q(status=ChunkStatus.WAITING)
EXPIRED = models.Q(status=ChunkStatus.CLAIMED, lease_until__lt=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_row() -> None:
    run = AuditRun.objects.create(benchmark=benchmark(), verifiers=[], actor="x" * 26)
    Chunk.objects.bulk_create(Chunk(run=run, number=n, first=n, last=n, size=1) for n in range(60))
    taken: dict[str, list[int]] = {name: [] for name in "abcd"}
    errors: list[BaseException] = []
    start = threading.Barrier(len(taken))

    def work(name: str) -> None:
        try:
            start.wait(10)
            values = {"status": ChunkStatus.CLAIMED, "owner": name}
            while True:
                row = claim(Chunk.objects.filter(WAITING).order_by("number"), values)
                if row is None:
                    return
                assert row.owner == name
                taken[name].append(row.pk)
        except BaseException as error:  # noqa: BLE001  # Told by the main thread.
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    rows = [pk for several in taken.values() for pk in several]
    assert len(rows) == len(set(rows)) == 60
    for name, several in taken.items():
        assert set(Chunk.objects.filter(owner=name).values_list("pk", flat=True)) == set(several)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_another_transaction_holds_is_passed_over() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    run = AuditRun.objects.create(benchmark=benchmark(), verifiers=[], actor="x" * 26)
    Chunk.objects.bulk_create(Chunk(run=run, number=n, first=n, last=n, size=1) for n in range(2))
    held: list[Any] = []

    def second() -> None:
        try:
            held.append(claim(Chunk.objects.filter(WAITING).order_by("number"), {"owner": "b"}))
        finally:
            connections.close_all()

    with transaction.atomic():
        first = claim(Chunk.objects.filter(WAITING).order_by("number"), {"owner": "a"})
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(10)
    assert not thread.is_alive()
    assert (first.number, held[0].number) == (0, 1)


@pytest.mark.django_db
def test_an_expired_lease_may_be_claimed_again() -> None:
    run = AuditRun.objects.create(benchmark=benchmark(), verifiers=[], actor="x" * 26)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    Chunk.objects.create(
        run=run, number=1, first=1, last=1, size=1, status="claimed", lease_until=past
    )
    values = {"owner": "b", "lease_until": timezone.now() + timedelta(hours=1)}
    found = claim(Chunk.objects.filter(WAITING | EXPIRED).order_by("number"), values)
    assert found is not None
    assert found.owner == "b"
    assert claim(Chunk.objects.filter(WAITING | EXPIRED).order_by("number"), values) is None


def counted(table: str) -> int:
    """How many rows the planner believes a table to have; -1 where it was never told."""
    if connection.vendor == "postgresql":
        query = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"
    else:
        query = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = %s"
    with connection.cursor() as cursor:
        if table in connection.introspection.table_names(cursor):
            cursor.execute(query, [table])
            return int(cursor.fetchone()[0] or -1)
    return -1


@pytest.mark.django_db
def test_the_planner_knows_of_a_large_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_statistics(*importing.WRITTEN)
    monkeypatch.setattr(importing, "LARGE", 40)
    small_benchmark(tmp_path, 37)
    tables = [model._meta.db_table for model in importing.WRITTEN]
    assert all(counted(table) >= 37 for table in tables), list(map(counted, tables))
    small_benchmark(tmp_path, 3, slug="other")
    assert counted("registry_instance") == 37, "a small import leaves it to the database"
