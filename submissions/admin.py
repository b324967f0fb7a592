"""What people sent in, to look at: services write."""

from django.contrib import admin

from registry.admin import ReadOnly, look_at
from submissions.models import Prediction, PredictionSet, Report, Upload


@admin.register(Report)
class ReportAdmin(ReadOnly):
    """Error reports."""

    list_display = ("public_id", "benchmark", "instance", "category", "status", "created_at")
    list_filter = ("benchmark", "status")
    list_select_related = ("benchmark", "instance", "category")


@admin.register(PredictionSet)
class PredictionSetAdmin(ReadOnly):
    """Answers of models."""

    list_display = ("model", "benchmark", "upstream", "admitted", "created_at")
    list_filter = ("benchmark",)
    list_select_related = ("benchmark",)


look_at(Prediction, "prediction_set", "instance", "answer")
look_at(Upload, "benchmark", "author", "file_name", "counts", "submitted_at", "finished_at")
