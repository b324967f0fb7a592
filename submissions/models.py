"""What people send in: error reports and sets of model predictions."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry.ids import LENGTH
from registry.models import (
    Benchmark,
    Category,
    Instance,
    actor_field,
    digest_field,
    public_id_field,
)
from submissions.states import ReportStatus, RowState


class Report(models.Model):
    """One person's claim that one label, or the labels of a whole group, are wrong.

    It never ends without a human's decision. `spans` are the places in the inputs it points to:
    name of the input, first and last character, the text. `reopens` names the declined report that
    it brings new evidence for. `affects_model`: a change helps or harms a model of the author's.
    `decision` is the public id of the decision or ruling that settled it.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="reports")
    instance = models.ForeignKey(
        Instance, on_delete=models.PROTECT, null=True, related_name="reports"
    )
    group = models.CharField(max_length=200, blank=True, help_text="Of a report on a whole group")
    seen_in = models.CharField(max_length=50, blank=True, help_text="Release it was seen in")
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    answer = models.TextField(blank=True, help_text="Proposed answer; N/A for not computable")
    rationale = models.TextField()
    evidence = models.TextField(blank=True)
    spans = models.JSONField(default=list)
    affects_model = models.BooleanField(default=False)
    reopens = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="reopened_as"
    )
    author = actor_field()
    status = models.CharField(
        max_length=10, choices=ReportStatus.choices, default=ReportStatus.OPEN, editable=False
    )
    outcome = models.TextField(blank=True, editable=False, help_text="Why it ended as it did")
    decision = models.CharField(max_length=26, blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False, help_text="When its texts went")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "status", "-id"], name="report_by_status"),
            models.Index(fields=["instance", "status"], name="report_by_instance"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(instance=None) ^ Q(group=""), name="report_of_instance_or_group"
            ),
            models.UniqueConstraint(fields=["reopens"], name="reopened_once"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Upload(models.Model):
    """A file of reports on its way: checked row by row, shown to its sender, filed on their word.

    A worker checks and files it in chunks, each with what it says of itself in one transaction:
    `counts` by state of a row, and `done` of `total`, which are bytes while it is checked and rows
    while it is filed. `reason` speaks for rows without one; `refused` is why it came to nothing.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="uploads")
    author = actor_field()
    file_name = models.CharField(max_length=255)
    file_digest = digest_field()
    upstream = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    counts = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    claims = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    refused = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["benchmark", "author", "-id"], name="upload_by_author")
        ]


class UploadRow(models.Model):
    """One row of an upload and what it comes to, for its sender alone.

    Key, answer and texts are as the file gives them; the texts go once the upload is finished,
    since the reports hold them. `about` is the report or decision that is there already, or the
    report that was filed.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    key = models.CharField(max_length=200, blank=True)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    category = models.CharField(max_length=50, blank=True)
    rationale = models.TextField(blank=True)
    evidence = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=RowState.choices)
    field = models.CharField(max_length=50, blank=True)
    said = models.TextField(blank=True)
    about = models.CharField(max_length=LENGTH, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_upload_row")
        ]
        indexes: ClassVar = [
            models.Index(fields=["upload", "state", "number"], name="upload_row_by_state")
        ]


class PredictionSet(models.Model):
    """The answers of one model, as uploaded; its owner's alone until they publish it.

    Admitted sets that are published are evidence for `consensus`. `made_on` is the version of the
    release whose inputs the model was given; empty where there was none.
    """

    public_id = public_id_field()
    benchmark = models.ForeignKey(Benchmark, on_delete=models.PROTECT, related_name="predictions")
    model = models.CharField(max_length=200)
    family = models.CharField(
        max_length=200, blank=True, help_text="Models of one family have one vote; empty: its own"
    )
    file_digest = digest_field()
    upstream = models.CharField(max_length=100, blank=True)
    made_on = models.CharField(max_length=50, blank=True)
    admitted = models.BooleanField(default=False)
    owner = actor_field()
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["benchmark", "owner", "model", "file_digest"], name="one_prediction_set"
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class Prediction(models.Model):
    """One model answer: `raw` as uploaded, `answer` as read back (an abstention is N/A)."""

    prediction_set = models.ForeignKey(
        PredictionSet, on_delete=models.CASCADE, related_name="predictions"
    )
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="predictions")
    raw = models.TextField()
    answer = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prediction_set", "instance"], name="one_prediction")
        ]
