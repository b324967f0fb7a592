"""Benchmarks."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField
from api.views import ListView, View
from registry.models import Benchmark, Category
from registry.permissions import readable_benchmarks
from registry.selectors import preset_of

_FIELDS = ("slug", "title", "licence", "visibility", "created_at", "url")


class BenchmarkShape(serializers.ModelSerializer[Benchmark]):
    """A benchmark in a list."""

    url = AddressField("benchmarks", ".slug")

    class Meta:
        model = Benchmark
        fields = _FIELDS


class CategoryShape(serializers.ModelSerializer[Category]):
    """What a report may say is wrong."""

    class Meta:
        model = Category
        fields = ("code", "sentence")


class BenchmarkDetailShape(BenchmarkShape):
    """A benchmark with what is needed to report and to cite."""

    splits = serializers.SerializerMethodField()
    key_columns = serializers.SerializerMethodField()
    id_columns = serializers.SerializerMethodField()
    answer_columns = serializers.SerializerMethodField()
    categories = CategoryShape(many=True, source="open_categories")

    class Meta(BenchmarkShape.Meta):
        fields = (
            *_FIELDS,
            "citation",
            "upstream_url",
            "intended_use",
            "splits",
            "key_columns",
            "id_columns",
            "answer_columns",
            "categories",
        )

    def get_key_columns(self, benchmark: Benchmark) -> list[str]:
        """Columns of the benchmark's files that make up a key, joined by a colon."""
        return list(preset_of(benchmark).key)

    def get_id_columns(self, benchmark: Benchmark) -> list[str]:
        """What the benchmark's files may call the upstream id."""
        return list(preset_of(benchmark).columns.get("id", ()))

    def get_answer_columns(self, benchmark: Benchmark) -> list[str]:
        """What the benchmark's files may call the answer."""
        return list(preset_of(benchmark).columns.get("answer", ()))

    def get_splits(self, benchmark: Benchmark) -> dict[str, str]:
        """Names of splits and their roles: train, validation or test."""
        return dict(preset_of(benchmark).splits)


class BenchmarkList(ListView):
    """The benchmarks that you may see."""

    serializer_class = BenchmarkShape

    def rows(self) -> QuerySet[Benchmark]:
        """Newest first."""
        return readable_benchmarks(self.reader)


class BenchmarkDetail(View):
    """One benchmark."""

    serializer_class = BenchmarkDetailShape

    def get(self, request: Request, **kwargs: Any) -> Response:
        """What it is, and what reports may say of it."""
        benchmark: Any = self.benchmark()
        benchmark.open_categories = benchmark.categories.filter(retired=False)
        return self.rendered(BenchmarkDetailShape, benchmark)
