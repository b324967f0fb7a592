"""Background work on audits. Every task may run twice or never: the sweep finds what is left."""

from datetime import timedelta

from celery import shared_task

from audits.dispatch import dispatch_run
from audits.models import Chunk
from audits.selectors import (
    benchmarks_to_learn,
    benchmarks_with_new_reports,
    learned_lately,
    running,
)
from audits.services.finish_run import finish_run
from audits.services.keep_upload import drop_old_uploads
from audits.services.learn_benchmark import learn_benchmark as learn
from audits.services.mail_queues import mail_queues as mail
from audits.services.start_due_audits import start_due_audits as start_due
from audits.services.take_in_reports import take_in_reports as take_in
from audits.services.work_on_run import claimable
from audits.services.work_on_run import work_on_run as work
from audits.services.work_on_upload import waiting_uploads
from audits.services.work_on_upload import work_on_upload as check_or_file


@shared_task
def work_on_run(run_id: int) -> None:
    """Do chunks of this run until none is left."""
    work(run_id=run_id)


@shared_task
def take_in_reports(benchmark_id: int) -> None:
    """Open cases for the new reports of this benchmark."""
    take_in(benchmark_id)


@shared_task
def learn_benchmark(benchmark_id: int) -> None:
    """Learn from what was decided, audited or laid down of this benchmark since the last time.

    Where that is seconds ago it is left to the sweep: who decides fast is not followed step by
    step, since what is learned from many decisions at once is the same.
    """
    if not learned_lately(benchmark_id):
        learn(benchmark_id=benchmark_id)


@shared_task
def sweep_audits() -> None:
    """Call workers where chunks wait, end runs that are done, take in reports left behind.

    Learn where a belief is behind.
    """
    for run in running():
        waiting = Chunk.objects.filter(claimable(run)).count()
        if waiting:
            dispatch_run(run, waiting)
        else:
            finish_run(run_id=run.pk)
    for benchmark_id in benchmarks_with_new_reports():
        take_in(benchmark_id)
    for benchmark in benchmarks_to_learn():
        if not learned_lately(benchmark.pk, least=timedelta(0)):
            learn(benchmark_id=benchmark.pk)


@shared_task
def start_due_audits() -> None:
    """Start audits whose date has come or that something new asks for."""
    start_due()


@shared_task
def mail_queues() -> None:
    """Tell experts how much waits for them: once a day, however often this runs."""
    mail()


@shared_task
def work_on_upload(upload_id: int) -> None:
    """Check an uploaded file of reports, or file its rows."""
    check_or_file(upload_id)


@shared_task
def sweep_uploads() -> None:
    """Take on uploads that were left behind; forget what nobody submitted."""
    for upload_id in list(waiting_uploads().values_list("pk", flat=True)):
        check_or_file(upload_id)
    drop_old_uploads()
