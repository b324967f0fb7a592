"""Forms of accounts: our words on allauth's, and a few of our own."""

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.socialaccount import forms as social
from django import forms
from errata.contract import MAX_TEMPLATE, Contract

from registry.models import Role, Scope


class _Plain:
    """Labels say what a field is; no text that vanishes with the first letter says it again."""

    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if name in ("oldpassword", "password"):
                field.help_text = ""


class LoginForm(_Plain, account.LoginForm):
    """Name or address, and password."""

    labels: ClassVar = {"login": "User name or e-mail"}


def _full_name() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=150,
        required=False,
        help_text="As you want to be credited; without one it is your user name.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class SignupForm(_Plain, account.SignupForm):
    """A new account."""

    labels: ClassVar = {"username": "User name", "email": "E-mail", "password1": "Password"}
    full_name = _full_name()
    field_order: ClassVar = ["full_name", "username", "email", "password1"]


class SocialSignupForm(_Plain, social.SignupForm):
    """A new account of somebody whom GitHub or ORCID knows."""

    labels: ClassVar = {"username": "User name", "email": "E-mail"}
    full_name = _full_name()
    field_order: ClassVar = ["full_name", "username", "email"]


class AddEmailForm(_Plain, account.AddEmailForm):
    """Another address."""

    labels: ClassVar = {"email": "New e-mail address"}


class ChangePasswordForm(_Plain, account.ChangePasswordForm):
    """Another password."""

    labels: ClassVar = {
        "oldpassword": "Current password",
        "password1": "New password",
        "password2": "New password again",
    }


class SetPasswordForm(_Plain, account.SetPasswordForm):
    """The first password of somebody who came by GitHub or ORCID."""

    labels: ClassVar = {"password1": "Password", "password2": "Password again"}


class ResetPasswordForm(_Plain, account.ResetPasswordForm):
    """Where the link goes."""

    labels: ClassVar = {"email": "E-mail"}


class ResetPasswordKeyForm(_Plain, account.ResetPasswordKeyForm):
    """The password that a link sets."""

    labels: ClassVar = {"password1": "New password", "password2": "New password again"}


class TokenForm(forms.Form):
    """What a new API token is for."""

    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        help_text="A name to recognise it by, such as “laptop” or “nightly evaluation”.",
    )
    scope = forms.ChoiceField(
        label="What may it do?",
        choices=[(value, label.capitalize()) for value, label in Scope.choices],
        initial=Scope.CONTRIBUTE,
        help_text="Never more than you may do yourself.",
    )
    days = forms.TypedChoiceField(
        label="How long does it hold?",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (365, "A year"), (0, "Until it is revoked")],
        initial=90,
    )


class PersonForm(forms.Form):
    """What the hub says of a person."""

    full_name = forms.CharField(label="Name", max_length=150, required=False)
    credited = forms.BooleanField(
        label="Credit me by name",
        required=False,
        help_text="Off: lists and the changelogs of future releases show no name of yours. "
        "Released files stay as they are.",
    )


class InvitationForm(forms.Form):
    """Whom to invite."""

    role = forms.ChoiceField(
        label="Role", choices=[(value, value.capitalize()) for value in Role.values]
    )
    email = forms.EmailField(
        label="E-mail",
        required=False,
        help_text="With one, only an account with this address may accept.",
    )


class MemberForm(forms.Form):
    """A role to give or to take."""

    user = forms.CharField(max_length=26)
    role = forms.ChoiceField(choices=[(value, value) for value in Role.values])
    other = forms.ChoiceField(choices=[(value, value) for value in Role.values], required=False)


class ContractForm(forms.Form):
    """The next version of an answer contract."""

    version = forms.CharField(
        label="Version",
        max_length=20,
        help_text="Three numbers, higher than the one in force: 1.1.0 after 1.0.0.",
    )
    template = forms.CharField(
        label="Prompt",
        max_length=MAX_TEMPLATE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono"}),
        help_text="{inputs} stands for all inputs, {NAME} for one of them, {format} for the form "
        "of the answer, {abstain} for how to abstain. It has to ask for the final answer between "
        "<answer> and </answer>.",
    )
    formats = forms.CharField(
        label="Forms of an answer",
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One line for each kind: number: The answer is a number.",
    )
    unanswerable = forms.CharField(
        label="Words that abstain",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One on each line; N/A always abstains.",
    )
    reason = forms.CharField(
        label="Why?",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Goes into the benchmark's history beside the new version.",
    )

    @staticmethod
    def filled(contract: Contract) -> dict[str, str]:
        """What the fields say of a contract."""
        return {
            "version": contract.version,
            "template": contract.template,
            "formats": "\n".join(f"{kind}: {text}" for kind, text in contract.formats.items()),
            "unanswerable": "\n".join(contract.unanswerable),
        }

    def clean_template(self) -> str:
        """With the line ends that files have: browsers send others."""
        return str(self.cleaned_data["template"]).replace("\r\n", "\n")

    def clean_formats(self) -> dict[str, str]:
        """Sentences by kind."""
        lines = [line.partition(":") for line in self.cleaned_data["formats"].splitlines() if line]
        return {kind.strip(): text.strip() for kind, _, text in lines}

    def clean_unanswerable(self) -> list[str]:
        """The words."""
        lines = (line.strip() for line in self.cleaned_data["unanswerable"].splitlines())
        return [line for line in lines if line]
