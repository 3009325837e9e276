"""The summary on every page of Account Management (A7), and the one thing that needs attention."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from tenantry.core.forecast import MonthlyAmount, summary
from tenantry.core.payment_methods import (
    MethodFacts,
    default_of,
    is_expired,
    is_expiring,
    why_not_usable,
)
from tenantry.core.periods import local_date
from tenantry.core.permissions import Level
from tenantry.portal.pages.shell import Summary, SummaryPart
from tenantry.records.companies.queries import Entered
from tenantry.records.invoices.standing import Standing
from tenantry.records.payments.attention import FailedPayment
from tenantry.ui import formats
from tenantry.ui.parts import Link, Notice, Tone


class Here(Protocol):
    """What the strip has to know of a visit."""

    @property
    def company_id(self) -> str: ...
    @property
    def entered(self) -> Entered: ...
    @property
    def now(self) -> datetime: ...
    @property
    def standing(self) -> Standing | None: ...
    @property
    def methods(self) -> tuple[MethodFacts, ...]: ...
    @property
    def failed(self) -> FailedPayment | None: ...

    def may(self, level: Level) -> bool: ...
    def url(self, name: str, *args: object) -> str: ...


def summary_of(visit: Here) -> Summary | None:
    """Build the strip; None while the company has no subscription. Needs an open reading."""
    here = visit.standing
    if here is None:
        return None
    said = summary(here.facts, visit.now, here.outlook)
    methods = visit.methods
    locale = visit.entered.locale
    return Summary(
        monthly=formats.per_month(said.monthly_total, locale),
        parts=tuple(_part(each, locale) for each in said.monthly),
        next_invoice_date=formats.day(said.next_invoice_date, locale),
        next_invoice_about=_("about %(amount)s") % {"amount": formats.money(said.next_invoice.asked, locale)},
        charged_to=charged_to(here, methods),
        charged_to_url=visit.url("billing-methods"),
        notice=_notice(visit, methods),
    )


def charged_to(here: Standing, methods: tuple[MethodFacts, ...]) -> str:
    """Say what the next invoice is charged to: the default method, or how else it is paid."""
    if here.company.way_of_paying != "automatic":
        return _("By invoice: wire or check")
    default = default_of(methods)
    if default is None:
        return _("No payment method yet")
    return formats.method_name(default.brand or default.bank_name, default.last4)


def _part(each: MonthlyAmount, locale: str) -> SummaryPart:
    detail = (
        "" if each.seats is None else f"{formats.seats(each.seats, locale)} × {formats.money(each.unit_amount, locale)}"
    )
    return SummaryPart(each.name, formats.money(each.amount, locale), detail)


def _notice(visit: Here, methods: tuple[MethodFacts, ...]) -> Notice | None:
    return _failed(visit) or _default(visit, methods)


def _failed(visit: Here) -> Notice | None:
    failed = visit.failed
    if failed is None:
        return None
    words = _("Payment of %(amount)s for invoice %(number)s failed on %(date)s.") % {
        "amount": formats.money(failed.amount, visit.entered.locale),
        "number": failed.number,
        "date": formats.short_day_text(local_date(failed.at, visit.entered.time_zone), visit.entered.locale),
    }
    if visit.may(Level.MODIFY):
        return Notice(words, Tone.BAD, Link(_("Pay now"), visit.url("invoices.pay", failed.invoice_id)))
    return Notice(words, Tone.BAD, Link(_("See the invoice"), visit.url("invoices.invoice", failed.invoice_id)))


def _default(visit: Here, methods: tuple[MethodFacts, ...]) -> Notice | None:
    default = default_of(methods)
    if default is None:
        return None
    today = local_date(visit.now, visit.entered.time_zone)
    name = formats.method_name(default.brand or default.bank_name, default.last4)
    if is_expired(default, today):
        words = _("%(method)s has expired and won't be charged.") % {"method": name}
    elif why_not_usable(default, today) is not None:
        words = _("%(method)s can't be charged any more.") % {"method": name}
    elif is_expiring(default, today):
        expires = formats.expiry(default.expiry_month, default.expiry_year)
        words = _("%(method)s expires %(date)s.") % {"method": name, "date": expires}
    else:
        return None
    action = Link(_("Add another"), visit.url("billing-methods.add")) if visit.may(Level.MODIFY) else None
    return Notice(words, Tone.WARN, action)
