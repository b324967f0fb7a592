"""Error reports."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from errata.answers import UNANSWERABLE_TEXT
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, PersonField
from api.uploads import UploadShape, UploadView, preset_for
from api.views import ListView, View
from audits.services.close_as_spam import close_as_spam
from audits.services.import_reports import import_reports
from registry.models import Scope
from registry.permissions import readable_benchmarks
from registry.selectors import get_benchmark, get_instance, names_of
from registry.uploads import stored
from submissions.models import Report
from submissions.selectors import get_report
from submissions.services.file_report import LIMIT, file_report
from submissions.spans import LONGEST
from submissions.states import ReportStatus
from versions.selectors import find_release


class ReportFilter(serializers.Serializer[Any]):
    """How to narrow a list of reports."""

    benchmark = serializers.CharField(required=False)
    instance = serializers.CharField(required=False, help_text="Key; takes benchmark too")
    status = serializers.ChoiceField(required=False, choices=ReportStatus.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A key says nothing without its benchmark."""
        if "instance" in attrs and "benchmark" not in attrs:
            raise serializers.ValidationError({"instance": "Name the benchmark too."})
        return attrs


class SpanShape(serializers.Serializer[Any]):
    """A place in the inputs; `start` and `end` are found where they are left out."""

    input = serializers.CharField(required=False)
    start = serializers.IntegerField(required=False, min_value=0)
    end = serializers.IntegerField(read_only=True)
    text = serializers.CharField(max_length=LONGEST)


