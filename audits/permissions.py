"""Who may audit. Claiming and deciding is in `services.claim_case`: it depends on the case."""

from registry.models import Benchmark, Role, User
from registry.permissions import require_role


def require_auditor(actor: User, benchmark: Benchmark) -> None:
    """Refuse whoever may not start audits or rebuild what they led to."""
    require_role(actor, benchmark, Role.MAINTAINER, "run audits")


def require_expert(actor: User, benchmark: Benchmark) -> None:
    """Refuse whoever has no queue of cases."""
    require_role(actor, benchmark, Role.EXPERT, "decide cases")
