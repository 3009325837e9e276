"""The whole history of a company (O11)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.portal.entry import Visit, company_page
from tenantry.portal.forms import small_number
from tenantry.portal.pages.history import HistoryPage
from tenantry.portal.pages.history_built import KINDS, changes
from tenantry.records.base import history as records
from tenantry.records.payments import naming
from tenantry.ui.parts import FilterLink, Pager

PAGE_SIZE = 25


@company_page()
def history(visit: Visit) -> HttpResponse:
    """Show who did what when, newest first."""
    query = visit.request.GET
    show = query.get("show", "") if query.get("show", "") in KINDS else ""
    kinds = KINDS.get(show, ())
    about = naming.invoice_number()
    newer_than = small_number(query.get("newer", ""))
    if newer_than is not None:
        part = records.newer(visit.company_id, kinds=kinds, than=newer_than, limit=PAGE_SIZE, about=about)
    else:
        older_than = small_number(query.get("older", ""))
        part = records.older(visit.company_id, kinds=kinds, than=older_than, limit=PAGE_SIZE, about=about)
    page = HistoryPage(
        changes=changes(visit, part.entries), filters=_filters(visit, show), pager=_pager(visit, show, part)
    )
    return visit.area("portal/history.html", page, section="", crumb=_("History"))


def _filters(visit: Visit, show: str) -> tuple[FilterLink, ...]:
    labels = {
        "": _("Everything"),
        "billing-methods": _("Billing Methods"),
        "invoices": _("Invoices"),
        "add-ons": _("Add-ons"),
        "people": _("People"),
    }
    return tuple(FilterLink(label, _address(visit, show=key), is_current=key == show) for key, label in labels.items())


def _pager(visit: Visit, show: str, part: records.HistoryPart) -> Pager:
    if not part.entries:
        return Pager()
    first, last = part.entries[0].sequence, part.entries[-1].sequence
    return Pager(
        newer_url=_address(visit, show=show, newer=str(first)) if part.has_newer else "",
        older_url=_address(visit, show=show, older=str(last)) if part.has_older else "",
    )


def _address(visit: Visit, **query: str) -> str:
    said = urlencode({name: value for name, value in query.items() if value})
    return visit.url("history") + (f"?{said}" if said else "")
