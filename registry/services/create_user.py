"""Make accounts, the links that let their owners in, and API tokens."""

import secrets

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from errata.manifest import sha256_hex

from registry.errors import InvalidInput
from registry.events import record
from registry.lengths import require_fits
from registry.models import ApiToken, User
from registry.permissions import require_staff


@transaction.atomic
def create_user(
    *,
    actor: User,
    username: str,
    email: str = "",
    full_name: str = "",
    staff: bool = False,
    password: str | None = None,
    demo: bool = False,
) -> User:
    """Make an account; without a password its owner sets one through `password_link`."""
    require_staff(actor, "make accounts")
    if User.objects.filter(username=username).exists():
        raise InvalidInput(f"There is a user '{username}' already; choose another name.")
    user = User(username=username, email=email, is_staff=staff, is_superuser=staff, is_demo=demo)
    user.first_name, _, user.last_name = full_name.partition(" ")
    user.set_password(password)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(f"The {field} will not do: {messages[0]}", field=field) from error
    user.save()
    record(
        "user.created",
        actor=actor,
        benchmark=None,
        subject=("user", user.public_id),
        data={"staff": staff},
    )
    return user


def password_link(user: User) -> str:
    """A link with which the owner of an account sets a password, once."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.ERRATA_HUB + reverse("password_reset_confirm", args=[uid, token])


@transaction.atomic
def create_token(*, actor: User, user: User, name: str) -> str:
    """Make a bearer token for `user` and return its secret, which is stored only as a digest."""
    if actor.pk != user.pk:
        require_staff(actor, "make tokens for others")
    require_fits(ApiToken, name=name)
    secret = "errata_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, digest=sha256_hex(secret))
    record(
        "token.created",
        actor=actor,
        benchmark=None,
        subject=("user", user.public_id),
        data={"name": name},
    )
    return secret
