"""Live instances as verifiers see them, loaded in bulk: the same few queries for any number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errata.answers import Kind, UnreadableAnswer, parse_answer, print_answer

from audits.verifiers.base import Item
from registry.models import Benchmark, Head
from registry.presets import Preset
from registry.selectors import documents, live_heads, preset_of
from submissions.models import Prediction, PredictionSet

Twin = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An item and the rows it stands for."""

    instance: int
    revision: int
    item: Item


def load_items(benchmark: Benchmark, first: int, last: int) -> list[Loaded]:
    """The live instances with ids from `first` to `last`, in the order of ids.

    Inputs or derivations whose text was removed are empty.
    """
    heads = list(
        live_heads(benchmark)
        .filter(instance_id__gte=first, instance_id__lte=last)
        .order_by("instance_id")
    )
    preset = preset_of(benchmark)
    texts = documents(
        digest
        for head in heads
        for revision in (head.revision,)
        for digest in (revision.content_id, revision.derivation, revision.meta)
    )
    inputs = {head.pk: _inputs(texts, head) for head in heads}
    twins = _labels_by_content(benchmark, {head.revision.content_id for head in heads})
    predictions = _predictions(benchmark, heads, inputs, preset)
    return [
        Loaded(
            head.pk,
            head.revision_id,
            Item(
                key=head.instance.key,
                kind=head.revision.content.kind,
                group=head.revision.group,
                inputs=inputs[head.pk],
                answer=head.revision.answer,
                limits=head.revision.limits,
                rule=preset.rule(head.revision.content.kind).to_json(),
                derivation=texts.get(head.revision.derivation, {}),
                meta=texts.get(head.revision.meta, {}),
                range=preset.ranges.get(head.revision.group),
                twins=_others(twins[head.revision.content_id], head.instance.key),
                predictions=predictions.get(head.pk, {}),
            ),
        )
        for head in heads
    ]


def _inputs(texts: Mapping[str, Any], head: Head) -> Mapping[str, Any]:
    inputs: Mapping[str, Any] = texts.get(head.revision.content_id, {}).get("inputs", {})
    return inputs


def _labels_by_content(benchmark: Benchmark, contents: Iterable[str]) -> dict[str, list[Twin]]:
    found: dict[str, list[Twin]] = defaultdict(list)
    rows = Head.objects.filter(
        benchmark=benchmark, retired=False, revision__content__in=list(contents)
    ).values_list("revision__content_id", "instance__key", "revision__answer", "revision__limits")
    for content, *label in rows:
        found[content].append(tuple(label))
    return found


def _others(labels: Iterable[Twin], key: str) -> tuple[Twin, ...]:
    return tuple(sorted(label for label in labels if label[0] != key))


def _predictions(
    benchmark: Benchmark,
    heads: Sequence[Head],
    inputs: Mapping[int, Mapping[str, Any]],
    preset: Preset,
) -> dict[int, dict[str, str]]:
    """Printed answers by model for each instance; those that cannot be read say nothing."""
    models = dict(_latest_sets(benchmark))
    if not models:
        return {}
    kinds = {head.pk: head.revision.content.kind for head in heads}
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = Prediction.objects.filter(prediction_set__in=models, instance__in=list(kinds))
    for set_id, instance, text in rows.values_list("prediction_set", "instance", "answer"):
        answer = _read(text, kinds[instance], inputs[instance].get("choices") or (), preset)
        if answer is not None:
            found[instance][models[set_id]] = answer
    return found


def _latest_sets(benchmark: Benchmark) -> list[tuple[int, str]]:
    """Id and model of the admitted sets, only the newest of each model."""
    sets = PredictionSet.objects.filter(benchmark=benchmark, admitted=True).order_by("id")
    newest = {model: pk for pk, model in sets.values_list("pk", "model")}
    return [(pk, model) for model, pk in newest.items()]


def _read(text: str, kind: Kind, choices: Sequence[str], preset: Preset) -> str | None:
    try:
        answer = parse_answer(text, kind, choices=choices, unanswerable=preset.unanswerable)
    except UnreadableAnswer:
        return None
    return print_answer(answer)
