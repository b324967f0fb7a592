"""Releases: which there are, what a client needs to pull one, and the next one."""

from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from errata.manifest import digest_of
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, address
from api.views import ListView, View
from registry.models import Benchmark, Visibility
from versions.advisories import advisories_of
from versions.models import Release
from versions.naming import AUTO
from versions.notes import LONGEST
from versions.selectors import find_release, snapshot_of, visible_releases
from versions.services.freeze_release import freeze_release
from versions.services.withdraw_release import MOST, withdraw_release
from versions.states import Bump, ReleaseStatus, State
from versions.storage import artifacts_of


class WaivedShape(serializers.Serializer[Any]):
    """Which contested labels: those that fit every field that is given."""

    group = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    split = serializers.ListField(child=serializers.CharField(), required=False)
    category = serializers.ListField(child=serializers.CharField(), required=False)


class NewReleaseShape(serializers.Serializer[Any]):
    """Which draft becomes the next release, its name, and why contested labels may go out."""

    draft = serializers.RegexField(
        "^[0-9a-f]{64}$", help_text="The digest of the draft that you saw; another one is refused"
    )
    version = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=50, help_text="Such as 1.2.0"
    )
    bump = serializers.ChoiceField(
        required=False, default=AUTO, choices=[AUTO, *Bump.values], help_text="Without a version"
    )
    waiver = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=2_000,
        help_text="Why contested labels may go out",
    )
    waive = WaivedShape(required=False, help_text="Only these; without it the waiver is for all")
    notes = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST,
        help_text="Markdown on top of its changelog",
    )


class WithdrawalShape(serializers.Serializer[Any]):
    """Why a release is withdrawn, and what to use instead; `advisory` is the id of its erratum."""

    advisory = serializers.CharField()
    reason = serializers.CharField()
    instead = serializers.CharField(help_text="A version, or empty")
    at = serializers.DateTimeField()


class NewWithdrawalShape(serializers.Serializer[Any]):
    """Why a release is withdrawn, and which version to use instead."""

    reason = serializers.CharField(max_length=MOST)
    instead = serializers.CharField(required=False, default="", allow_blank=True, max_length=50)


class ReleaseShape(serializers.ModelSerializer[Release]):
    """A release in a list."""

    benchmark = serializers.CharField(source="benchmark.slug")
    status = serializers.SerializerMethodField()
    withdrawal = serializers.SerializerMethodField()
    url = AddressField("benchmarks", ".benchmark.slug", "releases", ".version")

    class Meta:
        model = Release
        fields: tuple[str, ...] = (
            *("benchmark", "version", "sequence", "bump", "status", "waiver", "frozen_at"),
            *("published_at", "withdrawal", "url"),
        )

    @extend_schema_field(serializers.ChoiceField(choices=[*ReleaseStatus.values, State.WITHDRAWN]))
    def get_status(self, release: Release) -> str:
        """How far it is; `withdrawn` for one that nobody should use any more."""
        return State.WITHDRAWN.value if release.is_withdrawn else release.status

    @extend_schema_field(WithdrawalShape(allow_null=True))
    def get_withdrawal(self, release: Release) -> dict[str, Any] | None:
        """Why it is withdrawn; null for one that stands."""
        advisory = self.context["advisories"].get(release.pk)
        return advisory and advisory.to_dict()


class FileShape(serializers.Serializer[Any]):
    """A file of a release; its bytes never change."""

    path = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    url = serializers.URLField()


