"""Names that upstream gave to its versions resolve to a release, or to a list, never to a guess."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, User
from registry.services.create_user import create_user
from versions.models import Release, UpstreamName
from versions.selectors import find_release, get_release
from versions.services.name_upstream import name_upstream
from versions.upstream_names import names_of_version, upstream_names

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]


@pytest.fixture
def two(cut: Callable[..., Release], correct: Any) -> None:
    """1.0.0, then 1.1.0."""
    cut()
    correct("n1", "12")
    cut()


@pytest.fixture
def name(system: User, small: Benchmark) -> Callable[..., list[str]]:
    def name(given: str, *versions: str, actor: User = system) -> list[str]:
        return name_upstream(actor=actor, benchmark=small, name=given, versions=versions)

    return name


def test_a_name_of_one_release_finds_it(two: None, small: Benchmark, name: Any) -> None:
    name("v1.0", "1.0.0")
    assert find_release(small, None, "v1.0").version == "1.0.0"
    assert names_of_version(small, "1.0.0") == ["v1.0"]
    with pytest.raises(NotFound):  # files are named by the hub's own versions alone
        get_release(small, "v1.0")


def test_a_name_of_several_is_a_list(two: None, small: Benchmark, name: Any) -> None:
    assert name("v1.0", "1.1.0", "1.0.0", "1.1.0") == ["1.0.0", "1.1.0"]
    with pytest.raises(InvalidInput, match=r"small@1\.0\.0, small@1\.1\.0") as refused:
        find_release(small, None, "v1.0")
    assert refused.value.code == "ambiguous_version"
    assert refused.value.details["versions"] == ["1.0.0", "1.1.0"]


def test_the_newest_word_on_a_name_holds(two: None, small: Benchmark, name: Any) -> None:
    name("v1.0/test", "1.0.0", "1.1.0")
    name("v1.0/test", "1.1.0")
    assert upstream_names(small) == {"v1.0/test": ["1.1.0"]}
    name("v1.0/test")
    assert upstream_names(small) == {}
    with pytest.raises(NotFound):
        find_release(small, None, "v1.0/test")
    assert UpstreamName.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "versions", "error", "code"),
    [
        ("1.1.0", ["1.0.0"], InvalidInput, "bad_name"),
        ("1.1.0-rc1", ["1.0.0"], InvalidInput, "bad_name"),
        ("latest", ["1.0.0"], InvalidInput, "bad_name"),
        ("v1 test", ["1.0.0"], InvalidInput, "bad_name"),
        ("v1/../x", ["1.0.0"], InvalidInput, "bad_name"),
        ("", ["1.0.0"], InvalidInput, "bad_name"),
        ("v1", ["9.0.0"], NotFound, "no_release"),
        ("v1", [], WrongState, "named_already"),
    ],
)
def test_refusals(
    two: None, name: Any, given: str, versions: list[str], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as refused:
        name(given, *versions)
    assert refused.value.code == code  # type: ignore[attr-defined]
    assert not UpstreamName.objects.exists()


def test_only_maintainers_name(two: None, system: User, name: Any) -> None:
    with pytest.raises(NotAllowed):
        name("v1", "1.0.0", actor=create_user(actor=system, username="ada"))


def test_the_command(two: None) -> None:
    out = io.StringIO()
    call_command("name_upstream", "small", "v1", "1.0.0", "1.1.0", "--json", stdout=out)
    assert json.loads(out.getvalue())["names"] == {"v1": ["1.0.0", "1.1.0"]}
