"""Every address of the API; `config.urls` puts them below `api/v1/`."""

from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from api.resources.benchmarks import BenchmarkDetail, BenchmarkList
from api.resources.events import EventList
from api.resources.instances import InstanceDetail, InstanceList
from api.resources.predictions import PredictionUpload
from api.resources.reports import ReportDetail, ReportImport, ReportList
from api.views import Nowhere

B = "benchmarks/<slug:slug>"

urlpatterns: list[URLPattern] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("benchmarks/", BenchmarkList.as_view(), name="benchmarks"),
    path(f"{B}/", BenchmarkDetail.as_view(), name="benchmark"),
    path(f"{B}/instances/", InstanceList.as_view(), name="instances"),
    path(f"{B}/instances/<path:key>/", InstanceDetail.as_view(), name="instance"),
    path(f"{B}/events/", EventList.as_view(), name="events"),
    path("reports/", ReportList.as_view(), name="reports"),
    path("reports/<str:report>/", ReportDetail.as_view(), name="report"),
    path(f"{B}/reports/import/", ReportImport.as_view(), name="import-reports"),
    path(f"{B}/predictions/", PredictionUpload.as_view(), name="predictions"),
    re_path("", Nowhere.as_view()),
]
app_name = "api"
