"""Watching: who gets a mail when something happens."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import ListView, View
from audits.subjects import subject_of
from registry.models import Scope, Watch
from registry.permissions import require_signed_in
from registry.services.watch import KINDS, unwatch, watch


class WatchedShape(serializers.Serializer[Any]):
    """A benchmark by its short name, an instance by its key, or a report by its id."""

    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField()


class WatchShape(serializers.ModelSerializer[Watch]):
    """What you watch; an instance as `benchmark/key`."""

    class Meta:
        model = Watch
        fields = ("kind", "subject", "created_at")


class WatchList(ListView):
    """What you watch, newest first."""

    serializer_class = WatchShape

    def rows(self) -> QuerySet[Watch]:
        """Your own, nobody else's."""
        require_signed_in(self.reader, "see what you watch")
        return Watch.objects.filter(user=self.reader)


class WatchView(View):
    """What watching and its end share."""

    scope = Scope.CONTRIBUTE

    def named(self) -> dict[str, str]:
        """Kind and subject of the request as they are stored."""
        form, benchmark = self.parsed(WatchedShape), self.benchmark()
        kind = form["kind"]
        subject = subject_of(benchmark, self.actor, kind, form["subject"])
        return {
            "kind": kind,
            "subject": f"{benchmark.slug}/{subject}" if kind == "instance" else subject,
        }


class WatchStart(WatchView):
    """Watch something."""

    @extend_schema(request=WatchedShape, responses={201: WatchShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Get a mail when something happens to it; doing so twice changes nothing."""
        made = watch(actor=self.actor, benchmark=self.benchmark(), **self.named())
        return self.rendered(WatchShape, made, status=201)


class WatchStop(WatchView):
    """Stop watching."""

    @extend_schema(request=WatchedShape, responses={204: None})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Get no more mails about it."""
        unwatch(actor=self.actor, **self.named())
        return Response(status=status.HTTP_204_NO_CONTENT)
