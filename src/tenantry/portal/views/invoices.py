"""Invoices: the list, one invoice, paying one, and coming back from the bank's page (I1, I2, I5 to I7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.settle_payment import settle_payment
from tenantry.core.invoice_states import Status
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.core.payment_states import UNDER_WAY
from tenantry.core.permissions import Level
from tenantry.core.refusal import Refusal
from tenantry.outside import security_log
from tenantry.portal.entry import Reads, Visit, company_page
from tenantry.portal.forms import small_number
from tenantry.portal.invoice_forms import read_payment
from tenantry.portal.pages.invoice_built import invoice_page
from tenantry.portal.pages.invoice_pay_built import pay_page
from tenantry.portal.pages.invoices_built import invoices_page
from tenantry.records.invoices import queries
from tenantry.records.payments.invoice_list import Place, Wanted
from tenantry.ui import formats
from tenantry.ui.refusals import refusal_words

SECTION = "invoices"


@company_page()
def invoices(visit: Visit) -> HttpResponse:
    """List the invoices, newest first; a filter or a page that can't be read is the first page."""
    asked = visit.request.GET
    place = Place(before=small_number(asked.get("before", "")), after=small_number(asked.get("after", "")))
    page = invoices_page(visit, _wanted(asked), place)
    return visit.area("portal/invoices.html", page, section=SECTION)


def _wanted(asked: Any) -> Wanted:
    by_word = {status.value: status for status in (Status.PAID, Status.PENDING, Status.FAILED)}
    year = small_number(asked.get("year", ""))
    return Wanted(by_word.get(asked.get("status", "")), year if year is not None and 1970 <= year <= 9999 else None)


@company_page()
def invoice(visit: Visit, invoice: UUID) -> HttpResponse:
    """Show one invoice with its lines, totals and payments."""
    row = queries.invoice(visit.company_id, str(invoice))
    if row is None:
        return _not_found(visit)
    page = invoice_page(visit, row)
    if page.refresh_url and visit.is_dialog and visit.request.GET.get("confirming"):
        return HttpResponse(status=204)
    return visit.area("portal/invoice.html", page, section=SECTION, crumb=row.number)


def _not_found(visit: Visit) -> HttpResponse:
    """Answer 404, the same for unknown and foreign; the security log hears of it."""
    security_log.refused(
        event="invoice_not_found",
        user=visit.actor.user_id,
        route=visit.request.path,
        address=visit.actor.address,
        request_id=visit.actor.request_id,
        company=visit.entered.slug,
    )
    return visit.refuse(Refusal("not_found"))


@company_page(posts=True, view=Level.MODIFY)
def pay(visit: Visit, invoice: UUID) -> HttpResponse:
    """Ask which method to charge; then charge it once."""
    if visit.request.method != "POST":
        return _pay_page(visit, str(invoice))
    choice = read_payment(visit.request.POST)
    if isinstance(choice, Refusal):
        return _pay_again(visit, str(invoice), choice)
    outcome = pay_invoice(
        actor=visit.actor, invoice_id=str(invoice), method_id=choice.method_id, request_key=choice.request_key
    )
    if isinstance(outcome, Refusal):
        return _pay_again(visit, str(invoice), outcome, choice.method_id)
    if outcome.result is PaymentResult.AWAITING_PAYER and outcome.next_url:
        return HttpResponseRedirect(outcome.next_url, status=303)
    _say(visit, outcome)
    return visit.go("invoices.invoice", invoice)


def _pay_page(visit: Visit, invoice_id: str, refused: Refusal | None = None, method_id: str = "") -> HttpResponse:
    row = queries.invoice(visit.company_id, invoice_id)
    if row is None:
        return _not_found(visit)
    page, status = pay_page(visit, row, refused, method_id)
    crumb = _("Pay %(number)s") % {"number": row.number}
    return visit.dialog("invoice_pay", page, section=SECTION, crumb=crumb, status=status)


def _pay_again(visit: Visit, invoice_id: str, refused: Refusal, method_id: str = "") -> HttpResponse:
    with visit.reading():
        return _pay_page(visit, invoice_id, refused, method_id)


def _say(visit: Visit, outcome: PaymentOutcome) -> None:
    """Keep the truth for the next page. What is still being confirmed is said by the invoice itself."""
    amount = formats.money(outcome.amount, visit.entered.locale)
    if outcome.result is PaymentResult.PAID:
        visit.say(_("Paid %(amount)s.") % {"amount": amount})
    elif outcome.result is PaymentResult.PROCESSING:
        words = _("The bank debit of %(amount)s is on its way. It takes up to 4 business days.") % {"amount": amount}
        messages.info(visit.request, words)


@company_page(reads=Reads.ITSELF)
def approved(visit: Visit, invoice: UUID) -> HttpResponse:
    """Take a payer in who comes back from the bank's page: ask the gateway what came of it, once, and show it.

    Nothing that the address says is believed, and nothing is charged by coming here.
    """
    with visit.reading():
        row = queries.invoice(visit.company_id, str(invoice))
        if row is None:
            return _not_found(visit)
        latest = visit.payment_facts([row])[str(row.id)].latest
    may_settle = visit.may(Level.MODIFY) and visit.request.method == "GET"
    if may_settle and latest is not None and latest.state in UNDER_WAY:
        settled = settle_payment(actor=visit.actor, intent_id=latest.id)
        if isinstance(settled, PaymentOutcome):
            _say(visit, settled)
        else:
            messages.error(visit.request, refusal_words(settled, locale=visit.entered.locale).sentence)
    return visit.go("invoices.invoice", invoice)
