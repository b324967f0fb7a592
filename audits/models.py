"""Audit runs, votes, the standing of each label, review cases, opinions and decisions."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audits.states import Bucket, CaseStatus, ChunkStatus, Outcome, RunStatus, Tier
from registry.facts import Fact
from registry.models import (
    Benchmark,
    Category,
    Instance,
    Revision,
    actor_field,
    digest_field,
    public_id_field,
)
from submissions.models import Report


class AuditRun(models.Model):
    """One pass of verifiers over a benchmark, cut into chunks that workers claim."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="runs")
    verifiers = models.JSONField(help_text="Names, in the order they run")
    status = models.CharField(
        max_length=10, choices=RunStatus.choices, default=RunStatus.RUNNING, editable=False
    )
    actor = actor_field()
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)


class Chunk(models.Model):
    """Instances `first` to `last` (ids) of a run; claimed by lease and token."""

    run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    status = models.CharField(
        max_length=10, choices=ChunkStatus.choices, default=ChunkStatus.WAITING
    )
    owner = models.CharField(max_length=100, blank=True)
    token = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    votes = models.PositiveIntegerField(default=0, help_text="New votes written")
    reused = models.PositiveIntegerField(default=0, help_text="Votes that were there already")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="one_chunk_number")
        ]
        indexes: ClassVar = [models.Index(fields=["status", "lease_until"], name="chunk_to_claim")]


class Verdict(models.TextChoices):
    OBJECT = "object"
    SUPPORT = "support"
    ABSTAIN = "abstain"


class Vote(Fact):
    """What one verifier version said of exactly one input."""

    verifier = models.CharField(max_length=50)
    version = models.CharField(max_length=64)
    input = digest_field()
    sample = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    category = models.CharField(max_length=50, blank=True)
    answer = models.TextField(blank=True, help_text="The answer it arrived at, if any")
    rationale = digest_field(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["verifier", "version", "input", "sample"], name="one_vote"
            )
        ]


class Look(Fact):
    """A verifier looked at this revision and this vote is what it said: links votes to labels.

    A blind verifier's vote serves every revision with the same content without a second call. The
    last look of a verifier at a revision counts: an input that changes and changes back is looked
    at three times, and the first vote counts again.
    """

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="looks")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="looks")
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="looks")


class Attempt(models.Model):
    """A verifier failed on an instance: no vote, and may be tried again."""

    run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="attempts")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT)
    verifier = models.CharField(max_length=50)
    error = models.TextField()
    at = models.DateTimeField(default=timezone.now)


class Case(models.Model):
    """A label that waits for an expert. At most one is open per instance."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="cases")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="cases")
    status = models.CharField(
        max_length=10, choices=CaseStatus.choices, default=CaseStatus.OPEN, editable=False
    )
    bucket = models.CharField(max_length=10, choices=Bucket.choices)
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list, help_text="Sentences, strongest first")
    latest_report = models.ForeignKey(
        Report,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The newest report that the reasons count",
    )
    claimed_by = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    claimed_revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instance"],
                condition=Q(status__in=["open", "claimed", "flawed"]),
                name="one_live_case",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "status", "-score", "id"], name="case_queue")
        ]


class Standing(models.Model):
    """What is thought of an instance's label now: a projection that can be made anew."""

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, primary_key=True)
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="standings")
    bucket = models.CharField(max_length=10, choices=Bucket.choices, default=Bucket.CLEAR)
    tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.UNREVIEWED)
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "bucket", "-score"], name="standing_by_bucket")
        ]


class Opinion(Fact):
    """One expert's answer on a case, against the revision that was shown."""

    public_id = public_id_field()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="opinions")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    expert = actor_field()
    blind = models.BooleanField(default=False)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    answer = models.TextField(blank=True)
    limits = models.TextField(blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True)
    rationale = digest_field(blank=True)
    at = models.DateTimeField()


class Decision(Fact):
    """The outcome of a case, naming its opinions and the revisions before and after."""

    public_id = public_id_field()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="decisions")
    opinions = models.ManyToManyField(Opinion)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True)
    before = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    reason = digest_field(blank=True)
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["after"], name="decision_by_after")]
