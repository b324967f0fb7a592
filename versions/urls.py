"""Addresses of releases."""

from django.urls import path

from versions import pages

urlpatterns = [
    path("b/<slug:slug>/draft/", pages.draft, name="draft"),
    path("b/<slug:slug>/r/", pages.releases, name="releases"),
    path("b/<slug:slug>/r/<str:version>/", pages.release, name="release"),
    path("b/<slug:slug>/diff/<str:old>..<str:new>/", pages.difference, name="diff"),
]
