"""What an expert may not see of a case before the first answer of their own."""

from audits.blind import is_waiting
from audits.models import Case, Opinion
from registry.models import Role
from registry.permissions import Reader, roles_of


def comments_wait(reader: Reader, case: Case) -> bool:
    """Whether the comments on a case are kept from the reader: an expert who has yet to answer."""
    if reader is None or not is_waiting(case):
        return False
    if Role.EXPERT not in roles_of(reader, case.benchmark):
        return False
    return not Opinion.objects.filter(case=case, expert=reader.public_id).exists()
