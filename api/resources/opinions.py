"""What an expert says on a case: blind first, then decided, or left to others."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import KeptTextField, LimitsField, PersonField
from api.resources.cases import CaseDetailShape, CaseView, DecisionShape
from audits.models import Opinion
from audits.services.give_opinion import conclude_case, give_opinion
from audits.services.leave_case import leave_case
from audits.states import First, Outcome
from registry.selectors import names_of, texts


class FirstShape(serializers.Serializer[Any]):
    """An answer from the inputs and the guide alone. Limits only with the outcome `range`."""

    outcome = serializers.ChoiceField(choices=First.choices)
    answer = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)
    lower = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    upper = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    category = serializers.CharField(required=False, default="", allow_blank=True)
    confidence = serializers.FloatField(required=False, min_value=0, max_value=1)
    rationale = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=20_000
    )
    seconds = serializers.IntegerField(
        required=False, min_value=0, max_value=86_400, help_text="Spent on it, idling left out"
    )
    entities = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=20_000,
        help_text="JSON: what went into the group's calculator, kept if it comes to the answer",
    )


class NewDecisionShape(serializers.Serializer[Any]):
    """What an expert decides. A new answer gets limits by the benchmark's rule.

    `blind` is the first answer, for programs that give both at once; it may be in already.
    """

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    answer = serializers.CharField(required=False, default="", allow_blank=True, max_length=10_000)
    lower = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    upper = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    limits_reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=2_000
    )
    category = serializers.CharField(required=False, default="", allow_blank=True)
    rationale = serializers.CharField(max_length=20_000)
    confidence = serializers.FloatField(required=False, min_value=0, max_value=1)
    seconds = serializers.IntegerField(
        required=False, min_value=0, max_value=86_400, help_text="Spent on it, idling left out"
    )
    entities = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=20_000,
        help_text="JSON: what went into the group's calculator, kept if it comes to the answer",
    )
    blind = FirstShape(required=False)


class OpinionShape(serializers.ModelSerializer[Opinion]):
    """An answer of one expert, as it stays on record."""

    id = serializers.CharField(source="public_id")
    case = serializers.CharField(source="case.public_id")
    category = serializers.CharField(source="category.code", default="")
    limits = LimitsField()
    reason = KeptTextField(source="rationale")
    expert = PersonField()

    class Meta:
        model = Opinion
        fields = (
            *("id", "case", "blind", "practice", "outcome", "answer", "limits", "category"),
            *("confidence", "reason", "expert", "at"),
        )


class LeavingShape(serializers.Serializer[Any]):
    """Why an expert leaves a case to others, and whether they have an interest in it."""

    reason = serializers.CharField(max_length=2_000)
    interest = serializers.BooleanField(
        required=False, default=False, help_text="True: you never decide this label"
    )


class CaseOpinion(CaseView):
    """Answer a case that you hold blind; takes the role expert."""

    @extend_schema(request=FirstShape, responses={201: OpinionShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """The first answer, never overwritten; the case shows its label afterwards.

        On one of your practice cases, which are decided, it is practice.
        """
        opinion = give_opinion(actor=self.actor, case=self.case(), **self.parsed(FirstShape))
        return self._told(opinion)

    def _told(self, opinion: Opinion) -> Response:
        return self.rendered(
            OpinionShape,
            opinion,
            status=201,
            names=names_of([opinion.expert]),
            texts=texts([opinion.rationale]),
        )


class CaseLeave(CaseView):
    """Leave a case to others; takes the role expert."""

    @extend_schema(request=LeavingShape, responses=CaseDetailShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Skip it, or declare an interest in it."""
        leave_case(actor=self.actor, case=self.case(), **self.parsed(LeavingShape))
        return self.shown()


class CaseDecide(CaseView):
    """Decide a case that you hold; takes the role expert."""

    @extend_schema(request=NewDecisionShape, responses={201: DecisionShape, 202: CaseDetailShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Write the decision, the new revision if there is one, and the reports' outcome.

        It takes your blind answer first, or with it. 202: the case waits for another expert.
        """
        case, form = self.case(), self.parsed(NewDecisionShape)
        decision = conclude_case(actor=self.actor, case=case, **form)
        if decision is None:
            told = self.shown()
            told.status_code = 202
            return told
        return self.rendered(
            DecisionShape,
            decision,
            status=201,
            names=names_of([decision.actor]),
            texts=texts([decision.reason]),
        )
