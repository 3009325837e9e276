"""The routes of programs."""

from __future__ import annotations

from django.urls import path

from tenantry.api.views import gateway_events

urlpatterns = [path("gateway-events/<slug:gateway>", gateway_events.gateway_events, name="api.gateway-events")]
