"""The quality card of a release, as it is known at freezing: `quality.json`, word for word."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef
from errata.grading import LabelChange
from errata.manifest import TIERS

from audits.agreeing import agreement_of
from audits.calculators.base import band_of
from audits.models import AuditRun, Case, Decision, Look, Opinion
from audits.report_card import Card, Share, report_card
from audits.states import First
from audits.summary import residual_error
from registry.labels import stored_label
from registry.models import Benchmark
from submissions.models import Report
from versions.diffing import DiffEntry, Totals
from versions.gold import compare_labels, gold_sets
from versions.models import GoldSet, Release
from versions.provenance import NONE_GIVEN
from versions.quality import DEFINITIONS, Interval, Likeness, Tally, are_whole, wilson
from versions.selectors import counts_by, in_batches, release_rows, rows_of, snapshot_of

Log = Sequence[Mapping[str, Any]]


def quality_card(
    release: Release,
    last: Release | None,
    tiers: Mapping[str, int],
    totals: Totals,
    entries: Sequence[DiffEntry],
    log: Log,
) -> dict[str, Any]:
    """What is known of a release's labels; `log` explains those of the `entries` that it can.

    Whole numbers, and decimal texts for everything else; null where nothing was counted.
    """
    benchmark = release.benchmark
    return {
        "format": 3,
        "tiers": {tier: tiers.get(tier, 0) for tier in TIERS},
        "label_changes": {change.value: totals.labels[change.value] for change in LabelChange},
        "reports": counts_by(Report.objects.filter(benchmark=benchmark), "status"),
        "cases": _cases(benchmark),
        "expert_agreement": _expert_agreement(release),
        "gold": beside_gold(release, gold_sets(benchmark)),
        "residual_error": _residual(release),
        "rater_agreement": [
            {"measure": each.name, "value": _text(each.value), "cases": each.cases}
            | {"interval": _interval((each.lower, each.upper))}
            for each in agreement_of(benchmark)
        ],
        "audit": _audit(release, sum(tiers.values())),
        "change_rate": _change_rate(last, entries, log),
        "clinical_impact": _clinical_impact(entries),
        "verifiers": [_verifier(card) for card in report_card(benchmark)],
        "definitions": DEFINITIONS,
    }


def _cases(benchmark: Benchmark) -> dict[str, int]:
    """Cases by status; those decided, by outcome."""
    undecided = Case.objects.filter(benchmark=benchmark, decisions=None)
    decided = Decision.objects.filter(case__benchmark=benchmark)
    return counts_by(undecided, "status") | counts_by(decided, "outcome")


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _interval(ends: Interval | None) -> list[str] | None:
    return None if ends is None else [f"{end:.4f}" for end in ends]


def _proportion(hits: int, of: int) -> dict[str, Any]:
    share = hits / of if of else None
    return {"share": _text(share), "interval": _interval(wilson(hits, of))}


def _likeness(found: Likeness) -> dict[str, Any]:
    return {
        "n": found.n,
        "agree": found.agree,
        "share": _text(found.share),
        "interval": _interval(found.interval),
        "smape": _text(found.smape),
        "smape_interval": _interval(found.smape_interval),
        "smape_n": found.smape_n,
    }


class _Blind(NamedTuple):
    """An expert's blind answer on an instance, and the label that was to be judged."""

    content: str
    kind: str
    answer: str
    seen: tuple[str, str, str]


def _expert_agreement(release: Release) -> dict[str, Any]:
    """The labels of the release, and those that were judged, beside the experts' blind answers."""
    answers, now, before = _blind_answers(release), Tally(), Tally()
    for batch in in_batches(sorted(answers)):
        for row in release_rows(release, batch):
            said = answers[row.instance]
            if said.content != row.content:  # reworded since: it was another question
                continue
            gold = stored_label(said.kind, said.answer, "{}").answer
            label = stored_label(row.kind, row.answer, row.limits).answer
            judged = stored_label(*said.seen).answer
            whole = are_whole((gold, label, judged))
            now.add(gold, label, whole=whole)
            before.add(gold, judged, whole=whole)
    return {"released": _likeness(now.likeness()), "judged": _likeness(before.likeness())}


