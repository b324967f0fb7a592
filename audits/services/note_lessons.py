"""Note which decisions a release carries, so that verifiers may be taught by them."""

from collections.abc import Iterable
from datetime import datetime

from audits.models import Decision, Lesson
from audits.states import Outcome
from registry.dialects import insert_missing
from registry.models import Revision


def note_lessons(*, revisions: Iterable[Revision] | Iterable[int], at: datetime) -> int:
    """Make a lesson of each decision that led to one of these revisions; how many are new.

    `revisions` are those that a release holds, as a query or ids. The caller publishes it in the
    same transaction. Items that were only called flawed teach nothing.
    """
    made = Decision.objects.filter(after__in=revisions, lesson=None)
    ids = made.exclude(outcome=Outcome.FLAWED).values_list("pk", flat=True)
    return insert_missing(Lesson, ("decision", "at"), ((pk, at) for pk in ids), key=("decision",))
