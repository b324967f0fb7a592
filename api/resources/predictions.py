"""Model predictions: sending them, who may see them, and evidence."""

from typing import Any

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, PersonField
from api.uploads import UploadShape, UploadView, preset_for
from api.views import ListView, View
from registry.models import Scope
from registry.selectors import names_of
from registry.uploads import stored
from submissions.models import PredictionSet
from submissions.selectors import get_predictions, visible_predictions
from submissions.services.admit_predictions import admit_predictions
from submissions.services.delete_predictions import delete_predictions
from submissions.services.publish_predictions import publish_predictions
from versions.services.take_predictions import take_predictions


class NewPredictionsShape(UploadShape):
    """A file with one model's answers."""

    model = serializers.CharField(max_length=200)
    family = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Models of one family have one vote in audits; without one, the model itself",
    )
    made_on = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=50,
        help_text="The release whose inputs the model was given; without one, the latest",
    )


class PredictionSetShape(serializers.ModelSerializer[PredictionSet]):
    """A stored set: its owner's alone until it is published, then evidence if it is admitted."""

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="benchmark.slug")
    rows = serializers.IntegerField()
    owner = PersonField()
    url = AddressField("benchmarks", ".benchmark.slug", "predictions", ".public_id")

    class Meta:
        model = PredictionSet
        fields = (
            *("id", "benchmark", "model", "family", "upstream", "made_on", "rows", "admitted"),
            *("owner", "file_digest", "created_at", "published_at", "url"),
        )


class AdmitShape(serializers.Serializer[Any]):
    """Whether a set is evidence."""

    admitted = serializers.BooleanField(default=True)


class _Told(View):
    """Views that tell of one set."""

    scope = Scope.CONTRIBUTE
    serializer_class = PredictionSetShape

    def found(self) -> PredictionSet:
        """The set of the address, or NotFound where the reader may not see it."""
        return get_predictions(self.kwargs["predictions"], self.benchmark(), self.reader)

    def one(self, found: PredictionSet, status: int = 200) -> Response:
        """A set with its number of rows."""
        sets = _counted(PredictionSet.objects.filter(pk=found.pk))
        return self.rendered(
            PredictionSetShape, sets.get(), status=status, names=names_of([found.owner])
        )


class PredictionList(ListView, UploadView, _Told):
    """The sets that are published, and one's own."""

    serializer_class = PredictionSetShape

    def rows(self) -> QuerySet[PredictionSet]:
        """Newest first."""
        return _counted(visible_predictions(self.benchmark(), self.reader))

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Names of the owners."""
        return {"names": names_of(each.owner for each in page)}

    @extend_schema(request=NewPredictionsShape, responses={201: PredictionSetShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Store one model's answers as they are, for oneself; takes the role contributor.

        A worker scores them. The same file again gives the set that is there.
        """
        benchmark, form = self.benchmark(), self.parsed(NewPredictionsShape)
        with stored(form["file"]) as path:
            found = take_predictions(
                actor=self.actor,
                benchmark=benchmark,
                path=path,
                model=form["model"],
                family=form["family"],
                preset=preset_for(benchmark, form["preset"]),
                upstream=form["upstream"],
                made_on=form["made_on"],
            )
        return self.one(found, status=201)


class PredictionDetail(_Told):
    """One set."""

    @extend_schema(responses=PredictionSetShape)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """What is known of it."""
        return self.one(self.found())


class PredictionDelete(_Told):
    """Taking a set back."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Delete it with its scores: its owner may, while it is private."""
        delete_predictions(actor=self.actor, found=self.found())
        return Response(status=204)


class PredictionPublish(_Told):
    """Publishing a set."""

    @extend_schema(request=None, responses=PredictionSetShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Let everybody see it and its scores, for good; its owner may."""
        return self.one(publish_predictions(actor=self.actor, found=self.found()))


class PredictionAdmit(_Told):
    """Evidence in audits."""

    scope = Scope.EVERYTHING

    @extend_schema(request=AdmitShape, responses=PredictionSetShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Admit it as evidence, or dismiss it; takes the role maintainer."""
        admitted = self.parsed(AdmitShape)["admitted"]
        found = self.found()
        return self.one(admit_predictions(actor=self.actor, found=found, admitted=admitted))


def _counted(sets: QuerySet[PredictionSet]) -> QuerySet[PredictionSet]:
    return sets.select_related("benchmark").annotate(rows=Count("predictions"))
