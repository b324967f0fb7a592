"""Say which releases stand for a name that upstream gave to one of its versions."""

import re
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput, NotFound, WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, User
from versions.models import UpstreamName
from versions.permissions import require_cutter
from versions.selectors import LATEST, published_releases
from versions.upstream_names import upstream_names

_NAME = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_/:+-]|\.(?!\.)){0,99}")
_LIKE_OURS = re.compile(r"[0-9]+(\.[0-9]+){2}[0-9A-Za-z.+-]*")


@transaction.atomic
def name_upstream(
    *, actor: User, benchmark: Benchmark, name: str, versions: Sequence[str]
) -> list[str]:
    """Let a name such as `v1.0/test` stand for these published versions, and for no others.

    Without any it stands for nothing from now on. Returns the versions in the order of releases.
    """
    require_cutter(actor, benchmark)
    benchmark = lock_benchmark(benchmark.pk)
    name = name.strip()
    if not _NAME.fullmatch(name) or name == LATEST or _LIKE_OURS.fullmatch(name):
        raise InvalidInput(
            "An upstream name has up to 100 letters, digits and . _ / : + -, and must not look "
            "like a version of the hub; write one such as v1.0/test.",
            code="bad_name",
            field="name",
        )
    published = list(
        published_releases(benchmark).order_by("sequence").values_list("version", flat=True)
    )
    if unknown := sorted(set(versions) - set(published)):
        raise NotFound(
            f"{benchmark.slug} has no published release {', '.join(unknown)}.", code="no_release"
        )
    meant = [version for version in published if version in set(versions)]
    if upstream_names(benchmark).get(name, []) == meant:
        told = ", ".join(meant) or "nothing"
        raise WrongState(f"{name} stands for {told} already.", code="named_already")
    made = UpstreamName.objects.create(
        benchmark=benchmark,
        name=name,
        versions=" ".join(meant),
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "release.named",
        actor=actor,
        benchmark=benchmark,
        subject=("benchmark", benchmark.slug),
        data={"name": name, "versions": meant},
        at=made.at,
    )
    return meant
