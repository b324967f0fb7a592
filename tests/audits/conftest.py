"""Fixtures for the tests of audits."""

from collections.abc import Iterator

import pytest

from tests.audits.endpoint import ScriptedEndpoint, fails


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    """An endpoint whose script the test sets; until then it answers 500."""
    with ScriptedEndpoint(lambda _: fails(500, "no script yet")) as serving:
        yield serving
