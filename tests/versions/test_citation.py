"""CITATION.cff and BibTeX name upstream's authors and the licence first."""

from typing import Any

import pytest
import yaml

from versions.exports.about import About
from versions.exports.citation import authors_of, bibtex, citation_cff
from versions.snapshot_format import FORMAT, SINCE

MEDCALC = "Khandekar et al. MedCalc-Bench: Evaluating LLMs. NeurIPS 2024."
# What https://github.com/citation-file-format asks of a file of version 1.2.0.
REQUIRED = {"cff-version", "message", "title", "authors"}
ALLOWED = REQUIRED | {"type", "license", "version", "date-released", "url"}


def about(**given: Any) -> About:
    benchmark = {"slug": "tea", "title": "Tea: 100 %", "licence": "CC-BY-SA-4.0"}
    benchmark |= {"citation": MEDCALC, "canary": "0"} | given
    snapshot: dict[str, Any] = {"benchmark": benchmark, "format": FORMAT}
    snapshot["formats"] = {"hub": "https://hub.example"}
    return About("1.1.0", "2026-02-03", snapshot, {}, ())


@pytest.mark.parametrize(
    ("citation", "authors"),
    [
        (MEDCALC, "Khandekar et al."),
        ("Nobody. 2026.", "Nobody"),
        ("J. A. Doe, B. Roe. Tea. 2024.", "J. A. Doe, B. Roe"),
        ("Only one thing", "The authors of Tea: 100 %"),
        ("Tea, generated, version 1.", "The authors of Tea: 100 %"),
        ("", "The authors of Tea: 100 %"),
    ],
)
def test_the_authors_are_those_of_the_citation(citation: str, authors: str) -> None:
    assert authors_of(about(citation=citation)) == authors


def test_a_citation_without_authors_is_told_as_it_is() -> None:
    """Whoever cites still reads it, in the message; older releases keep it as their author."""
    read = yaml.safe_load(citation_cff(about(citation="Tea, generated, version 1.")))
    assert read["authors"] == [{"name": "The authors of Tea: 100 %"}]
    assert read["message"].endswith("Cite the work too: Tea, generated, version 1.")
    older = about(citation="Tea, generated, version 1.")
    older.snapshot["format"] = SINCE["authors"] - 1  # type: ignore[index]
    assert authors_of(older) == "Tea, generated, version 1."


def test_cff() -> None:
    text = citation_cff(about())
    read = yaml.safe_load(text)
    assert REQUIRED <= read.keys() <= ALLOWED
    assert (read["cff-version"], read["type"]) == ("1.2.0", "dataset")
    assert read["authors"] == [{"name": "Khandekar et al."}]
    assert (read["license"], read["version"]) == ("CC-BY-SA-4.0", "1.1.0")
    assert read["title"] == "Tea: 100 %, Errata release 1.1.0"
    assert read["date-released"].isoformat() == "2026-02-03"
    assert read["url"] == "https://hub.example/b/tea/r/1.1.0/"
    assert MEDCALC in read["message"]
    places = [text.index(f"\n{name}:") for name in ("authors", "license", "title")]
    assert places == sorted(places)


def test_cff_of_a_licence_that_it_does_not_know() -> None:
    """The message tells it; the field would make the file invalid."""
    read = yaml.safe_load(citation_cff(about(licence="Ask: us #1", citation="")))
    assert "license" not in read
    assert read["message"] == "Licence: Ask: us #1."
    assert yaml.safe_load(citation_cff(about(licence="", citation="")))["message"]


def test_bibtex() -> None:
    text = bibtex(about(licence="A_B {c}", title="Tea \\ & 5 %"))
    assert text.startswith(
        "@misc{tea-1.1.0,\n  author = {{Khandekar et al.}},\n  note = {Licence: "
    )
    assert r"A\_B \{c\}" in text
    assert r"Tea \textbackslash{} \& 5 \%" in text
    assert "  year = {2026},\n  month = {2},\n" in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
