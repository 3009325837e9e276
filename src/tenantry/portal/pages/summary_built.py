"""The summary on every page of Account Management (A7), and the one thing that needs attention."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Protocol
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from tenantry.core.forecast import MonthlyAmount, summary
from tenantry.core.payment_methods import (
    MethodFacts,
    default_of,
    is_expired,
    is_expiring,
    to_verify,
    usable_methods,
    why_not_usable,
)
from tenantry.core.periods import local_date
from tenantry.core.permissions import Level
from tenantry.portal.pages.shell import Summary, SummaryPart
from tenantry.records.companies.queries import Entered
from tenantry.records.invoices.standing import Standing
from tenantry.records.payments.attention import Need, NeedyInvoice
from tenantry.ui import formats
from tenantry.ui.invoice_words import about_due
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
    def needy(self) -> NeedyInvoice | None: ...

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
        with_tax=_("plus tax") if here.outlook.tax_rates.is_charged else "",
        parts=tuple(_part(each, locale) for each in said.monthly),
        next_invoice_date=formats.day(said.next_invoice_date, locale),
        next_invoice_about=about_due(said.next_invoice, here.outlook.credit_available, locale),
        charged_to=charged_to(visit, here),
        charged_to_url=visit.url("billing-methods"),
        notice=_notice(visit, methods),
    )


def charged_to(visit: Here, here: Standing) -> str:
    """Say what the next invoice is charged to: the default method while it can be charged, or how else it is paid."""
    if here.company.way_of_paying != "automatic":
        return _("By invoice: wire or check")
    default, today = default_of(visit.methods), local_date(visit.now, visit.entered.time_zone)
    if default is None:
        return _none_charged(visit)
    if is_expired(default, today):
        return _("No method: %(method)s has expired") % {"method": _name(default)}
    if why_not_usable(default, today) is not None:
        return _("No method: %(method)s can't be charged") % {"method": _name(default)}
    return _name(default)


def _none_charged(visit: Here) -> str:
    """Say why there is no default: nothing is on file, or nothing that could be one."""
    if (pending := to_verify(visit.methods, visit.now)) is not None:
        return _("%(method)s, not verified yet") % {"method": _name(pending)}
    return _("No method that can be charged") if visit.methods else _("No payment method yet")


def _name(method: MethodFacts) -> str:
    return formats.method_name(method.brand or method.bank_name, method.last4)


def _part(each: MonthlyAmount, locale: str) -> SummaryPart:
    detail = (
        "" if each.seats is None else f"{formats.seats(each.seats, locale)} × {formats.money(each.unit_amount, locale)}"
    )
    return SummaryPart(each.name, formats.money(each.amount, locale), detail)


def _notice(visit: Here, methods: tuple[MethodFacts, ...]) -> Notice | None:
    needy = visit.needy
    if needy is None:
        return _default(visit, methods)
    notice = _NEEDS[needy.need](visit, needy, methods)
    if notice.action is not None and visit.may(Level.MODIFY):
        return notice
    look = Link(_("See the invoice"), visit.url("invoices.invoice", needy.invoice_id))
    return replace(notice, action=look)


def _approval(visit: Here, needy: NeedyInvoice, methods: tuple[MethodFacts, ...]) -> Notice:
    words = _("Your bank asks you to approve the payment of %(amount)s for invoice %(number)s.") % _facts(visit, needy)
    return Notice(words, Tone.WARN, Link(_("Continue at your bank"), needy.next_url) if needy.next_url else None)


def _payment(visit: Here, needy: NeedyInvoice, methods: tuple[MethodFacts, ...]) -> Notice:
    words = _("Payment of %(amount)s for invoice %(number)s failed on %(date)s.") % _facts(visit, needy)
    return Notice(words, Tone.BAD, _way_to_pay(visit, needy, methods, add=_("Add a payment method")))


def _method(visit: Here, needy: NeedyInvoice, methods: tuple[MethodFacts, ...]) -> Notice:
    """Say what an invoice waits for that was never charged: a method, its verification, or only somebody who pays."""
    facts, action = _facts(visit, needy), _way_to_pay(visit, needy, methods, add=_("Add one"))
    if usable_methods(methods, local_date(visit.now, visit.entered.time_zone)):
        return Notice(_("Invoice %(number)s is not paid yet.") % facts, Tone.WARN, action)
    if (pending := to_verify(methods, visit.now)) is not None:
        words = _("Invoice %(number)s is not paid yet: %(method)s is not verified.")
        return Notice(words % {**facts, "method": _name(pending)}, Tone.WARN, action)
    return Notice(_("Invoice %(number)s is waiting for a payment method.") % facts, Tone.WARN, action)


def _way_to_pay(visit: Here, needy: NeedyInvoice, methods: tuple[MethodFacts, ...], *, add: str) -> Link:
    """Lead to the payment; while nothing can be charged, first to a method, and from there on to the payment (I5)."""
    pay_url = visit.url("invoices.pay", needy.invoice_id)
    if usable_methods(methods, local_date(visit.now, visit.entered.time_zone)):
        return Link(_("Pay now"), pay_url)
    if (pending := to_verify(methods, visit.now)) is not None:
        return Link(_("Verify"), visit.url("billing-methods.verify", pending.id))
    return Link(add, f"{visit.url('billing-methods.add')}?{urlencode({'next': pay_url})}")


_NEEDS = {Need.APPROVAL: _approval, Need.PAYMENT: _payment, Need.METHOD: _method}


def _facts(visit: Here, needy: NeedyInvoice) -> dict[str, str]:
    locale, zone = visit.entered.locale, visit.entered.time_zone
    return {
        "amount": formats.money(needy.amount, locale) if needy.amount else "",
        "number": needy.number,
        "date": formats.short_day_text(local_date(needy.at, zone), locale) if needy.at else "",
    }


def _default(visit: Here, methods: tuple[MethodFacts, ...]) -> Notice | None:
    default = default_of(methods)
    if default is None:
        return _no_default(visit, methods)
    today = local_date(visit.now, visit.entered.time_zone)
    name = _name(default)
    if is_expired(default, today):
        words = _("%(method)s has expired and won't be charged.") % {"method": name}
    elif why_not_usable(default, today) is not None:
        words = _("%(method)s can't be charged any more.") % {"method": name}
    elif is_expiring(default, today):
        expires = formats.expiry(default.expiry_month, default.expiry_year)
        words = _("%(method)s expires %(date)s.") % {"method": name, "date": expires}
    else:
        return None
    return Notice(words, Tone.WARN, _another(visit, methods, today) if visit.may(Level.MODIFY) else None)


def _another(visit: Here, methods: tuple[MethodFacts, ...], today: date) -> Link:
    """Lead to what takes the place of the default: one on file that can be charged, or one to add."""
    if any(not method.is_default for method in usable_methods(methods, today)):
        return Link(_("Choose another"), visit.url("billing-methods"))
    return Link(_("Add another"), visit.url("billing-methods.add"))


def _no_default(visit: Here, methods: tuple[MethodFacts, ...]) -> Notice | None:
    """Say what is missing where no method on file could be the default: two amounts, or another method."""
    pending = to_verify(methods, visit.now)
    over = next((method for method in methods if not method.is_verified and not method.blocked_because), None)
    add_url = visit.url("billing-methods.add")
    if pending is not None:
        words = _("%(method)s is not verified yet and can't be charged.") % {"method": _name(pending)}
        action = Link(_("Verify"), visit.url("billing-methods.verify", pending.id))
    elif over is not None:
        words = _("%(method)s could not be verified and can't be charged.") % {"method": _name(over)}
        action = Link(_("Add it again"), add_url)
    elif methods:
        words, action = _("No method on file can be charged."), Link(_("Add another"), add_url)
    else:
        return None
    return Notice(words, Tone.WARN, action if visit.may(Level.MODIFY) else None)
