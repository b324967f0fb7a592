"""Let the surveyors of a run look at all its items once, before any of them is judged."""

from collections.abc import Iterator, Sequence

from audits.items import load_items
from audits.models import AuditRun, Chunk
from audits.plan import AnyVerifier
from audits.surveys import make_survey, surveyors
from audits.verifiers.base import Item


def survey_items(*, run: AuditRun, chosen: Sequence[AnyVerifier]) -> None:
    """Find the run's survey, unless it is there; `run.survey` holds it afterwards.

    Surveys are deterministic, so that two workers who make one at the same time do no harm: the
    first to write wins. Items are loaded chunk by chunk.
    """
    if run.survey is not None or not surveyors(chosen):
        return
    found = make_survey(chosen, lambda: _items(run))
    AuditRun.objects.filter(pk=run.pk, survey__isnull=True).update(survey=found)
    run.refresh_from_db(fields=["survey"])


def _items(run: AuditRun) -> Iterator[Item]:
    chunks = Chunk.objects.filter(run=run).order_by("number")
    for first, last in chunks.values_list("first", "last"):
        for one in load_items(run.benchmark, first, last):
            yield one.item
