"""Addresses of reports."""

from django.urls import path

from submissions import views

urlpatterns = [
    path("b/<slug:slug>/report/", views.report_form, name="report_form"),
    path("b/<slug:slug>/reports/", views.reports, name="reports"),
    path("reports/<str:public_id>/", views.report, name="report"),
]
