"""Instances: the labels of a benchmark and how each came about."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, KeptTextField, LimitsField, PersonField
from api.views import ListView, View
from audits.models import Standing
from audits.states import Bucket, Tier
from registry.models import Instance, Origin, Revision
from registry.selectors import documents, get_instance, history, names_of, texts

HISTORY = 200  # revisions shown with an instance, newest first


class InstanceFilter(serializers.Serializer[Any]):
    """How to narrow a list of instances."""

    split = serializers.CharField(required=False)
    group = serializers.CharField(required=False)
    bucket = serializers.ChoiceField(required=False, choices=Bucket.choices)


class InstanceShape(serializers.ModelSerializer[Instance]):
    """An instance in a list, with the label that holds now."""

    kind = serializers.CharField(source="head.revision.content.kind")
    group = serializers.CharField(source="head.revision.group")
    answer = serializers.CharField(source="head.revision.answer")
    limits = LimitsField(source="head.revision.limits")
    revision = serializers.IntegerField(source="head.revision.number")
    digest = serializers.CharField(source="head.revision.digest")
    retired = serializers.BooleanField(source="head.retired")
    bucket = serializers.SerializerMethodField()
    tier = serializers.SerializerMethodField()
    url = AddressField("benchmarks", ".benchmark.slug", "instances", ".key")

    class Meta:
        model = Instance
        fields: tuple[str, ...] = (
            *("key", "split", "position", "kind", "group", "answer", "limits"),
            *("revision", "digest", "retired", "bucket", "tier", "url"),
        )

    @extend_schema_field(serializers.ChoiceField(choices=Bucket.choices))
    def get_bucket(self, instance: Instance) -> str:
        """What is thought of the label; clear where nobody looked yet."""
        return standing.bucket if (standing := standing_of(instance)) else Bucket.CLEAR

    @extend_schema_field(serializers.ChoiceField(choices=Tier.choices))
    def get_tier(self, instance: Instance) -> str:
        """How far the label has been looked at."""
        return standing.tier if (standing := standing_of(instance)) else Tier.UNREVIEWED


class RevisionShape(serializers.ModelSerializer[Revision]):
    """One state of the label, with who made it and why."""

    limits = LimitsField()
    origin = serializers.ChoiceField(choices=Origin.choices)
    actor = PersonField()
    reason = KeptTextField()

    class Meta:
        model = Revision
        fields = (
            *("number", "answer", "limits", "group", "origin", "reason", "actor", "at"),
            *("cause_kind", "cause_id", "content", "digest", "previous"),
        )


class InstanceDetailShape(InstanceShape):
    """An instance with what a solver sees, why the answer holds, and its history."""

    aliases = serializers.SerializerMethodField()
    inputs = serializers.SerializerMethodField()
    derivation = serializers.SerializerMethodField()
    meta = serializers.SerializerMethodField()
    reasons = serializers.SerializerMethodField()
    history = RevisionShape(many=True, source="shown_history")

    class Meta(InstanceShape.Meta):
        fields = (
            *InstanceShape.Meta.fields,
            *("aliases", "inputs", "derivation", "meta", "reasons", "history"),
        )

    def get_aliases(self, instance: Instance) -> list[str]:
        """Upstream ids as `space:id`."""
        rows = instance.aliases.order_by("space", "value").values_list("space", "value")
        return [f"{space}:{value}" for space, value in rows]

    def get_inputs(self, instance: Instance) -> dict[str, Any] | None:
        """What a solver may see; null where it was removed."""
        document = self.context["documents"].get(instance.head.revision.content_id)
        return document and document["inputs"]

    def get_derivation(self, instance: Instance) -> dict[str, Any] | None:
        """Why this answer; null if nothing is known or it was removed."""
        return self.context["documents"].get(instance.head.revision.derivation)

    def get_meta(self, instance: Instance) -> dict[str, Any] | None:
        """What else is known of it."""
        return self.context["documents"].get(instance.head.revision.meta)

    def get_reasons(self, instance: Instance) -> list[str]:
        """Why the label stands in its bucket, strongest first."""
        return standing.reasons if (standing := standing_of(instance)) else []


@extend_schema_view(get=extend_schema(parameters=[InstanceFilter]))
class InstanceList(ListView):
    """The instances of a benchmark that are not retired, in the order of its files."""

    serializer_class = InstanceShape
    ordering = ("position",)

    def rows(self) -> QuerySet[Instance]:
        """Narrowed by split, group and bucket."""
        rows = _instances().filter(benchmark=self.benchmark(), head__retired=False)
        query = self.filters(InstanceFilter)
        if "split" in query:
            rows = rows.filter(split=query["split"])
        if "group" in query:
            rows = rows.filter(head__revision__group=query["group"])
        if query.get("bucket") == Bucket.CLEAR:
            rows = rows.filter(Q(standing=None) | Q(standing__bucket=Bucket.CLEAR))
        elif "bucket" in query:
            rows = rows.filter(standing__bucket=query["bucket"])
        return rows


class InstanceDetail(View):
    """One instance, by its key or by an alias written as `space:id`."""

    serializer_class = InstanceDetailShape

    def get(self, request: Request, key: str, **kwargs: Any) -> Response:
        """The label that holds now, what a solver sees, and every revision."""
        found = get_instance(self.benchmark(), key)
        instance: Any = _instances().get(pk=found.pk)
        revision, past = instance.head.revision, list(history(found)[:HISTORY])
        instance.shown_history = past
        return self.rendered(
            InstanceDetailShape,
            instance,
            documents=documents([revision.content_id, revision.derivation, revision.meta]),
            names=names_of(revision.actor for revision in past),
            texts=texts(revision.reason for revision in past),
        )


def standing_of(instance: Instance) -> Standing | None:
    """What is thought of the label, None where nobody looked yet."""
    return getattr(instance, "standing", None)


def _instances() -> QuerySet[Instance]:
    return Instance.objects.select_related("benchmark", "head__revision__content", "standing")
