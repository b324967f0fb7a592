"""Who may do what with releases; who may read them follows from the benchmark."""

from registry.models import Benchmark, Role
from registry.permissions import Reader, require_role


def require_cutter(actor: Reader, benchmark: Benchmark) -> None:
    """Refuse everybody but maintainers."""
    require_role(actor, benchmark, Role.MAINTAINER, "cut releases")
