"""Make accounts, the links that let their owners in, and API tokens."""

import secrets
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from errata.manifest import sha256_hex

from registry.errors import InvalidInput
from registry.events import record
from registry.lengths import require_fits
from registry.models import ApiToken, Scope, User
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
    if email:  # whoever makes the account vouches for the address
        EmailAddress.objects.create(user=user, email=email.lower(), primary=True, verified=True)
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
    key = default_token_generator.make_token(user)
    where = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
    return str(settings.ERRATA_HUB + where)


@transaction.atomic
def create_token(
    *, actor: User, user: User, name: str, scope: str = Scope.EVERYTHING, days: int = 0
) -> str:
    """Make a bearer token for `user` and return its secret, which is stored only as a digest.

    It may do what its `scope` says and holds for so many days; 0: until it is revoked.
    """
    if actor.pk != user.pk:
        require_staff(actor, "make tokens for others")
    require_fits(ApiToken, name=name)
    if scope not in Scope.values or days < 0:
        raise InvalidInput(
            f"Give one of the scopes {', '.join(Scope.values)}, and days from 0 on.", field="scope"
        )
    secret = "errata_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        name=name,
        digest=sha256_hex(secret),
        scope=scope,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    record(
        "token.created",
        actor=actor,
        benchmark=None,
        subject=("user", user.public_id),
        data={"name": name, "scope": str(scope), "days": days},
    )
    return secret
