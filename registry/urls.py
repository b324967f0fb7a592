"""Addresses of accounts: sign in and out, set a password, API tokens."""

from django.contrib.auth import views as auth
from django.urls import path

from registry import views

urlpatterns = [
    path("login/", auth.LoginView.as_view(template_name="registry/login.html"), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path(
        "password/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(template_name="registry/password.html"),
        name="password_reset_confirm",
    ),
    path(
        "password/done/",
        auth.PasswordResetCompleteView.as_view(template_name="registry/password_done.html"),
        name="password_reset_complete",
    ),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token>/revoke/", views.revoke, name="revoke_token"),
]
