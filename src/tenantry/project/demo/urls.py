"""The one route that only the demo has."""

from __future__ import annotations

from django.urls import path

from tenantry.project.demo.views import forward

urlpatterns = [path("forward", forward, name="demo-forward")]
