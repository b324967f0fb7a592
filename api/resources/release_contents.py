"""What is in a release: its differences, its changelog, its files."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from errata.grading import LabelChange
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from api.fields import AddressField
from api.pagination import MAX_SIZE
from api.resources.releases import revalidated
from api.views import View
from registry.models import Benchmark
from registry.paging import SIZE
from versions.difference import difference_in
from versions.diffing import DiffEntry
from versions.models import Release
from versions.selectors import diff, find_release, releases_of, snapshot_of
from versions.states import Bump
from versions.views import serve_file


class PartFilter(serializers.Serializer[Any]):
    """Which part of the entries."""

    cursor = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**31)
    page_size = serializers.IntegerField(
        required=False, default=SIZE, min_value=1, max_value=MAX_SIZE
    )


class DiffFilter(PartFilter):
    """Between which releases, and which part of the entries."""

    since = serializers.CharField(
        required=False, default="", help_text="An older version; without one, the version before"
    )


class SideShape(serializers.Serializer[Any]):
    """An instance in one release."""

    revision = serializers.IntegerField()
    digest = serializers.CharField()
    kind = serializers.CharField()
    answer = serializers.CharField()
    limits = serializers.DictField(child=serializers.CharField())
    group = serializers.CharField()
    tier = serializers.CharField()


class PieceShape(serializers.Serializer[Any]):
    """A run of words."""

    op = serializers.ChoiceField(choices=["same", "removed", "added"])
    text = serializers.CharField(help_text="… stands for unchanged words far from any change")


class RewordedShape(serializers.Serializer[Any]):
    """An input that differs, word by word."""

    name = serializers.CharField()
    pieces = PieceShape(many=True)


class SaidShape(serializers.Serializer[Any]):
    """Who said that two wordings mean the same, and why."""

    by = serializers.CharField()
    reason = serializers.CharField()


class LinkShape(serializers.Serializer[Any]):
    """A page that tells more."""

    type = serializers.ChoiceField(choices=["instance", "report", "ruling", "decision"])
    url = serializers.URLField(help_text="Of a decision: its case with votes and opinions")


class DiffEntryShape(serializers.Serializer[Any]):
    """How one instance differs; one side is null where it was added or removed."""

    key = serializers.CharField()
    split = serializers.CharField()
    kind = serializers.ChoiceField(choices=["added", "removed", "revised", "tier"])
    change = serializers.ChoiceField(choices=[c.value for c in LabelChange], allow_null=True)
    label_changed = serializers.BooleanField()
    limits_changed = serializers.BooleanField()
    inputs_changed = serializers.BooleanField()
    same_meaning = serializers.BooleanField(
        help_text="Inputs changed and mean the same, as a maintainer said"
    )
    kind_changed = serializers.BooleanField()
    gradable_differently = serializers.BooleanField()
    before = SideShape(allow_null=True)
    after = SideShape(allow_null=True)
    group = serializers.CharField()
    category = serializers.CharField(help_text="This and what follows is empty for tier and added")
    reason = serializers.CharField()
    origin = serializers.CharField(help_text="import, upstream, decision, retired or revived")
    source = serializers.CharField(help_text="Of an import")
    decision = serializers.CharField()
    ruling = serializers.CharField()
    case = serializers.CharField(help_text="Whose page shows votes and opinions")
    reports = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    rewordings = SaidShape(many=True)
    inputs = RewordedShape(many=True)
    links = LinkShape(many=True)


class DiffShape(serializers.Serializer[Any]):
    """How two releases differ: counts over everything, and one page of entries in file order."""

    benchmark = serializers.CharField()
    since = serializers.CharField(allow_null=True, help_text="Null: the empty benchmark")
    version = serializers.CharField(help_text="Or draft: the benchmark as it stands")
    totals = serializers.DictField(child=serializers.IntegerField())
    label_changes_by = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="By change (the class), category, group, reason and origin: the 20 with most",
    )
    label_changes_others = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many others there are, where there are any"
    )
    next = serializers.URLField(allow_null=True)
    results = DiffEntryShape(many=True)


class ChangelogShape(serializers.Serializer[Any]):
    """What a release says of itself, as it was noted when it was frozen."""

    benchmark = serializers.CharField(source="release.benchmark.slug")
    version = serializers.CharField(source="release.version")
    previous = serializers.CharField(source="snapshot.previous", allow_null=True)
    bump = serializers.ChoiceField(source="release.bump", choices=Bump.choices)
    waiver = serializers.CharField(source="release.waiver")
    frozen_at = serializers.DateTimeField(source="release.frozen_at")
    quality = serializers.DictField(source="snapshot.quality")
    entries = serializers.ListField(
        source="snapshot.changelog", child=serializers.DictField(), help_text="Revised and removed"
    )
    added = serializers.ListField(
        source="snapshot.added", child=serializers.CharField(), help_text="The first keys"
    )
    url = AddressField("benchmarks", ".release.benchmark.slug", "releases", ".release.version")


def told_part(
    request: Request,
    benchmark: Benchmark,
    entries: Iterable[DiffEntry],
    query: Mapping[str, Any],
    *,
    since: Release | None,
    version: str,
) -> dict[str, Any]:
    """A difference for `DiffShape`: counts over everything, and the part of it that is asked for.

    Releases never change, so a place in their difference is as good a cursor as a key.
    """
    start, stop = query["cursor"], query["cursor"] + query["page_size"]
    found = difference_in(benchmark, entries, start=start, stop=stop)
    here = settings.ERRATA_HUB + request.get_full_path()
    return {
        "benchmark": benchmark.slug,
        "since": since and since.version,
        "version": version,
        "totals": found.totals.to_dict(),
        "label_changes_by": found.breakdown(),
        "label_changes_others": found.others(),
        "next": replace_query_param(here, "cursor", stop) if found.count > stop else None,
        "results": found.entries,
    }


class ReleaseDiff(View):
    """How a release differs from an older one."""

    serializer_class = DiffShape

    @extend_schema(parameters=[DiffFilter], responses=DiffShape)
    def get(self, request: Request, version: str, **kwargs: Any) -> HttpResponseBase:
        """Label by label, each change classified and explained; inputs word by word."""
        query, benchmark = self.filters(DiffFilter), self.benchmark()
        new = find_release(benchmark, self.reader, version)
        if query["since"]:
            old: Release | None = find_release(benchmark, self.reader, query["since"])
        else:
            old = releases_of(benchmark).filter(sequence__lt=new.sequence).first()
        entries = diff(old, new)
        document = told_part(request, benchmark, entries, query, since=old, version=new.version)
        return revalidated(request, benchmark, self.rendered(DiffShape, document))


class ReleaseChangelog(View):
    """The changelog of one release."""

    serializer_class = ChangelogShape

    def get(self, request: Request, version: str, **kwargs: Any) -> HttpResponseBase:
        """Every change with its reason, reports and decision; CHANGELOG.md tells it to people."""
        benchmark = self.benchmark()
        release = find_release(benchmark, self.reader, version)
        document = {"release": release, "snapshot": snapshot_of(release)}
        return revalidated(request, benchmark, self.rendered(ChangelogShape, document))


class ReleaseFile(View):
    """A file of a published release."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, version: str, path: str, **kwargs: Any) -> HttpResponseBase:
        """Its bytes: ETag is their SHA-256, ranges are served, and they never change."""
        return serve_file(request._request, self.reader, self.kwargs["slug"], version, path)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever is asked for: a file has one form."""
        return super().perform_content_negotiation(request, force=True)
