"""Locking rows in the one order that keeps two writers from waiting for each other:

benchmark, head, case, report.
"""

from collections.abc import Iterable

from registry.models import Benchmark, Head, Instance, Revision


def lock_benchmark(pk: int) -> Benchmark:
    """Lock a benchmark for the rest of the transaction: one writer of labels or files at a time.

    Not its key: whoever only refers to the benchmark (a vote, a case, an event) may already hold a
    head that the lock's owner wants next, and would wait for ever if it had to wait for the owner.
    """
    return Benchmark.objects.select_for_update(no_key=True).get(pk=pk)


def lock_head(instance: Instance) -> Head:
    """Lock the benchmark and the head of an instance for the rest of the transaction.

    The benchmark is locked first, so that no label moves while a release is being frozen. The
    revision is read afterwards: a joined row would be as old as the statement.
    """
    lock_benchmark(instance.benchmark_id)
    head = Head.objects.select_for_update().get(pk=instance.pk)
    revisions = Revision.objects.select_related("content", "instance__benchmark")
    head.revision = revisions.get(pk=head.revision_id)
    return head


def lock_heads(benchmark: Benchmark, ids: Iterable[int]) -> list[Head]:
    """Lock the benchmark and these heads of it, as `lock_head` does one, in order of their ids.

    The benchmark's lock keeps every label where it is, so `ids` is best asked for under it.
    """
    lock_benchmark(benchmark.pk)
    heads = list(
        Head.objects.select_for_update().filter(benchmark=benchmark, pk__in=ids).order_by("pk")
    )
    revisions = Revision.objects.select_related("content", "instance__benchmark")
    loaded = revisions.in_bulk([head.revision_id for head in heads])
    for head in heads:
        head.revision = loaded[head.revision_id]
    return heads
