"""Say that two wordings of instances' inputs mean the same, or take that back."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput, NotFound, WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, Revision, Role, User
from registry.permissions import require_role
from registry.selectors import documents
from registry.services.keep_text import keep_text
from versions.models import Rewording
from versions.rewordings import Pair
from versions.same_meaning import in_force
from versions.selectors import in_batches, last_release

MAY = "say whether rewordings keep the meaning"
MOST = 100_000  # pairs in one act


class _Instance(NamedTuple):
    """An instance, and the kind of each content it ever had, by digest."""

    pk: int
    contents: dict[str, str]


@transaction.atomic
def mark_rewordings(
    *,
    actor: User,
    benchmark: Benchmark,
    pairs: Collection[Pair],
    reason: str,
    same: bool = True,
) -> int:
    """Mark pairs of wordings as meaning the same, all for one reason; with `same` off unmark them.

    Both wordings of a pair must be in the history of its instance, ask for the same kind of answer
    and offer the same options. It counts from the next release on. All are written or none; how
    many they are. Refused for what is said already.
    """
    require_role(actor, benchmark, Role.MAINTAINER, MAY)
    benchmark = lock_benchmark(benchmark.pk)
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput(
            "Say why: the reason is published with the release.",
            code="reason_missing",
            field="reason",
        )
    wanted = sorted({(pair.key, *sorted((pair.before, pair.after))) for pair in pairs})
    if not 0 < len(wanted) <= MOST:
        raise InvalidInput(f"Name the rewordings, {MOST} at most at once.", code="reword_what")
    last, text, now = last_release(benchmark), keep_text(reason), timezone.now()
    rows = [
        Rewording(
            benchmark=benchmark,
            sequence=last.sequence + 1 if last else 1,
            instance_id=instance,
            one_id=one,
            other_id=other,
            same=same,
            reason=text,
            actor=actor.public_id,
            at=now,
        )
        for batch in in_batches(wanted)
        for instance, one, other in _checked(benchmark, batch, same)
    ]
    Rewording.objects.bulk_create(rows, batch_size=1_000)
    keys = sorted({key for key, _, _ in wanted})
    alone = len(keys) == 1
    record(
        "rewordings.marked" if same else "rewordings.unmarked",
        actor=actor,
        benchmark=benchmark,
        subject=("instance", keys[0]) if alone else ("benchmark", benchmark.slug),
        reason=reason,
        data={"instances": len(keys)},
        at=now,
    )
    return len(rows)


def _checked(
    benchmark: Benchmark, wanted: list[tuple[str, str, str]], same: bool
) -> Iterable[tuple[int, str, str]]:
    """Instance and wordings of each pair; refuses the first that cannot be marked or unmarked."""
    instances = _instances(benchmark, {key for key, _, _ in wanted})
    said = Rewording.objects.filter(instance__in=[each.pk for each in instances.values()])
    held = {(r.instance_id, r.one_id, r.other_id) for r in in_force(said.order_by("pk"))}
    options = _options(instances.values(), {digest for pair in wanted for digest in pair[1:]})
    for key, one, other in wanted:
        instance = instances.get(key)
        if instance is None:
            raise NotFound(f"{benchmark.slug} has no instance '{key}'.", code="no_instance")
        _require_wordings(key, instance, one, other, options)
        if ((instance.pk, one, other) in held) == same:
            told = "are marked as meaning the same already" if same else "are not marked themselves"
            raise WrongState(
                f"Those wordings of {key} {told}; load the list again.",
                code="marked_already" if same else "not_marked",
                key=key,
            )
        yield instance.pk, one, other


def _instances(benchmark: Benchmark, keys: Collection[str]) -> dict[str, _Instance]:
    found = Revision.objects.filter(instance__benchmark=benchmark, instance__key__in=keys)
    fields = ("instance__key", "instance_id", "content_id", "content__kind")
    instances: dict[str, _Instance] = {}
    for key, pk, content, kind in found.values_list(*fields).distinct():
        instances.setdefault(key, _Instance(pk, {})).contents[content] = kind
    return instances


def _options(instances: Iterable[_Instance], wanted: Collection[str]) -> dict[str, object]:
    """The options that each wanted content of a choice offers."""
    choices = {d for i in instances for d, kind in i.contents.items() if kind == "choice"}
    found = documents(choices & set(wanted))
    return {digest: document["inputs"].get("choices") for digest, document in found.items()}


def _require_wordings(
    key: str, instance: _Instance, one: str, other: str, options: Mapping[str, object]
) -> None:
    unknown = [digest for digest in (one, other) if digest not in instance.contents]
    if unknown or one == other:
        raise InvalidInput(
            f"{key} never had two such wordings: give the digests of two contents of its history.",
            code="not_its_wordings",
            key=key,
        )
    if instance.contents[one] != instance.contents[other]:
        raise InvalidInput(
            f"The two wordings of {key} ask for different kinds of answer, so they cannot mean "
            "the same.",
            code="other_kind",
            key=key,
        )
    if options.get(one) != options.get(other):
        raise InvalidInput(
            f"The two wordings of {key} offer different options, so an answer to one may name "
            "another option of the other; they cannot mean the same.",
            code="other_options",
            key=key,
        )
