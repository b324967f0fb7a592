"""Comments on reports, cases and instances."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import PersonField
from api.views import ListView, View
from audits.blind import is_revealed
from audits.reading import get_case
from audits.subjects import subject_of
from registry.comments import Said, get_comment, may_moderate, shown
from registry.models import Comment, Scope
from registry.selectors import names_of
from registry.services.comment import KINDS, LIMIT, add_comment, hide_comment


class SubjectShape(serializers.Serializer[Any]):
    """What is commented on."""

    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField(help_text="An instance's key, or an id")


class NewCommentShape(SubjectShape):
    """A comment in Markdown."""

    text = serializers.CharField(max_length=LIMIT)


class CommentShape(serializers.Serializer[Any]):
    """A comment as you may see it: without its text where it was hidden or removed."""

    id = serializers.CharField(source="comment.public_id")
    kind = serializers.CharField(source="comment.subject_kind")
    subject = serializers.CharField(source="comment.subject_id")
    author = PersonField(source="comment.author")
    text = serializers.CharField(allow_null=True)
    hidden_at = serializers.DateTimeField(source="comment.hidden_at", allow_null=True)
    hidden_because = serializers.CharField(source="because")
    at = serializers.DateTimeField(source="comment.at")


class HidingShape(serializers.Serializer[Any]):
    """Why a comment is hidden; it stands in its place."""

    reason = serializers.CharField(max_length=2_000)


@extend_schema_view(get=extend_schema(parameters=[SubjectShape]))
class CommentList(ListView):
    """What was said about a report, a case or an instance, oldest first."""

    scope = Scope.CONTRIBUTE
    serializer_class = CommentShape
    ordering = ("id",)

    def rows(self) -> QuerySet[Comment]:
        """Those on one subject; none on a case that you are still to answer blind."""
        about, benchmark = self.filters(SubjectShape), self.benchmark()
        subject = subject_of(benchmark, self.reader, about["kind"], about["subject"])
        rows = Comment.objects.filter(benchmark=benchmark, subject_kind=about["kind"])
        if about["kind"] == "case" and not is_revealed(get_case(subject, self.reader), self.reader):
            return rows.none()
        return rows.filter(subject_id=subject)

    def told(self, page: list[Comment]) -> list[Said]:
        """With their texts, those of hidden ones for maintainers alone."""
        return shown(page, may_moderate(self.reader, self.benchmark()))

    def lookups(self, page: list[Comment]) -> dict[str, Any]:
        """Names of the authors."""
        return {"names": names_of(comment.author for comment in page)}

    @extend_schema(request=NewCommentShape, responses={201: CommentShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Add a comment; the same one twice in a row is one."""
        form, benchmark = self.parsed(NewCommentShape), self.benchmark()
        form["subject"] = subject_of(benchmark, self.actor, form["kind"], form["subject"])
        made = add_comment(actor=self.actor, benchmark=benchmark, **form)
        (said,) = self.told([made])
        return self.rendered(CommentShape, said, status=201, **self.lookups([made]))


class CommentHide(View):
    """Hide a comment; takes the role maintainer."""

    @extend_schema(request=HidingShape, responses=CommentShape)
    def post(self, request: Request, comment: str, **kwargs: Any) -> Response:
        """Out of everybody's sight but the maintainers', for a public reason."""
        found = get_comment(comment, self.reader)
        hidden = hide_comment(actor=self.actor, comment=found, **self.parsed(HidingShape))
        (said,) = shown([hidden], moderator=True)
        return self.rendered(CommentShape, said, names=names_of([hidden.author]))
