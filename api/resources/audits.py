"""Audit runs."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, AmountField, PersonField
from api.views import ListView, View
from audits.estimating import WHILE_ONE_WAITS, estimate
from audits.models import AuditRun
from audits.permissions import require_auditor
from audits.progress import hosts_of, progress_of
from audits.reading import get_run
from audits.services.start_audit import start_audit
from audits.services.stop_run import resume_run, stop_run
from audits.summary import summary_of
from registry.selectors import names_of


class NewAuditShape(serializers.Serializer[Any]):
    """Which verifiers to run, and what their models may cost."""

    verifiers = serializers.ListField(
        child=serializers.CharField(max_length=50),
        required=False,
        default=list,
        help_text="Names; none for all of this hub that the benchmark's policy allows",
    )
    fresh = serializers.BooleanField(
        default=False, help_text="Begin a new round: new samples of every model"
    )
    budget = AmountField(
        required=False, default=None, allow_null=True, help_text="As in 12.50; null: no limit"
    )


class ResumeShape(serializers.Serializer[Any]):
    """Let a stopped run go on."""

    budget = AmountField(
        required=False, default=None, allow_null=True, help_text="A new one; null keeps the old"
    )


class GuessShape(serializers.Serializer[Any]):
    """What one verifier would be asked."""

    host = serializers.CharField(help_text="Who would receive the text; empty: nobody")
    questions = serializers.IntegerField(help_text="Votes that a run from nothing would ask for")
    new = serializers.IntegerField(help_text="Votes that are not there yet")
    possible = serializers.IntegerField(
        help_text="More that depend on what verifiers of the stages before say"
    )
    tokens = serializers.IntegerField(help_text="Of the new ones at most, if each takes one call")
    cost = AmountField(help_text="The same as money")
    full_cost = AmountField(help_text="Of all questions")


class EstimateShape(serializers.Serializer[Any]):
    """What a run would ask and cost at most, one call a question."""

    benchmark = serializers.CharField()
    round = serializers.IntegerField()
    instances = serializers.IntegerField()
    hosts = serializers.ListField(child=serializers.CharField())
    left_out = serializers.DictField(child=serializers.CharField(), help_text="Why, by verifier")
    verifiers = serializers.DictField(child=GuessShape())
    new = serializers.IntegerField()
    currency = serializers.CharField()
    cost = AmountField()
    full_cost = AmountField()
    building_cost = AmountField(allow_null=True, help_text="Of the benchmark, if it was entered")


class AuditShape(serializers.ModelSerializer[AuditRun]):
    """A run of verifiers over a benchmark."""

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="benchmark.slug")
    verifiers = serializers.ListField(child=serializers.CharField())
    actor = PersonField()
    budget = AmountField(allow_null=True, help_text="Null: no limit")
    spent = AmountField(help_text="With what calls on their way may cost at most")
    hosts = serializers.SerializerMethodField(help_text="Who receives the text")
    url = AddressField("audits", ".public_id")

    class Meta:
        model = AuditRun
        fields: tuple[str, ...] = (
            *("id", "benchmark", "verifiers", "status", "actor", "created_at", "finished_at"),
            *("trigger", "round", "budget", "spent", "hosts", "stopped_because", "url"),
        )

    def get_hosts(self, run: AuditRun) -> list[str]:
        """Named before the run started."""
        return hosts_of(run)


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
        return ProgressShape(progress_of(run)).data

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
            actor=self.actor,
            benchmark=benchmark,
            verifiers=form["verifiers"] or None,
            fresh=form["fresh"],
            budget=form["budget"],
        )
        response = self.rendered(AuditDetailShape, run, status=202, names=names_of([run.actor]))
        response["Location"] = response.data["url"]
        return response


@extend_schema_view(post=extend_schema(request=NewAuditShape, responses=EstimateShape))
class AuditEstimate(View):
    """What a run would ask and cost."""

    serializer_class = EstimateShape

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Let the verifiers look and count what no vote says yet; nothing is asked."""
        benchmark, form = self.benchmark(), self.parsed(NewAuditShape)
        require_auditor(self.actor, benchmark)
        found = estimate(
            benchmark,
            form["verifiers"] or None,
            fresh=form["fresh"],
            budget=form["budget"],
            at_most=WHILE_ONE_WAITS,
        )
        return self.rendered(EstimateShape, found.to_dict())


class OneAudit(View):
    """Views of one run."""

    serializer_class = AuditDetailShape

    def told(self, run: AuditRun) -> Response:
        """The run as it is now."""
        return self.rendered(AuditDetailShape, run, names=names_of([run.actor]))


class AuditDetail(OneAudit):
    """One run."""

    def get(self, request: Request, run: str, **kwargs: Any) -> Response:
        """How far it is."""
        return self.told(get_run(run, self.reader))


@extend_schema_view(post=extend_schema(request=None, responses=AuditDetailShape))
class AuditStop(OneAudit):
    """Stopping a run."""

    def post(self, request: Request, run: str, **kwargs: Any) -> Response:
        """Calls on their way end and count; no other follows."""
        return self.told(stop_run(actor=self.actor, run=get_run(run, self.reader)))


@extend_schema_view(post=extend_schema(request=ResumeShape, responses=AuditDetailShape))
class AuditResume(OneAudit):
    """Letting a stopped run go on."""

    def post(self, request: Request, run: str, **kwargs: Any) -> Response:
        """It goes on where it was, also with another budget."""
        budget = self.parsed(ResumeShape)["budget"]
        found = get_run(run, self.reader)
        return self.told(resume_run(actor=self.actor, run=found, budget=budget))
