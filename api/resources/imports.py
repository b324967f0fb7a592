"""Importing a file: a dry run to look at, then confirmed. All of it takes the role maintainer."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, PersonField
from api.uploads import UploadShape, preset_for
from api.views import ListView, View
from registry.errors import InvalidInput
from registry.importers.plan import Example
from registry.models import Benchmark, ImportBatch, PlannedImport, Visibility
from registry.permissions import is_staff
from registry.presets import load_preset
from registry.selectors import names_of
from registry.services.import_benchmark import MISSING, require_importer
from registry.services.plan_import import confirm_import, get_planned, plan_import


class NewImportShape(UploadShape):
    """A file of labels. Title, licence and visibility are of a benchmark that it makes."""

    align = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=100,
        help_text="For a file without key columns: the space whose ids find the instances",
    )
    missing = serializers.ChoiceField(
        choices=MISSING, default="keep", help_text="Instances that the file lacks"
    )
    title = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    licence = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)
    visibility = serializers.ChoiceField(choices=Visibility.choices, default=Visibility.PUBLIC)


class ExampleShape(serializers.Serializer[Any]):
    """A row: its label now and with the file; limits as JSON where only these change."""

    key = serializers.CharField()
    line = serializers.IntegerField(help_text="0: not in the file")
    before = serializers.CharField()
    after = serializers.CharField()


class PlannedImportShape(serializers.ModelSerializer[PlannedImport]):
    """What a file would do, and, once it is confirmed, how far its import is."""

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="slug")
    state = serializers.ChoiceField(choices=PlannedImport.STATES)
    counts = serializers.DictField(child=serializers.IntegerField())
    examples = serializers.SerializerMethodField()
    url = AddressField("imports", ".public_id")

    class Meta:
        model = PlannedImport
        fields = (
            *("id", "benchmark", "state", "file_name", "file_digest", "upstream", "align"),
            *("missing", "counts", "examples", "created_at", "expires_at", "confirmed_at"),
            *("stage", "done", "total", "refused", "finished_at", "url"),
        )

    @extend_schema_field(serializers.DictField(child=ExampleShape(many=True)))
    def get_examples(self, planned: PlannedImport) -> dict[str, Any]:
        """The first rows of each class of `counts`."""
        return {
            name: ExampleShape([Example(*row) for row in rows], many=True).data
            for name, rows in planned.examples.items()
        }


class ImportShape(serializers.ModelSerializer[ImportBatch]):
    """What one import wrote."""

    id = serializers.CharField(source="public_id")
    counts = serializers.DictField(child=serializers.IntegerField())
    actor = PersonField()

    class Meta:
        model = ImportBatch
        fields = (
            *("id", "file_name", "file_digest", "upstream", "source", "licence", "credit"),
            *("counts", "actor", "at"),
        )


class ImportList(ListView):
    """The imports of a benchmark, newest first."""

    serializer_class = ImportShape
    parser_classes = (MultiPartParser,)

    def rows(self) -> QuerySet[ImportBatch]:
        """Those that were written."""
        benchmark = self.benchmark()
        require_importer(self.reader, benchmark.slug)
        return ImportBatch.objects.filter(benchmark=benchmark)

    def lookups(self, page: list[ImportBatch]) -> dict[str, Any]:
        """Names of those who imported."""
        return {"names": names_of(batch.actor for batch in page)}

    @extend_schema(request=NewImportShape, responses={201: PlannedImportShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Dry-run a file and keep it for a day; nothing is written until it is confirmed.

        The hub's staff may name a benchmark that is not there yet: the import makes it.
        """
        benchmark = self._target()
        require_importer(self.actor, self.kwargs["slug"])
        form = self.parsed(NewImportShape)
        file, name = form.pop("file"), form.pop("preset")
        if benchmark is None and not name:
            raise InvalidInput("A new benchmark needs a preset; name one.", field="preset")
        planned = plan_import(
            actor=self.actor,
            slug=self.kwargs["slug"],
            name=file.name,
            data=file.chunks(),
            preset=preset_for(benchmark, name) if benchmark else load_preset(name),
            **form,
        )
        response = self.rendered(PlannedImportShape, planned, status=201)
        response["Location"] = response.data["url"]
        return response

    def _target(self) -> Benchmark | None:
        """The benchmark, None where the import makes it; NotFound as everywhere."""
        known = Benchmark.objects.filter(slug=self.kwargs["slug"]).exists()
        return self.benchmark() if known or not is_staff(self.actor) else None


class PlannedImportDetail(View):
    """One file, from its dry run on."""

    serializer_class = PlannedImportShape

    def get(self, request: Request, planned: str, **kwargs: Any) -> Response:
        """What it would change, or how far its import is."""
        return self.rendered(PlannedImportShape, get_planned(planned, self.reader))


class PlannedImportConfirm(View):
    """Importing what a dry run showed."""

    @extend_schema(request=None, responses={202: PlannedImportShape})
    def post(self, request: Request, planned: str, **kwargs: Any) -> Response:
        """A worker does it; it is refused where the benchmark changed since the dry run."""
        found = confirm_import(actor=self.actor, planned=get_planned(planned, self.reader))
        return self.rendered(PlannedImportShape, found, status=202)
