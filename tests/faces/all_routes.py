"""Every address that the product can have: those of the project, and the demo's."""

from __future__ import annotations

from django.urls import include, path

from tenantry.project import urls
from tenantry.project.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("demo/", include("tenantry.project.demo.urls")), *urls.urlpatterns]
