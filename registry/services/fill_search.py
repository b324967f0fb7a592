"""Keep what the search for words looks through in step with the labels."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from registry.models import Benchmark, Head, Searchable
from registry.selectors import documents

CHUNK = 500


def fill_search(*, benchmark: Benchmark | None = None, anew: bool = False) -> int:
    """Write the text of every instance that has none, or that of another revision; count them.

    It stands behind imports and decisions, so that neither waits for an index. Each chunk is one
    statement: stopped anywhere and run twice it does the same. `anew` writes all.
    """
    heads = _stale(benchmark, anew).select_related("instance", "revision").order_by("pk")
    last = done = 0
    while rows := list(heads.filter(pk__gt=last)[:CHUNK]):
        found = documents(head.revision.content_id for head in rows)
        Searchable.objects.bulk_create(
            [
                Searchable(
                    instance_id=head.pk,
                    revision_id=head.revision_id,
                    text=_text(head, found.get(head.revision.content_id)),
                )
                for head in rows
            ],
            update_conflicts=True,
            unique_fields=["instance"],
            update_fields=["revision", "text"],
        )
        last, done = rows[-1].pk, done + len(rows)
    return done


def folded(text: str) -> str:
    """A text as it is searched: lower case, single spaces, nothing that PostgreSQL refuses."""
    return " ".join(text.replace("\0", "").casefold().split())


def _stale(benchmark: Benchmark | None, anew: bool) -> QuerySet[Head]:
    heads = Head.objects.all() if benchmark is None else Head.objects.filter(benchmark=benchmark)
    if anew:
        return heads
    kept = Q(instance__searchable__revision=F("revision"))
    return heads.filter(Q(instance__searchable=None) | ~kept)


def _text(head: Head, document: dict[str, Any] | None) -> str:
    revision = head.revision
    parts = [head.instance.key, revision.group, revision.answer]
    return "\n".join(folded(each) for each in (*parts, *_words((document or {}).get("inputs"))))


def _words(value: Any) -> Iterator[str]:
    """The texts and numbers within a document, names of fields left out."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words(each)
    elif value is not None:
        yield str(value)
