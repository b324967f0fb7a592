"""Reading comments: what each reader may see of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from registry.errors import NotFound
from registry.ids import is_id
from registry.models import Benchmark, Comment, Role
from registry.permissions import Reader, readable_benchmarks, roles_of
from registry.selectors import names_of, texts

MOST = 200


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as one reader may see it: `text` is None where it was hidden or removed."""

    comment: Comment
    author: str | None
    text: str | None
    because: str


def comments_on(benchmark: Benchmark, kind: str, subject: str, reader: Reader) -> list[Said]:
    """The comments on a subject, oldest first; the newest MOST of them."""
    rows = Comment.objects.filter(benchmark=benchmark, subject_kind=kind, subject_id=subject)
    return shown(list(reversed(rows.order_by("-pk")[:MOST])), may_moderate(reader, benchmark))


def may_moderate(reader: Reader, benchmark: Benchmark) -> bool:
    """Whether the reader sees hidden comments and may hide others."""
    return Role.MAINTAINER in roles_of(reader, benchmark)


def shown(rows: Iterable[Comment], moderator: bool) -> list[Said]:
    """Comments with their texts, in three queries; hidden texts for moderators alone."""
    rows = list(rows)
    found = texts(digest for row in rows for digest in (row.text, row.hidden_because))
    names = names_of(row.author for row in rows)
    return [
        Said(
            comment=row,
            author=names.get(row.author),
            text=None if row.hidden_at and not moderator else found.get(row.text),
            because=found.get(row.hidden_because, ""),
        )
        for row in rows
    ]


def get_comment(public_id: str, reader: Reader) -> Comment:
    """The comment, or NotFound where there is none on a benchmark that the reader may see."""
    rows = Comment.objects.filter(
        public_id=public_id, benchmark__in=readable_benchmarks(reader)
    ).select_related("benchmark")
    comment = rows.first() if is_id(public_id) else None
    if comment is None:
        raise NotFound("There is no such comment that you may see.", code="no_comment")
    return comment
