"""Events: who did what, when and why."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from api.fields import KeptTextField, PersonField
from api.views import ListView
from registry.models import Event
from registry.selectors import names_of, texts
from submissions.selectors import visible_events


class EventFilter(serializers.Serializer[Any]):
    """How to narrow a list of events."""

    kind = serializers.CharField(required=False)
    subject_kind = serializers.CharField(required=False)
    subject_id = serializers.CharField(required=False)


class EventShape(serializers.ModelSerializer[Event]):
    """One act; bulk work is one event."""

    id = serializers.CharField(source="public_id")
    actor = PersonField()
    reason = KeptTextField()
    data = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = ("id", "kind", "actor", "subject_kind", "subject_id", "reason", "data", "at")

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_data(self, event: Event) -> dict[str, Any]:
        """What else was recorded, by kind."""
        return event.data


@extend_schema_view(get=extend_schema(parameters=[EventFilter]))
class EventList(ListView):
    """What happened in a benchmark, newest first."""

    serializer_class = EventShape

    def rows(self) -> QuerySet[Event]:
        """Narrowed by kind and subject."""
        events = visible_events(self.benchmark(), self.reader)
        return events.filter(**self.filters(EventFilter))

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Names and reasons."""
        return {
            "names": names_of(event.actor for event in page),
            "texts": texts(event.reason for event in page),
        }
