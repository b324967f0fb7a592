"""The blind first pass: what was answered on a case, and who may see what speaks for its label.

A label, its votes and its reports would sway whoever has not answered yet. So a case shows them to
an expert once their first answer is in, and to maintainers who are no experts, who never decide;
to everybody once it is decided. An opinion counts for the inputs that it was given on: where they
are reworded, everybody answers anew.
"""

from django.db.models import QuerySet

from audits.models import Case, Opinion
from audits.states import CaseStatus
from registry.models import Head, Role, User
from registry.permissions import Reader, roles_of


def is_waiting(case: Case) -> bool:
    """Whether the case is not decided yet."""
    return case.status in (CaseStatus.OPEN, CaseStatus.CLAIMED)


def is_revealed(case: Case, reader: Reader) -> bool:
    """Whether `reader` may see on the case what speaks for and against its label."""
    if case.instance_id is None or not is_waiting(case):
        return True
    if reader is None:
        return False
    roles = roles_of(reader, case.benchmark)
    if Role.EXPERT not in roles:
        return Role.MAINTAINER in roles
    return first_of(case, reader) is not None


def opinions_on(case: Case) -> QuerySet[Opinion]:
    """What experts said of the inputs as they are now, oldest first; practice left out."""
    content = Head.objects.filter(pk=case.instance_id).values("revision__content")
    opinions = Opinion.objects.filter(case=case, practice=False, revision__content__in=content)
    return opinions.select_related("revision__content", "category").order_by("pk")


def first_of(case: Case, expert: User) -> Opinion | None:
    """The expert's blind answer, if it is in."""
    return opinions_on(case).filter(blind=True, expert=expert.public_id).first()


def finals_of(case: Case) -> list[Opinion]:
    """What each expert said after the reveal; nobody says it twice."""
    return list(opinions_on(case).filter(blind=False))
