"""The admin site: accounts may be changed, facts and everything with a service only be read."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from registry.models import (
    Alias,
    Benchmark,
    Category,
    Event,
    ImportBatch,
    Instance,
    Membership,
    Revision,
    User,
)


class ReadOnly(admin.ModelAdmin):
    """Looks, changes nothing: services write."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts: names, addresses, passwords. Facts name people by public id, so none is deleted."""

    readonly_fields = ("public_id", "last_login", "date_joined")
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: close the account instead."""
        return False


@admin.register(Benchmark)
class BenchmarkAdmin(ReadOnly):
    """Benchmarks."""

    list_display = ("slug", "title", "licence", "visibility", "created_at")


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    """Who holds which role."""

    list_display = ("benchmark", "user", "role")
    list_filter = ("benchmark", "role")
    list_select_related = ("benchmark", "user")


@admin.register(Category)
class CategoryAdmin(ReadOnly):
    """Error categories."""

    list_display = ("benchmark", "code", "sentence", "retired")
    list_filter = ("benchmark",)
    list_select_related = ("benchmark",)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly):
    """What imports wrote."""

    list_display = ("benchmark", "file_name", "upstream", "at")
    list_select_related = ("benchmark",)


@admin.register(Instance)
class InstanceAdmin(ReadOnly):
    """Identities of instances."""

    list_display = ("key", "benchmark", "split", "position")
    list_filter = ("benchmark",)
    list_select_related = ("benchmark",)
    search_fields = ("key",)


@admin.register(Alias)
class AliasAdmin(ReadOnly):
    """Upstream ids."""

    list_display = ("space", "value", "instance")
    list_select_related = ("instance",)
    raw_id_fields = ("instance",)


@admin.register(Revision)
class RevisionAdmin(ReadOnly):
    """The states of every label."""

    list_display = ("instance", "number", "answer", "origin", "at")
    list_select_related = ("instance",)


@admin.register(Event)
class EventAdmin(ReadOnly):
    """Who did what."""

    list_display = ("at", "kind", "benchmark", "subject_kind", "subject_id", "actor")
    list_filter = ("kind",)
    list_select_related = ("benchmark",)
