"""The admin site: accounts may be changed, facts and everything with a service only be read."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from registry.models import (
    Alias,
    ApiToken,
    Benchmark,
    Category,
    Comment,
    Content,
    ContractVersion,
    Event,
    Head,
    ImportBatch,
    Instance,
    Invitation,
    Mail,
    Membership,
    PlannedImport,
    Revision,
    Searchable,
    Specialty,
    Text,
    Told,
    User,
    Watch,
)

# The admin site has no door of its own: it would ask for no second factor.
admin.site.login = secure_admin_login(admin.site.login)


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

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """All but the hidden ones, also those that forms leave out, such as public ids."""
        fields = (*self.opts.fields, *self.opts.many_to_many)
        return [each.name for each in fields if each.name not in (self.exclude or ())]


def look_at(model: type[Model], *columns: str, hidden: tuple[str, ...] = ()) -> None:
    """Register a model to be looked at, with these columns in its list and these fields never."""
    shown = {"list_display": columns, "exclude": hidden, "list_select_related": True}
    admin.site.register(model, type(f"{model.__name__}Admin", (ReadOnly,), shown))


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


look_at(ApiToken, "user", "name", "scope", "created_at", "expires_at", hidden=("digest",))
look_at(Comment, "subject_kind", "subject_id", "author", "at")
look_at(Content, "digest", "kind")
look_at(ContractVersion, "benchmark", "version", "actor", "at")
look_at(Head, "instance", "revision", "retired")
look_at(Invitation, "benchmark", "role", "email", "expires_at", hidden=("digest",))
look_at(Mail, "user", "subject", "created_at", "sent_at", hidden=("body",))  # it holds links
look_at(PlannedImport, "slug", "file_name", "actor", "confirmed_at", "finished_at")
look_at(Searchable, "instance", "revision")
look_at(Specialty, "user", "name", "verified_by", "verified_at")
look_at(Text, "digest", "removed_at")
look_at(Told, "event")
look_at(Watch, "user", "kind", "subject")
