"""Store a model's answers as it gave them."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from django.db import transaction
from errata.errors import ErrataError
from errata.predictions import Predicted, names_keys, stream_predictions

from registry.contracts import contract_in_force
from registry.dialects import bulk_insert
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
from registry.permissions import Reader, require_role, roles_of
from registry.presets import Preset, read_back
from submissions.models import Prediction, PredictionSet
from submissions.services.admit_predictions import admit_predictions

CHUNK = 1_000
_COLUMNS = ("prediction_set_id", "instance_id", "raw", "answer")


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

    A file that names instances by a `key`, and a log of a harness, are read as `errata score` reads
    them; the answer contract takes the answer from each full response. What a file says lies in a
    temporary file until all of it is checked, so that any number of rows takes the same memory.

    It is the actor's alone until they publish it. `family` names the models that are no independent
    witnesses of each other (one maker, one base model): they have one vote. `made_on` is the
    release whose inputs the model was given. A set that a maintainer stores is admitted as
    evidence, and speaks once it is published. The same file for the same model again returns the
    actor's set, or the published one, that is there; if a maintainer sends it, it is admitted from
    then on, and belongs to the family that is named.
    """
    require_uploader(actor, benchmark)
    if not model.strip():
        raise InvalidInput("Name the model that made the predictions.", field="model")
    family = family.strip()
    model = model.strip()
    require_fits(PredictionSet, model=model, family=family, upstream=upstream, made_on=made_on)
    problems = Problems(path.name, did="stored")
    rows = 0
    with tempfile.TemporaryFile("w+", encoding="ascii") as checked:
        for each in _said(benchmark, path, preset, upstream, problems, progress):
            checked.write(json.dumps([each.instance_id, each.raw, each.answer]) + "\n")
            rows += 1
        problems.refuse()
        if not rows:
            raise InvalidInput(f"{path.name} has no rows; nothing was stored.", code="no_rows")
        checked.seek(0)
        wanted = PredictionSet(
            benchmark=benchmark,
            model=model,
            file_digest=file_digest(path),
            family=family,
            upstream=upstream,
            made_on=made_on,
            owner=actor.public_id,
        )
        return _store(actor, wanted, checked, rows)


@transaction.atomic
def _store(actor: User, wanted: PredictionSet, checked: Iterable[str], rows: int) -> PredictionSet:
    """Write the set with its checked predictions, unless it is there."""
    benchmark = lock_benchmark(wanted.benchmark_id)
    wanted.admitted = Role.MAINTAINER in roles_of(actor, benchmark)
    found = _known(wanted)
    if found is not None:
        if wanted.admitted:
            _admit(actor, found, wanted.family or found.family)
        return found
    wanted.save()
    bulk_insert(Prediction, _COLUMNS, ((wanted.pk, *json.loads(line)) for line in checked))
    # What the history shows to all says nothing of what is in a private set.
    record(
        "predictions.stored",
        actor=actor,
        benchmark=benchmark,
        subject=("predictions", wanted.public_id),
        data={"rows": rows},
    )
    return wanted


def require_uploader(actor: Reader, benchmark: Benchmark) -> None:
    """Refuse all who may not upload predictions."""
    require_role(actor, benchmark, Role.CONTRIBUTOR, "upload predictions")


def _known(wanted: PredictionSet) -> PredictionSet | None:
    """The set that is there of this file, the owner's own first."""
    same = PredictionSet.objects.filter(
        benchmark=wanted.benchmark, model=wanted.model, file_digest=wanted.file_digest
    )
    own = same.filter(owner=wanted.owner).first()
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


def _said(
    benchmark: Benchmark,
    path: Path,
    preset: Preset,
    upstream: str,
    problems: Problems,
    progress: Progress,
) -> Iterator[Prediction]:
    """The predictions of a file one by one; what is wrong with one is added to `problems`."""
    if path.is_file() and names_keys(path):
        yield from _by_key(benchmark, path, problems)
        return
    form = _form(preset)
    with open_source(path, progress) as source:
        check_columns(source, form, aligned=bool(upstream))
        rows = read_rows(source, form, problems)
        yield from _by_preset(benchmark, rows, form, upstream, problems)


def _by_preset(
    benchmark: Benchmark, rows: Iterator[Row], preset: Preset, upstream: str, problems: Problems
) -> Iterator[Prediction]:
    seen: dict[int, int] = {}
    while chunk := list(islice(rows, CHUNK)):
        heads = Heads(benchmark, chunk, align=upstream)
        for row in chunk:
            try:
                head = heads.of(row)
                if head is None:
                    raise BadRecord(row.line, "key", _unknown(row.key or ""))
                if (first := seen.setdefault(head.pk, row.line)) != row.line:
                    raise BadRecord(row.line, "id", _twice(f"line {first}"))
            except BadRecord as error:
                problems.add(error.line, error.field, error.message)
                continue
            yield Prediction(
                instance_id=head.pk,
                raw=row.meta.get("raw") or "",
                answer=read_back(preset, row.answer),
            )


def _by_key(benchmark: Benchmark, path: Path, problems: Problems) -> Iterator[Prediction]:
    """Those of a file that names keys; a response without an answer is kept with an empty one."""
    contract = contract_in_force(benchmark)
    seen: dict[int, int] = {}
    told = enumerate(_streamed(path), start=1)
    while chunk := list(islice(told, CHUNK)):
        keys = [each.key for _, each in chunk if "\x00" not in each.key]
        heads = Head.objects.filter(benchmark=benchmark, instance__key__in=keys)
        known = dict(heads.values_list("instance__key", "pk"))
        for number, each in chunk:
            try:
                check_text(each.text, number, "response" if each.is_response else "answer")
                if each.key not in known:
                    raise BadRecord(number, "key", _unknown(each.key))
                head = known[each.key]
                if (first := seen.setdefault(head, number)) != number:
                    raise BadRecord(number, "key", _twice(f"record {first}"))
            except BadRecord as error:
                problems.add(error.line, error.field, error.message)
                continue
            yield Prediction(instance_id=head, raw=each.text, answer=each.answer(contract))


def _streamed(path: Path) -> Iterator[Predicted]:
    try:
        yield from stream_predictions(path)
    except ErrataError as error:
        raise InvalidInput(str(error), code=error.code) from error


def _unknown(key: str) -> str:
    return (
        f"there is no instance '{key}'; name it by its key here, or say whose row ids these are, "
        "and leave out what the benchmark does not have"
    )


def _twice(where: str) -> str:
    return f"is the same instance as {where}; keep one answer of each"
