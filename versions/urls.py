"""Addresses of releases: pages, repositories (`git clone HUB/git/SLUG.git`) and their remote."""

from django.urls import path

from versions import pages
from versions.views import serve_dvc, serve_git

urlpatterns = [
    path("b/<slug:slug>/draft/", pages.draft, name="draft"),
    path("b/<slug:slug>/r/", pages.releases, name="releases"),
    path("b/<slug:slug>/r/<str:version>/", pages.release, name="release"),
    path("b/<slug:slug>/diff/<str:old>..<str:new>/", pages.difference, name="diff"),
    path("git/<slug:slug>.git/<path:path>", serve_git, name="git"),
    path("dvc/<slug:slug>/<path:path>", serve_dvc, name="dvc"),
]
