"""The PDF of an invoice or a credit note, by a signed link that adds to the permission and never replaces it (I3)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.core.refusal import Refusal
from tenantry.outside import security_log, signed_links
from tenantry.portal.entry import Visit, company_page
from tenantry.portal.pages.credit_notes_built import credit_note_target
from tenantry.portal.pages.invoices_built import link_target
from tenantry.records.invoices import credit_notes, queries
from tenantry.ui.parts import Link

LONGEST_QUERY = 300
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@company_page()
def download(visit: Visit, invoice: UUID) -> HttpResponse:
    """Give the stored bytes to the person for whom the link was made; nothing else is told about the invoice."""
    if refused := _refused_link(visit, link_target(visit, str(invoice))):
        return refused
    row = queries.invoice(visit.company_id, str(invoice))
    document = queries.document(visit.company_id, str(invoice))
    return _answer(visit, row, document)


@company_page()
def download_credit_note(visit: Visit, credit_note: UUID) -> HttpResponse:
    """Give the stored bytes of a credit note, by the same kind of link."""
    if refused := _refused_link(visit, credit_note_target(visit, str(credit_note))):
        return refused
    row = credit_notes.credit_note(visit.company_id, str(credit_note))
    document = credit_notes.credit_note_document(visit.company_id, str(credit_note))
    return _answer(visit, row, document)


def _refused_link(visit: Visit, target: signed_links.LinkTarget) -> HttpResponse | None:
    """Judge the link before anything is read; give the answer to one that is not valid."""
    if _is_embedded_elsewhere(visit):
        return _refused(visit, "link_altered", "download_from_another_site")
    judged = signed_links.read(_query_items(visit), target, visit.now)
    if isinstance(judged, signed_links.Expired):
        return _refused(visit, "link_expired", "")
    if isinstance(judged, signed_links.Altered):
        return _refused(visit, "link_altered", "link_altered")
    return None


def _answer(visit: Visit, row: Any, document: Any) -> HttpResponse:
    if row is None or document is None:
        return visit.refuse(Refusal("document_not_ready" if row else "not_found"), link=_back(visit))
    return _file(bytes(document.pdf), row.number, is_head=visit.request.method == "HEAD")


def _query_items(visit: Visit) -> list[tuple[str, str]]:
    """Read the parameters as they were sent; one that is spelled in another way than ours counts as none."""
    sent = visit.request.META.get("QUERY_STRING", "")
    if len(sent) > LONGEST_QUERY:
        return []
    items = parse_qsl(sent, keep_blank_values=True)
    return items if urlencode(items) == sent else []


def _is_embedded_elsewhere(visit: Visit) -> bool:
    """Tell whether another site shows this address within its own page; browsers say so."""
    headers = visit.request.headers
    if headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none"):
        return False
    return headers.get("Sec-Fetch-Mode") != "navigate" or headers.get("Sec-Fetch-Dest") != "document"


def _back(visit: Visit) -> Link:
    return Link(_("Go to Invoices"), visit.url("invoices"))


def _refused(visit: Visit, code: str, event: str) -> HttpResponse:
    if event:
        security_log.refused(
            event=event,
            user=visit.actor.user_id,
            route=visit.request.path,
            address=visit.actor.address,
            request_id=visit.actor.request_id,
            company=visit.entered.slug,
        )
    response = visit.refuse(Refusal(code), link=_back(visit))
    response["Referrer-Policy"] = "no-referrer"
    return response


def _file(pdf: bytes, number: str, *, is_head: bool) -> HttpResponse:
    response = HttpResponse(b"" if is_head else pdf, content_type="application/pdf", headers=HEADERS)
    response["Content-Length"] = str(len(pdf))
    response["Content-Disposition"] = f'attachment; filename="{_file_name(number)}"'
    return response


def _file_name(number: str) -> str:
    """Make a file name of the invoice's number: plain letters, digits and hyphens, whatever else stands in it."""
    return f"{re.sub(r'[^A-Za-z0-9-]+', '-', number).strip('-')[:80] or 'invoice'}.pdf"
