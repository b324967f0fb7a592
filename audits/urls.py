"""Addresses of cases and audits."""

from django.urls import path

from audits import policy_pages, views

urlpatterns = [
    path("b/<slug:slug>/cases/", views.cases, name="cases"),
    path("cases/<str:public_id>/", views.case, name="case"),
    path("b/<slug:slug>/verifiers/", views.report_cards, name="report_cards"),
    path("b/<slug:slug>/schedule/", views.schedule, name="schedule"),
    path("b/<slug:slug>/policy/", policy_pages.policy, name="policy"),
    path("b/<slug:slug>/audits/", views.audits, name="audits"),
    path("audits/<str:public_id>/", views.audit, name="audit"),
]
