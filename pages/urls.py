"""Addresses of the pages that join several apps."""

from django.urls import path

from pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("b/<slug:slug>/", views.benchmark, name="benchmark"),
    path("b/<slug:slug>/i/", views.instances, name="instances"),
    path("b/<slug:slug>/i/<path:key>/", views.instance, name="instance"),
]
