"""Billing details: what stands on the next invoices and who gets them by mail (I9)."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.companies.change_billing_details import change_billing_details
from tenantry.core.billing_details import MAX_LENGTHS
from tenantry.core.permissions import Level
from tenantry.core.refusal import Refusal
from tenantry.portal.entry import Visit, company_page, keeps_typed
from tenantry.portal.forms import put_refusals
from tenantry.portal.invoice_forms import BillingDetailsFields, why_not_read
from tenantry.portal.pages.invoices import BillingDetailsPage
from tenantry.records.companies import queries
from tenantry.ui.forms import form_part
from tenantry.ui.parts import Link, Notice, Tone
from tenantry.ui.refusals import refusal_words

BAD_FORM = 422


def _typed(visit: Visit) -> BillingDetailsFields:
    return BillingDetailsFields(visit.request.POST, locale=visit.entered.locale)


@keeps_typed(lambda visit, refused: _again(visit, _typed(visit), refused))
@company_page(posts=True)
def billing_details(visit: Visit) -> HttpResponse:
    """Show the billing details; save them for those who may. What somebody else saved meanwhile is never lost."""
    if visit.request.method != "POST":
        return _page(visit, _kept(visit))
    form = _typed(visit)
    if refused := why_not_read(visit.request.POST, form.fields):
        return _again(visit, form, refused)
    if not form.is_valid():
        return _again(visit, form)
    saved = change_billing_details(
        actor=visit.actor, form=form.details(), version=form.cleaned_data["version"], now=visit.now
    )
    if isinstance(saved, Refusal):
        return _again(visit, form, saved)
    if isinstance(saved, dict):
        put_refusals(form, saved)
        return _again(visit, form)
    return visit.go("invoices", say=_("Billing details saved. They stand on your next invoices."))


def _kept(visit: Visit) -> BillingDetailsFields:
    row = queries.billing_details(visit.company_id)
    kept = {name: getattr(row, name) for name in (*MAX_LENGTHS, "country", "version")}
    return BillingDetailsFields(initial={**kept, "recipients": "\n".join(row.recipients)}, locale=visit.entered.locale)


def _again(visit: Visit, form: BillingDetailsFields, refused: Refusal | None = None) -> HttpResponse:
    """Show the form again with what was typed, and why it was not saved."""
    if refused is None:
        with visit.reading():
            return _page(visit, form, status=BAD_FORM)
    words = refusal_words(refused, locale=visit.entered.locale)
    reload = Link(_("Reload"), visit.url("invoices.billing-details")) if words.status == 409 else None
    with visit.reading():
        return _page(visit, form, Notice(words.sentence, Tone.BAD, reload), words.status)


def _page(visit: Visit, form: BillingDetailsFields, notice: Notice | None = None, status: int = 200) -> HttpResponse:
    page = BillingDetailsPage(
        form=form_part(form),
        cancel_url=visit.url("invoices"),
        action_url=visit.url("invoices.billing-details") if visit.may(Level.MODIFY) else "",
        notice=notice,
    )
    return visit.area(
        "portal/billing_details.html", page, section="invoices", crumb=_("Billing details"), status=status
    )
