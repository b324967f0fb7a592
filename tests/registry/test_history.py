"""Chains of revisions, the texts behind them, and who may do what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from errata.manifest import sha256_hex

from registry.chain import Link, moment, text_of
from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.labels import read_label
from registry.models import (
    ApiToken,
    Benchmark,
    Event,
    Head,
    Instance,
    Membership,
    Revision,
    Role,
    Text,
    User,
)
from registry.permissions import readable_benchmarks, roles_of
from registry.selectors import get_instance, preset_of, system_user, texts
from registry.services.create_benchmark import create_benchmark
from registry.services.create_user import create_token, create_user
from registry.services.import_benchmark import import_benchmark
from registry.services.remove_text import remove_text
from registry.services.retire_instance import retire_instance, revive_instance, reword_instance
from registry.services.revise_label import revise_label
from registry.services.set_member import set_member
from tests.small import hide, import_file, people, qa_row, small_benchmark, write_csv

LINK = Link(
    benchmark="b",
    key="k/1",
    number=2,
    kind="number",
    content="c" * 64,
    answer="23.977999999999998",
    limits='{"lower":"22.8","upper":"25.2"}',
    derivation="",
    meta="",
    group="Größe",
    reason="",
    origin="decision",
    cause="decision/01J",
    actor="01A",
    at="2026-11-22T10:00:00.000001Z",
    previous="p" * 64,
)
# Worked out once with other tools (rfc8785, hashlib): the same on every database from here on.
GOLDEN = "1da710dd14ce6316417bd48ad3fd490166e3cec47f4b462f137fd7b5c1e0dc1c"


def link_of(revision: Revision) -> Link:
    """What a stored revision's digest should cover."""
    instance = revision.instance
    return Link(
        benchmark=instance.benchmark.slug,
        key=instance.key,
        number=revision.number,
        kind=revision.content.kind,
        content=revision.content_id,
        answer=revision.answer,
        limits=revision.limits,
        derivation=revision.derivation,
        meta=revision.meta,
        group=revision.group,
        reason=revision.reason,
        origin=revision.origin,
        cause=f"{revision.cause_kind}/{revision.cause_id}",
        actor=revision.actor,
        at=moment(revision.at),
        previous=revision.previous,
    )


def chain_holds() -> bool:
    """Whether every chain is whole and every kept text is the one that was digested."""
    for instance in Instance.objects.all():
        previous = ""
        for number, revision in enumerate(instance.revisions.order_by("number"), start=1):
            assert revision.number == number
            assert revision.previous == previous
            assert link_of(revision).digest() == revision.digest
            previous = revision.digest
        assert Head.objects.get(pk=instance.pk).revision.digest == previous
    for text in Text.objects.filter(removed_at=None):
        assert sha256_hex(text.body) == text.digest
    return True


def test_the_digest_is_the_same_everywhere() -> None:
    assert LINK.digest() == GOLDEN
    assert text_of({}) == ("", "")
    assert text_of({"b": "ü", "a": None})[1] == '{"a":null,"b":"ü"}'


@pytest.mark.parametrize("field", Link.__slots__)
def test_the_digest_covers_every_field(field: str) -> None:
    value: Any = 3 if field == "number" else getattr(LINK, field) + "x"
    assert replace(LINK, **{field: value}).digest() != GOLDEN


def test_a_moment_is_digested_in_utc() -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at) == "2026-11-22T10:00:00.000000Z"
    assert moment(at.astimezone(UTC)) == moment(at)


