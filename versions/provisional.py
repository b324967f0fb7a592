"""What a set would score if labels changed: by one's own open reports, or as the draft has them.

Such a score is worked out for whoever asks and kept nowhere: it is of no version, and not to be
cited. Only the labels that differ are judged again, beside the kept score, so it costs what
changed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from errata.contract import Contract
from errata.scoring import WHOLE, Mark, Provisional, Question, Tally, judge

from registry.contracts import contract_in_force
from registry.errors import InvalidInput, WrongState
from registry.labels import Label, read_label
from registry.models import Benchmark, User
from registry.permissions import Reader, require_signed_in
from registry.selectors import preset_of
from submissions.models import Prediction, PredictionSet, Report
from submissions.selectors import require_visible
from submissions.states import ReportStatus
from versions.models import Release, Rewording, Score
from versions.pending import Pending, pending_changes
from versions.questions import options_of, question_of
from versions.same_meaning import Wordings
from versions.scores import answers_of, contracts_of, parts_of
from versions.scoring import Places, exchanged, pair
from versions.selectors import (
    LATEST,
    Row,
    get_release,
    in_batches,
    last_release,
    pending_rows,
    releases_of,
    rows_by_release,
    rows_of,
)
from versions.states import ReleaseStatus

ASSUMED = ("reports", "draft")
MOST = 50_000  # answers that are judged while somebody waits
REPORTS, DRAFT = "your open reports are accepted", "the draft is released as it is"


class Side(NamedTuple):
    """A row as answers are judged by it, and what it asks."""

    content: str
    question: Question


Sides = Callable[[list[int]], tuple[Mapping[int, Side], Mapping[int, Side]]]


@dataclass(frozen=True, slots=True)
class Supposed:
    """A provisional score, and the release and contract that it is compared by."""

    compared_with: Release | None
    contract: str
    provisional: Provisional


@dataclass(frozen=True, slots=True)
class _Change:
    """What is supposed: rows before and after, where they differ, and how many rows there are more.

    `fixes` are the labels that differ; `wordings_of` is the sequence of the release that knows
    which wordings mean the same, None as of now.
    """

    condition: str
    instances: Iterable[int]
    sides: Sides
    fixes: int
    more_rows: int = 0
    wordings_of: int | None = None


def supposed(found: PredictionSet, reader: Reader, assume: str, version: str = "") -> Supposed:
    """The score if `assume` (one of ASSUMED) came true, for whoever may see the set.

    `version` is the release on which reports are taken as accepted: without one, the latest.
    """
    require_visible(reader, found)
    require_signed_in(reader, "ask for a provisional score")
    if assume == "draft":
        if version:
            raise InvalidInput(
                "The draft is compared with the last release; leave the release out.",
                field="release",
            )
        return on_draft(found)
    if assume != "reports" or reader is None:
        raise InvalidInput("Say what to assume: reports or draft.", field="assume")
    return if_reports_accepted(found, reader, get_release(found.benchmark, version or LATEST))


def if_reports_accepted(found: PredictionSet, reader: User, release: Release) -> Supposed:
    """The score on a release if all open reports of the reader were accepted that give an answer.

    Each with the benchmark's usual limits and taken as certain; of several on one label the last.
    """
    labels = _proposed(found.benchmark, reader, release)

    def sides(instances: list[int]) -> tuple[dict[int, Side], dict[int, Side]]:
        before = _sides(found.benchmark, _held(release, instances))
        after = {
            instance: side._replace(
                question=replace(side.question, label=labels[instance], posterior=[(None, WHOLE)])
            )
            if instance in labels
            else side
            for instance, side in before.items()
        }
        return before, after

    change = _Change(REPORTS, labels, sides, len(labels), wordings_of=release.sequence)
    return _supposed(found, release, contracts_of([release])[release.pk], change)


def on_draft(found: PredictionSet) -> Supposed:
    """The score on the labels as they stand now, compared with the last release."""
    benchmark, last = found.benchmark, last_release(found.benchmark)
    if last is not None and last.status != ReleaseStatus.PUBLISHED:
        raise WrongState(
            f"{last.version} is being published; ask again once it is out.",
            code="release_underway",
        )
    answered = set(_answered(found).tolist())
    changes: dict[int, Pending] = {}
    fixes = more = 0
    for change in pending_changes(benchmark):
        fixes += change.kind in ("added", "removed", "revised")
        more += (change.kind == "added") - (change.kind == "removed")
        if change.instance_id in answered:
            changes[change.instance_id] = change
    said = Rewording.objects.filter(benchmark=benchmark, sequence__gt=last.sequence if last else 0)
    reworded = set(said.values_list("instance", flat=True))

    def sides(instances: list[int]) -> tuple[dict[int, Side], dict[int, Side]]:
        before = _held(last, instances) if last else {}
        moved = [changes[instance] for instance in instances if instance in changes]
        stays = [instance for instance in before if instance not in changes]
        was = _sides(benchmark, before)
        stay = {instance: was[instance] for instance in stays}
        return was, stay | _sides(benchmark, pending_rows(moved))

    change = _Change(DRAFT, changes.keys() | reworded, sides, fixes, more)
    return _supposed(found, last, contract_in_force(benchmark), change)


def _proposed(benchmark: Benchmark, reader: User, release: Release) -> dict[int, Label]:
    """The labels that the reader's open reports propose, where the release has such a row."""
    reports = Report.objects.filter(
        benchmark=benchmark,
        author=reader.public_id,
        status=ReportStatus.OPEN,
        instance__isnull=False,
    ).exclude(answer="")
    texts = dict(reports.order_by("pk").values_list("instance", "answer"))
    preset, labels = preset_of(benchmark), {}
    for batch in in_batches(texts):
        rows = _held(release, batch)
        choices = options_of(rows.values())
        for instance, row in rows.items():
            options = choices.get(row.content, ())
            try:
                labels[instance] = read_label(texts[instance], row.kind, preset, choices=options)
            except ValueError:
                continue  # it answers another question than this release asks
    return labels


