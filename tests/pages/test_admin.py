"""The admin site shows everything and changes nothing but accounts."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from audits.models import Case, Standing
from registry.admin import ReadOnly
from registry.models import ApiToken, Event, Revision, User
from registry.services.create_user import create_token
from submissions.models import Report
from tests.small import People
from versions.models import Release

Browse = Callable[..., Any]

OURS = ("registry", "submissions", "audits", "versions")
NOT_SHOWN = {
    "Draft": "what an expert is typing is nobody else's",
    "UploadRow": "what somebody has not filed is nobody else's",
}


def _models() -> list[type[Model]]:
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def test_every_model_is_shown_and_read_only(
    release: Release, case: Case, crew: People, browse: Browse
) -> None:
    """Adding is refused, so are the forms that would change or delete a row."""
    User.objects.filter(pk=crew.staff.pk).update(is_superuser=True)
    create_token(actor=crew.staff, user=crew.staff, name="kept")
    client = browse(crew.staff)
    for model in _models():
        if model.__name__ in NOT_SHOWN:
            assert not admin.site.is_registered(model)
        else:
            _refuses_to_write(client, model)


def _refuses_to_write(client: Any, model: type[Model]) -> None:
    address = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{address}_changelist")).status_code == 200, model
    if model is User:
        return
    assert isinstance(admin.site._registry[model], ReadOnly)
    before = model._default_manager.count()
    for method in (client.get, client.post):
        assert method(reverse(f"{address}_add")).status_code == 403, model
    row = model._default_manager.first()
    if row is None:
        return
    change = reverse(f"{address}_change", args=[row.pk])
    assert client.get(change).status_code == 200, model
    assert client.post(change, {}).status_code == 403, model
    delete = reverse(f"{address}_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403, model
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(reverse(f"{address}_changelist"), chosen)
    assert model._default_manager.count() == before, model


def test_there_are_rows_to_try_it_on(release: Release, case: Case) -> None:
    """Else the test above would prove nothing."""
    for model in (Revision, Event, Case, Report, Release, Standing):
        assert model._default_manager.exists(), model


def test_accounts_are_never_deleted(crew: People, browse: Browse) -> None:
    """Facts name people by public id."""
    User.objects.filter(pk=crew.staff.pk).update(is_superuser=True)
    address = reverse("admin:registry_user_delete", args=[crew.user.pk])
    assert browse(crew.staff).post(address, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=crew.user.pk).exists()


def test_digests_of_secrets_are_not_shown(crew: People, browse: Browse) -> None:
    """A token's digest is of no use to anybody who looks."""
    User.objects.filter(pk=crew.staff.pk).update(is_superuser=True)
    create_token(actor=crew.user, user=crew.user, name="laptop")
    token = ApiToken.objects.get(name="laptop")
    page = browse(crew.staff).get(reverse("admin:registry_apitoken_change", args=[token.pk]))
    assert "laptop" in page.content.decode()
    assert token.digest not in page.content.decode()
