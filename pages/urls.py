"""Addresses of the pages that join several apps."""

from django.urls import path

from pages import following, people, reporting, talking, views

urlpatterns = [
    path("", views.home, name="home"),
    path("people/<str:public_id>/", people.person, name="person"),
    path("b/<slug:slug>/", views.benchmark, name="benchmark"),
    path("b/<slug:slug>/report/", reporting.report_form, name="report_form"),
    path("b/<slug:slug>/report/check/", reporting.check_answer, name="check_answer"),
    path("reports/<str:public_id>/", following.report, name="report"),
    path("reports/<str:public_id>/spam/", talking.spam, name="spam"),
    path("b/<slug:slug>/watch/", talking.watching, name="watch"),
    path("b/<slug:slug>/comments/", talking.comment, name="comment"),
    path("comments/<str:public_id>/hide/", talking.hide, name="hide_comment"),
    path("b/<slug:slug>/moderation/", talking.moderation, name="moderation"),
    path("b/<slug:slug>/i/", views.instances, name="instances"),
    path("b/<slug:slug>/i/<path:key>/", views.instance, name="instance"),
]
