"""Addresses of releases, and of the repositories: `git clone HUB/repos/SLUG`."""

from django.urls import path

from versions import (
    badges,
    card_pages,
    cut_pages,
    naming_pages,
    pages,
    rewording_pages,
    views,
    withdraw_pages,
)

urlpatterns = [
    path("b/<slug:slug>/draft/", cut_pages.draft, name="draft"),
    path("b/<slug:slug>/holds/", cut_pages.holds, name="holds"),
    path("b/<slug:slug>/r/", pages.releases, name="releases"),
    path("b/<slug:slug>/r/<str:version>/", pages.release, name="release"),
    path("b/<slug:slug>/names/", naming_pages.names, name="upstream_names"),
    path("b/<slug:slug>/rewordings/", rewording_pages.rewordings, name="draft_rewordings"),
    path(
        "b/<slug:slug>/rewordings/<str:old>..<str:new>/",
        rewording_pages.rewordings,
        name="rewordings",
    ),
    path("b/<slug:slug>/r/<str:version>/badge.svg", badges.badge, name="badge"),
    path("b/<slug:slug>/r/<str:version>/withdraw/", withdraw_pages.withdraw, name="withdraw"),
    path("b/<slug:slug>/r/<str:version>/quality/", card_pages.quality, name="quality"),
    path("b/<slug:slug>/r/<str:version>/methods/", card_pages.methods, name="methods"),
    path("b/<slug:slug>/diff/<str:old>..<str:new>/", pages.difference, name="diff"),
    path("repos/<slug:slug>/<path:path>", views.serve_git, name="git"),
    path("dvc/<slug:slug>/<path:path>", views.serve_dvc, name="dvc"),
]
