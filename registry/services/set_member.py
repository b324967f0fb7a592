"""Give and take roles."""

from django.db import transaction

from registry.errors import InvalidInput, NotFound
from registry.events import record
from registry.models import Benchmark, Membership, Role, User
from registry.permissions import require_role


@transaction.atomic
def set_member(
    *, actor: User, benchmark: Benchmark, user: User, role: str, member: bool = True
) -> None:
    """Give `user` a role in a benchmark, or take it away; saying it twice changes nothing."""
    require_role(actor, benchmark, Role.MAINTAINER, "change its members")
    if role not in Role.values:
        raise InvalidInput(f"'{role}' is no role; give one of {', '.join(Role.values)}.")
    which = {"benchmark": benchmark, "user": user, "role": role}
    if member:
        changed = Membership.objects.get_or_create(**which)[1]
    else:
        changed = Membership.objects.filter(**which).delete()[0]
    if not changed:
        return
    record(
        "member.added" if member else "member.removed",
        actor=actor,
        benchmark=benchmark,
        subject=("user", user.public_id),
        data={"role": role},
    )


@transaction.atomic
def change_member(*, actor: User, benchmark: Benchmark, user: User, role: str, other: str) -> None:
    """Give a member another role instead of the one that they hold."""
    held = Membership.objects.filter(benchmark=benchmark, user=user, role=role)
    require_role(actor, benchmark, Role.MAINTAINER, "change its members")
    if not held.exists():
        raise NotFound(f"{user.username} is not {role} here (any more).", code="no_member")
    if role != other:
        set_member(actor=actor, benchmark=benchmark, user=user, role=other)
        set_member(actor=actor, benchmark=benchmark, user=user, role=role, member=False)
