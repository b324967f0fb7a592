"""How to cite one version: CITATION.cff and BibTeX, upstream's authors and licence first."""

import json
import re

from versions.exports.about import About
from versions.snapshot_format import has

# Those licences of data that CFF 1.2.0 knows by name; it takes no other texts for one.
_KNOWN = frozenset(
    (
        *("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0"),
        *("CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "MIT", "Apache-2.0"),
        *("BSD-2-Clause", "BSD-3-Clause", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0"),
    )
)
# Where the authors of a citation end: at a full stop before a new sentence, not after an initial.
_END = re.compile(r"(?<!\b[A-Z])\.\s+(?=[^a-z\s])")
_TEX = re.compile(r"[\\{}%&#_$~^]")
_TEX_WORDS = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"
}  # fmt: skip


def authors_of(about: About) -> str:
    """Who made the benchmark, as its citation names them: what stands before its first sentence.

    A citation is written `Authors. Title. Where and when.`; nothing else of it is taken apart.
    Where it is not, it names nobody and they are the authors of the benchmark.
    """
    citation = _line(about.benchmark["citation"])
    named = _END.split(citation, maxsplit=1)[0].rstrip(".")
    found = named if named and named != citation.rstrip(".") else ""
    if found.endswith(" al"):
        return f"{found}."
    if not found and not has(about.snapshot, "authors"):
        found = citation
    return found or f"The authors of {_line(about.benchmark['title'])}"


def citation_cff(about: About) -> str:
    """CITATION.cff (1.2.0); a text in JSON is one in YAML too."""
    benchmark = about.benchmark
    title = _line(benchmark["title"])
    licence = _line(benchmark["licence"])
    lines = [
        "cff-version: 1.2.0",
        f"message: {_text(_message(about))}",
        "type: dataset",
        "authors:",
        f"  - name: {_text(authors_of(about))}",
    ]
    if licence in _KNOWN:
        lines.append(f"license: {licence}")
    lines += [
        f"title: {_text(f'{title}, Errata release {about.version}')}",
        f"version: {_text(about.version)}",
        f"date-released: {about.frozen_on}",
        f"url: {_text(about.address)}",
    ]
    return "\n".join(lines) + "\n"


def bibtex(about: About) -> str:
    """The same as an entry of BibTeX."""
    benchmark = about.benchmark
    year, month, _ = about.frozen_on.split("-")
    fields = {
        "author": f"{{{_tex(authors_of(about))}}}",
        "note": _tex(_message(about)),
        "title": f"{{{_tex(benchmark['title'])}}}, Errata release {about.version}",
        "version": about.version,
        "year": year,
        "month": str(int(month)),
        "url": about.address,
    }
    key = f"{benchmark['slug']}-{about.version}"
    inner = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{key},\n{inner}}}\n"


def _message(about: About) -> str:
    """The licence, then the work that the version corrects."""
    licence, citation = (_line(about.benchmark[name]) for name in ("licence", "citation"))
    told = [f"Licence: {licence}." if licence else "", f"Cite the work too: {citation}"]
    return " ".join(told if citation else told[:1]).strip() or "Cite the version that you used."


def _line(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _tex(text: str) -> str:
    return _TEX.sub(lambda found: _TEX_WORDS.get(found[0], f"\\{found[0]}"), _line(text))
