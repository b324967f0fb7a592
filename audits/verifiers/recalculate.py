"""The label is what the published calculator makes of the entities that came with it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from errata.answers import UNANSWERABLE_TEXT, Answer, print_answer
from errata.grading import InvalidLimits, Label, Limits, accepts, limits_by_rule

from audits.calculators import (
    Calculator,
    Implausible,
    Inapplicable,
    NotComputable,
    Unreadable,
    find,
)
from audits.calculators.variants import FORMULA, ROUNDING, UNIT, Variant, two_at_once, variants
from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, read_answer, read_label
from audits.verifiers.grounding import read_entities

CATEGORY = "calculator_logic_mismatch"
_CLOSE = 0.01  # of a label: how near a variant comes to what it explains
_WAYS = 3  # ways to come to the label that are told
_LARGE = 1e15
_DIGITS = 6  # significant digits of a computed number


class RecalculateVerifier:
    """Objects where the published calculator does not come to the label, and says which step
    differs. The entities came with the label, so agreeing is no support. It abstains where an
    input is missing or unreadable, unless the label is wrong whatever that input is, or was made
    from an amount that no patient has or for a patient that the calculator does not hold for.
    """

    name = "recalculate"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The label, its entities, and the calculator of its group, where there are both."""
        one, entities = find(item.group), item.derivation.get("entities")
        if one is None or not isinstance(entities, str):
            return None
        return item.label() | {
            "rule": item.rule,
            "group": item.group,
            "entities": entities,
            "calculator": one.name,
            "calculator_version": one.version,
        }

    def judge(self, given: Input) -> Ballot:
        """Recompute and compare."""
        one, entities = find(given["group"]), read_entities(given["entities"])
        label = read_label(given)
        if one is None or not isinstance(entities, Mapping) or label.answer.unanswerable:
            return ABSTAIN
        rule = Limits.from_json(given["rule"])
        try:
            inputs = one.read(entities)
            computed = one.compute(inputs)
        except Inapplicable as error:
            return _refused(one, label, FORMULA, f"does not hold: {error}", UNANSWERABLE_TEXT)
        except Implausible as error:
            return _refused(one, label, UNIT, f"cannot be recomputed: {error}", "")
        except (NotComputable, Unreadable) as error:
            return _without(one, entities, label, rule, str(error))
        agree = _agree(label, rule, printed(computed, given["kind"]))
        if not one.is_possible(computed):
            return _impossible(one, label, computed, agree)
        if agree:
            return ABSTAIN
        shown = print_answer(printed(computed, given["kind"]))
        step, words = _explain(one, entities, inputs, label)
        return Ballot(
            "object",
            f"{one.name} comes to {_sum(one, inputs, shown)}, but the label is {given['answer']}: "
            f"{words}.",
            shown,
            CATEGORY,
            detail=_detail(one, step, shown),
        )


def _refused(one: Calculator, label: Label, step: str, why: str, answer: str) -> Ballot:
    """The vote on a label that was computed where no calculator should."""
    return Ballot(
        "object",
        f"{one.name} {why}, and yet the label is {label.text}.",
        answer,
        CATEGORY,
        detail=_detail(one, step, answer),
    )


def _impossible(one: Calculator, label: Label, computed: float | date, agree: bool) -> Ballot:
    """The vote where an amount is not meant as it is read: a label made of it is impossible too."""
    why = f"comes to {computed:.6g} from these entities, which is impossible"
    if agree:
        return _refused(one, label, UNIT, why, "")
    return Ballot("abstain", f"{one.name} {why}.")


def _without(
    one: Calculator, entities: Mapping[str, Any], label: Label, rule: Limits, why: str
) -> Ballot:
    """The vote where an input is missing: only what is certain whatever that input is."""
    finding, possible = _whatever(one, entities)
    answers = [printed(value, label.answer.kind) for value in possible]
    if not answers or any(_agree(label, rule, answer) for answer in answers):
        return Ballot("abstain", f"{one.name} cannot be recomputed: {why}.")
    span = f"{min(possible):g} to {max(possible):g}"
    return Ballot(
        "object",
        f"{one.name} is {span}, whatever {finding} is taken for, but the label is {label.text}.",
        category=CATEGORY,
        detail=_detail(one, FORMULA, span),
    )