@pytest.mark.django_db
def test_the_digest_knows_no_database_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same import by the same actor at the same moment digests the same under other ids."""
    at = datetime(2026, 11, 22, 10, 0, 0, 1, tzinfo=UTC)
    monkeypatch.setattr("registry.services.import_benchmark.timezone.now", lambda: at)
    monkeypatch.setattr("registry.services.import_benchmark.new_id", lambda: "01" + "B" * 24)
    User.objects.filter(username="system").update(public_id="01" + "A" * 24)
    path = write_csv(tmp_path / "a.csv", [qa_row(n) for n in (1, 2, 3)])

    def heads(slug: str) -> list[str]:
        rows = Head.objects.filter(benchmark__slug=slug).order_by("instance__position")
        return list(rows.values_list("revision__digest", flat=True))

    import_file(path, slug="other")
    monkeypatch.setattr("registry.services.import_benchmark.new_id", lambda: "01" + "C" * 24)
    import_file(path, slug="third")
    assert [digest[:16] for digest in heads("other")] == DIGESTS
    assert not set(heads("other")) & set(heads("third"))


# Of q1, q2, q3 in `other`, imported at that moment: on PostgreSQL and on SQLite.
DIGESTS = ["374bddc917b0b923", "a5cdb55729dbfa84", "45cf931ff036da9f"]


@pytest.mark.django_db
def test_every_writer_keeps_the_chain(tmp_path: Path) -> None:
    benchmark = small_benchmark(tmp_path)
    system, instance = system_user(), Instance.objects.get(key="q1")
    rules = preset_of(benchmark)
    import_file(write_csv(tmp_path / "n.csv", [qa_row(1, answer="11"), qa_row(7)]))
    revise_label(
        actor=system,
        instance=instance,
        label=read_label("12", "number", rules),
        expected=instance.head.revision,
        reason="Counted.",
        cause=("decision", "01D"),
        at=datetime.now(UTC),
        derivation={"explanation": "12 it is"},
    )
    reword_instance(
        actor=system,
        instance=instance,
        inputs={"question": "10 * 1?"},
        expected=Head.objects.get(pk=instance.pk).revision,
        reason="Shorter.",
    )
    retire_instance(actor=system, instance=instance, reason="Asked twice.")
    revive_instance(actor=system, instance=instance, reason="Not after all.")
    import_file(write_csv(tmp_path / "r.csv", [qa_row(1)]), missing="retire")
    origins = instance.revisions.order_by("number").values_list("origin", flat=True)
    assert list(origins) == [
        *("import", "upstream", "decision", "upstream", "retired", "revived"),
    ]
    assert chain_holds()


@pytest.mark.django_db
def test_moves_that_are_refused(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    system, instance = system_user(), Instance.objects.get(key="q1")
    first = instance.head.revision
    with pytest.raises(WrongState):
        revive_instance(actor=system, instance=instance, reason="So.")
    with pytest.raises(InvalidInput):
        retire_instance(actor=system, instance=instance, reason="  ")
    with pytest.raises(InvalidInput):
        reword_instance(
            actor=system,
            instance=instance,
            inputs={"question": "What is ten times 1?"},
            expected=first,
            reason="So.",
        )
    retire_instance(actor=system, instance=instance, reason="So.")
    for move in (
        lambda: retire_instance(actor=system, instance=instance, reason="So."),
        lambda: reword_instance(
            actor=system, instance=instance, inputs={"a": "b"}, expected=first, reason="So."
        ),
    ):
        with pytest.raises(WrongState):
            move()
    assert instance.revisions.count() == 2
    assert chain_holds()


@pytest.mark.django_db
def test_a_removed_text_leaves_the_chain_whole(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    crew = people(Benchmark.objects.get())
    revision = Instance.objects.get(key="q1").head.revision
    digests = [revision.content_id, revision.derivation]
    for actor in (crew.maintainer, crew.user):
        with pytest.raises(NotAllowed):
            remove_text(actor=actor, digest=digests[0], reason="A name.")
    for digest in digests:
        remove_text(actor=crew.staff, digest=digest, reason="A name.")
        remove_text(actor=crew.staff, digest=digest, reason="A name.")
        row = Text.objects.get(pk=digest)
        assert row.body == ""
        assert row.removed_at is not None
    assert texts(digests) == {}
    assert Event.objects.filter(kind="text.removed").count() == 2
    assert chain_holds()
    with pytest.raises(NotFound):
        remove_text(actor=crew.staff, digest="0" * 64, reason="x")
    # A file that brings the removed inputs again does not bring the text back by itself.
    with pytest.raises(InvalidInput):
        import_file(write_csv(tmp_path / "n.csv", [qa_row(1, question="New?")]))
    assert Text.objects.get(pk=digests[0]).body == ""


@pytest.mark.django_db
def test_instances_are_found_by_key_and_alias(tmp_path: Path) -> None:
    benchmark = small_benchmark(tmp_path, 2)
    rows = [qa_row(1, id="odd:key"), qa_row(2, id="q9")]
    import_file(write_csv(tmp_path / "o.csv", rows))
    instance = Instance.objects.get(key="q1")
    assert get_instance(benchmark, "q1") == instance
    assert get_instance(benchmark, "v1/test:q1") == instance
    assert get_instance(benchmark, "odd:key").key == "odd:key"
    for name in ("none", "v2/test:q1", "", ":", "q1:", "q1\0"):
        with pytest.raises(NotFound):
            get_instance(benchmark, name)


MAY: dict[str, set[str]] = {
    "read": {"stranger", "user", "contributor", "expert", "maintainer", "staff"},
    "create": {"staff"},
    "make accounts": {"staff"},
    "remove": {"staff"},
    "import": {"maintainer", "staff"},
    "members": {"maintainer", "staff"},
    "retire": {"maintainer", "staff"},
    "reword": {"maintainer", "staff"},
}


def attempt(action: str, actor: Any, benchmark: Benchmark, folder: Path) -> None:
    """Try something that takes a role."""
    instance = Instance.objects.get(benchmark=benchmark, key="q1")
    preset = preset_of(benchmark)
    tries = {
        "read": lambda: readable_benchmarks(actor).get(pk=benchmark.pk),
        "create": lambda: create_benchmark(actor=actor, slug="new", preset=preset, licence="MIT"),
        "make accounts": lambda: create_user(actor=actor, username="newcomer"),
        "remove": lambda: remove_text(
            actor=actor, digest=instance.head.revision.content_id, reason="So."
        ),
        "import": lambda: import_benchmark(
            actor=actor,
            slug=benchmark.slug,
            path=write_csv(folder / "i.csv", [qa_row(1, answer="99")]),
            preset=preset,
        ),
        "members": lambda: set_member(
            actor=actor, benchmark=benchmark, user=User.objects.get(username="user"), role="expert"
        ),
        "retire": lambda: retire_instance(actor=actor, instance=instance, reason="So."),
        "reword": lambda: reword_instance(
            actor=actor,
            instance=instance,
            inputs={"question": "New?"},
            expected=instance.head.revision,
            reason="So.",
        ),
    }
    tries[action]()


def everything() -> tuple[int, ...]:
    """What a denied try must not change."""
    counted = (Benchmark, User, Membership, Event, Revision, Text)
    removed = Text.objects.filter(removed_at__isnull=False).count()
    return (*(model._base_manager.count() for model in counted), removed)


@pytest.mark.django_db
@pytest.mark.parametrize("action", MAY)
@pytest.mark.parametrize(
    "who", ["stranger", "user", "contributor", "expert", "maintainer", "staff", "closed"]
)
def test_who_may_what(tmp_path: Path, action: str, who: str) -> None:
    benchmark = small_benchmark(tmp_path)
    crew = people(benchmark)
    everybody = crew.all() | {"closed": crew.staff}
    if who == "closed":
        crew.staff.is_active = False
        crew.staff.save()
    actor = everybody[who]
    before = everything()
    if who in MAY[action] or (who == "closed" and action == "read"):
        attempt(action, actor, benchmark, tmp_path)
        return
    with pytest.raises((NotAllowed, NotFound)):
        attempt(action, actor, benchmark, tmp_path)
    assert everything() == before


@pytest.mark.django_db
def test_roles_and_what_they_imply(tmp_path: Path) -> None:
    benchmark = small_benchmark(tmp_path)
    crew = people(benchmark)
    assert roles_of(None, benchmark) == roles_of(crew.user, benchmark) == set()
    assert roles_of(crew.contributor, benchmark) == {Role.CONTRIBUTOR}
    assert roles_of(crew.expert, benchmark) == {Role.EXPERT, Role.CONTRIBUTOR}
    assert roles_of(crew.maintainer, benchmark) == {Role.MAINTAINER, Role.CONTRIBUTOR}
    assert roles_of(crew.staff, benchmark) == {Role.MAINTAINER, Role.CONTRIBUTOR}
    other = small_benchmark(tmp_path, slug="other")
    assert roles_of(crew.maintainer, other) == set()
    hide(benchmark)
    assert list(readable_benchmarks(crew.user)) == list(readable_benchmarks(None)) == [other]
    assert set(readable_benchmarks(crew.contributor)) == {benchmark, other}
    crew.contributor.is_active = False
    assert list(readable_benchmarks(crew.contributor)) == [other]
    before = Event.objects.count()
    set_member(actor=crew.maintainer, benchmark=benchmark, user=crew.expert, role="expert")
    assert Event.objects.count() == before
    set_member(
        actor=crew.maintainer, benchmark=benchmark, user=crew.expert, role="expert", member=False
    )
    assert roles_of(crew.expert, benchmark) == set()
    with pytest.raises(InvalidInput):
        set_member(actor=crew.maintainer, benchmark=benchmark, user=crew.user, role="king")
    with pytest.raises(NotFound):
        set_member(actor=crew.user, benchmark=benchmark, user=crew.user, role="expert")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "two words", "x" * 151, "staff"])
def test_names_that_no_account_can_have(name: str) -> None:
    system = system_user()
    create_user(actor=system, username="staff", staff=True)
    with pytest.raises(InvalidInput):
        create_user(actor=system, username=name)
    with pytest.raises(InvalidInput):
        create_user(actor=system, username="somebody", email="nowhere")
    with pytest.raises(InvalidInput):
        create_token(actor=system, user=system, name="t" * 101)


@pytest.mark.django_db
def test_tokens_are_shown_once_and_stored_hashed(tmp_path: Path) -> None:
    crew = people()
    secret = create_token(actor=crew.user, user=crew.user, name="laptop")
    row = ApiToken.objects.get()
    assert (row.digest, row.name) == (sha256_hex(secret), "laptop")
    assert len(secret) > 40
    assert create_token(actor=crew.user, user=crew.user, name="laptop") != secret
    with pytest.raises(NotAllowed):
        create_token(actor=crew.user, user=crew.expert, name="x")
    create_token(actor=crew.staff, user=crew.expert, name="x")
    told = [str(event.data) for event in Event.objects.filter(kind="token.created")]
    assert len(told) == 3
    assert not any(secret in text or row.digest in text for text in told)
