"""Cases, decisions and runs, to look at: services write."""

from django.contrib import admin

from audits.models import (
    Abstention,
    Attempt,
    AuditRun,
    Belief,
    Call,
    Case,
    Chunk,
    Decision,
    Endpoint,
    Fingerprint,
    Guide,
    Lapse,
    Lesson,
    Look,
    Opinion,
    PolicyVersion,
    Ruling,
    Schedule,
    Share,
    Standing,
    Vote,
)
from registry.admin import ReadOnly, look_at


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


look_at(Abstention, "case", "expert", "interest", "at")
look_at(Attempt, "run", "instance", "verifier", "at")
look_at(Belief, "benchmark", "decisions", "runs", "policy", "learned_at")
look_at(Call, "run", "verifier", "outcome", "cost", "at")
look_at(Chunk, "run", "number", "status", "owner", "lease_until")
look_at(Endpoint, "name", "paused_until")
look_at(Fingerprint, "content", "value", "version")
look_at(Guide, "benchmark", "group", "number", "actor", "at")
look_at(Lapse, "decision", "verifier", "flaw", "actor", "at")
look_at(Lesson, "decision", "at")
look_at(Look, "instance", "revision", "vote")
look_at(Opinion, "public_id", "case", "expert", "outcome", "at")
look_at(PolicyVersion, "benchmark", "number", "actor", "at")
look_at(Schedule, "benchmark", "every_days", "next_at")
look_at(Share, "endpoint", "connections", "lease_until")
look_at(Standing, "instance", "bucket", "tier", "score")
look_at(Vote, "verifier", "version", "verdict", "answer", "at")
