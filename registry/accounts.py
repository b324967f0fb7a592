"""Where signing in and up (django-allauth) meets the hub's own rules: its two adapters."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import EmailVerificationStage
from allauth.account.utils import filter_users_by_email
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse

from registry.events import record
from registry.ids import new_id
from registry.models import User
from registry.selectors import find_invitation
from registry.services.send_mails import write_mail

# Where a session keeps the secret of an invitation until its holder has signed in.
INVITATION = "invitation"


class AddressStage(EmailVerificationStage):
    """Asks for proof of an address; an account without one has none to prove."""

    def handle(self) -> Any:
        """As allauth does, unless there is no address."""
        return super().handle() if self.login.user.email else (None, True)


class AccountAdapter(DefaultAccountAdapter):
    """Mail goes through the outbox, sign-up is closed until opened, invitations open it."""

    def get_login_stages(self) -> list[str]:
        """Allauth's, with our own for the address."""
        ours = f"{AddressStage.__module__}.{AddressStage.__qualname__}"
        theirs = "allauth.account.stages.EmailVerificationStage"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Where the operator says so, and for whoever holds an invitation."""
        if settings.ERRATA_SIGNUP == "open":
            return True
        return find_invitation(request.session.get(INVITATION, "")) is not None

    def format_email_subject(self, subject: str) -> str:
        """As it is: whoever sends the mail puts the site's name before it."""
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put it into the outbox; a mail to nobody we know is not written."""
        user = context.get("user") or next(iter(filter_users_by_email(email)), None)
        if user is None:
            return
        message = self.render_mail(template_prefix, email, {"email": email} | context)
        key = f"account:{new_id()}"  # each asks for one of its own
        write_mail(user, key, str(message.subject), str(message.body), address=email)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *more: Any,
        **named: Any,
    ) -> None:
        """Tell what happened, but not that somebody signed in or out: they see that."""
        if message_template not in _NOT_TOLD:
            super().add_message(request, level, message_template, *more, **named)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """An invitation that waits to be accepted goes first."""
        if secret := request.session.get(INVITATION):
            return reverse("invitation", args=[secret])
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The same after signing up."""
        return self.get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account."""
        return reverse("account")

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the name that was given, and record that somebody came."""
        user.first_name, _, user.last_name = form.cleaned_data.get("full_name", "").partition(" ")
        super().save_user(request, user, form, commit)
        if commit:
            _record_arrival(user)
        return user


class SocialAdapter(DefaultSocialAccountAdapter):
    """A sign-in at ORCID proves an ORCID iD; the rest is as with a password."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Keep the iD of somebody who has an account."""
        if sociallogin.is_existing:
            _keep_orcid(sociallogin.user, sociallogin.account)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Keep the iD of somebody new."""
        sociallogin.user.orcid = _orcid(sociallogin.account)
        user: User = super().save_user(request, sociallogin, form)
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        """Back to the account, where the connection shows."""
        if socialaccount.user_id == request.user.pk:
            _keep_orcid(request.user, socialaccount)
        return reverse("socialaccount_connections")


def forget_orcid(user: User) -> None:
    """Drop the iD of somebody who is not connected with ORCID any more."""
    if user.orcid and not SocialAccount.objects.filter(user=user, provider="orcid").exists():
        user.orcid = ""
        user.save(update_fields=["orcid"])


def _orcid(account: SocialAccount) -> str:
    return str(account.uid) if account.provider == "orcid" else ""


def _keep_orcid(user: User, account: SocialAccount) -> None:
    orcid = _orcid(account)
    if orcid and user.orcid != orcid:
        user.orcid = orcid
        user.save(update_fields=["orcid"])


def _record_arrival(user: User) -> None:
    record(
        "user.signed_up",
        actor=user,
        benchmark=None,
        subject=("user", user.public_id),
    )


_NOT_TOLD = {
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "account/messages/email_confirmation_sent.txt",
}
