"""docs/api.md names every address that there is, and none that there is not."""

import re
from pathlib import Path

from api.urls import urlpatterns

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


def addresses() -> set[str]:
    """Every address below /api/v1/, its parameters as {}."""
    found = set()
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if pattern.name not in (None, "schema", "docs"):
            found.add(re.sub(r"<[^>]+>", "{}", route))
    return found


def documented() -> set[str]:
    """The addresses of the table."""
    found = set()
    for row in DOCS.read_text(encoding="utf-8").splitlines():
        cell = row.split("|")[1] if row.startswith("| `") else ""
        base = ""
        for address in re.findall(r"`(?:(?:GET|POST) )?([^`]+)`", cell):
            path = re.sub(r"\{[^}]+\}", "{}", address.partition("?")[0])
            path = re.sub(r"^B/", "benchmarks/{}/", path)
            if path.startswith("…/"):
                path = base + path.removeprefix("…/")
            else:
                base = path.removesuffix("claim/")
            found.add(path)
    return found


def test_the_documentation_names_every_address() -> None:
    assert documented() == addresses()
