"""Write the next version of a group's guide."""

from django.db import transaction
from django.utils import timezone

from audits.guides import current_guide
from audits.models import Guide
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, Head, Role, User
from registry.permissions import require_reader, roles_of
from registry.services.keep_text import keep_text

MOST = 20_000


def may_write_guides(actor: User | None, benchmark: Benchmark) -> bool:
    """Whether somebody is a maintainer or an expert of the benchmark."""
    return bool(roles_of(actor, benchmark) & {Role.MAINTAINER, Role.EXPERT})


def require_writer(actor: User, benchmark: Benchmark) -> None:
    """Refuse everybody else."""
    require_reader(actor, benchmark)
    if not may_write_guides(actor, benchmark):
        raise NotAllowed(
            f"You may not write guides: that takes the role maintainer or expert in "
            f"{benchmark.slug}. Ask a maintainer for it.",
            code="role_required",
        )


@transaction.atomic
def write_guide(
    *,
    actor: User,
    benchmark: Benchmark,
    group: str,
    text: str,
    reason: str = "",
    after: int | None = None,
) -> Guide:
    """Keep a Markdown text as the next version of the group's guide.

    `after` is the version that the writer saw (0: none): refused if another one came meanwhile.
    Labels keep the version they were decided under.
    """
    require_writer(actor, benchmark)
    text = checked_guide(text)
    lock_benchmark(benchmark.pk)
    last = current_guide(benchmark, group)
    _require_group(benchmark, group, last)
    number = last.number if last else 0
    if after is not None and after != number:
        raise WrongState(
            f"Somebody wrote version {number} meanwhile. Read it, and put your changes into it.",
            code="guide_moved",
            number=number,
        )
    digest = keep_text(text)
    if last is not None and last.text == digest:
        raise WrongState(f"Version {number} of the guide says exactly this already.")
    made = Guide.objects.create(
        benchmark=benchmark,
        group=group,
        number=number + 1,
        text=digest,
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "guide.written",
        actor=actor,
        benchmark=benchmark,
        subject=("guide", group),
        reason=reason.strip(),
        data={"group": group, "number": made.number},
        at=made.at,
    )
    return made


def checked_guide(text: str) -> str:
    """The text as it is kept, or InvalidInput."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("A guide needs a text.", field="text")
    if len(text) > MOST:
        raise InvalidInput(
            f"A guide has at most {MOST:,} characters; this one has {len(text):,}.", field="text"
        )
    if "\0" in text:
        raise InvalidInput("A guide cannot hold the character NUL; take it out.", field="text")
    return text


def _require_group(benchmark: Benchmark, group: str, last: Guide | None) -> None:
    live = Head.objects.filter(benchmark=benchmark, retired=False, revision__group=group)
    if last is None and not live.exists():
        raise InvalidInput(
            f"No label of {benchmark.slug} is in the group '{group}'.", field="group"
        )