def _blind_answers(release: Release) -> dict[int, _Blind]:
    """The newest blind answer on each instance; a range without an answer is none."""
    said = Opinion.objects.filter(
        case__benchmark=release.benchmark_id, case__instance__isnull=False, blind=True
    ).exclude(practice=True)
    seen = ("revision__content__kind", "revision__answer", "revision__limits")
    rows = said.exclude(answer="").order_by("pk")
    return {
        instance: _Blind(content, label[0], answer, tuple(label))
        for instance, content, outcome, answer, *label in rows.values_list(
            "case__instance", "revision__content", "outcome", "answer", *seen
        )
        if outcome in First.values
    }


def beside_gold(release: Release, sets: Iterable[GoldSet]) -> list[dict[str, Any]]:
    """The labels of the release beside each gold set."""
    told = []
    for gold in sets:
        (found,) = compare_labels(benchmark=release.benchmark, gold=gold, releases=[release])
        told.append(
            {"name": gold.name, "labels": gold.labels, "sha256": gold.file_digest}
            | _likeness(found.likeness)
        )
    return told


def _residual(release: Release) -> dict[str, Any]:
    found = residual_error(release.benchmark)
    return {
        "drawn": found.drawn,
        "decided": found.decided,
        "wrong": found.wrong,
        "share": _text(found.share),
        "interval": None if found.share is None else _interval((found.lower, found.upper)),
    }


def _audit(release: Release, labels: int) -> dict[str, Any]:
    looks = Look.objects.filter(revision=OuterRef("after"))
    looked_at = rows_of(release).filter(Exists(looks)).count()
    runs = AuditRun.objects.filter(benchmark=release.benchmark_id).exclude(finished_at=None)
    newest = runs.order_by("-finished_at").values_list("finished_at", flat=True).first()
    return {
        "labels": labels,
        "looked_at": looked_at,
        "share": _text(looked_at / labels if labels else None),
        "last": newest and newest.date().isoformat(),
        "age_days": newest and (release.frozen_at - newest).days,
    }


def _change_rate(
    last: Release | None, entries: Sequence[DiffEntry], log: Log
) -> dict[str, Any] | None:
    """Label changes since the release before, of the labels that it held; None for the first."""
    if last is None:
        return None
    labels = snapshot_of(last)["counts"]["instances"]
    categories, origins = Counter[str](), Counter[str]()
    told = {entry["key"]: entry for entry in log}
    for entry in entries:
        if entry.label_changed and entry.after is not None:
            known = told[entry.key]
            categories[known["category"] or NONE_GIVEN] += 1
            origins["ruling" if known["ruling"] else known["origin"]] += 1

    def rates(counts: Mapping[str, int]) -> dict[str, Any]:
        return {
            name: {"changed": count, "share": _text(count / labels if labels else None)}
            for name, count in sorted(counts.items())
        }

    changed = sum(origins.values())
    return {
        "since": last.version,
        "labels": labels,
        "changed": changed,
        **_proportion(changed, labels),
        "by_category": rates(categories),
        "by_origin": rates(origins),
    }


def _clinical_impact(entries: Sequence[DiffEntry]) -> dict[str, Any]:
    """Of the label changes between published risk bands, those that moved to another one."""
    assessed = moved = 0
    for entry in entries:
        if not entry.label_changed or entry.before is None or entry.after is None:
            continue
        one, other = (
            band_of(side.group, side.answer, side.kind) for side in (entry.before, entry.after)
        )
        assessed += bool(one and other)
        moved += bool(one and other and one != other)
    return {"assessed": assessed, "moved": moved, **_proportion(moved, assessed)}


def _verifier(card: Card) -> dict[str, Any]:
    return {
        "verifier": card.verifier,
        "objections": card.objected,
        "right": card.right,
        "wrong_labels": card.wrong_labels,
        "precision": _share(card.precision),
        "recall": _share(card.recall),
    }


def _share(found: Share) -> dict[str, Any]:
    if found.value is None:
        return {"share": None, "interval": None}
    return {"share": _text(found.value), "interval": [_text(found.lower), _text(found.upper)]}
