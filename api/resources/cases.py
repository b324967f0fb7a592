"""Review cases: the queue, one case, and what an expert does with it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import AddressField, KeptTextField, LimitsField, PersonField
from api.views import ListView, View
from audits.blind import is_revealed, is_waiting
from audits.members import MOST, members_of
from audits.models import Case, Decision, Ruling
from audits.services.claim_case import claim_case, release_case
from audits.services.decide_group import decide_group
from audits.services.preview_decision import candidates
from audits.services.preview_ruling import Settled
from audits.services.refuse_group import refuse_group
from audits.states import LIVE, CaseStatus, Outcome
from registry.errors import NotFound
from registry.permissions import readable_benchmarks
from registry.selectors import inputs_of, names_of, texts


class CaseFilter(serializers.Serializer[Any]):
    """How to narrow a list of cases."""

    status = serializers.ChoiceField(required=False, choices=CaseStatus.choices)


class CaseShape(serializers.ModelSerializer[Case]):
    """A label, or a whole group of labels, that waits or waited for an expert.

    Why a single label waits is told once it is decided, so that it sways nobody.
    """

    id = serializers.CharField(source="public_id")
    benchmark = serializers.CharField(source="benchmark.slug")
    instance = serializers.CharField(
        source="instance.key", allow_null=True, help_text="Null: the case is about a whole group"
    )
    reasons = serializers.SerializerMethodField()
    priority_reason = serializers.SerializerMethodField(help_text="Why it stands where it stands")
    claimed_by = PersonField()
    url = AddressField("cases", ".public_id")

    class Meta:
        model = Case
        fields: tuple[str, ...] = (
            *("id", "benchmark", "instance", "group", "status", "reasons", "priority"),
            "priority_reason",
            *("claimed_by", "lease_until", "opened_at", "ended_at", "url"),
        )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_reasons(self, case: Case) -> list[str]:
        """Strongest first; none yet of a single label that waits."""
        return [] if _is_blind(case) else case.reasons

    def get_priority_reason(self, case: Case) -> str:
        """Empty where nothing is told yet."""
        return "" if _is_blind(case) else case.priority_reason


class DecisionShape(serializers.ModelSerializer[Decision]):
    """The outcome of a case, with the revisions before and after."""

    id = serializers.CharField(source="public_id")
    case = serializers.CharField(source="case.public_id")
    instance = serializers.CharField(source="instance.key")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    category = serializers.CharField(source="category.code", default="")
    before = serializers.IntegerField(source="before.number")
    after = serializers.IntegerField(source="after.number")
    answer = serializers.CharField(source="after.answer")
    limits = LimitsField(source="after.limits")
    reason = KeptTextField()
    actor = PersonField()

    class Meta:
        model = Decision
        fields = (
            *("id", "case", "instance", "outcome", "category", "before", "after", "answer"),
            *("limits", "reason", "actor", "at"),
        )


class MemberShape(serializers.Serializer[Any]):
    """A label that a ruling may settle, and the answer that is proposed for it.

    To settle one that is `decided`, `overrules` has to name that decision.
    """

    instance = serializers.CharField(source="key")
    revision = serializers.IntegerField(source="revision.number")
    kind = serializers.CharField(source="revision.content.kind")
    answer = serializers.CharField(source="revision.answer")
    limits = LimitsField(source="revision.limits")
    proposed = serializers.CharField(help_text="Empty where nobody proposes one")
    reason = serializers.CharField(source="sentence")
    objected = serializers.BooleanField()
    being_decided = serializers.BooleanField(source="busy", help_text="In a case of its own")
    decided = serializers.CharField(
        source="decided.public_id", default="", help_text="An expert's decision on it, if any"
    )


class CandidateShape(serializers.Serializer[Any]):
    """An answer that a report or a verifier proposes."""

    answer = serializers.CharField()
    source = serializers.CharField()


class CaseDetailShape(CaseShape):
    """A case with all that an expert needs: of one label itself, of a group its `members`.

    What speaks for and against a label is null or empty until the reader's own blind answer is in,
    or the case is decided: `revealed`.
    """

    revealed = serializers.BooleanField()
    kind = serializers.CharField(source="instance.head.revision.content.kind", allow_null=True)
    answer = serializers.CharField(source="shown_label.answer", allow_null=True)
    limits = LimitsField(source="shown_label.limits", allow_null=True)
    revision = serializers.IntegerField(source="instance.head.revision.number", allow_null=True)
    inputs = serializers.SerializerMethodField()
    candidates = CandidateShape(many=True, source="shown_candidates")
    members = MemberShape(many=True, source="shown_members")
    decisions = DecisionShape(many=True, source="shown_decisions")

    class Meta(CaseShape.Meta):
        fields = (
            *CaseShape.Meta.fields,
            *("revealed", "kind", "answer", "limits", "revision", "inputs", "candidates"),
            *("members", "decisions"),
        )

    def get_inputs(self, case: Case) -> dict[str, Any] | None:
        """What a solver may see; null where it was removed, and of a group."""
        return None if case.instance is None else inputs_of(case.instance.head.revision)


class SettledShape(serializers.Serializer[Any]):
    """A label that the ruling settles, the revision that was shown, and what answer it gets."""

    instance = serializers.CharField()
    revision = serializers.IntegerField(min_value=1)
    answer = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=10_000,
        help_text="Without one: the proposed answer",
    )  # fmt: skip
    overrules = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=26,
        help_text="The decision that the ruling takes the place of, where there is one",
    )  # fmt: skip


class NewRulingShape(serializers.Serializer[Any]):
    """One decision for many labels of a group, for one reason."""

    outcome = serializers.ChoiceField(
        choices=Outcome.choices, help_text="confirm, correct or not_computable"
    )
    category = serializers.CharField(required=False, default="", allow_blank=True)
    rationale = serializers.CharField(max_length=20_000)
    settles = SettledShape(many=True, allow_empty=False, max_length=MOST)


class RulingShape(serializers.ModelSerializer[Ruling]):
    """A ruling with the decision that it makes for each label."""

    id = serializers.CharField(source="public_id")
    case = serializers.CharField(source="case.public_id")
    category = serializers.CharField(source="category.code", default="")
    reason = KeptTextField()
    actor = PersonField()
    decisions = DecisionShape(many=True, source="shown_decisions")

    class Meta:
        model = Ruling
        fields = ("id", "case", "group", "category", "reason", "actor", "at", "decisions")


@extend_schema_view(get=extend_schema(parameters=[CaseFilter]))
class CaseList(ListView):
    """The cases of a benchmark in the order they were opened in, with the priority of each.

    Priorities move with every decision, so that pages in their order would not hold together.
    """

    serializer_class = CaseShape
    ordering = ("id",)

    def rows(self) -> QuerySet[Case]:
        """Narrowed by status."""
        rows = Case.objects.filter(benchmark=self.benchmark(), **self.filters(CaseFilter))
        return rows.select_related("benchmark", "instance")

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """Names of those who hold them."""
        return {"names": names_of(case.claimed_by for case in page)}


class CaseView(View):
    """What the views of one case share."""

    serializer_class = CaseDetailShape

    def case(self) -> Case:
        """The case of the address, or NotFound where the reader may not see it."""
        found = _cases().filter(
            public_id=self.kwargs["case"], benchmark__in=readable_benchmarks(self.reader)
        )
        if (case := found.first()) is None:
            raise NotFound(
                f"There is no case '{self.kwargs['case']}' that you may see.", code="no_case"
            )
        return case

    def shown(self) -> Response:
        """The case as it is now."""
        case: Any = self.case()
        decisions = list(
            case.decisions.select_related(
                "case", "instance", "category", "before", "after"
            ).order_by("pk")
        )
        case.shown_decisions, group = decisions, case.instance_id is None
        case.revealed = is_revealed(case, self.reader)
        told = case.revealed and not group
        case.shown_label = case.instance.head.revision if told else None
        case.shown_candidates = candidates(case) if told else []
        case.shown_members = members_of(case) if group and case.status in LIVE else []
        return self.rendered(
            CaseDetailShape,
            case,
            names=names_of([case.claimed_by, *(decision.actor for decision in decisions)]),
            texts=texts(decision.reason for decision in decisions),
        )


class CaseDetail(CaseView):
    """One case."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        """The label, what speaks against it, and what was decided."""
        return self.shown()


class CaseClaim(CaseView):
    """Claim a case; takes the role expert."""

    @extend_schema(request=None, responses=CaseDetailShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Hold it for half an hour, or renew your claim."""
        claim_case(actor=self.actor, case=self.case())
        return self.shown()


