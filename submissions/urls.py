"""Addresses of reports."""

from django.urls import path

from submissions import views

urlpatterns = [
    path("b/<slug:slug>/reports/", views.reports, name="reports"),
]
