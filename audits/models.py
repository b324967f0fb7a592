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
    Content,
    Instance,
    Revision,
    User,
    actor_field,
    digest_field,
    public_id_field,
)
from submissions.models import Report


class AuditRun(models.Model):
    """One pass of verifiers over a benchmark, cut into chunks that workers claim.

    `round` counts the fresh runs so far: samples and control cases of a new round are asked for
    even where nothing else is new. `budget` and `spent` are in billionths of the panel's currency;
    `spent` counts every call of the run, those on their way with the most they may cost. Whoever
    reserves or settles a call locks the run's row, which keeps the sum right.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="runs")
    verifiers = models.JSONField(help_text="Names, in the order they run")
    trigger = models.CharField(max_length=20, default="asked", help_text="Why it was started")
    round = models.PositiveSmallIntegerField(default=0)
    budget = models.PositiveBigIntegerField(null=True, help_text="Empty: calls have no limit")
    spent = models.PositiveBigIntegerField(default=0, help_text="Reservations included")
    panel = models.JSONField(default=dict, help_text="By verifier: version, model, host")
    survey = models.JSONField(null=True, help_text="By verifier: what it found in all items")
    stopped_because = models.TextField(blank=True)
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
    questions = models.PositiveIntegerField(default=0, help_text="Votes it asks verifiers for")
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
    """What one verifier version said of exactly one input, for the `sample`-th time.

    `support` supports `answer`: a blind verifier, which has seen no label, supports the answer it
    arrived at, and whether that is an objection depends on the label it is read beside.
    """

    verifier = models.CharField(max_length=50)
    version = models.CharField(max_length=64)
    input = digest_field()
    sample = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    category = models.CharField(max_length=50, blank=True)
    answer = models.TextField(blank=True, help_text="The answer it arrived at, if any")
    confidence = models.FloatField(null=True, help_text="As the verifier said, 0 to 1")
    rationale = digest_field(blank=True)
    detail = digest_field(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["verifier", "version", "input", "sample"], name="one_vote"
            )
        ]


class Look(Fact):
    """A verifier looked at this revision and this vote is what it said: links votes to labels.

    A blind verifier's vote serves every revision with the same content without a second call. What
    counts is the input of a verifier's last look at a revision, with the votes on all its samples:
    an input that changes and changes back is looked at three times, and the first votes count
    again.
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


class CallOutcome(models.TextChoices):
    RESERVED = "reserved", "on its way"
    ANSWERED = "answered"
    FAILED = "failed"


class Call(models.Model):
    """One call of a model: what it may cost is reserved before it, what it cost settled after.

    Amounts are in billionths of the panel's currency. A reservation whose worker died stays, since
    nobody knows whether the endpoint charged for it.
    """

    run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="calls")
    verifier = models.CharField(max_length=50)
    input = digest_field()
    sample = models.PositiveSmallIntegerField(default=0)
    reserved = models.PositiveBigIntegerField()
    cost = models.PositiveBigIntegerField(null=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    millis = models.PositiveIntegerField(default=0)
    outcome = models.CharField(
        max_length=8, choices=CallOutcome.choices, default=CallOutcome.RESERVED
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run", "verifier"], name="call_by_verifier")]


class Endpoint(models.Model):
    """What all workers share of one endpoint of the panel. Its row is the lock of its shares."""

    name = models.CharField(max_length=50, primary_key=True)
    paused_until = models.DateTimeField(null=True, help_text="It asked us to wait (Retry-After)")


class Share(models.Model):
    """A worker's leased part of an endpoint's connections; rates are shared alike."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="shares")
    token = models.CharField(max_length=26, unique=True)
    connections = models.PositiveIntegerField()
    lease_until = models.DateTimeField()


class PolicyVersion(Fact):
    """One version of a benchmark's policy (TOML), in force until the next."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    text = models.TextField()
    digest = digest_field()
    reason = digest_field(blank=True)
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "number"], name="one_policy_number")
        ]


class Belief(models.Model):
    """What was learned from a benchmark's decisions: a projection that can be made anew.

    `state` is `audits.belief.Belief` as JSON. `decisions`, `runs` (ended ones) and `policy` say
    from what it, standings and cases were last made; where they are behind, it is learned anew.
    Who learns locks this row, which deciding never does.
    """

    benchmark = models.OneToOneField(Benchmark, on_delete=models.PROTECT, primary_key=True)
    state = models.JSONField(default=dict)
    proposals = models.JSONField(default=list, help_text="Groups that want a ruling, and why")
    reliability = models.JSONField(
        default=list, help_text="How often each verifier was right: audits.reliability"
    )
    effort = models.JSONField(default=list, help_text="Reviews still due: audits.effort")
    decisions = models.PositiveIntegerField(default=0)
    runs = models.PositiveIntegerField(default=0)
    policy = models.CharField(max_length=80, blank=True, help_text="Version it was learned by")
    learned_at = models.DateTimeField(default=timezone.now)


class Schedule(models.Model):
    """When a benchmark is audited next, what that may cost, and what its cost is compared with.

    `nothing_new_at`: when it was due and nothing new could be looked at; it stays due. `odd` tells
    of a pattern in new predictions; the sets `judged_sets` (ids) were looked at for that.
    """

    benchmark = models.OneToOneField(Benchmark, on_delete=models.PROTECT, primary_key=True)
    every_days = models.PositiveSmallIntegerField(default=182)
    next_at = models.DateTimeField()
    nothing_new_at = models.DateTimeField(null=True)
    after_reports = models.PositiveSmallIntegerField(default=25)
    odd = models.TextField(blank=True)
    judged_sets = models.JSONField(default=list)
    budget = models.PositiveBigIntegerField(
        default=0, help_text="Of one scheduled audit; 0: it asks no model"
    )
    building_cost = models.PositiveBigIntegerField(
        null=True, help_text="What making the benchmark cost, in billionths of the currency"
    )