class CaseRelease(CaseView):
    """Give a case back."""

    @extend_schema(request=None, responses=CaseDetailShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put a case that you hold back into the queue."""
        release_case(actor=self.actor, case=self.case())
        return self.shown()


class CaseRule(CaseView):
    """Rule on the case of a group that you hold; takes the role expert."""

    @extend_schema(request=NewRulingShape, responses={201: RulingShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Settle many labels for one reason: all of them, or none if one moved."""
        case, form = self.case(), self.parsed(NewRulingShape)
        settles = [
            Settled(s["instance"], s["revision"], s["answer"], s["overrules"])
            for s in form.pop("settles")
        ]
        ruling: Any = decide_group(actor=self.actor, case=case, settles=settles, **form)
        ruling.shown_decisions = list(
            ruling.decisions.select_related(
                "case", "instance", "category", "before", "after"
            ).order_by("pk")
        )
        return self.rendered(
            RulingShape,
            ruling,
            status=201,
            names=names_of([ruling.actor]),
            texts=texts([ruling.reason]),
        )


class RefusalShape(serializers.Serializer[Any]):
    """Why what was reported of a whole group does not hold."""

    rationale = serializers.CharField(max_length=20_000)


class CaseRefuse(CaseView):
    """Decline the reports on the group of a case that you hold; takes the role expert."""

    @extend_schema(request=RefusalShape, responses=CaseDetailShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Its labels go on by what else is known of them."""
        refuse_group(actor=self.actor, case=self.case(), **self.parsed(RefusalShape))
        return self.shown()


def _is_blind(case: Case) -> bool:
    return case.instance_id is not None and is_waiting(case)


def _cases() -> QuerySet[Case]:
    return Case.objects.select_related("benchmark", "instance__head__revision__content")
