"""What was reworded, and what maintainers say means the same."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.resources.release_contents import DiffFilter, RewordedShape, SaidShape
from api.views import View
from registry.errors import InvalidInput
from versions.permissions import require_cutter
from versions.rewordings import STATES, Pair, describe, filtered, reworded
from versions.selectors import find_release, last_release, releases_of
from versions.services.mark_rewordings import MOST, mark_rewordings

_DIGEST = r"^[0-9a-f]{64}$"


class RewordingFilter(DiffFilter):
    """Between which releases, and which of them."""

    version = serializers.CharField(
        required=False, default="", help_text="Without one, the benchmark as it stands"
    )
    group = serializers.CharField(required=False, default="")
    state = serializers.ChoiceField(required=False, default="", choices=["", *STATES])


class WordingsShape(serializers.Serializer[Any]):
    """Two wordings of an instance, by the digests of their contents."""

    key = serializers.CharField(max_length=200)
    before = serializers.RegexField(_DIGEST)
    after = serializers.RegexField(_DIGEST)


class RewordingShape(WordingsShape):
    """An instance that asks in other words."""

    group = serializers.CharField()
    split = serializers.CharField()
    marked = serializers.BooleanField(help_text="This very pair is marked, and may be unmarked")
    same_meaning = serializers.BooleanField(
        help_text="As of now; also where it follows from other pairs"
    )
    rewordings = SaidShape(many=True)
    inputs = RewordedShape(many=True)


class RewordingsShape(serializers.Serializer[Any]):
    """A page of them, in file order."""

    benchmark = serializers.CharField()
    since = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True, help_text="Null: as it stands")
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    results = RewordingShape(many=True)


class NewRewordingsShape(serializers.Serializer[Any]):
    """Which pairs mean the same, and why; with `same` off it is taken back."""

    rewordings = WordingsShape(many=True, max_length=MOST)
    reason = serializers.CharField(max_length=2_000)
    same = serializers.BooleanField(required=False, default=True)


class MarkedShape(serializers.Serializer[Any]):
    """How many pairs were marked or unmarked."""

    benchmark = serializers.CharField()
    marked = serializers.IntegerField()
    same = serializers.BooleanField()


class Rewordings(View):
    """Inputs that were reworded."""

    serializer_class = RewordingsShape

    @extend_schema(parameters=[RewordingFilter])
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Word by word, with what is said of their meaning; the draft's for maintainers alone."""
        query, benchmark = self.filters(RewordingFilter), self.benchmark()
        if query["version"]:
            new = find_release(benchmark, self.reader, query["version"])
            before = releases_of(benchmark).filter(sequence__lt=new.sequence).first()
            if query["since"]:
                before = find_release(benchmark, self.reader, query["since"])
        else:
            require_cutter(self.reader, benchmark)
            if query["since"]:
                raise InvalidInput(
                    "The benchmark as it stands is compared with the last release; leave since "
                    "out, or name a version.",
                    field="since",
                )
            new, before = None, last_release(benchmark)
        every = reworded(benchmark, before, new) if before else ()
        found = filtered(every, group=query["group"], state=query["state"])
        start, stop = query["cursor"], query["cursor"] + query["page_size"]
        here = settings.ERRATA_HUB + request.get_full_path()
        document = {
            "benchmark": benchmark.slug,
            "since": before and before.version,
            "version": new and new.version,
            "count": len(found),
            "next": replace_query_param(here, "cursor", stop) if len(found) > stop else None,
            "results": describe(found[start:stop]),
        }
        return self.rendered(RewordingsShape, document)

    @extend_schema(request=NewRewordingsShape, responses={201: MarkedShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Say that they mean the same, or take that back; from the next release on."""
        benchmark, given = self.benchmark(), self.parsed(NewRewordingsShape)
        pairs = [Pair(**pair) for pair in given.pop("rewordings")]
        marked = mark_rewordings(actor=self.actor, benchmark=benchmark, pairs=pairs, **given)
        document = {"benchmark": benchmark.slug, "marked": marked, "same": given["same"]}
        return self.rendered(MarkedShape, document, status=201)