class Fingerprint(models.Model):
    """What a content says whatever its formatting: a projection that can be made anew.

    Contents of one `value` ask the same; `order` tells how each one lists the options, if it has
    any (see `audits.fingerprint`, which also counts the versions).
    """

    content = models.OneToOneField(Content, on_delete=models.PROTECT, primary_key=True)
    value = digest_field()
    order = models.CharField(max_length=26, blank=True)
    version = models.PositiveSmallIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["value"], name="fingerprint_by_value")]


class Case(models.Model):
    """A label, or a whole group of labels, that waits for an expert.

    At most one is live per instance and per group. `control` cases come from the clear bucket to
    measure its error; nothing that experts see says so. `priority` orders the queue, and
    `priority_reason` says why it stands where it stands.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="cases")
    instance = models.ForeignKey(
        Instance, on_delete=models.PROTECT, null=True, related_name="cases"
    )
    group = models.CharField(max_length=200, blank=True, help_text="Of a case for a whole group")
    fault = models.CharField(
        max_length=50, blank=True, help_text="Of a group case: the step that is wrong, if known"
    )
    control = models.BooleanField(default=False)
    priority = models.FloatField(default=0)
    priority_reason = models.TextField(blank=True)
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
    guide = models.ForeignKey(
        "Guide",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The version for whose sake a decided label is looked at again",
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
            ),
            models.UniqueConstraint(
                fields=["benchmark", "group"],
                condition=Q(status__in=["open", "claimed", "flawed"], instance=None),
                name="one_live_group_case",
            ),
            models.CheckConstraint(
                condition=Q(instance=None) ^ Q(group=""), name="case_of_instance_or_group"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "status", "-priority", "id"], name="case_queue")
        ]


class Standing(models.Model):
    """What is thought of an instance's label now: a projection that can be made anew.

    `revision` is the one it was judged by: its tier holds for no other. `posterior` says how likely
    each answer is, as releases write it, and `probability` how likely the label's own; None where
    nobody knows more of it than of any other label.
    """

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, primary_key=True)
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="standings")
    bucket = models.CharField(max_length=10, choices=Bucket.choices, default=Bucket.CLEAR)
    tier = models.CharField(max_length=15, choices=Tier.choices, default=Tier.UNREVIEWED)
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    posterior = models.TextField(blank=True)
    probability = models.FloatField(null=True)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="standings")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "bucket", "-score"], name="standing_by_bucket")
        ]


class Guide(Fact):
    """One version of how labels of a group come about: what experts and verifiers go by."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="guides")
    group = models.CharField(max_length=200, blank=True)
    number = models.PositiveIntegerField()
    text = digest_field()
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "group", "number"], name="one_guide")
        ]


class Draft(models.Model):
    """What an expert typed on a case so far, kept as it is typed; `seconds` leaves idling out."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="drafts")
    expert = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    fields = models.JSONField(default=dict)
    seconds = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "expert"], name="one_draft")
        ]


class Abstention(models.Model):
    """An expert leaves a case to others: skipped with a reason, or for a declared interest."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="abstentions")
    expert = models.ForeignKey(User, on_delete=models.CASCADE, related_name="abstentions")
    interest = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "expert"], name="one_abstention")
        ]


class Opinion(Fact):
    """One expert's answer on a case, against the revision that was shown.

    The first one is `blind` and is never overwritten: what is thought after the reveal is another
    opinion. `practice`: given on a case that was decided before, to compare with. `seconds` is the
    time spent on it, idling left out.
    """

    public_id = public_id_field()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="opinions")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    expert = actor_field()
    blind = models.BooleanField(default=False)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    answer = models.TextField(blank=True)
    limits = models.TextField(blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True)
    confidence = models.FloatField(null=True)
    derivation = digest_field(blank=True)
    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, null=True, related_name="+")
    practice = models.BooleanField(default=False)
    seconds = models.PositiveIntegerField(null=True)
    rationale = digest_field(blank=True)
    at = models.DateTimeField()


class Ruling(Fact):
    """One reasoned decision for a group; each instance it settles has a Decision naming it."""

    public_id = public_id_field()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rulings")
    group = models.CharField(max_length=200)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True)
    reason = digest_field(blank=True)
    actor = actor_field()
    at = models.DateTimeField()


class Decision(Fact):
    """The outcome for an instance, naming its opinions and the revisions before and after."""

    public_id = public_id_field()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="decisions")
    opinions = models.ManyToManyField(Opinion)
    ruling = models.ForeignKey(
        Ruling, on_delete=models.PROTECT, null=True, related_name="decisions"
    )
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True)
    before = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    guide = models.ForeignKey(Guide, on_delete=models.PROTECT, null=True, related_name="+")
    reason = digest_field(blank=True)
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["after"], name="decision_by_after")]


class Lesson(Fact):
    """A decision that went out with a published release: from then on it may teach verifiers."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT)
    at = models.DateTimeField()


class Flaw(models.TextChoices):
    MISSED_VALUE = "missed_value", "missed a value"
    WRONG_TIME = "wrong_time", "took another point in time"
    WRONG_UNIT = "wrong_unit", "took another unit"
    WRONG_RULE = "wrong_rule", "applied another rule"
    INVENTED_FACT = "invented_fact", "invented a fact"


class Lapse(Fact):
    """How a verifier erred on a decided label, as the expert who decided it names it."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="lapses")
    verifier = models.CharField(max_length=50)
    flaw = models.CharField(max_length=15, choices=Flaw.choices)
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "verifier"], name="one_lapse")
        ]
