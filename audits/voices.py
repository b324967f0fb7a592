"""What verifiers say of labels: their votes read beside each label, in bulk.

A vote is about an input; what it means for a label only shows beside it. A blind verifier supports
the answer it arrived at, which is an objection where the label refuses that answer, and its samples
are one voice. Whoever asks whether a label is objected to or supported asks here.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import QuerySet
from errata.answers import Kind
from errata.grading import Label

from audits.calculators import band_of
from audits.catalog import verifiers
from audits.evidence import Evidence, Policy, Voice
from audits.models import Look
from audits.samples import one_voice
from audits.selectors import current_policy, last_looks
from registry.labels import stored_label
from registry.models import Benchmark, Revision
from registry.presets import Preset
from registry.selectors import documents, preset_of, texts

CHUNK = 1_000
_COLUMNS = (
    "revision", "vote__verifier", "vote__verdict", "vote__answer", "vote__category",
    "vote__confidence", "vote__rationale", "vote__detail",
)  # fmt: skip


class Judged(NamedTuple):
    """What is read of a revision to judge its label."""

    revision: int
    instance: int
    key: str
    split: str
    group: str
    kind: Kind
    answer: str
    limits: str
    meta: str

    def label(self) -> Label | None:
        """The label, or None where nothing can be read beside it."""
        try:
            return stored_label(self.kind, self.answer, self.limits)
        except ValueError:
            return None


_JUDGED = (
    "pk", "instance", "instance__key", "instance__split", "group", "content__kind", "answer",
    "limits", "meta",
)  # fmt: skip


def evidence_of(
    benchmark: Benchmark, revisions: Sequence[int], policy: Policy
) -> dict[int, Evidence]:
    """What is known of each revision's label, all but reports and decisions.

    A fixed number of queries, whatever the number of revisions.
    """
    rows = _judged(revisions)
    preset = preset_of(benchmark)
    voices = _voices(preset, policy, rows, last_looks(revisions))
    sources = _sources(preset, rows)
    return {
        row.revision: Evidence(
            benchmark=benchmark.slug,
            key=row.key,
            group=row.group,
            split=row.split,
            source=sources.get(row.meta, ""),
            answer=row.answer,
            kind=row.kind,
            voices=voices.get(row.revision, ()),
            impact=_impact(policy, row, voices.get(row.revision, ())),
        )
        for row in rows
    }


def voices_of(benchmark: Benchmark, revision: int) -> tuple[Voice, ...]:
    """What all verifiers say of one label, objections first."""
    rows, looks = _judged([revision]), last_looks([revision])
    found = _voices(preset_of(benchmark), current_policy(benchmark), rows, looks)
    return tuple(sorted(found.get(revision, ()), key=_loudest))


def verdicts(benchmark: Benchmark, looks: QuerySet[Look]) -> Iterable[tuple[str, str]]:
    """Verifier and verdict of each voice that these looks come to, in chunks of revisions."""
    preset, policy = preset_of(benchmark), current_policy(benchmark)
    ids = looks.order_by("revision").values_list("revision", flat=True).distinct().iterator()
    while part := list(islice(ids, CHUNK)):
        found = _voices(preset, policy, _judged(part), looks.filter(revision__in=part))
        for voices in found.values():
            yield from ((voice.verifier, voice.verdict) for voice in voices)


def _judged(revisions: Sequence[int]) -> list[Judged]:
    rows = Revision.objects.filter(pk__in=revisions).order_by("pk").values_list(*_JUDGED)
    return [Judged(*row) for row in rows]


def _voices(
    preset: Preset, policy: Policy, rows: Sequence[Judged], looks: QuerySet[Look]
) -> dict[int, tuple[Voice, ...]]:
    """One voice of each verifier by revision, in the order of the verifiers' names."""
    heard = _heard(list(looks.order_by("pk").values_list(*_COLUMNS)))
    samples = {verifier.name: getattr(verifier, "samples", 1) for verifier in verifiers()}
    found = {}
    for row in rows:
        label, rule = row.label(), preset.rule(row.kind)
        if label is not None and row.revision in heard:
            found[row.revision] = tuple(
                one_voice(votes, label, rule, share=policy.supermajority, of=samples.get(name, 1))
                for name, votes in sorted(heard[row.revision].items())
            )
    return found


def _heard(said: Sequence[tuple[Any, ...]]) -> dict[int, dict[str, list[Voice]]]:
    """Each vote as a voice of its own, by revision and verifier."""
    read = texts(digest for row in said for digest in row[-2:])
    heard: dict[int, dict[str, list[Voice]]] = defaultdict(lambda: defaultdict(list))
    for revision, verifier, verdict, answer, category, confidence, rationale, detail in said:
        heard[revision][verifier].append(
            Voice(
                verifier,
                verdict,
                read.get(rationale, ""),
                answer,
                category,
                confidence,
                step=_step(read.get(detail, "")),
            )
        )
    return heard


def _step(detail: str) -> str:
    return str(json.loads(detail).get("step", "")) if detail else ""


def _impact(policy: Policy, row: Judged, voices: Iterable[Voice]) -> float:
    """More than 1 where an objection proposes an answer in another risk band than the label's."""
    proposed = {voice.answer for voice in voices if voice.verdict == "object" and voice.answer}
    band = band_of(row.group, row.answer, row.kind) if proposed else ""
    if not band:
        return 1.0
    bands = {band_of(row.group, answer, row.kind) for answer in proposed} - {"", band}
    return policy.band_weight if bands else 1.0


def _sources(preset: Preset, rows: Iterable[Judged]) -> dict[str, str]:
    """Where each item came from, by digest of its meta; the preset names the field that says it."""
    if not preset.source:
        return {}
    read = documents(row.meta for row in rows)
    return {digest: str(meta.get(preset.source, "")) for digest, meta in read.items()}


def _loudest(voice: Voice) -> tuple[int, str]:
    return ("object", "support", "abstain").index(voice.verdict), voice.verifier
