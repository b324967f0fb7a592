"""Members of a benchmark, and invitations to become one. All of it takes the role maintainer."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import PersonField
from api.views import ListView, View
from registry.errors import NotFound
from registry.models import Benchmark, Invitation, Membership, Role, Specialty, User
from registry.permissions import require_role
from registry.selectors import names_of, specialties_of
from registry.services.invite_member import invite_member, withdraw_invitation
from registry.services.set_member import change_member, set_member


class SpecialtyShape(serializers.ModelSerializer[Specialty]):
    """What a person states to be an expert of, and whether somebody verified it."""

    verified = serializers.SerializerMethodField()

    class Meta:
        model = Specialty
        fields = ("name", "verified")

    def get_verified(self, specialty: Specialty) -> bool:
        """Verified by a maintainer or the hub's staff."""
        return bool(specialty.verified_by)


class MembershipShape(serializers.ModelSerializer[Membership]):
    """One role of one person; a person may hold several."""

    user = PersonField(source="user.public_id")
    username = serializers.CharField(source="user.username")
    specialties = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ("user", "username", "role", "specialties")

    @extend_schema_field(SpecialtyShape(many=True))
    def get_specialties(self, row: Membership) -> list[dict[str, Any]]:
        """Verified ones first."""
        found = self.context["specialties"].get(row.user.public_id, [])
        return list(SpecialtyShape(found, many=True).data)


class RoleShape(serializers.Serializer[Any]):
    """A role that somebody holds."""

    user = serializers.CharField(max_length=26, help_text="Their id")
    role = serializers.ChoiceField(choices=Role.choices)


class OtherRoleShape(RoleShape):
    """The role that they are to hold instead."""

    other = serializers.ChoiceField(choices=Role.choices)


class RolesShape(serializers.Serializer[Any]):
    """The roles that somebody holds now."""

    user = PersonField(source="public_id")
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))


class NewInvitationShape(serializers.Serializer[Any]):
    """Which role the link gives; with an e-mail address only an account with it may accept."""

    role = serializers.ChoiceField(choices=Role.choices)
    email = serializers.EmailField(required=False, default="", allow_blank=True)


class InvitationShape(serializers.ModelSerializer[Invitation]):
    """An invitation that nobody has accepted yet."""

    id = serializers.CharField(source="public_id")
    actor = PersonField()

    class Meta:
        model = Invitation
        fields: tuple[str, ...] = ("id", "role", "email", "actor", "created_at", "expires_at")


class MadeInvitationShape(InvitationShape):
    """The same with its link, which is told once."""

    link = serializers.URLField()

    class Meta(InvitationShape.Meta):
        fields = (*InvitationShape.Meta.fields, "link")


class MemberList(ListView):
    """The members of a benchmark with their roles; takes the role maintainer."""

    serializer_class = MembershipShape
    ordering = ("id",)

    def rows(self) -> QuerySet[Membership]:
        """One row for each role, oldest first."""
        return _maintained(self).memberships.select_related("user")

    def lookups(self, page: list[Membership]) -> dict[str, Any]:
        """Names and specialties."""
        ids = [row.user.public_id for row in page]
        return {"names": names_of(ids), "specialties": specialties_of(ids)}


class MemberView(View):
    """What changing a role and taking it away share."""

    def told(self, user: User, benchmark: Benchmark) -> Response:
        """The roles of a person as they are now."""
        rows = Membership.objects.filter(benchmark=benchmark, user=user).order_by("pk")
        roles = list(rows.values_list("role", flat=True))
        held = {"public_id": user.public_id, "roles": roles}
        return self.rendered(RolesShape, held, names=names_of([user.public_id]))


class MemberChange(MemberView):
    """Give a member another role; takes the role maintainer."""

    @extend_schema(request=OtherRoleShape, responses=RolesShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Instead of the one that they hold."""
        benchmark, form = _maintained(self), self.parsed(OtherRoleShape)
        user = _person(form.pop("user"))
        change_member(actor=self.actor, benchmark=benchmark, user=user, **form)
        return self.told(user, benchmark)


class MemberRemove(MemberView):
    """Take a role away; takes the role maintainer."""

    @extend_schema(request=RoleShape, responses=RolesShape)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Doing so twice changes nothing."""
        benchmark, form = _maintained(self), self.parsed(RoleShape)
        user = _person(form["user"])
        set_member(
            actor=self.actor, benchmark=benchmark, user=user, role=form["role"], member=False
        )
        return self.told(user, benchmark)


class InvitationList(ListView):
    """The invitations that wait, newest first; takes the role maintainer."""

    serializer_class = InvitationShape

    def rows(self) -> QuerySet[Invitation]:
        """Neither used nor expired."""
        return _maintained(self).invitations.filter(used_at=None, expires_at__gt=timezone.now())

    def lookups(self, page: list[Invitation]) -> dict[str, Any]:
        """Names of those who invite."""
        return {"names": names_of(row.actor for row in page)}

    @extend_schema(request=NewInvitationShape, responses={201: MadeInvitationShape})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make a link that gives a role once, within a fortnight."""
        benchmark, form = self.benchmark(), self.parsed(NewInvitationShape)
        made: Any
        made, link = invite_member(actor=self.actor, benchmark=benchmark, **form)
        made.link = link
        return self.rendered(MadeInvitationShape, made, status=201, **self.lookups([made]))


class InvitationWithdraw(View):
    """Withdraw an invitation; takes the role maintainer."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, invitation: str, **kwargs: Any) -> Response:
        """Its link is worthless from now on."""
        withdraw_invitation(actor=self.actor, benchmark=self.benchmark(), invitation=invitation)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _maintained(view: View) -> Benchmark:
    benchmark = view.benchmark()
    require_role(view.reader, benchmark, Role.MAINTAINER, "see its members")
    return benchmark


def _person(public_id: str) -> User:
    found = User.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound(
            "There is no such person; the list of members has their ids.", code="no_person"
        )
    return found
