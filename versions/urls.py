"""Addresses of the repositories: `git clone HUB/git/SLUG.git`, and the remote that it names."""

from django.urls import path

from versions.views import serve_dvc, serve_git

urlpatterns = [
    path("git/<slug:slug>.git/<path:path>", serve_git, name="git"),
    path("dvc/<slug:slug>/<path:path>", serve_dvc, name="dvc"),
]
