"""Cases, decisions and runs, to look at: services write."""

from django.contrib import admin

from audits.models import AuditRun, Case, Decision, Ruling
from registry.admin import ReadOnly


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnly):
    """Audit runs."""

    list_display = ("public_id", "benchmark", "status", "created_at", "finished_at")
    list_filter = ("benchmark", "status")
    list_select_related = ("benchmark",)


@admin.register(Case)
class CaseAdmin(ReadOnly):
    """Review cases."""

    list_display = ("public_id", "benchmark", "instance", "group", "status", "priority")
    list_filter = ("benchmark", "status")
    list_select_related = ("benchmark", "instance")


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    """What was decided."""

    list_display = ("public_id", "instance", "outcome", "actor", "at")
    list_filter = ("outcome",)
    list_select_related = ("instance",)


@admin.register(Ruling)
class RulingAdmin(ReadOnly):
    """One decision for many labels of a group."""

    list_display = ("public_id", "case", "group", "actor", "at")
    list_select_related = ("case",)
