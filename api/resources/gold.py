"""Gold sets: answers of experts, and how the labels compare with them."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField
from api.views import ListView, View
from versions.gold import compare_labels, get_gold, gold_sets
from versions.models import GoldSet
from versions.selectors import published_releases

RELEASES = 12


class GoldShape(serializers.ModelSerializer[GoldSet]):
    """A file of experts' answers: `rows` counts all of it, `labels` those with an answer."""

    benchmark = serializers.CharField(source="benchmark.slug")
    url = AddressField("benchmarks", ".benchmark.slug", "gold", ".name")

    class Meta:
        model = GoldSet
        fields: tuple[str, ...] = (
            *("benchmark", "name", "file_name", "file_digest", "upstream", "id_column"),
            *("answer_column", "rows", "labels", "at", "url"),
        )


class ComparedShape(serializers.Serializer[Any]):
    """A label set beside the gold set: `agree` of `n`, with 95 % intervals; sMAPE in percent."""

    set = serializers.CharField()
    n = serializers.IntegerField()
    agree = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    smape = serializers.FloatField(allow_null=True)
    smape_interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    smape_n = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Gold answers for which the set has no label")


class GoldDetailShape(GoldShape):
    """The same, with the labels as they stand and those of the newest releases beside it."""

    sets = serializers.SerializerMethodField()

    class Meta(GoldShape.Meta):
        fields = (*GoldShape.Meta.fields, "sets")

    @extend_schema_field(ComparedShape(many=True))
    def get_sets(self, gold: GoldSet) -> list[dict[str, Any]]:
        """All compared at once, since how a row counts depends on all its values."""
        return [each.to_dict() for each in self.context["sets"]]


class GoldList(ListView):
    """The gold sets of a benchmark, oldest first."""

    serializer_class = GoldShape
    ordering = ("id",)

    def rows(self) -> QuerySet[GoldSet]:
        """All of them."""
        return gold_sets(self.benchmark()).select_related("benchmark")


class GoldDetail(View):
    """One gold set."""

    serializer_class = GoldDetailShape

    def get(self, request: Request, gold: str, **kwargs: Any) -> Response:
        """What it is, and how the labels compare with it."""
        benchmark = self.benchmark()
        found = get_gold(benchmark, gold)
        releases = list(published_releases(benchmark).defer("snapshot")[:RELEASES])
        sets = compare_labels(benchmark=benchmark, gold=found, releases=releases, current=True)
        return self.rendered(GoldDetailShape, found, sets=sets)
