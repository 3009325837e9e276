"""Mounts sign-in, the portal, the back office, the API and the host's pages."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from tenantry.portal.views import home
from tenantry.project import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("companies", home.choose_company, name="companies"),
    path("healthz", health.healthz, name="healthz"),
    path("accounts/", include("tenantry.project.accounts_urls")),
    path("backoffice/", include("tenantry.backoffice.urls")),
    path("api/v1/", include("tenantry.api.urls")),
]
if settings.TENANTRY_DEMO:
    urlpatterns.append(path("demo/", include("tenantry.project.demo.urls")))
urlpatterns += [path("<slug:company>/admin/", include(f"{app}.urls")) for app in settings.TENANTRY_HOST_APPS]
urlpatterns.append(path("<slug:company>/", include("tenantry.portal.urls")))

handler400 = "tenantry.project.errors.bad_request"
handler403 = "tenantry.project.errors.forbidden"
handler404 = "tenantry.project.errors.not_found"
handler500 = "tenantry.project.errors.server_error"
