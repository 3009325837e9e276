"""What a mail says: the values that its template is filled with, as text."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tenantry.core.money import Money
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import company
from tenantry.records.invoices import queries as invoices
from tenantry.records.notices.models import Notice
from tenantry.records.payments.models import PaymentMethod
from tenantry.ui import formats, paper
from tenantry.ui.bank_return_words import why_returned


def words_of(company_id: str, notice: Notice) -> dict[str, SafeString]:
    """Give every value that the notice's template may name. Mails are plain text: nothing is escaped as HTML."""
    payer = company(company_id)
    area = f"{settings.TENANTRY_PUBLIC_URL}/{payer.slug}/admin/account-management"
    words = {
        "company": payer.name,
        "vendor": settings.TENANTRY_VENDOR["name"],
        "company_url": f"{settings.TENANTRY_PUBLIC_URL}/{payer.slug}/admin",
        "methods_url": f"{area}/billing-methods",
        "addons_url": f"{area}/add-ons",
        "name": str(notice.facts.get("name", "")),
        "by": str(notice.facts.get("by", "")),
        "number": str(notice.facts.get("number", "")),
        "code": str(notice.facts.get("code", "")),
        "why": why_returned(str(notice.facts.get("code", ""))),
        "reason": str(notice.facts.get("reason", "")),
        "invoice_number": str(notice.facts.get("invoice_number", "")),
        **_amounts(payer, notice.facts),
        **_method(company_id, notice),
        **_invoice(company_id, payer, notice, area),
    }
    return {name: mark_safe(value) for name, value in words.items()}  # noqa: S308 - a text mail, not a page


def _amounts(payer: Company, facts: dict[str, Any]) -> dict[str, str]:
    if "currency" not in facts:
        return {}

    def words(name: str) -> str:
        return formats.money(Money(facts.get(name, 0), facts["currency"]), payer.locale)

    off, kept = (Money(facts.get(name, 0), facts["currency"]) for name in ("to_receivable_minor", "to_credit_minor"))
    return {
        "what_becomes_of_it": paper.what_becomes_of_credit(off, kept, payer.locale),
        "amount": words("amount_minor"),
        "this_period": words("this_period_minor"),
        "recurring": words("recurring_minor"),
        "given_back": words("given_back_minor") if facts.get("given_back_minor") else "",
        "left_to_charge": words("left_to_charge_minor") if facts.get("left_to_charge_minor") else "",
        "brought_forward": words("brought_forward_minor") if facts.get("brought_forward_minor") else "",
        "credit_used": words("credit_used_minor") if facts.get("credit_used_minor") else "",
        "amount_due": words("amount_due_minor"),
    }


def _method(company_id: str, notice: Notice) -> dict[str, str]:
    method_id = str(notice.about_id) if notice.about_kind == "payment_method" else notice.facts.get("method_id")
    row = PaymentMethod.objects.filter(company_id=company_id, id=method_id).first() if method_id else None
    name = formats.method_name(row.brand or row.bank_name, row.last4) if row else _("the payment method")
    words = {"method": name}
    if notice.kind == "card_expiring":
        words["is_default"] = "yes" if row and row.is_default else ""
        words["date"] = formats.day_text(date.fromisoformat(notice.facts["last_day"]))
    if notice.kind == "method_needed":
        words["has_default"] = "yes" if row else ""
        words["has_other"] = "yes" if notice.facts.get("has_other") else ""
    return words


def _invoice(company_id: str, payer: Company, notice: Notice, area: str) -> dict[str, str]:
    invoice_id = notice.about_id if notice.about_kind == "invoice" else notice.facts.get("invoice_id")
    row = invoices.invoice(company_id, str(invoice_id)) if invoice_id else None
    if row is None:
        return {}
    retry = formats.instant_text(row.collect_at, payer.time_zone, payer.locale) if row.collect_at else ""
    return {
        "date": formats.day_text(row.issue_date, payer.locale),
        "how_paid": paper.how_paid(row.paid_how, payer.locale),
        "url": f"{area}/invoices/{row.id}",
        "next_step": (
            _("We try again on %(date)s.") % {"date": retry}
            if retry
            else _("We don't try again by ourselves: please pay it or choose another payment method.")
        ),
    }
