"""Releases of a benchmark, what changed in each, and the files they consist of."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.models import Decision
from registry.errors import Immutable
from registry.facts import Fact
from registry.models import (
    Benchmark,
    Content,
    Instance,
    Revision,
    actor_field,
    digest_field,
    public_id_field,
)
from submissions.models import PredictionSet
from versions.states import Bump, ReleaseStatus


class Release(models.Model):
    """One version. Frozen when its row is made; immutable for ever once published."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="releases")
    sequence = models.PositiveIntegerField()
    version = models.CharField(max_length=50)
    bump = models.CharField(max_length=5, choices=Bump.choices)
    status = models.CharField(
        max_length=10, choices=ReleaseStatus.choices, default=ReleaseStatus.FROZEN, editable=False
    )
    waiver = models.TextField(blank=True, help_text="Why contested labels were let out")
    history_root = digest_field()
    snapshot = models.TextField(help_text="Canonical JSON of all that the files need at freezing")
    actor = actor_field()
    frozen_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=20, blank=True, help_text="What a worker is at")
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    trouble = models.TextField(blank=True, help_text="Why the last try to publish it failed")

    locked_when: ClassVar[str] = "OLD.status = 'published'"  # what dialects.lock_rows was told

    class Meta:
        ordering: ClassVar = ["benchmark", "-sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "sequence"], name="one_sequence"),
            models.UniqueConstraint(fields=["benchmark", "version"], name="one_version"),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def is_withdrawn(self) -> bool:
        """Whether a maintainer withdrew it; one query where the reader did not join it."""
        return hasattr(self, "withdrawal")

    def save(self, *args: Any, **kwargs: Any) -> None:
        published = Release.objects.filter(pk=self.pk, status=ReleaseStatus.PUBLISHED)
        if not self._state.adding and published.exists():
            self._refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Immutable(
            f"{self.version} never changes once it is frozen; cut the next version instead.",
            code="release_immutable",
        )


class Withdrawal(Fact):
    """A published release that nobody should use any more; its files stay as they are."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="withdrawal")
    reason = digest_field()
    instead = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, related_name="+", help_text="To use for it"
    )
    actor = actor_field()
    at = models.DateTimeField()


class UpstreamName(Fact):
    """Which versions stand for a name that upstream gave; the newest row of a name holds."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    versions = models.TextField(help_text="Apart by spaces; none: the name stands for nothing")
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["benchmark", "name"], name="by_upstream_name")]


class ChangeKind(models.TextChoices):
    ADDED = "added"
    REMOVED = "removed"
    REVISED = "revised"
    TIER = "tier", "same revision, other tier"
    POSTERIOR = "posterior", "same revision and tier, other probability"


class Change(Fact):
    """How one instance differs between a release and the one before.

    `probability` says how likely the label is right, `posterior` how likely each answer is, as the
    release's files write it; empty where nobody knew more than how doubtful such labels are.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="changes")
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT)
    sequence = models.PositiveIntegerField()
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="changes")
    before = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="+")
    after = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=9, choices=ChangeKind.choices)
    tier = models.CharField(max_length=15, blank=True)
    probability = models.FloatField(null=True)
    posterior = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["benchmark", "instance", "sequence"], name="one_change_per_release"
            )
        ]


class Artifact(Fact):
    """A file of a release, known by its digest before anything leaves the hub."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="artifacts")
    path = models.CharField(max_length=200)
    sha256 = digest_field()
    size = models.PositiveBigIntegerField()

    class Meta:
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "path"], name="one_artifact_path")
        ]
        indexes: ClassVar = [models.Index(fields=["sha256"], name="artifact_by_digest")]


class GoldSet(Fact):
    """Answers that experts gave outside the hub, to compare labels with: one file, imported once.

    `upstream` is the alias space of its ids. `rows` counts the file's, those without an answer
    included, `labels` those with one.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="gold_sets")
    name = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    file_digest = digest_field()
    upstream = models.CharField(max_length=100)
    id_column = models.CharField(max_length=200)
    answer_column = models.CharField(max_length=200)
    rows = models.PositiveIntegerField()
    labels = models.PositiveIntegerField()
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "name"], name="one_gold_name")
        ]


class GoldLabel(Fact):
    """One answer of a gold set: as it was written, as it is read, and the unit it was read without.

    `row` is its id in the file.
    """

    gold = models.ForeignKey(GoldSet, on_delete=models.PROTECT, related_name="gold_labels")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="+")
    row = models.CharField(max_length=200)
    written = models.TextField()
    answer = models.TextField()
    unit = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gold", "instance"], name="one_gold_label")
        ]


class Hold(Fact):
    """A decision, or all labels of a group, that later releases leave out until it is lifted.

    What is held stands as in the release before; see `versions.pending`.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="holds")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, related_name="+")
    group = models.CharField(max_length=200, blank=True, help_text="Of a hold on a whole group")
    reason = digest_field()
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decision=None) ^ Q(group=""), name="hold_of_decision_or_group"
            )
        ]


class Lift(Fact):
    """A hold is over: the next release takes in what it kept back."""

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT)
    actor = actor_field()
    at = models.DateTimeField()


class Rewording(Fact):
    """Whether two wordings of an instance's inputs mean the same; a pair's newest row holds.

    `sequence` is the first release that knows it: the next one to be frozen when it was said.
    `one` is the wording whose digest comes first, since a pair has no direction.
    """

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField()
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="rewordings")
    one = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="+", db_index=False)
    other = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="+", db_index=False)
    same = models.BooleanField(help_text="Off: what was said before is taken back")
    reason = digest_field()
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "sequence"], name="rewording_by_release")
        ]


class SigningKey(Fact):
    """A key that the hub signs with from `at` on; its private half is in a file, never here.

    `handover` is the canonical JSON of an `errata.signing.Handover` from the key before; empty for
    the first key, and for one that came after the key before was lost.
    """

    key = digest_field()
    handover = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key"], name="one_signing_key")]


class Signature(Fact):
    """The signature of a release's manifest, made once, so that building again needs no old key."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="signature")
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    signature = models.CharField(max_length=128, help_text="Ed25519, hexadecimal")


class Score(models.Model):
    """How a set of predictions does on a release, under one version of the answer contract.

    Written once; it goes only with its set. `counts` is an `errata.scoring.Score`; `instances` and
    `marks` hold the ids that the set answers, rising, and what each answer comes to, as
    `versions.scoring.Answers` packs them.
    """

    prediction_set = models.ForeignKey(
        PredictionSet, on_delete=models.CASCADE, related_name="scores"
    )
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="scores")
    contract = models.CharField(max_length=20)
    counts = models.JSONField()
    instances = models.BinaryField()
    marks = models.BinaryField()
    at = models.DateTimeField()

    locked_when: ClassVar[str] = "OLD.id IS NOT NULL"  # always, once it is written

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["prediction_set", "release", "contract"], name="one_score"
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Immutable("A score never changes; a new contract has scores of its own.")
        super().save(*args, **kwargs)


class Preview(models.Model):
    """A draft that somebody looked at, so that a release of another one can say what differs.

    `kept` is what `versions.drafted.Seal` keeps of it. No fact: forgotten once a release is frozen.
    """

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="previews")
    digest = digest_field()
    kept = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "digest"], name="one_preview")
        ]
