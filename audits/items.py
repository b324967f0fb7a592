"""Live instances as verifiers see them, loaded in bulk: the same few queries for any number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from errata.answers import Kind, UnreadableAnswer, parse_prediction, print_answer

from audits.catalog import the_panel
from audits.examples import examples_by_group, others
from audits.fingerprint import translated
from audits.guides import guides_of
from audits.models import Fingerprint
from audits.verifiers.base import Item
from registry.models import Benchmark, Head
from registry.presets import Preset
from registry.selectors import documents, live_heads, preset_of
from submissions.models import Prediction, PredictionSet, Report
from submissions.selectors import evidence_of
from submissions.states import ReportStatus

MAX_TWINS = 50  # told of those that ask the same, so that many equal ones stay readable

Twin = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An item and the rows it stands for."""

    instance: int
    revision: int
    item: Item


class _Row(NamedTuple):
    """What is read of one live head."""

    instance: int
    revision: int
    key: str
    content: str
    kind: Kind
    group: str
    answer: str
    limits: str
    derivation: str
    meta: str


_COLUMNS = (
    "instance_id", "revision_id", "instance__key", "revision__content_id",
    "revision__content__kind", "revision__group", "revision__answer", "revision__limits",
    "revision__derivation", "revision__meta",
)  # fmt: skip


_NO_SURVEY: Mapping[str, Any] = {}


def load_items(
    benchmark: Benchmark, first: int, last: int, *, survey: Mapping[str, Any] = _NO_SURVEY
) -> list[Loaded]:
    """The live instances with ids from `first` to `last`, in the order of ids.

    `survey` is what the run's surveyors found (AuditRun.survey).
    Inputs or derivations whose text was removed are empty.
    """
    heads = live_heads(benchmark).filter(instance_id__gte=first, instance_id__lte=last)
    rows = [_Row(*row) for row in heads.order_by("instance_id").values_list(*_COLUMNS)]
    preset = preset_of(benchmark)
    texts = documents(d for row in rows for d in (row.content, row.derivation, row.meta))
    inputs = {row.instance: texts.get(row.content, {}).get("inputs", {}) for row in rows}
    twins = _twins(benchmark, rows)
    sets = _latest_sets(benchmark)
    families = {each.model: each.family for each in sets.values() if each.family}
    predictions = _predictions(sets, rows, inputs, preset)
    reports = _reports(rows)
    panel = the_panel()
    count = panel.examples if panel.verifiers else 0
    examples = examples_by_group(benchmark, {row.group for row in rows}, count)
    guides = guides_of(benchmark, {row.group for row in rows}) if panel.verifiers else {}
    categories = dict(benchmark.categories.filter(retired=False).values_list("code", "sentence"))
    return [
        Loaded(
            row.instance,
            row.revision,
            Item(
                key=row.key,
                kind=row.kind,
                group=row.group,
                inputs=inputs[row.instance],
                answer=row.answer,
                limits=row.limits,
                rule=preset.rule(row.kind).to_json(),
                derivation=texts.get(row.derivation, {}),
                meta=texts.get(row.meta, {}),
                range=preset.ranges.get(row.group),
                guide=guides[row.group].text if row.group in guides else "",
                twins=twins.get(row.instance, ()),
                predictions=predictions.get(row.instance, {}),
                families=families,
                examples=others(examples.get(row.group, ()), row.instance, count),
                categories=categories,
                survey=survey,
                reports=tuple(reports.get(row.instance, ())),
            ),
        )
        for row in rows
    ]


def _twins(benchmark: Benchmark, rows: Sequence[_Row]) -> dict[int, tuple[Twin, ...]]:
    """The labels of others that ask the same up to formatting, by instance.

    Of those that share a fingerprint only the first MAX_TWINS are told.
    """
    prints = {
        content: (value, order)
        for content, value, order in Fingerprint.objects.filter(
            content__in={row.content for row in rows}
        ).values_list("content", "value", "order")
    }
    value = "revision__content__fingerprint__value"
    same = (
        Head.objects.filter(
            benchmark=benchmark,
            retired=False,
            **{f"{value}__in": {value for value, _ in prints.values()}},
        )
        .annotate(place=Window(RowNumber(), partition_by=F(value), order_by="pk"))
        .filter(place__lte=MAX_TWINS)
    )
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    columns = ("instance__key", "revision__answer", "revision__limits")
    order = "revision__content__fingerprint__order"
    for print_, *label in same.values_list(value, *columns, order):
        found[print_].append(tuple(label))
    return {
        row.instance: _others(found[prints[row.content][0]], row, prints[row.content][1])
        for row in rows
        if row.content in prints
    }


def _others(labels: Iterable[tuple[str, ...]], row: _Row, mine: str) -> tuple[Twin, ...]:
    """The labels of the others; a choice is told by the letter that it has here."""
    return tuple(
        sorted(
            (key, translated(answer, theirs, mine) if row.kind == "choice" else answer, limits)
            for key, answer, limits, theirs in labels
            if key != row.key
        )
    )


def _predictions(
    sets: Mapping[int, PredictionSet],
    rows: Sequence[_Row],
    inputs: Mapping[int, Mapping[str, Any]],
    preset: Preset,
) -> dict[int, dict[str, str]]:
    """Printed answers by model for each instance; those that cannot be read say nothing.

    Neither do those of whoever reported that very label: a party is no witness of its own claim.
    """
    if not sets:
        return {}
    kinds = {row.instance: row.kind for row in rows}
    parties = set(
        Report.objects.filter(
            instance__in=list(kinds), author__in={each.owner for each in sets.values()}
        ).values_list("instance", "author")
    )
    benchmarks = {each.benchmark_id for each in sets.values()}
    for group, author in Report.objects.filter(
        benchmark__in=benchmarks, instance=None, author__in={each.owner for each in sets.values()}
    ).values_list("group", "author"):
        parties |= {(row.instance, author) for row in rows if row.group == group}
    found: dict[int, dict[str, str]] = defaultdict(dict)
    told = Prediction.objects.filter(prediction_set__in=list(sets), instance__in=list(kinds))
    for set_id, instance, text in told.values_list("prediction_set", "instance", "answer"):
        if (instance, sets[set_id].owner) in parties:
            continue
        answer = _read(text, kinds[instance], inputs[instance].get("choices") or (), preset)
        if answer is not None:
            found[instance][sets[set_id].model] = answer
    return found


def _reports(rows: Sequence[_Row]) -> dict[int, list[dict[str, str]]]:
    """What open reports propose of each instance, in the order of their texts."""
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    reports = Report.objects.filter(
        instance__in=[row.instance for row in rows], status=ReportStatus.OPEN
    )
    told = sorted(reports.values_list("instance", "answer", "rationale"))
    for instance, answer, rationale in told:
        found[instance].append({"answer": answer, "sentence": rationale})
    return found


def _latest_sets(benchmark: Benchmark) -> dict[int, PredictionSet]:
    """The sets that speak by id, only the newest of each model."""
    newest = {each.model: each for each in evidence_of(benchmark).order_by("pk")}
    return {each.pk: each for each in newest.values()}


def _read(text: str, kind: Kind, choices: Sequence[str], preset: Preset) -> str | None:
    try:
        words = preset.unanswerable
        answer = parse_prediction(text, kind, choices=choices, unanswerable=words)
    except UnreadableAnswer:
        return None
    return print_answer(answer)
