"""Change what is said about a benchmark, and who may see it."""

from django.core.exceptions import ValidationError
from django.db import transaction

from registry.errors import InvalidInput
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, Role, User
from registry.permissions import require_role
from registry.services.create_benchmark import check_visibility

FIELDS = ("title", "licence", "citation", "upstream_url", "intended_use", "visibility")


@transaction.atomic
def edit_benchmark(*, actor: User, benchmark: Benchmark, **changes: str) -> dict[str, str]:
    """Change some of FIELDS and return those that really differ; later releases carry them.

    Title and licence cannot be emptied. Releases that are out keep what they said.
    """
    require_role(actor, benchmark, Role.MAINTAINER, "change what is said about it")
    if unknown := changes.keys() - set(FIELDS):
        raise InvalidInput(f"{', '.join(sorted(unknown))} cannot be changed here.")
    for name in ("title", "licence"):
        if name in changes and not changes[name].strip():
            raise InvalidInput(f"A benchmark needs a {name}.", field=name)
    check_visibility(changes.get("visibility", benchmark.visibility))
    locked = lock_benchmark(benchmark.pk)
    different = {name: text for name, text in changes.items() if getattr(locked, name) != text}
    if not different:
        return {}
    for name, text in different.items():
        setattr(locked, name, text)
    try:
        locked.full_clean(exclude=["preset"])
    except ValidationError as error:
        raise InvalidInput("; ".join(error.messages), code="bad_field") from error
    locked.save(update_fields=list(different))
    record(
        "benchmark.edited",
        actor=actor,
        benchmark=locked,
        subject=("benchmark", locked.slug),
        data=different,
    )
    benchmark.refresh_from_db()
    return different
