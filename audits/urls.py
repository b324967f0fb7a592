"""Addresses of cases and audits."""

from django.urls import path

from audits import calculator_pages, guide_pages, policy_pages, views

urlpatterns = [
    path("b/<slug:slug>/cases/", views.cases, name="cases"),
    path("cases/<str:public_id>/", views.case, name="case"),
    path("b/<slug:slug>/guides/", guide_pages.guides, name="guides"),
    path("b/<slug:slug>/guide/", guide_pages.guide, name="guide"),
    path("b/<slug:slug>/guide/edit/", guide_pages.edit_guide, name="edit_guide"),
    path("b/<slug:slug>/calculator/", calculator_pages.calculator, name="calculator"),
    path("b/<slug:slug>/verifiers/", views.report_cards, name="report_cards"),
    path("b/<slug:slug>/schedule/", views.schedule, name="schedule"),
    path("b/<slug:slug>/policy/", policy_pages.policy, name="policy"),
    path("b/<slug:slug>/audits/", views.audits, name="audits"),
    path("audits/<str:public_id>/", views.audit, name="audit"),
]
