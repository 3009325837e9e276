"""One invoice of a company: look at it, credit it, refund it. Each change is reviewed before it is made (R4)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.backoffice.entry import StaffVisit, staff_form, staff_page
from tenantry.backoffice.pages import invoices_built as built
from tenantry.backoffice.pages.invoices import GiveBackPage
from tenantry.backoffice.pages.invoices_built import GiveBackForm
from tenantry.core.credit_notes import why_not_reason
from tenantry.core.money import Money
from tenantry.core.refund_states import RefundState
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.payments.vendor_invoices import InvoiceSeen, invoice_seen
from tenantry.ui import answers, formats
from tenantry.ui.parts import Tone
from tenantry.ui.refusals import refusal_status

SECTION = "companies"
BAD_FORM = 422


@staff_page
def invoice(visit: StaffVisit, company: str, invoice: UUID) -> HttpResponse:
    """Show one invoice with what was credited and sent back."""
    seen = _seen(visit, company, invoice)
    if seen is None:
        return answers.not_found(visit.request)
    return visit.page("backoffice/invoice.html", built.invoice_page(visit, seen), section=SECTION)


@staff_form
def credit(visit: StaffVisit, company: str, invoice: UUID) -> HttpResponse:
    """Type amount and reason, look at what they do, then issue the credit note."""
    if visit.request.method != "POST":
        seen = _seen(visit, company, invoice)
        return _give_back(visit, built.credit_page(seen, _fresh(seen, seen.creditable))) if seen else _gone(visit)
    with visit.reading():
        seen = _seen(visit, company, invoice)
        if seen is None:
            return _gone(visit)
        form = GiveBackForm(visit.request.POST, currency=seen.invoice.currency)
        if not form.is_valid():
            return _give_back(visit, built.credit_page(seen, form), BAD_FORM)
        amount = form.asked(seen.invoice.currency)
        if not form.cleaned_data["confirmed"]:
            decided = why_not_reason(form.cleaned_data["reason"]) or seen.would_credit(amount)
            if isinstance(decided, Refusal):
                page = built.credit_page(seen, _again(seen, form, decided), decided)
                return _give_back(visit, page, refusal_status(decided.code))
            return _give_back(visit, built.credit_confirmation(seen, form, decided))
    typed = form.cleaned_data
    issued = issue_credit_note(
        actor=visit.at(str(seen.company.id)),
        invoice_id=str(invoice),
        form=CreditNoteForm(typed["reason"], amount.minor, typed["request_key"]),
        now=visit.now,
    )
    if isinstance(issued, Refusal):
        return _refused(visit, company, invoice, form, issued, is_refund=False)
    said = {"number": issued.number, "amount": formats.money(issued.total)}
    return visit.go("invoice", company, invoice, say=_("Credit note %(number)s over %(amount)s was issued.") % said)


@staff_form
def refund(visit: StaffVisit, company: str, invoice: UUID) -> HttpResponse:
    """Type amount and reason, look at what they do, then send the money back."""
    if visit.request.method != "POST":
        seen = _seen(visit, company, invoice)
        return _give_back(visit, built.refund_page(seen, _fresh(seen, seen.refundable))) if seen else _gone(visit)
    with visit.reading():
        seen = _seen(visit, company, invoice)
        if seen is None:
            return _gone(visit)
        form = GiveBackForm(visit.request.POST, currency=seen.invoice.currency)
        if not form.is_valid():
            return _give_back(visit, built.refund_page(seen, form), BAD_FORM)
        amount = form.asked(seen.invoice.currency)
        if not form.cleaned_data["confirmed"]:
            return _review_refund(visit, seen, form, amount)
    typed = form.cleaned_data
    sent = refund_payment(
        actor=visit.at(str(seen.company.id)),
        invoice_id=str(invoice),
        form=RefundForm(typed["reason"], amount, typed["request_key"]),
    )
    if isinstance(sent, Refusal):
        return _refused(visit, company, invoice, form, sent, is_refund=True)
    said = {"amount": formats.money(sent.amount)}
    if sent.state is RefundState.DONE:
        return visit.go("invoice", company, invoice, say=_("%(amount)s were sent back.") % said)
    words = _("The processor has not answered yet. We ask until it is known; nothing is sent twice.")
    return visit.go("invoice", company, invoice, say=words, tone=Tone.INFO)


def _review_refund(visit: StaffVisit, seen: InvoiceSeen, form: GiveBackForm, amount: Money) -> HttpResponse:
    most, refused = seen.refundable, why_not_reason(form.cleaned_data["reason"])
    if refused is not None:
        pass
    elif isinstance(most, Refusal):
        refused = most
    elif amount.minor <= 0:
        refused = Refusal("amount_out_of_bounds")
    elif amount > most:
        refused = Refusal("refund_too_large", {"most": most})
    if refused is not None:
        page = built.refund_page(seen, _again(seen, form, refused), refused)
        return _give_back(visit, page, refusal_status(refused.code))
    return _give_back(visit, built.refund_confirmation(seen, form, amount))


def _refused(
    visit: StaffVisit, company: str, invoice: UUID, form: GiveBackForm, refused: Refusal, *, is_refund: bool
) -> HttpResponse:
    """Show the form as things stand now, with why it was not done; the next try is a new one."""
    with visit.reading():
        seen = _seen(visit, company, invoice)
        if seen is None:
            return _gone(visit)
        page = built.refund_page if is_refund else built.credit_page
        return _give_back(visit, page(seen, _again(seen, form, refused), refused), refusal_status(refused.code))


def _seen(visit: StaffVisit, company: str, invoice: UUID) -> InvoiceSeen | None:
    return invoice_seen(company, invoice, now=visit.now, new_id=new_id)


def _fresh(seen: InvoiceSeen, most: Money | Refusal) -> GiveBackForm:
    """Give an empty form: the amount is all that can be given back."""
    initial = {"amount": most.minor if isinstance(most, Money) else None, "request_key": new_id()}
    return GiveBackForm(initial=initial, currency=seen.invoice.currency)


def _again(seen: InvoiceSeen, form: GiveBackForm, refused: Refusal) -> GiveBackForm:
    """Give the form with what was typed, to be sent anew; a card number is not shown again."""
    typed = {**form.cleaned_data, "confirmed": False, "request_key": new_id()}
    if refused.code == "card_number_refused":
        typed["reason"] = ""
    return GiveBackForm(initial=typed, currency=seen.invoice.currency)


def _give_back(visit: StaffVisit, page: GiveBackPage, status: int = 200) -> HttpResponse:
    return visit.page("backoffice/give_back.html", page, section=SECTION, status=status)


def _gone(visit: StaffVisit) -> HttpResponse:
    return answers.not_found(visit.request)
