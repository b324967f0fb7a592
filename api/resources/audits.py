"""Audit runs."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, PersonField
from api.views import ListView, View
from audits.models import AuditRun
from audits.progress import progress_of
from audits.services.start_audit import start_audit
from audits.summary import summary_of
from registry.errors import NotFound
from registry.permissions import readable_benchmarks
from registry.selectors import names_of


class NewAuditShape(serializers.Serializer[Any]):
    """Which verifiers to run."""

    verifiers = serializers.ListField(
        child=serializers.CharField(max_length=50),
        required=False,
        default=list,
        help_text="Names; none for all that this hub has",
    )


class AuditShape(serializers.ModelSerializer[AuditRun]):
    """A run of verifiers over a benchmark."""

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="benchmark.slug")
    verifiers = serializers.ListField(child=serializers.CharField())
    actor = PersonField()
    url = AddressField("audits", ".public_id")

    class Meta:
        model = AuditRun
        fields: tuple[str, ...] = (
            *("id", "benchmark", "verifiers", "status", "actor", "created_at", "finished_at"),
            "url",
        )


class ProgressShape(serializers.Serializer[Any]):
    """How far a run is."""

    chunks = serializers.IntegerField()
    chunks_done = serializers.IntegerField()
    chunks_failed = serializers.IntegerField(help_text="Given up after five claims")
    instances = serializers.IntegerField()
    instances_done = serializers.IntegerField()
    questions = serializers.IntegerField(help_text="Asked of verifiers by the chunks begun so far")
    answered = serializers.IntegerField()


class VerifierCountsShape(serializers.Serializer[Any]):
    """What one verifier says of the labels as they are now."""

    votes = serializers.IntegerField()
    objections = serializers.IntegerField()
    supports = serializers.IntegerField()
    abstentions = serializers.IntegerField()
    failures = serializers.IntegerField(help_text="Looks at which it failed in this run")


class CaseCountsShape(serializers.Serializer[Any]):
    """Cases that the run opened and closed, and all that wait now."""

    opened = serializers.IntegerField()
    closed = serializers.IntegerField()
    waiting = serializers.IntegerField()


class BucketsShape(serializers.Serializer[Any]):
    """How many labels stand where."""

    clear = serializers.IntegerField()
    possible = serializers.IntegerField()
    contested = serializers.IntegerField()


class AuditCountsShape(serializers.Serializer[Any]):
    """What a run found."""

    votes = serializers.IntegerField(help_text="New votes")
    reused = serializers.IntegerField(help_text="Votes that were there already")
    verifiers = serializers.DictField(child=VerifierCountsShape())
    cases = CaseCountsShape()
    buckets = BucketsShape()


class AuditDetailShape(AuditShape):
    """A run, how far it is and what it found."""

    progress = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()

    class Meta(AuditShape.Meta):
        fields = (*AuditShape.Meta.fields, "progress", "counts")

    @extend_schema_field(ProgressShape)
    def get_progress(self, run: AuditRun) -> dict[str, int]:
        """Counted from the run's chunks."""
        return progress_of(run)

    @extend_schema_field(AuditCountsShape)
    def get_counts(self, run: AuditRun) -> dict[str, Any]:
        """As `manage.py run_audit` prints it."""
        return AuditCountsShape(summary_of(run)).data


@extend_schema_view(
    post=extend_schema(request=NewAuditShape, responses={202: AuditDetailShape}),
)
class AuditList(ListView):
    """The audit runs of a benchmark, newest first."""

    serializer_class = AuditShape

    def rows(self) -> QuerySet[AuditRun]:
        """All of them."""
        return AuditRun.objects.filter(benchmark=self.benchmark()).select_related("benchmark")

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Names of those who started them."""
        return {"names": names_of(run.actor for run in page)}

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Start a run; workers do it, its own address tells how far they are."""
        benchmark, form = self.benchmark(), self.parsed(NewAuditShape)
        run = start_audit(
            actor=self.actor, benchmark=benchmark, verifiers=form["verifiers"] or None
        )
        response = self.rendered(AuditDetailShape, run, status=202, names=names_of([run.actor]))
        response["Location"] = response.data["url"]
        return response


class AuditDetail(View):
    """One run."""

    serializer_class = AuditDetailShape

    def get(self, request: Request, run: str, **kwargs: Any) -> Response:
        """How far it is."""
        runs = AuditRun.objects.filter(benchmark__in=readable_benchmarks(self.reader))
        found = runs.select_related("benchmark").filter(public_id=run).first()
        if found is None:
            raise NotFound(f"There is no audit '{run}' that you may see.", code="no_audit")
        return self.rendered(AuditDetailShape, found, names=names_of([found.actor]))
