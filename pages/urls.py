"""Addresses of the pages that join several apps."""

from django.urls import path

from pages import (
    dashboard_page,
    errata,
    following,
    import_pages,
    people,
    reporting,
    rulings,
    talking,
    uploading,
    views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("people/<str:public_id>/", people.person, name="person"),
    path("new/", import_pages.new_benchmark, name="new_benchmark"),
    path("b/<slug:slug>/dashboard/", dashboard_page.dashboard, name="dashboard"),
    path("b/<slug:slug>/import/", import_pages.import_file, name="import"),
    path("imports/<str:public_id>/", import_pages.planned_import, name="planned_import"),
    path("b/<slug:slug>/", views.benchmark, name="benchmark"),
    path("b/<slug:slug>/report/", reporting.report_form, name="report_form"),
    path("b/<slug:slug>/report/check/", reporting.check_answer, name="check_answer"),
    path("b/<slug:slug>/reports/upload/", uploading.upload_reports, name="upload_reports"),
    path("b/<slug:slug>/reports/template.csv", uploading.template, name="report_template"),
    path("uploads/<str:public_id>/", uploading.upload, name="upload"),
    path("reports/<str:public_id>/", following.report, name="report"),
    path("reports/<str:public_id>/spam/", talking.spam, name="spam"),
    path("b/<slug:slug>/watch/", talking.watching, name="watch"),
    path("b/<slug:slug>/comments/", talking.comment, name="comment"),
    path("comments/<str:public_id>/hide/", talking.hide, name="hide_comment"),
    path("b/<slug:slug>/moderation/", talking.moderation, name="moderation"),
    path("errata.atom", errata.hub_atom, name="errata_atom_hub"),
    path("b/<slug:slug>/errata/", errata.errata, name="errata"),
    path("b/<slug:slug>/errata.atom", errata.atom, name="errata_atom"),
    path("b/<slug:slug>/errata.json", errata.feed, name="errata_json"),
    path("b/<slug:slug>/errata/<str:erratum>.json", errata.record_json, name="erratum_json"),
    path("b/<slug:slug>/errata/<str:erratum>/", errata.record, name="erratum"),
    path("b/<slug:slug>/rulings/<str:public_id>/", rulings.ruling, name="ruling"),
    path("b/<slug:slug>/i/", views.instances, name="instances"),
    path("b/<slug:slug>/i/<path:key>/", views.instance, name="instance"),
]
