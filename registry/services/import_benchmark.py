"""Import a file: read, check and digest it whole, then write it in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.dialects import bulk_insert, insert_missing, refresh_statistics, update_rows
from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.ids import new_id
from registry.importers.base import Problems, Progress, file_digest, no_progress, open_source
from registry.importers.plan import COLUMNS, Draft, Example, Naming, Plan, Task, plan_import
from registry.importers.rows import check_columns, read_rows
from registry.lengths import require_fits
from registry.locks import lock_benchmark
from registry.models import (
    Alias,
    Benchmark,
    Content,
    Head,
    ImportBatch,
    Instance,
    Revision,
    Role,
    Text,
    User,
    Visibility,
)
from registry.permissions import Reader, require_role, require_staff
from registry.presets import Preset
from registry.services.create_benchmark import create_benchmark, sync_categories
from registry.services.keep_text import keep_texts

MISSING = ("keep", "retire")
LARGE = 5_000  # revisions and aliases, from which on the planner is told of them
WRITTEN = (Alias, Content, Head, Instance, Revision, Text)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import wrote (or, in a dry run, would write), with the first rows of each class.

    `plan` is the digest of what was to be written.
    """

    counts: Mapping[str, int]
    batch: ImportBatch | None
    examples: Mapping[str, list[Example]] = field(default_factory=dict)
    plan: str = ""

    @property
    def changed(self) -> bool:
        """Whether the file brought anything new."""
        return bool(self.counts["revisions"] or self.counts["aliases"])


def import_benchmark(
    *,
    actor: User,
    slug: str,
    path: Path,
    preset: Preset,
    upstream: str = "",
    align: str = "",
    missing: str = "keep",
    dry_run: bool = False,
    title: str = "",
    licence: str = "",
    visibility: str = Visibility.PUBLIC,
    source: str = "",
    credit: str = "",
    progress: Progress = no_progress,
    expected: str = "",
    public_id: str = "",
) -> ImportResult:
    """Import the rows of a CSV, JSONL or Parquet file (also .gz) into a benchmark.

    `upstream` names the alias space of the file's row ids, `align` the space through which rows
    without key columns find their instance. `title`, `licence` and `visibility` are for a benchmark
    that the import makes. A file with any problem imports nothing; the same file again changes
    nothing. With `expected`, the plan of a dry run, anything else is refused; `public_id` is that
    of the batch.
    """
    benchmark = require_importer(actor, slug)
    if missing not in MISSING:
        raise InvalidInput(f"--missing is one of {', '.join(MISSING)}.")
    require_fits(ImportBatch, upstream=upstream, licence=licence)
    task = Task(
        slug=slug,
        benchmark=benchmark,
        preset=preset,
        actor=actor.public_id,
        at=timezone.now(),
        cause=("import", public_id or new_id()),
        upstream=upstream,
        align=align,
        retire_missing=missing == "retire",
    )
    digest = file_digest(path) if path.is_file() else ""
    problems = Problems(path.name)
    with Plan() as plan:
        with open_source(path, progress) as file:
            check_columns(file, preset, aligned=bool(align))
            plan_import(task, read_rows(file, preset, problems), problems, plan)
        problems.refuse()
        if not plan.counts["rows"]:
            raise InvalidInput(f"{path.name} has no rows; nothing was imported.", code="no_rows")
        result = ImportResult(plan.counts, None, plan.examples, plan.digest)
        if expected and plan.digest != expected:
            raise WrongState(
                f"{slug} changed since the dry run, so the file would write something else now. "
                "Nothing was imported; look at a new dry run.",
                code="plan_moved",
            )
        if dry_run or (benchmark and not result.changed and benchmark.preset == preset.text):
            return result
        about = {
            "file_name": path.name,
            "file_digest": digest,
            "upstream": upstream,
            "source": source or preset.benchmark.get("upstream_url", ""),
            "licence": licence or preset.benchmark.get("licence", ""),
            "credit": credit or preset.benchmark.get("citation", ""),
            "columns": list(file.met),
        }
        try:
            new = {"title": title, "licence": licence, "visibility": visibility}
            batch = _write(actor, task, plan, about, new=new, progress=progress)
        except IntegrityError as error:
            raise WrongState(
                f"{slug} changed while the file was read ({error}). Run the same command again.",
                code="benchmark_moved",
            ) from error
        return replace(result, batch=batch)


