"""Every address of the hub, app by app."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("api.urls")),
    *(
        path("", include(f"{app}.urls"))
        for app in ("registry", "submissions", "audits", "versions", "pages")
    ),
]
