"""Scores of models: the grid of models and versions, and what moved between two."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import View
from registry.errors import WrongState
from submissions.selectors import get_predictions
from versions.models import Release
from versions.provisional import ASSUMED, supposed
from versions.scores import SHOWN, Line, Movement, grid_of, movement_of
from versions.selectors import get_release


class ScoreShape(serializers.Serializer[Any]):
    """A model on a version; docs/scores.md defines the figures, null where there is none yet."""

    version = serializers.CharField()
    contract = serializers.CharField()
    figures = serializers.DictField(allow_null=True)


class ModelShape(serializers.Serializer[Any]):
    """A model on each version; `rank` is [best, worst] on the newest one."""

    predictions = serializers.CharField()
    model = serializers.CharField()
    made_on = serializers.CharField()
    published = serializers.BooleanField()
    rank = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    scores = ScoreShape(many=True)


class ComparisonShape(serializers.Serializer[Any]):
    """Two results on common rows: `lost` the first alone has right, `gained` the second alone."""

    common = serializers.IntegerField()
    gained = serializers.IntegerField()
    lost = serializers.IntegerField()
    flipped = serializers.IntegerField()
    flip_rate = serializers.FloatField(allow_null=True)
    shift = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    p_value = serializers.FloatField()


class PairShape(ComparisonShape):
    """Two models on the newest version."""

    first = serializers.CharField()
    second = serializers.CharField()


class GridShape(serializers.Serializer[Any]):
    """The newest models and versions; `more` where there are others."""

    versions = serializers.ListField(child=serializers.CharField())
    models = ModelShape(many=True)
    pairs = PairShape(many=True)
    more = serializers.BooleanField()


class LabelMoveShape(serializers.Serializer[Any]):
    """An answer that is graded differently; `how` is gained, lost, entered or left."""

    key = serializers.CharField()
    group = serializers.CharField()
    answer = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    how = serializers.CharField()


class FlipShape(serializers.Serializer[Any]):
    """Rewards of a group that flip."""

    group = serializers.CharField()
    flipped = serializers.IntegerField()
    rows = serializers.IntegerField()


class MovementShape(ComparisonShape):
    """What moved for a set; `moves` are those from `start` on, `total` all of them."""

    contract = serializers.CharField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()
    groups = FlipShape(many=True)
    moves = LabelMoveShape(many=True)
    total = serializers.IntegerField()


PROVISIONAL_SHAPE = inline_serializer(
    "Provisional",
    {
        "predictions": serializers.CharField(),
        "compared_with": serializers.CharField(allow_null=True),
        "contract": serializers.CharField(),
        "provisional": serializers.BooleanField(help_text="Always true"),
        "if": serializers.CharField(),
        "version": serializers.CharField(allow_null=True, help_text="Always null"),
        "citable": serializers.BooleanField(help_text="Always false"),
        "fixes": serializers.IntegerField(help_text="Labels that differ"),
        "gained": serializers.IntegerField(),
        "lost": serializers.IntegerField(),
        "common": serializers.IntegerField(),
        "shift": serializers.FloatField(allow_null=True),
        "interval": serializers.ListField(child=serializers.FloatField(), allow_null=True),
        "score": serializers.DictField(),
    },
)


class ProvisionalFilters(serializers.Serializer[Any]):
    """What to assume, and for reports on which release (without one, the latest)."""

    assume = serializers.ChoiceField(choices=ASSUMED)
    release = serializers.CharField(required=False, default="", max_length=50)


class MovementFilters(serializers.Serializer[Any]):
    """Between which versions, and from which of the moves on."""

    old = serializers.CharField(max_length=50)
    new = serializers.CharField(max_length=50)
    start = serializers.IntegerField(required=False, default=0, min_value=0, max_value=10**9)


class Scores(View):
    """The grid of models and versions."""

    serializer_class = GridShape

    @extend_schema(responses=GridShape)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Each model that one may see on each version, under that version's contract."""
        grid = grid_of(self.benchmark(), self.reader)
        pairs = [
            {"first": one.public_id, "second": other.public_id, **pair.figures()}
            for one, other, pair in grid.pairs
        ]
        told = {
            "versions": [release.version for release, _ in grid.releases],
            "models": [_model(line, grid.releases) for line in grid.lines],
            "pairs": pairs,
            "more": grid.more,
        }
        return self.rendered(GridShape, told)


class Moved(View):
    """What moved for a set between two versions."""

    serializer_class = MovementShape

    @extend_schema(parameters=[MovementFilters], responses=MovementShape)
    def get(self, request: Request, predictions: str, **kwargs: Any) -> Response:
        """Gained and lost answers with both labels, and how often a reward flips."""
        benchmark, asked = self.benchmark(), self.filters(MovementFilters)
        found = get_predictions(predictions, benchmark, self.reader)
        old, new = (get_release(benchmark, asked[name]) for name in ("old", "new"))
        movement = movement_of(found, old, new, start=asked["start"], size=SHOWN)
        if movement is None:
            raise WrongState(
                "A worker has not scored these predictions on both versions yet; ask again soon.",
                code="not_scored_yet",
            )
        return self.rendered(MovementShape, _movement(movement))


class ProvisionalScore(View):
    """A score if labels changed."""

    @extend_schema(parameters=[ProvisionalFilters], responses=PROVISIONAL_SHAPE)
    def get(self, request: Request, predictions: str, **kwargs: Any) -> Response:
        """Worked out for you, kept nowhere, of no version, and not to be cited.

        As if your own open reports were accepted, or the draft were released as it is.
        """
        asked = self.filters(ProvisionalFilters)
        found = get_predictions(predictions, self.benchmark(), self.reader)
        told = supposed(found, self.reader, asked["assume"], asked["release"])
        base = {
            "predictions": found.public_id,
            "compared_with": told.compared_with and told.compared_with.version,
            "contract": told.contract,
        }
        return Response(base | told.provisional.to_dict())


def _model(line: Line, releases: list[tuple[Release, str]]) -> dict[str, Any]:
    return {
        "predictions": line.found.public_id,
        "model": line.found.model,
        "made_on": line.found.made_on,
        "published": line.found.published_at is not None,
        "rank": line.rank and [line.rank.best, line.rank.worst],
        "scores": [
            {
                "version": cell.release.version,
                "contract": contract,
                "figures": cell.score and cell.score.figures(),
            }
            for cell, (_, contract) in zip(line.cells, releases, strict=True)
        ],
    }


def _movement(found: Movement) -> dict[str, Any]:
    return {
        **found.pairs.figures(),
        "contract": found.contract,
        "entered": found.pairs.only_after,
        "left": found.pairs.only_before,
        "groups": [{"group": g, "flipped": n, "rows": rows} for g, n, rows in found.groups],
        "moves": found.moves,
        "total": found.total,
    }