def require_importer(actor: Reader, slug: str) -> Benchmark | None:
    """The benchmark, None where it would be new; refuse who may not import into it."""
    benchmark = Benchmark.objects.filter(slug=slug).first()
    if benchmark is None:
        require_staff(actor, "create a benchmark")
    else:
        require_role(actor, benchmark, Role.MAINTAINER, "import into it")
    return benchmark


@transaction.atomic
def _write(
    actor: User,
    task: Task,
    plan: Plan,
    about: Mapping[str, Any],
    *,
    new: Mapping[str, str],
    progress: Progress,
) -> ImportBatch:
    benchmark = task.benchmark or create_benchmark(
        actor=actor, slug=task.slug, preset=task.preset, **new
    )
    benchmark = lock_benchmark(benchmark.pk)
    if benchmark.preset != task.preset.text:
        benchmark.preset = task.preset.text
        benchmark.save(update_fields=["preset"])
        sync_categories(benchmark, task.preset)
    done, total = 0, plan.counts["revisions"] + plan.counts["aliases"]
    for drafts, namings in plan.batches():
        _write_batch(benchmark, task, drafts, namings)
        done += len(drafts) + len(namings)
        progress("writing", done, total)
    batch = ImportBatch.objects.create(
        public_id=task.cause[1],
        benchmark=benchmark,
        counts=plan.counts,
        actor=task.actor,
        at=task.at,
        **about,
    )
    if total >= LARGE:
        refresh_statistics(*WRITTEN)
    record(
        "benchmark.imported",
        actor=actor,
        benchmark=benchmark,
        subject=("import", batch.public_id),
        data={"counts": dict(plan.counts), "file": about["file_name"]},
        at=task.at,
    )
    return batch


def _write_batch(
    benchmark: Benchmark, task: Task, drafts: list[Draft], namings: list[Naming]
) -> None:
    keep_texts({text[0]: text for draft in drafts for text in draft.texts}.values())
    contents = {draft.content: draft.kind for draft in drafts}
    insert_missing(Content, ("digest", "kind"), contents.items(), key=("digest",))
    instances = _add_instances(benchmark, [d for d in drafts if d.instance_id is None])
    _check_heads([draft for draft in drafts if draft.instance_id is not None])
    by_id = {draft.instance_id or instances[draft.key]: draft for draft in drafts}
    bulk_insert(
        Revision,
        ("instance", *COLUMNS),
        ((instance_id, *draft.columns) for instance_id, draft in by_id.items()),
    )
    _move_heads(benchmark, by_id)
    bulk_insert(
        Alias,
        ("benchmark", "space", "value", "instance"),
        [
            (benchmark.pk, task.upstream, name.value, name.instance_id or instances[name.key])
            for name in namings
        ],
    )


def _add_instances(benchmark: Benchmark, drafts: list[Draft]) -> dict[str, int]:
    if not drafts:
        return {}
    rows = [(benchmark.pk, draft.key, draft.split, draft.position) for draft in drafts]
    bulk_insert(Instance, ("benchmark", "key", "split", "position"), rows)
    positions = (drafts[0].position, drafts[-1].position)
    added = Instance.objects.filter(benchmark=benchmark, position__range=positions)
    return dict(added.values_list("key", "pk"))


def _check_heads(drafts: list[Draft]) -> None:
    """Lock the heads to be moved and refuse if one moved since the file was read."""
    if not drafts:
        return
    heads = Head.objects.select_for_update().filter(pk__in=[d.instance_id for d in drafts])
    current = dict(heads.order_by("pk").values_list("pk", "revision_id"))
    if any(current.get(draft.instance_id or 0) != draft.expected for draft in drafts):
        raise WrongState(
            "A label changed while the file was read. Run the same command again.",
            code="label_moved",
        )


def _move_heads(benchmark: Benchmark, drafts: Mapping[int, Draft]) -> None:
    """Point heads at the revisions just written; new instances get theirs."""
    if not drafts:
        return
    numbers = {pk: draft.number for pk, draft in drafts.items()}
    written = Revision.objects.filter(instance_id__in=numbers)
    revisions = {
        instance_id: pk
        for pk, instance_id, number in written.values_list("pk", "instance_id", "number")
        if numbers[instance_id] == number
    }
    new = [pk for pk, draft in drafts.items() if draft.instance_id is None]
    bulk_insert(
        Head,
        ("instance", "benchmark", "revision", "retired"),
        [(pk, benchmark.pk, revisions[pk], False) for pk in new],
    )
    moved = [
        Head(pk=pk, revision_id=revisions[pk], retired=draft.retired)
        for pk, draft in drafts.items()
        if draft.instance_id is not None
    ]
    update_rows(moved, ["revision", "retired"])
