"""Users and roles, benchmarks, instances, append-only revisions, events."""

from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry.facts import Fact
from registry.ids import LENGTH, new_id

DIGEST = 64


def public_id_field() -> models.CharField:
    """The public id of a row: a ULID that never changes."""
    return models.CharField(max_length=LENGTH, unique=True, default=new_id, editable=False)


def actor_field() -> models.CharField:
    """The public id of whoever did it; a plain column, so that a person can be removed."""
    return models.CharField(max_length=LENGTH, editable=False)


def digest_field(*, blank: bool = False) -> models.CharField:
    """A SHA-256 in hexadecimal; empty where `blank` and there is nothing to digest."""
    return models.CharField(
        max_length=DIGEST, blank=blank, default="" if blank else models.NOT_PROVIDED
    )


class User(AbstractUser):
    """A person or `system`. Facts name users by public id only.

    `orcid` was proved by signing in there; a person with `credited` off is thanked by no name.
    """

    public_id = public_id_field()
    orcid = models.CharField(max_length=19, blank=True)
    credited = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, help_text="Made by the demo; real hubs refuse it.")


class Scope(models.TextChoices):
    READ = "read", "read"
    CONTRIBUTE = "contribute", "read, report, comment and send predictions"
    EVERYTHING = "everything", "everything that its owner may do"


class ApiToken(models.Model):
    """A bearer token, stored hashed; the secret is shown once, when it is made.

    `scope` is the most that it may do, whatever its owner may; no `expires_at`: never.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = digest_field()
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.EVERYTHING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="token_digest")]


class Visibility(models.TextChoices):
    PUBLIC = "public", "everybody"
    MEMBERS = "members", "members only"


class Benchmark(models.Model):
    """A benchmark and the preset (JSON) that says how to read its files and answers."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    licence = models.CharField(max_length=100, help_text="SPDX identifier")
    citation = models.TextField(blank=True)
    upstream_url = models.URLField(blank=True)
    intended_use = models.TextField(blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC
    )
    preset = models.TextField(editable=False)
    canary = models.UUIDField(
        default=uuid4,
        editable=False,
        unique=True,
        help_text="Stands in every file of a release, so that training data can be searched for it",
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.title


class ContractVersion(Fact):
    """One version of a benchmark's answer contract (canonical JSON), in force until the next."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="contracts")
    version = models.CharField(max_length=20)
    document = models.TextField()
    reason = digest_field(blank=True)
    actor = actor_field()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "version"], name="one_contract_version")
        ]


class Role(models.TextChoices):
    CONTRIBUTOR = "contributor"
    EXPERT = "expert"
    MAINTAINER = "maintainer"


class Membership(models.Model):
    """One role of one user in one benchmark; a user may hold several."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "user", "role"], name="one_membership")
        ]


class Invitation(models.Model):
    """A link that gives whoever signs in with it a role; its secret is stored hashed, used once."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=12, choices=Role.choices)
    email = models.EmailField(blank=True)
    digest = digest_field()
    actor = actor_field()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_by = models.CharField(max_length=LENGTH, blank=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["digest"], name="one_invitation")]


class Specialty(models.Model):
    """What an expert is an expert of, and who verified that; unverified while nobody did."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="specialties")
    name = models.CharField(max_length=100)
    verified_by = models.CharField(max_length=LENGTH, blank=True)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "name"], name="one_specialty")
        ]


class Watch(models.Model):
    """Somebody wants to hear what happens to a benchmark, an instance or a report.

    `subject` is a slug, `slug/key`, or a public id.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watches")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "subject"], name="one_watch")
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "subject"], name="watch_by_subject")]


class Mail(models.Model):
    """A mail that waits to be sent: written in the transaction it tells of, sent after it.

    `key` says what it tells, so that a task that runs twice writes it once. `due_at` is when it may
    be tried (again); `body` is emptied once it is sent.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mails")
    address = models.EmailField(blank=True)
    key = models.CharField(max_length=120)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "key"], name="one_mail")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(sent_at=None), name="mail_to_send")
        ]


class Comment(models.Model):
    """What somebody says about a report, a case or an instance, in Markdown; may be hidden."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="comments")
    subject_kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=200)
    author = actor_field()
    text = digest_field()
    at = models.DateTimeField(default=timezone.now)
    hidden_by = models.CharField(max_length=LENGTH, blank=True)
    hidden_at = models.DateTimeField(null=True)
    hidden_because = digest_field(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="comment_by_subject")
        ]


class Category(models.Model):
    """An error category; reports protect the codes they use from removal."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="categories")
    code = models.SlugField(max_length=50)
    sentence = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()
    retired = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "code"], name="one_category")
        ]

    @property
    def name(self) -> str:
        """The code as people read it."""
        return self.code.replace("_", " ").replace("-", " ").capitalize()


