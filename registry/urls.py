"""Addresses of accounts and members. Signing in and up is allauth's, each page listed here."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.orcid import views as orcid
from django.urls import path, re_path

from registry import contract_pages, member_pages, views
from registry.providers import Connections, offered

_RESET = r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

urlpatterns = [
    path("accounts/", views.account, name="account"),
    path("accounts/delete/", views.delete, name="delete_account"),
    path("accounts/specialties/", views.specialties, name="specialties"),
    path("accounts/tokens/", views.tokens, name="tokens"),
    path("accounts/tokens/<int:token>/revoke/", views.revoke, name="revoke_token"),
    path("accounts/unsent/", views.unsent, name="unsent_mails"),
    path("invitations/<str:secret>/", member_pages.invitation, name="invitation"),
    path("b/<slug:slug>/contract/", contract_pages.contract, name="contract"),
    path("b/<slug:slug>/members/", member_pages.members, name="members"),
    # Signing in, up and out.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    # The address.
    path("accounts/email/", account.email, name="account_email"),
    path(
        "accounts/confirm-email/",
        account.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$",
        account.confirm_email,
        name="account_confirm_email",
    ),
    # The password.
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(_RESET, account.password_reset_from_key, name="account_reset_password_from_key"),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # The second factor.
    path("accounts/2fa/", mfa.index, name="mfa_index"),
    path("accounts/2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("accounts/2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("accounts/2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("accounts/2fa/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "accounts/2fa/codes/new/",
        codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "accounts/2fa/codes/download/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    # Signing in elsewhere, where the operator says so.
    path("accounts/elsewhere/", Connections.as_view(), name="socialaccount_connections"),
    path("accounts/elsewhere/signup/", social.signup, name="socialaccount_signup"),
    path(
        "accounts/elsewhere/cancelled/",
        social.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("accounts/elsewhere/error/", social.login_error, name="socialaccount_login_error"),
    path("accounts/github/login/", offered("github", github.oauth2_login), name="github_login"),
    path(
        "accounts/github/login/callback/",
        offered("github", github.oauth2_callback),
        name="github_callback",
    ),
    path("accounts/orcid/login/", offered("orcid", orcid.oauth2_login), name="orcid_login"),
    path(
        "accounts/orcid/login/callback/",
        offered("orcid", orcid.oauth2_callback),
        name="orcid_callback",
    ),
]