def _whatever(one: Calculator, entities: Mapping[str, Any]) -> tuple[str, list[float]]:
    """The one finding that is missing or unreadable, and the results for all that it may be.

    No results where more than one is lacking, or an amount.
    """
    inputs, lacking = {}, []
    for name, form in one.inputs.items():
        try:
            inputs[name] = form.read(entities)
        except (NotComputable, Unreadable):
            lacking.append((name, form))
    if len(lacking) != 1:
        return "", []
    name, form = lacking[0]
    told = {"flag": (False, True), "word": set(form.words.values())}.get(form.kind, ())
    found: list[float] = []
    for value in told:
        with suppress(NotComputable):
            result = one.compute(inputs | {name: value})
            found += [result] if isinstance(result, float) else []
    return form.entities[0], found


def printed(value: float | date, kind: str) -> Answer:
    """A result as an answer of the label's kind; a whole one where the kind is whole."""
    if isinstance(value, date):
        return read_answer(value.isoformat(), kind)
    if kind == "integer":
        value = float(Decimal(repr(value)).to_integral_value(rounding="ROUND_HALF_UP"))
    whole = value == int(value) and abs(value) < _LARGE
    return read_answer(str(int(value)) if whole else f"{value:.{_DIGITS}g}", kind)


def _agree(label: Label, rule: Limits, mine: Answer) -> bool:
    """Whether the label's limits or those of the preset's rule accept what was computed."""
    if accepts(label, mine):
        return True
    try:
        return accepts(Label(label.answer, label.text, limits_by_rule(label.answer, rule)), mine)
    except InvalidLimits:
        return False


def _explain(
    one: Calculator, entities: Mapping[str, Any], inputs: dict[str, Any], label: Label
) -> tuple[str, str]:
    """The step that differs, and in words how it comes to the label, each way that it may."""
    computed = one.compute(inputs)
    if _comes_to(computed, label, rounded_only=True):
        return ROUNDING, "it is rounded too far"
    for ways in (variants, two_at_once):
        step, told = _fitting(ways(one, entities, inputs), label)
        if told:
            return step, ", or ".join(told[:_WAYS])
    return FORMULA, _unexplained(computed, label)


def _fitting(found: Iterable[Variant], label: Label) -> tuple[str, list[str]]:
    """The step of the first variant that comes to the label, and all ways of that step to do so.

    What is told of two amounts together is not told of each again.
    """
    step, ways = FORMULA, dict[str, str]()
    for variant in found:
        if not _comes_to(variant.value, label) or (ways and variant.step != step):
            continue
        if not any(variant.subject in subject for subject in ways):
            step = variant.step
            ways[variant.subject] = variant.words
    return step, list(ways.values())


def _unexplained(computed: float | date, label: Label) -> str:
    if isinstance(computed, date) and isinstance(label.answer.value, date):
        days = (label.answer.value - computed).days
        return f"that is {abs(days)} days {'later' if days > 0 else 'earlier'}"
    return "no single step explains it"


def _comes_to(value: float | date, label: Label, *, rounded_only: bool = False) -> bool:
    """Whether a result is the label's answer, as exactly as that is printed or nearly so."""
    answer = label.answer.value
    if isinstance(value, date) or isinstance(answer, date):
        return value == answer
    if not isinstance(answer, int | Decimal):
        return False
    exponent = Decimal(answer).normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    if round(value, decimals) == round(float(answer), decimals):
        return True
    return not rounded_only and abs(value - float(answer)) <= _CLOSE * abs(float(answer))


def _sum(one: Calculator, inputs: Mapping[str, Any], shown: str) -> str:
    """The result as a sum of what counts, for a score."""
    points = [(name, value) for name, value in one.points(inputs).items() if value]
    if not points:
        return f"{shown} {'%' if one.unit == 'percent' else one.unit}".strip()
    return f"{shown} ({', '.join(f'{name} {value:g}' for name, value in points)})"


def _detail(one: Calculator, step: str, computed: str) -> dict[str, str]:
    return {
        "step": step,
        "calculator": one.name,
        "version": one.version,
        "computed": computed,
    }
