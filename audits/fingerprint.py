"""What inputs say, whatever their formatting: two that say the same have one fingerprint.

Formatting is case, white space, Unicode forms, punctuation of sentences, how numbers are written
(1,000 is 1000, 2.50 is 2.5), and the order of the options. Every digit and every sign that may
change a number or a formula counts: signs, brackets, operators, primes, separators within numbers
that may be read in two ways. In doubt two inputs differ, since a wrong match would accuse a label.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errata.answers import LETTERS
from errata.manifest import digest_of

VERSION = 1  # counts the rules; fingerprints of other versions are made anew
OPTIONS = "choices"

_TOKEN = re.compile(
    r"""
      [0-9]+(?:[.,:][0-9]+)* | \.[0-9]+     # a number, time, ratio
    | [^\s0-9!-/:-@\[-`{-~]+                # a word: no space, digit or ASCII punctuation
    | -(?=\s*\.?[0-9])                      # before a number: a sign or a range
    | (?<=[0-9])['"] | '(?=\()              # feet and inches; a derivative
    | !(?==) | [#$%&()*+/<=>@\[\\\]^{|}~]
    """,
    re.VERBOSE,
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DECIMAL = re.compile(r"[0-9]*\.[0-9]+")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")  # 1.500 is 1500 to some
_SPACED_THOUSANDS = re.compile("(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_REFERRING = re.compile(r"\b(?:above|below|both|neither|[a-z] (?:and|or|&) [a-z])\b")

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′"), "'") | dict.fromkeys(map(ord, "“”„‟″«»"), '"')
_MARKS = dict.fromkeys(map(ord, "¡¿،؛؟。、・•‣⁃…"), " ") | {ord("⁄"): "/", ord("≠"): "!="}
_FORMS = _DASHES | _QUOTES | _MARKS
_PLAIN_FORMS = ("<font>", "<wide>", "<narrow>", "<noBreak>", "<compat>")


@dataclass(frozen=True, slots=True)
class Print:
    """A fingerprint: equal `value`, equal inputs. Empty where nothing is left to compare.

    `order[i]` is the letter of option i in the order that all its equals share; empty where the
    options stand in their own order, or there are none.
    """

    value: str
    order: str = ""


def fingerprint(kind: str, inputs: Mapping[str, Any]) -> Print:
    """The fingerprint of inputs whose answers are of this kind."""
    said = {name: _plain(value) for name, value in inputs.items()}
    if not any(said.values()):
        return Print("")
    options, order = said.get(OPTIONS), ""
    if isinstance(options, list) and all(isinstance(option, str) for option in options):
        said[OPTIONS], order = _sorted(options, inputs[OPTIONS])
    return Print(digest_of({"version": VERSION, "kind": kind, "inputs": said}), order)


def translated(answer: str, theirs: str, mine: str) -> str:
    """The letter that an answer given as `theirs` orders the options has where `mine` does."""
    if theirs == mine or len(answer) != 1 or answer not in LETTERS[: len(theirs)]:
        return answer
    return LETTERS[mine.index(theirs[LETTERS.index(answer)])]


def plain(text: str) -> str:
    """A text without its formatting: words, numbers and signs that count, a space between."""
    if not text.isascii():
        text = _composed(text)
    return " ".join(_number(token) for token in _TOKEN.findall(text.casefold()))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    return "" if value is None else plain(str(value))


def _sorted(options: list[str], given: Sequence[Any]) -> tuple[list[str], str]:
    """Options in the order that does not depend on theirs, and how theirs was.

    Options that cannot be told apart without formatting stay as they were given; so do those
    that speak of each other ("both A and B"), whose order is part of what they say.
    """
    if len(set(options)) < len(options):
        return [str(option) for option in given], ""
    if len(options) > len(LETTERS) or any(map(_REFERRING.search, options)):
        return options, ""
    ranked = sorted(options)
    return ranked, "".join(LETTERS[ranked.index(option)] for option in options)


def _composed(text: str) -> str:
    """A text in one Unicode form, such that no two numbers run into each other."""
    text = _SPACED_THOUSANDS.sub("", text)
    spaced = "".join(map(_spaced, text)).translate(_FORMS)
    return unicodedata.normalize("NFKC", spaced).translate(_FORMS)


def _spaced(character: str) -> str:
    """Raised, lowered, circled and broken digits stand apart: 10² is not 102. No invisible ones."""
    if character.isascii():
        return character
    if unicodedata.category(character) == "Cf":
        return ""
    form = unicodedata.decomposition(character).partition(" ")[0]
    if not form.startswith("<") or form in _PLAIN_FORMS:
        return character
    return f" ^{character} " if form == "<super>" else f" {character} "


def _number(token: str) -> str:
    """A number as it is written most shortly; any other token as it is."""
    if _THOUSANDS.fullmatch(token):
        token = token.replace(",", "")
    if _DECIMAL.fullmatch(token) and not _AMBIGUOUS.fullmatch(token):
        token = token.rstrip("0").rstrip(".")
        return f"0{token}" if token[:1] in ("", ".") else token
    return token
