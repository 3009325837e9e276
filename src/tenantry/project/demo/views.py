"""Moves the demo's clock for those who may."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenantry.core.periods import local_date
from tenantry.project.demo.forward import go_to_next_billing_date
from tenantry.project.demo.strip import DEFAULT_ZONE, may_move_time
from tenantry.records.companies import queries
from tenantry.ui import formats


@require_POST
def forward(request: HttpRequest) -> HttpResponse:
    """Go to the next billing date, run what is due, and come back to the page."""
    if not settings.TENANTRY_DEMO or not request.user.is_authenticated:
        raise Http404
    slug = request.GET.get("company", "")
    company_id, zone = "", DEFAULT_ZONE
    if slug:
        entered = queries.enter(user=request.user, slug=slug, request_id="", address="")
        if entered is None or not may_move_time(entered.actor):
            raise Http404
        company_id, zone = entered.actor.company_id, entered.time_zone
    elif not queries.is_vendor_staff(str(request.user.pk)):
        raise Http404
    now = go_to_next_billing_date(company_id)
    today = formats.day_text(local_date(now, zone))
    messages.success(
        request, _("The demo's clock went to %(today)s. Everything due until then has run.") % {"today": today}
    )
    back = request.POST.get("next", "/")
    return HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
