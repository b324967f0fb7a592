"""Guides: how the labels of each group come about."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import KeptTextField, PersonField
from api.views import ListView
from audits.models import Guide
from audits.services.write_guide import MOST, write_guide
from registry.selectors import names_of, texts


class GuideFilter(serializers.Serializer[Any]):
    """How to narrow a list of guides."""

    group = serializers.CharField(required=False, allow_blank=True)
    versions = serializers.BooleanField(
        required=False, default=False, help_text="Older versions too"
    )


class GuideShape(serializers.ModelSerializer[Guide]):
    """One version of a group's guide, in Markdown."""

    text = KeptTextField()
    actor = PersonField()

    class Meta:
        model = Guide
        fields = ("group", "number", "text", "actor", "at")


class NewGuideShape(serializers.Serializer[Any]):
    """The next version of a group's guide."""

    group = serializers.CharField(allow_blank=True, max_length=200)
    text = serializers.CharField(max_length=MOST, trim_whitespace=False)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=2_000)
    after = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="The version you saw (0: none): refused if another one came meanwhile",
    )


@extend_schema_view(get=extend_schema(parameters=[GuideFilter]))
class GuideList(ListView):
    """The guides of a benchmark, the newest version of each group; all versions on request."""

    serializer_class = GuideShape
    ordering = ("id",)

    def rows(self) -> QuerySet[Guide]:
        """Narrowed by group."""
        given = self.filters(GuideFilter)
        rows = Guide.objects.filter(benchmark=self.benchmark())
        if "group" in given:
            rows = rows.filter(group=given["group"])
        if given["versions"]:
            return rows
        newer = Guide.objects.filter(
            benchmark=OuterRef("benchmark"), group=OuterRef("group"), number__gt=OuterRef("number")
        )
        return rows.filter(~Exists(newer))

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Texts, and names of those who wrote them."""
        return {
            "names": names_of(each.actor for each in page),
            "texts": texts(each.text for each in page),
        }

    @extend_schema(request=NewGuideShape, responses={201: GuideShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Write the next version; takes the role expert or maintainer."""
        made = write_guide(
            actor=self.actor, benchmark=self.benchmark(), **self.parsed(NewGuideShape)
        )
        return self.rendered(GuideShape, made, status=201, **self.lookups([made]))
