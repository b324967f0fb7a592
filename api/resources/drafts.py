"""The next release as it stands, and what is held back from it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.resources.release_contents import DiffShape, PartFilter, told_part
from api.views import View
from versions.holds import describe_holds, holds_in_force
from versions.naming import AUTO
from versions.permissions import require_cutter
from versions.selectors import draft_diff, last_release
from versions.services.hold_back import hold_back, lift_hold
from versions.services.preview_release import preview_release
from versions.states import Bump


class DraftFilter(serializers.Serializer[Any]):
    """How the release would be named."""

    version = serializers.CharField(required=False, default="", max_length=50)
    bump = serializers.ChoiceField(required=False, default=AUTO, choices=[AUTO, *Bump.values])


class GateShape(serializers.Serializer[Any]):
    """One thing that a release has to pass."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="passed, waived, blocked, later (at the cut), off")
    told = serializers.CharField()
    remedy = serializers.CharField()
    count = serializers.IntegerField(help_text="Of the labels it is about")


class HeldShape(serializers.Serializer[Any]):
    """Something that releases leave out until it is lifted."""

    id = serializers.CharField()
    decision = serializers.CharField(help_text="Empty for a group")
    key = serializers.CharField(help_text="Of the instance decided on")
    group = serializers.CharField(help_text="Empty for a decision")
    labels = serializers.IntegerField()
    reason = serializers.CharField()
    by = serializers.CharField()
    at = serializers.CharField()


class DraftShape(serializers.Serializer[Any]):
    """What a release cut now would be. Cutting names `digest`."""

    digest = serializers.CharField()
    previous = serializers.CharField(allow_null=True)
    version = serializers.CharField()
    needed = serializers.CharField(help_text="The bump that the changes ask for")
    changes = serializers.DictField(child=serializers.IntegerField())
    tiers = serializers.DictField(child=serializers.IntegerField())
    gates = GateShape(many=True)
    held = HeldShape(many=True)
    waivable = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="Contested labels by group, split and category",
    )
    comparability = serializers.DictField(
        allow_null=True, help_text="Whether scores compare, why, and flips of stored answers"
    )


class NewHoldShape(serializers.Serializer[Any]):
    """What to hold back: a decision by its id, or a group; and why."""

    decision = serializers.CharField(required=False, default="", allow_blank=True, max_length=26)
    group = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    reason = serializers.CharField(max_length=2_000)


class DraftDetail(View):
    """The next release as it stands, for maintainers."""

    serializer_class = DraftShape

    @extend_schema(parameters=[DraftFilter])
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Changes, gates, holds, comparability, and the digest that cutting has to name."""
        benchmark = self.benchmark()
        require_cutter(self.reader, benchmark)
        found = preview_release(actor=self.actor, benchmark=benchmark, **self.filters(DraftFilter))
        return self.rendered(DraftShape, found.to_dict())


class DraftDiff(View):
    """How the next release as it stands differs from the last one, for maintainers."""

    serializer_class = DiffShape

    @extend_schema(parameters=[PartFilter], responses=DiffShape)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Label by label, as between releases; what changes between two pages moves them."""
        benchmark = self.benchmark()
        require_cutter(self.reader, benchmark)
        query, since = self.filters(PartFilter), last_release(benchmark)
        entries = draft_diff(benchmark)
        document = told_part(request, benchmark, entries, query, since=since, version="draft")
        return self.rendered(DiffShape, document)


class HoldList(View):
    """What is held back from releases, for maintainers."""

    serializer_class = HeldShape

    @extend_schema(responses=HeldShape(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The holds in force, oldest first."""
        benchmark = self.benchmark()
        require_cutter(self.reader, benchmark)
        return Response(HeldShape(describe_holds(holds_in_force(benchmark)), many=True).data)

    @extend_schema(request=NewHoldShape, responses={201: HeldShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Hold a decision or a group back from the releases to come."""
        benchmark = self.benchmark()
        hold = hold_back(actor=self.actor, benchmark=benchmark, **self.parsed(NewHoldShape))
        made = describe_holds(holds_in_force(benchmark).filter(pk=hold.pk))
        return self.rendered(HeldShape, made[0], status=201)


class HoldLift(View):
    """The end of a hold."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, hold: str, **kwargs: Any) -> Response:
        """Let the next release take in what it kept back."""
        lift_hold(actor=self.actor, benchmark=self.benchmark(), hold=hold)
        return Response(status=204)
