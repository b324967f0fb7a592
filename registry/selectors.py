"""Reading the registry."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from errata.manifest import sha256_hex

from registry.errors import NotFound
from registry.models import (
    Alias,
    ApiToken,
    Benchmark,
    Event,
    Head,
    Instance,
    Invitation,
    Revision,
    Specialty,
    Text,
    User,
)
from registry.permissions import Reader, readable_benchmarks
from registry.presets import Preset, parse_preset

SYSTEM = "system"
UNNAMED = "somebody who wishes no name"
REMOVED = "a removed person"


@dataclass(frozen=True, slots=True)
class Expertise:
    """What a person states to be an expert of, and the name of who verified it; empty: nobody."""

    name: str
    verified_by: str


def system_user() -> User:
    """The actor of commands and background work; made by the first migration."""
    return User.objects.get(username=SYSTEM)


def get_user(username: str) -> User:
    """The user of that name, or NotFound."""
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise NotFound(
            f"There is no user '{username}'. Make one with: manage.py create_user {username}",
            code="no_user",
        ) from None


def find_token(secret: bytes | str) -> ApiToken | None:
    """The bearer token with this secret, expired or not, if its owner's account is open."""
    found = ApiToken.objects.filter(digest=sha256_hex(secret), user__is_active=True)
    return found.select_related("user").first()


def find_invitation(secret: str) -> Invitation | None:
    """The invitation with this secret that still waits for somebody."""
    if not secret:
        return None
    waiting = Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now())
    return waiting.filter(digest=sha256_hex(secret)).select_related("benchmark").first()


def names_of(public_ids: Iterable[str]) -> dict[str, str]:
    """Names to show for actors; a removed person is missing from the answer."""
    users = User.objects.filter(public_id__in=set(public_ids))
    return {user.public_id: shown_name(user) for user in users}


def shown_name(user: User) -> str:
    """The name that everybody may read of a person."""
    return (user.get_full_name() or user.username) if user.credited else UNNAMED


def specialties_of(public_ids: Iterable[str]) -> dict[str, list[Specialty]]:
    """What persons state to be experts of, by public id; verified ones first."""
    found = Specialty.objects.filter(user__public_id__in=set(public_ids)).select_related("user")
    by_person: dict[str, list[Specialty]] = {}
    for specialty in sorted(found, key=lambda each: (not each.verified_by, each.name)):
        by_person.setdefault(specialty.user.public_id, []).append(specialty)
    return by_person


def expertise_of(public_ids: Iterable[str]) -> dict[str, list[Expertise]]:
    """The specialties to tell beside the names of experts, by public id; verified ones first."""
    stated = specialties_of(public_ids)
    names = names_of(each.verified_by for several in stated.values() for each in several)
    return {
        person: [
            Expertise(each.name, each.verified_by and names.get(each.verified_by, REMOVED))
            for each in several
        ]
        for person, several in stated.items()
    }


def demo_users_exist() -> bool:
    """Whether this database has users that the demo made."""
    return User.objects.filter(is_demo=True).exists()


def get_benchmark(slug: str, reader: Reader) -> Benchmark:
    """The benchmark, or NotFound if there is none that `reader` may see."""
    try:
        return readable_benchmarks(reader).get(slug=slug)
    except Benchmark.DoesNotExist:
        raise NotFound(
            f"There is no benchmark '{slug}' that you may see. Check the name or sign in.",
            code="no_benchmark",
        ) from None


def preset_of(benchmark: Benchmark) -> Preset:
    """The preset that the benchmark was last imported with."""
    return parse_preset(benchmark.preset)


def live_heads(benchmark: Benchmark) -> QuerySet[Head]:
    """The heads of all instances that are not retired, with revision and content loaded."""
    return Head.objects.filter(benchmark=benchmark, retired=False).select_related(
        "instance", "revision__content"
    )


def get_instance(benchmark: Benchmark, name: str) -> Instance:
    """The instance with this key, or with this alias written as `space:id` or as a lone id."""
    if "\0" in name:  # no key holds it, and PostgreSQL cannot be asked
        raise _no_instance(benchmark, name)
    found = Instance.objects.filter(benchmark=benchmark, key=name).first()
    if found is not None:
        return found
    space, _, value = name.rpartition(":")
    aliases = Alias.objects.filter(benchmark=benchmark, value=value or name)
    if space:
        aliases = aliases.filter(space=space)
    instances = {alias.instance_id: alias.instance for alias in aliases.select_related("instance")}
    if len(instances) > 1:
        spaces = ", ".join(sorted({f"{alias.space}:{alias.value}" for alias in aliases}))
        raise NotFound(f"'{name}' is ambiguous: it may be {spaces}. Name one.", code="ambiguous")
    if not instances:
        raise _no_instance(benchmark, name)
    return next(iter(instances.values()))


def _no_instance(benchmark: Benchmark, name: str) -> NotFound:
    return NotFound(
        f"{benchmark.slug} has no instance '{name}'. Give its key, or an alias as space:id.",
        code="no_instance",
    )


def history(instance: Instance) -> QuerySet[Revision]:
    """All revisions of an instance, newest first."""
    return instance.revisions.select_related("content").order_by("-number")


def documents(digests: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The documents behind digests of contents, derivations and meta; removed ones are missing."""
    texts = Text.objects.filter(pk__in={d for d in digests if d}, removed_at=None)
    return {digest: json.loads(body) for digest, body in texts.values_list("digest", "body")}


def inputs_in(content: str) -> str:
    """Of the text of a content, which is canonical JSON, the text of its inputs."""
    return content[content.index('"inputs":') + 9 : content.rindex(',"kind":')]


def text_behind(field: str) -> Subquery:
    """For a query: the text behind the digest in a field, None for a removed one or for none."""
    return Subquery(Text.objects.filter(pk=OuterRef(field), removed_at=None).values("body"))


def texts(digests: Iterable[str]) -> dict[str, str]:
    """The plain texts behind digests (reasons, rationales); removed ones are missing."""
    found = Text.objects.filter(pk__in={d for d in digests if d}, removed_at=None)
    return dict(found.values_list("digest", "body"))


def inputs_of(revision: Revision) -> dict[str, Any] | None:
    """What a solver may see, or None where it was removed."""
    document = documents([revision.content_id]).get(revision.content_id)
    return None if document is None else document["inputs"]


def events_of(subject_kind: str, subject_id: str) -> QuerySet[Event]:
    """What happened to one subject, oldest first."""
    return Event.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("at")
