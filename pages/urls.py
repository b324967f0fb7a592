"""Addresses of the pages that join several apps."""

from django.urls import path

from pages import people, views

urlpatterns = [
    path("", views.home, name="home"),
    path("people/<str:public_id>/", people.person, name="person"),
    path("b/<slug:slug>/", views.benchmark, name="benchmark"),
    path("b/<slug:slug>/i/", views.instances, name="instances"),
    path("b/<slug:slug>/i/<path:key>/", views.instance, name="instance"),
]
