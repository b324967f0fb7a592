"""Put a benchmark's policy in force; standings and cases follow in the background."""

from django.db import transaction
from django.utils import timezone
from errata.manifest import sha256_hex

from audits.models import PolicyVersion
from audits.policies import load_policy, parse_policy
from registry.errors import WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, Role, User
from registry.permissions import require_role
from registry.services.keep_text import keep_text


@transaction.atomic
def set_policy(*, actor: User, benchmark: Benchmark, text: str, reason: str = "") -> PolicyVersion:
    """Keep a TOML text as the next version of the benchmark's policy.

    Raises InvalidInput where the text is no policy, and WrongState where it is the one in force.
    """
    require_role(actor, benchmark, Role.MAINTAINER, "set its policy")
    parse_policy(text, over=load_policy())
    lock_benchmark(benchmark.pk)
    digest = sha256_hex(text)
    last = PolicyVersion.objects.filter(benchmark=benchmark).order_by("-number").first()
    if last is not None and last.digest == digest:
        raise WrongState(f"Version {last.number} of the policy says exactly this already.")
    made = PolicyVersion.objects.create(
        benchmark=benchmark,
        number=last.number + 1 if last else 1,
        text=text,
        digest=digest,
        reason=keep_text(reason.strip()),
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "policy.set",
        actor=actor,
        benchmark=benchmark,
        subject=("benchmark", benchmark.slug),
        reason=reason.strip(),
        data={"number": made.number, "digest": digest},
        at=made.at,
    )
    return made
