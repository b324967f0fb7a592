"""Addresses of cases and audits."""

from django.urls import path

from audits import (
    calculator_pages,
    case_pages,
    first_pass,
    guide_pages,
    packet_pages,
    policy_pages,
    queue_pages,
    views,
)

urlpatterns = [
    path("b/<slug:slug>/cases/", queue_pages.cases, name="cases"),
    path("b/<slug:slug>/cases/next/", queue_pages.take_next, name="next_case"),
    path("cases/<str:public_id>/", case_pages.case, name="case"),
    path("cases/<str:public_id>/draft/", case_pages.draft, name="keep_draft"),
    path("cases/<str:public_id>/practice/", first_pass.practice, name="practice"),
    path("b/<slug:slug>/guides/", guide_pages.guides, name="guides"),
    path("b/<slug:slug>/guide/", guide_pages.guide, name="guide"),
    path("b/<slug:slug>/guide/edit/", guide_pages.edit_guide, name="edit_guide"),
    path("b/<slug:slug>/packets/", packet_pages.packets, name="packets"),
    path("b/<slug:slug>/calculator/", calculator_pages.calculator, name="calculator"),
    path("b/<slug:slug>/verifiers/", views.report_cards, name="report_cards"),
    path("b/<slug:slug>/schedule/", views.schedule, name="schedule"),
    path("b/<slug:slug>/policy/", policy_pages.policy, name="policy"),
    path("b/<slug:slug>/audits/", views.audits, name="audits"),
    path("audits/<str:public_id>/", views.audit, name="audit"),
]
