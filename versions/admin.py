"""Releases, to look at: services write."""

from django.contrib import admin

from registry.admin import ReadOnly, look_at
from versions.models import (
    Artifact,
    Change,
    GoldLabel,
    GoldSet,
    Hold,
    Lift,
    Preview,
    Release,
    Rewording,
    Score,
    Signature,
    SigningKey,
    UpstreamName,
    Withdrawal,
)


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    """Releases."""

    list_display = ("benchmark", "version", "bump", "status", "frozen_at", "published_at")
    list_filter = ("benchmark", "status")
    list_select_related = ("benchmark",)
    exclude = ("snapshot",)


look_at(Artifact, "release", "path", "sha256", "size")
look_at(Change, "release", "instance", "kind", "tier")
look_at(Withdrawal, "release", "instead", "at")
look_at(UpstreamName, "benchmark", "name", "versions", "at")
look_at(Preview, "benchmark", "digest", "at", hidden=("kept",))
look_at(Hold, "benchmark", "decision", "group", "at")
look_at(Lift, "hold", "at")
look_at(GoldSet, "benchmark", "name", "file_name", "labels", "at")
look_at(GoldLabel, "gold", "instance", "answer", "unit")
look_at(SigningKey, "key", "at")
look_at(Signature, "release", "key")
look_at(Rewording, "instance", "one", "other", "same", "sequence", "at")
look_at(Score, "prediction_set", "release", "contract", "at")
