"""Model predictions."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import PersonField
from api.uploads import UploadShape, UploadView, preset_for, stored
from registry.models import Scope
from registry.selectors import names_of
from submissions.models import PredictionSet
from submissions.services.store_predictions import store_predictions


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


class PredictionSetShape(serializers.ModelSerializer[PredictionSet]):
    """A stored set; admitted ones are evidence in audits."""

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="benchmark.slug")
    rows = serializers.SerializerMethodField()
    owner = PersonField()

    class Meta:
        model = PredictionSet
        fields = (
            *("id", "benchmark", "model", "family", "upstream", "rows", "admitted", "owner"),
            *("file_digest", "created_at"),
        )

    def get_rows(self, found: PredictionSet) -> int:
        """How many instances it answers."""
        return found.predictions.count()


class PredictionUpload(UploadView):
    """Predictions of one model; takes the role contributor."""

    scope = Scope.CONTRIBUTE

    @extend_schema(request=NewPredictionsShape, responses={201: PredictionSetShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Store the answers as they are; the same file again gives the set that is there."""
        benchmark, form = self.benchmark(), self.parsed(NewPredictionsShape)
        with stored(form["file"]) as path:
            found = store_predictions(
                actor=self.actor,
                benchmark=benchmark,
                path=path,
                model=form["model"],
                family=form["family"],
                preset=preset_for(benchmark, form["preset"]),
                upstream=form["upstream"],
            )
        return self.rendered(PredictionSetShape, found, status=201, names=names_of([found.owner]))