class NewReportShape(serializers.Serializer[Any]):
    """A claim that a label is wrong: propose an answer, or say that there is none, or neither."""

    benchmark = serializers.CharField()
    instance = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="Key, or an alias as space:id"
    )
    group = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="Instead: all labels of a group"
    )
    category = serializers.CharField(help_text="A category of the benchmark")
    answer = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)
    not_computable = serializers.BooleanField(required=False, default=False)
    rationale = serializers.CharField(max_length=LIMIT)
    evidence = serializers.CharField(required=False, default="", allow_blank=True, max_length=LIMIT)
    seen_in = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=100,
        help_text="A release: its version, or a name that upstream gave; the version is kept",
    )
    spans = SpanShape(many=True, required=False, default=list)
    affects_model = serializers.BooleanField(
        required=False, default=False, help_text="A change helps or harms a model of yours"
    )
    reopens = serializers.CharField(
        required=False, default="", help_text="A declined report of yours; takes new evidence"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Not computable is an answer of its own."""
        if attrs.pop("not_computable"):
            if attrs["answer"].strip() not in ("", UNANSWERABLE_TEXT):
                raise serializers.ValidationError(
                    {"answer": "Propose an answer or say not computable, not both."}
                )
            attrs["answer"] = UNANSWERABLE_TEXT
        return attrs


class ReportShape(serializers.ModelSerializer[Report]):
    """A report, and how it ended."""

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="benchmark.slug")
    instance = serializers.CharField(
        source="instance.key", default=None, allow_null=True, help_text="Null: a whole group's"
    )
    category = serializers.CharField(source="category.code")
    spans = SpanShape(many=True)
    reopens = serializers.CharField(source="reopens.public_id", default=None, allow_null=True)
    not_computable = serializers.SerializerMethodField()
    author = PersonField()
    url = AddressField("reports", ".public_id")
    page = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            *(
                "id",
                "benchmark",
                "instance",
                "group",
                "category",
                "answer",
                "not_computable",
                "rationale",
            ),
            *("evidence", "spans", "seen_in", "affects_model", "reopens", "author", "status"),
            *("outcome", "decision", "created_at", "resolved_at", "url", "page"),
        )

    def to_representation(self, instance: Report) -> dict[str, Any]:
        """What a maintainer closed as spam is told without its text."""
        shown = super().to_representation(instance)
        if instance.status == ReportStatus.SPAM:
            shown |= {"answer": "", "rationale": "", "evidence": "", "spans": []}
        return shown

    def get_not_computable(self, report: Report) -> bool:
        """Whether it says that the inputs do not permit an answer."""
        return report.answer == UNANSWERABLE_TEXT

    def get_page(self, report: Report) -> str:
        """Where people follow it."""
        return f"{settings.ERRATA_HUB}/reports/{report.public_id}/"


@extend_schema_view(
    get=extend_schema(parameters=[ReportFilter]),
    post=extend_schema(
        request=NewReportShape,
        responses={
            201: ReportShape,
            200: OpenApiResponse(ReportShape, "Your open report that says the same already"),
        },
    ),
)
class ReportList(ListView):
    """Reports on all benchmarks that you may see, newest first."""

    scope = Scope.CONTRIBUTE
    serializer_class = ReportShape

    def rows(self) -> QuerySet[Report]:
        """Narrowed by benchmark, instance and status."""
        query, rows = self.filters(ReportFilter), _reports(self)
        if "benchmark" in query:
            benchmark = get_benchmark(query["benchmark"], self.reader)
            rows = rows.filter(benchmark=benchmark)
            if "instance" in query:
                rows = rows.filter(instance=get_instance(benchmark, query["instance"]))
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return rows

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Names of the authors."""
        return {"names": names_of(report.author for report in page)}

    def post(self, request: Request, **kwargs: Any) -> Response:
        """File a report; the same open one again gives the one that is there."""
        form = self.parsed(NewReportShape)
        benchmark = get_benchmark(form.pop("benchmark"), self.reader)
        name, reopens = form.pop("instance"), form.pop("reopens")
        form["instance"] = get_instance(benchmark, name) if name else None
        form["reopens"] = get_report(reopens, self.reader) if reopens else None
        if seen_in := form["seen_in"].strip():
            form["seen_in"] = find_release(benchmark, self.reader, seen_in).version
        started = timezone.now()
        report = file_report(actor=self.actor, benchmark=benchmark, **form)
        response = self.rendered(
            ReportShape,
            report,
            status=201 if report.created_at >= started else 200,
            names=names_of([report.author]),
        )
        response["Location"] = response.data["url"]
        return response


class OneReport(View):
    """Views of one report."""

    serializer_class = ReportShape

    def told(self, report: Report) -> Response:
        """The report as it is now."""
        return self.rendered(ReportShape, report, names=names_of([report.author]))


class ReportDetail(OneReport):
    """One report."""

    def get(self, request: Request, report: str, **kwargs: Any) -> Response:
        """What it claims and how it ended."""
        return self.told(get_report(report, self.reader))


class SpamShape(serializers.Serializer[Any]):
    """Why a report is spam; it stands in its place."""

    reason = serializers.CharField(max_length=2_000)


class ReportSpam(OneReport):
    """Close a report as spam; takes the role maintainer."""

    @extend_schema(request=SpamShape, responses=ReportShape)
    def post(self, request: Request, report: str, **kwargs: Any) -> Response:
        """Its text is for maintainers alone from now on."""
        found = get_report(report, self.reader)
        close_as_spam(actor=self.actor, report=found, **self.parsed(SpamShape))
        return self.told(get_report(report, self.reader))


class ReportCounts(serializers.Serializer[Any]):
    """What became of the rows of a file."""

    rows = serializers.IntegerField()
    filed = serializers.IntegerField()
    no_difference = serializers.IntegerField(help_text="Propose what the label says already")
    already_reported = serializers.IntegerField(help_text="Open reports of yours say the same")
    declined_before = serializers.IntegerField(help_text="Declined since the label is as it is")
    already_decided = serializers.IntegerField(help_text="An expert decided the label as it is")


class ReportImport(UploadView):
    """Many reports at once; takes the role contributor."""

    scope = Scope.CONTRIBUTE

    @extend_schema(request=UploadShape, responses=ReportCounts)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """File every row that proposes another answer; one bad row refuses the whole file.

        What was reported, declined or decided before is counted, not filed.
        """
        benchmark, form = self.benchmark(), self.parsed(UploadShape)
        with stored(form["file"]) as path:
            counts = import_reports(
                actor=self.actor,
                benchmark=benchmark,
                path=path,
                preset=preset_for(benchmark, form["preset"]),
                upstream=form["upstream"],
            )
        return self.rendered(ReportCounts, counts)


def _reports(view: View) -> QuerySet[Report]:
    rows = Report.objects.filter(benchmark__in=readable_benchmarks(view.reader))
    return rows.select_related("benchmark", "instance", "category", "reopens")