def _held(release: Release, instances: list[int]) -> dict[int, Row]:
    return rows_by_release([release], instance__in=instances)[release.pk]


def _sides(benchmark: Benchmark, rows: Mapping[int, Row]) -> dict[int, Side]:
    preset, choices = preset_of(benchmark), options_of(rows.values())
    return {
        instance: Side(row.content, question_of(row, choices.get(row.content, ()), preset))
        for instance, row in rows.items()
    }


def _supposed(
    found: PredictionSet, release: Release | None, contract: Contract, change: _Change
) -> Supposed:
    scores = Score.objects.filter(prediction_set=found, release=release, contract=contract.version)
    kept = scores.first() if release else None
    answered = answers_of(kept).instances if kept else _answered(found)
    places = (
        np.flatnonzero(np.isin(answered, np.fromiter(change.instances, dtype=np.int64)))
        if kept
        else np.arange(len(answered))
    )
    if len(places) > MOST:
        raise WrongState(
            f"{len(places):,} answers would be judged anew, and while you wait {MOST:,} are. Score "
            "them with errata score, or once the next release is out.",
            code="too_many_answers",
        )
    was, now = _judged(found, release, contract, answered[places], change)
    before, after = (np.frombuffer(bytes(each.marks), dtype=np.uint8) for each in (was, now))
    rows = rows_of(release).count() if release else 0
    cost = preset_of(found.benchmark).band_cost
    score = now.score(release_rows=rows, band_cost=cost)
    if kept:
        score = exchanged(parts_of(kept), was.score(release_rows=rows, band_cost=cost), score)
        changed, before = after, answers_of(kept).marks
        after = before.copy()
        after[places] = changed
    score.release_rows += change.more_rows
    pairs = pair(before, after)
    provisional = Provisional(
        condition=change.condition,
        score=score,
        fixes=change.fixes,
        gained=pairs.gained,
        lost=pairs.lost,
        common=pairs.common,
        interval=pairs.interval,
    )
    return Supposed(release, contract.version, provisional)


def _answered(found: PredictionSet) -> Places:
    """The ids of the instances that a set answers, rising."""
    ids = found.predictions.order_by("instance_id").values_list("instance_id", flat=True)
    return np.fromiter(ids.iterator(chunk_size=10_000), dtype=np.int64)


def _judged(
    found: PredictionSet,
    release: Release | None,
    contract: Contract,
    instances: Places,
    change: _Change,
) -> tuple[Tally, Tally]:
    """What the answers for some instances come to before and after."""
    made_on = releases_of(found.benchmark).filter(version=found.made_on).first()
    known = max(each.sequence if each else 0 for each in (made_on, release))
    later = change.wordings_of and max(known, change.wordings_of)
    was, now = Tally(), Tally()
    for batch in in_batches(instances.tolist()):
        asked, wordings = _held(made_on, batch) if made_on else {}, Wordings(batch)
        sides = change.sides(batch)
        told = Prediction.objects.filter(prediction_set=found, instance__in=batch)
        for instance, answer in told.order_by("instance_id").values_list("instance", "answer"):
            row = asked.get(instance)
            before, judged = None, None
            for tally, side, sequence in zip((was, now), sides, (known, later), strict=True):
                here = side.get(instance)
                if here is None:
                    tally.skip(Mark.NOT_IN_RELEASE)
                elif row and not wordings.same(instance, row.content, here.content, sequence):
                    tally.skip(Mark.INPUT_CHANGED)
                else:
                    if judged is None or here is not before:  # a row that stays is judged once
                        before, judged = here, judge(answer, here.question, contract)
                    tally.add(judged)
    return was, now
