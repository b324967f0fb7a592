"""Withdraw a published release: readers are warned and told why; nothing is deleted."""

from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput, NotFound, WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, User
from registry.services.keep_text import keep_text
from versions.models import Release, Withdrawal
from versions.permissions import require_cutter
from versions.selectors import published_releases

MOST = 2_000  # characters of a reason


@transaction.atomic
def withdraw_release(
    *, actor: User, benchmark: Benchmark, version: str, reason: str, instead: str = ""
) -> Withdrawal:
    """Withdraw a version for good, say why, and name the version to use `instead`, if there is one.

    Its files stay where they are and still verify; whoever pulls it is warned, and `latest` no
    longer means it while another release stands. Refused for what is not published, or withdrawn.
    """
    require_cutter(actor, benchmark)
    benchmark = lock_benchmark(benchmark.pk)
    reason = " ".join(reason.split())
    if not reason:
        message = "Say why it is withdrawn: the reason is published with it."
        raise InvalidInput(message, code="reason_missing", field="reason")
    if len(reason) > MOST:
        message = f"Say why in at most {MOST} characters, and refer to more by an address."
        raise InvalidInput(message, code="too_long", field="reason")
    release = _published(benchmark, version)
    if release.is_withdrawn:
        raise WrongState(f"{version} is withdrawn already.", code="withdrawn_already")
    other = _published(benchmark, instead) if instead else None
    if other is not None and (other == release or other.is_withdrawn):
        message = f"{instead} is withdrawn too; name a version that stands, or none."
        raise InvalidInput(message, code="instead_withdrawn", field="instead")
    made = Withdrawal.objects.create(
        release=release,
        reason=keep_text(reason),
        instead=other,
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "release.withdrawn",
        actor=actor,
        benchmark=benchmark,
        subject=("release", release.public_id),
        reason=reason,
        data={"version": version, "instead": instead},
        at=made.at,
    )
    return made


def _published(benchmark: Benchmark, version: str) -> Release:
    found = published_releases(benchmark).filter(version=version).first()
    if found is None:
        raise NotFound(
            f"{benchmark.slug} has no published release {version}; name one by its number.",
            code="no_release",
        )
    return found
