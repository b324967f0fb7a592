"""Releases, to look at: services write."""

from django.contrib import admin

from registry.admin import ReadOnly
from versions.models import Release


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    """Releases."""

    list_display = ("benchmark", "version", "bump", "status", "frozen_at", "published_at")
    list_filter = ("benchmark", "status")
    list_select_related = ("benchmark",)
    exclude = ("snapshot",)
