"""Errata: every released correction, in the shape of the Open Source Vulnerability format."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import ListView, View
from versions.advisories import advisories_beside, find_advisory, is_advisory
from versions.atom import MEDIA, atom
from versions.corrections import Correction, corrections, find_correction, hidden_persons, narrowed
from versions.corrections import told as told_of
from versions.models import Change
from versions.osv import advisory_osv, osv


class ErrataFilter(serializers.Serializer[Any]):
    """How to narrow a list of corrections."""

    version = serializers.CharField(required=False, help_text="The release that brought it")
    group = serializers.CharField(required=False)
    category = serializers.CharField(required=False, help_text="Its code")


class ErratumShape(serializers.Serializer[Any]):
    """A correction; https://ossf.github.io/osv-schema/ says what the fields mean."""

    schema_version = serializers.CharField()
    id = serializers.CharField()
    published = serializers.DateTimeField()
    modified = serializers.DateTimeField()
    summary = serializers.CharField()
    details = serializers.CharField(help_text="Why")
    affected = serializers.ListField(
        child=serializers.DictField(), help_text="Versions that hold the wrong label"
    )
    references = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    credits = serializers.ListField(child=serializers.DictField())
    database_specific = serializers.DictField(help_text="Instance, label before and after, …")

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """As the page's JSON has it."""
        return instance


@extend_schema_view(get=extend_schema(parameters=[ErrataFilter]))
class ErrataList(ListView):
    """The released corrections of a benchmark, newest first."""

    serializer_class = ErratumShape

    def rows(self) -> QuerySet[Change]:
        """Narrowed by version, group and category."""
        return narrowed(corrections([self.benchmark()]), **self.filters(ErrataFilter))

    def told(self, page: list[Change]) -> list[dict[str, Any]]:
        """The records of a page; advisories on withdrawn releases stand above the first."""
        query = self.filters(ErrataFilter)
        first = not self.request.query_params.get("cursor")
        above = advisories_beside(self.benchmark(), first=first, **query)
        return [*(advisory_osv(each, _absolute) for each in above), *_records(told_of(page))]


class ErrataAtom(View):
    """The newest released corrections of a benchmark as Atom."""

    @extend_schema(responses={(200, "application/atom+xml"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str, **kwargs: Any) -> HttpResponse:
        """The feed of the page, for readers that send a token."""
        found = self.benchmark()
        feed = atom(
            [found],
            title=f"Errata of {found.title}",
            home=reverse("errata", args=[slug]),
            here=request.path,
            absolute=_absolute,
        )
        return HttpResponse(feed, content_type=MEDIA)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever is asked for: a feed has one form."""
        return super().perform_content_negotiation(request, force=True)


class Erratum(View):
    """One correction, or the advisory on a withdrawn release."""

    serializer_class = ErratumShape

    def get(self, request: Request, erratum: str, **kwargs: Any) -> Response:
        """What changed, why, by whom, and in which versions."""
        if is_advisory(erratum):
            advisory = find_advisory(self.benchmark(), erratum)
            return self.rendered(ErratumShape, advisory_osv(advisory, _absolute))
        found = find_correction(self.benchmark(), erratum)
        return self.rendered(ErratumShape, _records([found])[0])


def _records(found: list[Correction]) -> list[dict[str, Any]]:
    hidden = hidden_persons(found)
    return [osv(each, _absolute, hidden) for each in found]


def _absolute(path: str) -> str:
    return f"{settings.ERRATA_HUB}{path}"
