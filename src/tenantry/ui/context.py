"""What every page gets besides its own values."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Give the nonce of the page's scripts and the vendor's name.

    The nonce is lazy: the header names one only when a template has used it, and until then it counts as false;
    so ask whether it is None. Tags of django-htmx look for it under this very name.
    """
    return {
        "csp_nonce": getattr(request, "csp_nonce", None),
        "vendor_name": settings.TENANTRY_VENDOR["name"],
    }
