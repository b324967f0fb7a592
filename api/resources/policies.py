"""The policy of a benchmark: which labels go to an expert. All of it takes the role maintainer."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import KeptTextField, PersonField
from api.views import ListView, View
from audits.models import PolicyVersion
from audits.permissions import require_auditor
from audits.policies import describe
from audits.replay import preview_policy
from audits.selectors import current_policy
from audits.services.set_policy import set_policy
from audits.states import Bucket, Tier
from registry.models import Benchmark
from registry.selectors import names_of, texts

MOVES = 200  # labels that a preview names


class PolicyShape(serializers.Serializer[Any]):
    """What is in force: the benchmark's own text over the hub's policy."""

    version = serializers.CharField()
    number = serializers.IntegerField(allow_null=True, help_text="Null: the hub's own alone")
    text = serializers.CharField(help_text="The benchmark's own, in TOML")
    values = serializers.DictField(help_text="All keys, the hub's among them")


class DraftPolicyShape(serializers.Serializer[Any]):
    """A policy in TOML; what it leaves out is as in the hub's."""

    text = serializers.CharField(allow_blank=True, max_length=50_000, trim_whitespace=False)


class NewPolicyShape(DraftPolicyShape):
    """The next version."""

    reason = serializers.CharField(max_length=2_000, help_text="Goes into the history")


class PolicyVersionShape(serializers.ModelSerializer[PolicyVersion]):
    """One version, in force until the next."""

    reason = KeptTextField()
    actor = PersonField()

    class Meta:
        model = PolicyVersion
        fields = ("number", "text", "digest", "reason", "actor", "at")


class MoveShape(serializers.Serializer[Any]):
    """A label that would stand elsewhere."""

    instance = serializers.CharField(source="key")
    bucket = serializers.ChoiceField(choices=Bucket.choices)
    new_bucket = serializers.ChoiceField(choices=Bucket.choices)
    tier = serializers.ChoiceField(choices=Tier.choices)
    new_tier = serializers.ChoiceField(choices=Tier.choices)
    score = serializers.FloatField()
    new_score = serializers.FloatField()
    reason = serializers.CharField()


class ReviewShape(serializers.Serializer[Any]):
    """How many labels have a case, and would have one."""

    now = serializers.IntegerField()
    then = serializers.IntegerField()


class PolicyPreviewShape(serializers.Serializer[Any]):
    """What a policy would make of the votes of the last audit; nothing was written."""

    run = serializers.CharField()
    labels = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Labels by bucket, from → to"
    )
    review = ReviewShape()
    moved = serializers.IntegerField(help_text="Labels that would change bucket or tier")
    moves = MoveShape(many=True, help_text=f"The first {MOVES} of them by key")


class Policy(View):
    """The policy of a benchmark."""

    serializer_class = PolicyShape

    def get(self, request: Request, **kwargs: Any) -> Response:
        """What is in force."""
        benchmark = _audited(self)
        newest = PolicyVersion.objects.filter(benchmark=benchmark).order_by("-number").first()
        policy = current_policy(benchmark)
        told = {
            "version": policy.version,
            "number": newest and newest.number,
            "text": newest.text if newest else "",
            "values": describe(policy),
        }
        return self.rendered(PolicyShape, told)

    @extend_schema(request=NewPolicyShape, responses={201: PolicyVersionShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put the next version in force; labels are judged anew by it in the background."""
        benchmark, form = self.benchmark(), self.parsed(NewPolicyShape)
        made = set_policy(actor=self.actor, benchmark=benchmark, **form)
        return self.rendered(PolicyVersionShape, made, status=201, **_lookups([made]))


class PolicyVersions(ListView):
    """The versions of a benchmark's policy, newest first."""

    serializer_class = PolicyVersionShape
    ordering = ("-number",)

    def rows(self) -> QuerySet[PolicyVersion]:
        """All of them."""
        return PolicyVersion.objects.filter(benchmark=_audited(self))

    def lookups(self, page: list[PolicyVersion]) -> dict[str, Any]:
        """Reasons, and names of those who set them."""
        return _lookups(page)


class PolicyPreview(View):
    """What another policy would move."""

    @extend_schema(request=DraftPolicyShape, responses=PolicyPreviewShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Judge the votes of the last audit by it; nothing is asked and nothing written."""
        benchmark = _audited(self)
        found = preview_policy(benchmark, self.parsed(DraftPolicyShape)["text"])
        told = found | {"moved": len(found["moves"]), "moves": found["moves"][:MOVES]}
        return self.rendered(PolicyPreviewShape, told)


def _audited(view: View) -> Benchmark:
    benchmark = view.benchmark()
    require_auditor(view.reader, benchmark)
    return benchmark


def _lookups(page: list[PolicyVersion]) -> dict[str, Any]:
    return {
        "names": names_of(row.actor for row in page),
        "texts": texts(row.reason for row in page),
    }
