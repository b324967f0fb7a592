"""Labels between their stored form (revisions) and the form that grading knows."""

from collections.abc import Sequence
from functools import lru_cache

from errata.answers import (
    LETTERS,
    UNANSWERABLE_TEXT,
    Answer,
    UnreadableAnswer,
    parse_answer,
)
from errata.grading import InvalidLimits, Label, Limits, limits_by_rule, read_limits

from registry.errors import InvalidInput
from registry.models import Revision
from registry.presets import Preset
from registry.selectors import inputs_of


def label_of(revision: Revision) -> Label:
    """The label that a stored revision holds (its content must be loaded for the kind)."""
    return stored_label(revision.content.kind, revision.answer, revision.limits)


@lru_cache(maxsize=4096)
def stored_label(kind: str, answer: str, limits: str) -> Label:
    """The label behind the stored texts of answer and limits."""
    return Label(parse_answer(answer, kind), answer, _stored_limits(limits))  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def _stored_limits(text: str) -> Limits:
    return Limits.from_json(text)


def read_label(
    text: str,
    kind: str,
    preset: Preset,
    *,
    choices: Sequence[str] = (),
    lower: str | None = None,
    upper: str | None = None,
) -> Label:
    """Read a label as a file or a person writes it; without limits it gets the preset's rule.

    The label's text is the stored form: N/A where unanswerable, the letter for a choice, else the
    text as given. Raises UnreadableAnswer or InvalidLimits (both ValueError).
    """
    answer = _read_answer(text, kind, preset, choices)
    if lower or upper:
        limits = read_limits(lower or "", upper or "", answer, unanswerable=preset.unanswerable)
    else:
        limits = limits_by_rule(answer, preset.rule(kind))
    return Label(answer, stored_text(answer, text), limits)


def proposed_label(
    revision: Revision, text: str, preset: Preset, *, lower: str = "", upper: str = ""
) -> Label:
    """Read what a person proposes instead of a revision's label (its content must be loaded).

    Raises InvalidInput, which names the field: answer or lower.
    """
    kind, choices = revision.content.kind, ()
    if kind == "choice":
        choices = (inputs_of(revision) or {}).get("choices", ())
    try:
        return read_label(text, kind, preset, choices=choices, lower=lower, upper=upper)
    except InvalidLimits as error:
        raise InvalidInput(str(error), code="bad_limits", field="lower") from error
    except ValueError as error:
        raise InvalidInput(str(error), code="unreadable_answer", field="answer") from error


def stored_text(answer: Answer, text: str) -> str:
    """The text of an answer as revisions keep it."""
    if answer.unanswerable:
        return UNANSWERABLE_TEXT
    if answer.kind == "choice":
        return str(answer.value)
    return text.strip()


def sortable(answer: Answer) -> float | None:
    """A number to sort by, where the answer is one; never used to compare."""
    if answer.kind not in ("number", "integer", "duration") or answer.value is None:
        return None
    return float(str(answer.value))


def _read_answer(text: str, kind: str, preset: Preset, choices: Sequence[str]) -> Answer:
    if kind != "choice":
        return parse_answer(text, kind, unanswerable=preset.unanswerable)  # type: ignore[arg-type]
    readings = {}
    if preset.choice_answer in ("index", "any"):
        readings["index"] = _by_index(text, choices)
    if preset.choice_answer in ("letter", "any"):
        readings["letter"] = _by_letter(text, preset)
    if preset.choice_answer in ("text", "any"):
        readings["text"] = _by_text(text, choices)
    found = {way: answer for way, answer in readings.items() if answer is not None}
    if len(set(found.values())) > 1:
        raise UnreadableAnswer(
            f"'{text}' means different options as {' and as '.join(found)}; "
            'set choice_answer to "index", "letter" or "text" in the preset.'
        )
    if not found:
        return parse_answer(text, "choice", choices=choices, unanswerable=preset.unanswerable)
    answer = next(iter(found.values()))
    if answer.value is not None and choices and LETTERS.index(str(answer.value)) >= len(choices):
        raise UnreadableAnswer(f"'{text}' names an option beyond the {len(choices)} there are.")
    return answer


def _by_index(text: str, choices: Sequence[str]) -> Answer | None:
    if text.isdecimal() and text.isascii() and int(text[:6]) < len(choices):
        return Answer("choice", LETTERS[int(text)])
    return None


def _by_text(text: str, choices: Sequence[str]) -> Answer | None:
    folded = [" ".join(choice.split()).casefold() for choice in (text, *choices)]
    same = [index for index, choice in enumerate(folded[1:]) if choice == folded[0]]
    return Answer("choice", LETTERS[same[0]]) if len(same) == 1 else None


def _by_letter(text: str, preset: Preset) -> Answer | None:
    try:
        return parse_answer(text, "choice", unanswerable=preset.unanswerable)
    except UnreadableAnswer:
        return None
