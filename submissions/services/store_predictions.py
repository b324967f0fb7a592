"""Store a model's answers as it gave them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from django.db import transaction
from errata.errors import ErrataError
from errata.predictions import is_log, read_predictions

from registry.contracts import contract_in_force
from registry.errors import InvalidInput
from registry.events import record
from registry.importers.base import (
    BadRecord,
    Problems,
    Progress,
    file_digest,
    no_progress,
    open_source,
)
from registry.importers.heads import Heads
from registry.importers.rows import Row, check_columns, check_text, read_rows
from registry.lengths import require_fits
from registry.locks import lock_benchmark
from registry.models import Benchmark, Head, Role, User
from registry.permissions import require_role, roles_of
from registry.presets import Preset, read_back
from submissions.models import Prediction, PredictionSet
from submissions.services.admit_predictions import admit_predictions

CHUNK = 1_000


def store_predictions(
    *,
    actor: User,
    benchmark: Benchmark,
    path: Path,
    model: str,
    preset: Preset,
    upstream: str = "",
    family: str = "",
    made_on: str = "",
    progress: Progress = no_progress,
) -> PredictionSet:
    """Store the predictions of one file, raw and as the preset reads them back.

    A log of a harness names instances by their keys and holds full responses; the answer contract
    takes the answer from each.

    It is the actor's alone until they publish it. `family` names the models that are no independent
    witnesses of each other (one maker, one base model): they have one vote. `made_on` is the
    release whose inputs the model was given. A set that a maintainer stores is admitted as
    evidence, and speaks once it is published. The same file for the same model again returns the
    actor's set, or the published one, that is there; if a maintainer sends it, it is admitted from
    then on, and belongs to the family that is named.
    """
    require_role(actor, benchmark, Role.CONTRIBUTOR, "upload predictions")
    if not model.strip():
        raise InvalidInput("Name the model that made the predictions.", field="model")
    family = family.strip()
    model = model.strip()
    require_fits(PredictionSet, model=model, family=family, upstream=upstream, made_on=made_on)
    problems = Problems(path.name, did="stored")
    if path.is_file() and is_log(path):
        predictions = list(_logged(benchmark, path, problems))
    else:
        form = _form(preset)
        with open_source(path, progress) as source:
            check_columns(source, form, aligned=bool(upstream))
            rows = read_rows(source, form, problems)
            predictions = list(_predictions(benchmark, rows, form, upstream, problems))
    problems.refuse()
    if not predictions:
        raise InvalidInput(f"{path.name} has no rows; nothing was stored.", code="no_rows")
    digest = file_digest(path)
    with transaction.atomic():
        lock_benchmark(benchmark.pk)
        admitted = Role.MAINTAINER in roles_of(actor, benchmark)
        found = _known(actor, benchmark, model, digest)
        if found is not None:
            if admitted:
                _admit(actor, found, family or found.family)
            return found
        found = PredictionSet.objects.create(
            benchmark=benchmark,
            model=model,
            file_digest=digest,
            family=family,
            upstream=upstream,
            made_on=made_on,
            admitted=admitted,
            owner=actor.public_id,
        )
        for prediction in predictions:
            prediction.prediction_set = found
        Prediction.objects.bulk_create(predictions, batch_size=CHUNK)
        # What the history shows to all says nothing of what is in a private set.
        record(
            "predictions.stored",
            actor=actor,
            benchmark=benchmark,
            subject=("predictions", found.public_id),
            data={"rows": len(predictions)},
        )
    return found


def _known(actor: User, benchmark: Benchmark, model: str, digest: str) -> PredictionSet | None:
    """The set that is there of this file, the actor's own first."""
    same = PredictionSet.objects.filter(benchmark=benchmark, model=model, file_digest=digest)
    own = same.filter(owner=actor.public_id).first()
    return own or same.exclude(published_at=None).order_by("pk").first()


def _admit(actor: User, found: PredictionSet, family: str) -> None:
    """Admit a set that is there, as one of this family."""
    if found.family != family:
        found.family = family
        found.save(update_fields=["family"])
    admit_predictions(actor=actor, found=found)


def _form(preset: Preset) -> Preset:
    """The preset's view of a prediction file: an id, an answer, and the answer's raw text."""
    columns = {
        name: preset.predictions[name] for name in ("id", "answer") if name in preset.predictions
    }
    if "answer" not in columns:
        raise InvalidInput(
            f"The preset {preset.name} does not say how to read predictions; "
            "add a [predictions] table with id and answer.",
            code="bad_preset",
        )
    return replace(
        preset, columns=columns, inputs={}, derivation={}, meta={"raw": columns["answer"]}
    )


def _predictions(
    benchmark: Benchmark, rows: Iterator[Row], preset: Preset, upstream: str, problems: Problems
) -> Iterator[Prediction]:
    seen: dict[int, int] = {}
    while chunk := list(islice(rows, CHUNK)):
        heads = Heads(benchmark, chunk, align=upstream)
        for row in chunk:
            try:
                head = heads.of(row)
                if head is None:
                    raise BadRecord(row.line, "key", f"there is no instance '{row.key}'")
                if (first := seen.setdefault(head.pk, row.line)) != row.line:
                    raise BadRecord(row.line, "id", f"is the same instance as line {first}")
            except BadRecord as error:
                problems.add(error.line, error.field, error.message)
                continue
            yield Prediction(
                instance_id=head.pk,
                raw=row.meta.get("raw") or "",
                answer=read_back(preset, row.answer),
            )


def _logged(benchmark: Benchmark, path: Path, problems: Problems) -> Iterator[Prediction]:
    """The responses of a harness's log; those that hold no answer are kept with an empty one."""
    contract = contract_in_force(benchmark)
    try:
        told = iter(enumerate(read_predictions(path).values(), start=1))
    except ErrataError as error:
        raise InvalidInput(str(error), code=error.code) from error
    while chunk := list(islice(told, CHUNK)):
        keys = [each.key for _, each in chunk]
        heads = Head.objects.filter(benchmark=benchmark, instance__key__in=keys)
        known = dict(heads.values_list("instance__key", "pk"))
        for number, each in chunk:
            try:
                check_text(each.text, number, "response")
                if each.key not in known:
                    raise BadRecord(number, "key", f"there is no instance '{each.key}'")
            except BadRecord as error:
                problems.add(error.line, error.field, error.message)
                continue
            answer = contract.extract(each.text).answer if each.is_response else each.text
            yield Prediction(instance_id=known[each.key], raw=each.text, answer=answer or "")