class Text(models.Model):
    """A text under its digest: inputs, derivations, meta, reasons, rationales.

    No fact: a removal empties `body` and sets `removed_at`, the digest stays and chains hold.
    """

    digest = models.CharField(max_length=DIGEST, primary_key=True)
    body = models.TextField()
    removed_at = models.DateTimeField(null=True)


class ImportBatch(Fact):
    """What one import wrote, from which file, with source, licence and credit."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT)
    file_name = models.CharField(max_length=255)
    file_digest = digest_field()
    upstream = models.CharField(max_length=100, blank=True)
    source = models.TextField(blank=True)
    licence = models.CharField(max_length=100, blank=True)
    credit = models.TextField(blank=True)
    columns = models.JSONField(default=list, help_text="The file's columns, in its order")
    counts = models.JSONField()
    actor = actor_field()
    at = models.DateTimeField()


class Instance(Fact):
    """The identity of one benchmark item. Positions order a benchmark's files."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="instances")
    key = models.CharField(max_length=200)
    split = models.CharField(max_length=50)
    position = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "key"], name="one_instance_key"),
            models.UniqueConstraint(fields=["benchmark", "position"], name="one_position"),
        ]

    def __str__(self) -> str:
        return self.key


class Alias(Fact):
    """An upstream row id in a named space such as `v1.0/test`."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT)
    space = models.CharField(max_length=100)
    value = models.CharField(max_length=200)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="aliases")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["benchmark", "space", "value"], name="one_alias")
        ]


class Content(Fact):
    """What a solver may see, addressed by digest, with the answer kind. Its text is a `Text`."""

    digest = models.CharField(max_length=DIGEST, primary_key=True)
    kind = models.CharField(max_length=10)


class Origin(models.TextChoices):
    IMPORT = "import"
    UPSTREAM = "upstream", "upstream correction"
    DECISION = "decision"
    RETIRED = "retired"
    REVIVED = "revived"


class Revision(Fact):
    """One state of one instance's content, label and derivation, chained by digest.

    `answer` and `limits` hold the text exactly as digested; `answer_number` is for sorting only.
    `cause_kind` and `cause_id` name what stands behind it: an import batch or a decision.
    """

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.ForeignKey(Content, on_delete=models.PROTECT)
    answer = models.TextField()
    answer_number = models.FloatField(null=True)
    limits = models.TextField()
    derivation = digest_field(blank=True)
    meta = digest_field(blank=True)
    group = models.CharField(max_length=200, blank=True)
    reason = digest_field(blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    cause_kind = models.CharField(max_length=20)
    cause_id = models.CharField(max_length=LENGTH)
    actor = actor_field()
    at = models.DateTimeField()
    digest = digest_field()
    previous = digest_field(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instance", "number"], name="one_revision_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="revision_number_from_1"),
        ]


class Head(models.Model):
    """The one mutable row per instance: which revision holds now. Its writers lock it."""

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, primary_key=True)
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="heads")
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT)
    retired = models.BooleanField(default=False)


class Searchable(models.Model):
    """What the search for words looks through: key, group, answer and inputs, in lower case.

    A projection, made behind imports and decisions by `fill_search`; `revision` says of which one.
    """

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, primary_key=True)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()


class Event(Fact):
    """Who did what, when and why; one row per act, one per batch for bulk work."""

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=40)
    actor = actor_field()
    subject_kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=200)
    reason = digest_field(blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "-at"], name="event_by_benchmark"),
            models.Index(fields=["subject_kind", "subject_id"], name="event_by_subject"),
        ]


class PlannedImport(models.Model):
    """A file whose dry run somebody looked at, kept until it is imported or expires.

    `plan` is the digest of what the dry run would have written: anything else is refused. A worker
    imports it once it is confirmed; the batch bears the same public id, so that a second try sees
    that the first one was done.
    """

    STATES = ("planned", "underway", "done", "refused")

    public_id = public_id_field()
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200, blank=True)
    licence = models.CharField(max_length=100, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, blank=True)
    preset = models.TextField()
    file_name = models.CharField(max_length=255)
    file_digest = digest_field()
    upstream = models.CharField(max_length=100, blank=True)
    align = models.CharField(max_length=100, blank=True)
    missing = models.CharField(max_length=10, default="keep")
    plan = digest_field()
    counts = models.JSONField(default=dict)
    examples = models.JSONField(default=dict)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    stage = models.CharField(max_length=20, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    refused = models.TextField(blank=True, help_text="Why it was not imported")
    finished_at = models.DateTimeField(null=True)

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.finished_at:
            return "refused" if self.refused else "done"
        return "underway" if self.confirmed_at else "planned"


class Told(models.Model):
    """An event whose mails are written, so that none is written twice or left out."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True)
