"""Upstream names: which releases they stand for, and the release of one."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.resources.releases import ReleaseDetailShape, rendered_release, revalidated
from api.views import View
from registry.errors import NotFound
from versions.selectors import get_release
from versions.services.name_upstream import name_upstream
from versions.upstream_names import upstream_names, version_named


class NamesShape(serializers.Serializer[Any]):
    """Versions by upstream name."""

    benchmark = serializers.CharField()
    names = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class NewNameShape(serializers.Serializer[Any]):
    """A name and all versions that it stands for from now on; none: it goes."""

    name = serializers.CharField(max_length=100)
    versions = serializers.ListField(child=serializers.CharField(max_length=50), max_length=100)


class NameFilter(serializers.Serializer[Any]):
    """Whose release."""

    name = serializers.CharField(max_length=100, help_text="Such as v1.0/test")


class UpstreamNames(View):
    """The names that upstream gave to its versions."""

    serializer_class = NamesShape

    def get(self, request: Request, **kwargs: Any) -> Response:
        """All of them."""
        return self._told()

    @extend_schema(request=NewNameShape, responses=NamesShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Say what one stands for."""
        given = self.parsed(NewNameShape)
        name_upstream(actor=self.actor, benchmark=self.benchmark(), **given)
        return self._told()

    def _told(self) -> Response:
        benchmark = self.benchmark()
        document = {"benchmark": benchmark.slug, "names": upstream_names(benchmark)}
        return self.rendered(NamesShape, document)


class NamedRelease(View):
    """The release of an upstream name."""

    @extend_schema(parameters=[NameFilter], responses=ReleaseDetailShape)
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The same as by its version; 400 `ambiguous_version` with the list for several."""
        benchmark, name = self.benchmark(), self.filters(NameFilter)["name"]
        version = version_named(benchmark, name)
        if not version:
            message = f"{benchmark.slug} has no release that upstream calls '{name}'."
            raise NotFound(message, code="no_release")
        return revalidated(
            request, benchmark, rendered_release(self, get_release(benchmark, version))
        )
