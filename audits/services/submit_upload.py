"""Have the rows of a checked file filed as reports."""

from django.db import transaction
from django.utils import timezone

from registry.errors import NotAllowed, WrongState
from registry.events import dispatch
from registry.models import User
from registry.permissions import require_reader, require_signed_in
from submissions.models import Upload
from submissions.states import TO_FILE


@transaction.atomic
def submit_upload(*, actor: User, upload: Upload) -> Upload:
    """Let a worker file the rows that the preview calls new; a second word changes nothing."""
    require_own(actor, upload)
    upload = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if upload.submitted_at:
        return upload
    if upload.checked_at is None or upload.finished_at:
        raise WrongState(
            "This file is not checked yet, or came to nothing; its page says which.",
            code="not_checked",
        )
    count = sum(upload.counts.get(state, 0) for state in TO_FILE)
    if not count:
        raise WrongState("None of its rows is new; there is nothing to file.", code="nothing_new")
    upload.submitted_at, upload.done, upload.total = timezone.now(), 0, count
    upload.save(update_fields=["submitted_at", "done", "total"])
    dispatch("audits.tasks.work_on_upload", upload.pk)
    return upload


def require_own(actor: User, upload: Upload) -> None:
    """Refuse whoever did not send the file, or may not report on the benchmark (any more)."""
    require_reader(actor, upload.benchmark)
    require_signed_in(actor, "report errors")
    if upload.author != actor.public_id:
        raise NotAllowed("Only who sent a file may see and submit it.", code="not_author")