class ReleaseDetailShape(ReleaseShape):
    """What a client needs to pull a release. Files are there once it is built."""

    previous = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()
    comparability = serializers.SerializerMethodField()
    held = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    changelog = AddressField("benchmarks", ".benchmark.slug", "releases", ".version", "changelog")
    files = serializers.SerializerMethodField()

    class Meta(ReleaseShape.Meta):
        fields = (
            *ReleaseShape.Meta.fields,
            *("comparability", "held", "notes", "progress"),
            *("history_root", "previous", "counts", "changelog", "files"),
        )

    def get_previous(self, release: Release) -> str | None:
        """The version before; null for the first one."""
        return self.context["snapshot"]["previous"]

    def get_counts(self, release: Release) -> dict[str, Any]:
        """Instances, and what changed since the version before."""
        return self.context["snapshot"]["counts"]

    def get_comparability(self, release: Release) -> dict[str, Any] | None:
        """Whether scores compare with the version before, why, and flips of stored answers."""
        return self.context["snapshot"]["comparability"]

    def get_held(self, release: Release) -> list[dict[str, Any]]:
        """What it leaves out, and why."""
        return self.context["snapshot"]["held"]

    def get_notes(self, release: Release) -> str:
        """Hand-written Markdown."""
        return self.context["snapshot"]["notes"]

    def get_progress(self, release: Release) -> dict[str, Any] | None:
        """How far a worker is with it; null once it is published."""
        if release.status == ReleaseStatus.PUBLISHED:
            return None
        return {name: getattr(release, name) for name in ("stage", "done", "total", "trouble")}

    @extend_schema_field(FileShape(many=True))
    def get_files(self, release: Release) -> list[dict[str, Any]]:
        """All files, the manifest among them."""
        base = address("benchmarks", release.benchmark.slug, "releases", release.version)
        return [
            {
                "path": artifact.path,
                "sha256": artifact.sha256,
                "size": artifact.size,
                "url": f"{base}files/{quote(artifact.path)}",
            }
            for artifact in artifacts_of(release)
        ]


@extend_schema_view(
    post=extend_schema(request=NewReleaseShape, responses={202: ReleaseDetailShape}),
)
class ReleaseList(ListView):
    """The releases of a benchmark, newest first; maintainers also see one under way."""

    serializer_class = ReleaseShape
    ordering = ("-sequence",)

    def rows(self) -> QuerySet[Release]:
        """Published ones, for maintainers all."""
        return visible_releases(self.benchmark(), self.reader).defer("snapshot")

    def lookups(self, page: list[Release]) -> dict[str, Any]:
        """Why the withdrawn ones are."""
        return {"advisories": advisories_of(page)}

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Freeze the draft that was previewed as the next release; a worker publishes it.

        409 `draft_changed` says in `difference` what is another than in the draft named.
        """
        benchmark, form = self.benchmark(), self.parsed(NewReleaseShape)
        expected, where = form.pop("draft"), form.pop("waive", {})
        release = freeze_release(
            actor=self.actor, benchmark=benchmark, expected=expected, where=where, **form
        )
        response = rendered_release(self, release, status=202)
        response["Location"] = response.data["url"]
        return response


class ReleaseDetail(View):
    """One release, or the latest."""

    serializer_class = ReleaseDetailShape

    def get(self, request: Request, version: str, **kwargs: Any) -> HttpResponseBase:
        """Which files it consists of; ask again with the ETag to see whether that still holds."""
        benchmark = self.benchmark()
        release = find_release(benchmark, self.reader, version)
        return revalidated(request, benchmark, rendered_release(self, release))


class ReleaseWithdraw(View):
    """Withdrawing a release."""

    @extend_schema(request=NewWithdrawalShape, responses=ReleaseDetailShape)
    def post(self, request: Request, version: str, **kwargs: Any) -> Response:
        """Warn whoever pulls it and say why. Nothing is deleted, and it cannot be taken back."""
        benchmark, form = self.benchmark(), self.parsed(NewWithdrawalShape)
        made = withdraw_release(actor=self.actor, benchmark=benchmark, version=version, **form)
        return rendered_release(self, made.release)


def rendered_release(view: View, release: Release, status: int = 200) -> Response:
    """All that a client is told of a release."""
    found = {"snapshot": snapshot_of(release), "advisories": advisories_of([release])}
    return view.rendered(ReleaseDetailShape, release, status=status, **found)


def revalidated(request: Request, benchmark: Benchmark, response: Response) -> HttpResponseBase:
    """The response with its ETag, to be asked for again each time; 304 where it is known."""
    etag = f'"{digest_of(response.data)}"'
    response["ETag"] = etag
    public = benchmark.visibility == Visibility.PUBLIC
    response["Cache-Control"] = "no-cache" if public else "private, no-cache"
    patch_vary_headers(response, ("Authorization", "Cookie"))
    return get_conditional_response(request, etag=etag, response=response)
