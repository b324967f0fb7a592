"""Who may do what, by role. Default deny; other apps name their actions in terms of these."""

from django.db.models import Q, QuerySet

from registry.errors import NotAllowed, NotFound
from registry.models import Benchmark, Membership, Role, User, Visibility

Reader = User | None


def readable_benchmarks(reader: Reader) -> QuerySet[Benchmark]:
    """The benchmarks that `reader` (None for a stranger) may know about."""
    if reader is not None and is_staff(reader):
        return Benchmark.objects.all()
    visible = Q(visibility=Visibility.PUBLIC)
    if reader is not None and reader.is_active:
        visible |= Q(pk__in=Membership.objects.filter(user=reader).values("benchmark"))
    return Benchmark.objects.filter(visible)


def require_reader(reader: Reader, benchmark: Benchmark) -> None:
    """Refuse with NotFound, so that a members-only benchmark does not show that it exists."""
    if not readable_benchmarks(reader).filter(pk=benchmark.pk).exists():
        raise NotFound(f"There is no benchmark '{benchmark.slug}' that you may see.")


def roles_of(user: Reader, benchmark: Benchmark) -> set[str]:
    """The roles that `user` holds. Staff and `system` count as maintainers, never as experts."""
    if user is None or not user.is_active:
        return set()
    roles = set(
        Membership.objects.filter(user=user, benchmark=benchmark).values_list("role", flat=True)
    )
    if is_staff(user):
        roles.add(Role.MAINTAINER)
    if roles & {Role.MAINTAINER, Role.EXPERT}:
        roles.add(Role.CONTRIBUTOR)
    return roles


def require_role(user: Reader, benchmark: Benchmark, role: Role, action: str) -> None:
    """Refuse unless `user` holds `role`; `action` completes "you may not …"."""
    require_reader(user, benchmark)
    if role not in roles_of(user, benchmark):
        raise NotAllowed(
            f"You may not {action}: that takes the role {role} in {benchmark.slug}. "
            "Ask a maintainer for it.",
            code="role_required",
            role=str(role),
        )


def require_signed_in(user: Reader, action: str) -> None:
    """Refuse strangers and closed accounts."""
    if user is None or not user.is_active:
        raise NotAllowed(f"You may not {action} without signing in.", code="sign_in_required")


def require_staff(user: Reader, action: str) -> None:
    """Refuse everybody but staff."""
    if user is None or not is_staff(user):
        raise NotAllowed(
            f"You may not {action}: that takes a member of the hub's staff.", code="staff_required"
        )


def may_verify(reader: Reader, user: User) -> bool:
    """Whether `reader` may say that somebody is what they state to be, never of oneself.

    Staff may, and a maintainer of a benchmark in which the person is an expert.
    """
    if reader is None or not reader.is_active or reader.pk == user.pk:
        return False
    theirs = Membership.objects.filter(user=user, role=Role.EXPERT).values("benchmark")
    maintained = Membership.objects.filter(user=reader, role=Role.MAINTAINER, benchmark__in=theirs)
    return is_staff(reader) or maintained.exists()


def is_staff(user: User) -> bool:
    """Whether `user` is staff of the hub (or `system`)."""
    return user.is_active and (user.is_staff or user.is_superuser)
