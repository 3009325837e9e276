"""The confirmations of Enable and Disable: a binding quote in words, and what changed since it was shown (O3 to O6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.actions.subscriptions.enable_addon import Confirmation
from tenantry.core.money import Money
from tenantry.core.payment_methods import default_of, to_verify, usable_methods, why_not_usable
from tenantry.core.periods import local_date
from tenantry.core.prices import Proration
from tenantry.core.quote import Quote, QuoteKind
from tenantry.core.refusal import Refusal
from tenantry.outside import host
from tenantry.portal.pages.add_ons import AddOnDisablePage, AddOnEnablePage, Terms
from tenantry.portal.pages.add_ons_built import SECTION, price_text
from tenantry.portal.pages.summary_built import charged_to
from tenantry.records.invoices.standing import Standing
from tenantry.records.payments.attention import unpaid_invoices
from tenantry.records.subscriptions.catalog import CompanyAddOn
from tenantry.ui import formats
from tenantry.ui.invoice_words import about_due, due_before
from tenantry.ui.parts import Link, Notice, Tone
from tenantry.ui.seen_text import unseal

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

AUTOMATIC = "automatic"
_SHOWN = re.compile(r"price(?P<price>\d{1,15})\.seats(?P<seats>\d{1,9})\.day(?P<day>\d{8})\.terms(?P<terms>\d{1,9})")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a browser sends back of a confirmation: fingerprint, what it was made of, its text, the terms accepted."""

    fingerprint: str
    shown: Mapping[str, str]
    sealed: str = ""
    terms_version: int = 0


def read_seen(posted: Mapping[str, str]) -> Seen:
    """Read what a person confirms; only the fingerprint and the version of the terms decide anything."""
    match = _SHOWN.fullmatch(posted.get("shown", ""))
    terms = posted.get("terms", "")
    version = int(terms) if re.fullmatch(r"[0-9]{1,9}", terms) else 0
    fingerprint, sealed = posted.get("fingerprint", "")[:100], posted.get("words", "")
    return Seen(fingerprint, match.groupdict() if match else {}, sealed, version)


def about(visit: Visit, kind: QuoteKind, code: str, fingerprint: str) -> tuple[str, ...]:
    """Name what a text is the confirmation of, and whose: with anything else it can't come back."""
    return visit.company_id, visit.actor.user_id, kind.value, code, fingerprint


def confirmation(visit: Visit, kind: QuoteKind, code: str, seen: Seen) -> Confirmation:
    """Give what the person confirms, with the text that their page had; nothing where it did not come from a page."""
    text = unseal(seen.sealed, *about(visit, kind, code, seen.fingerprint))
    if text is None:
        return Confirmation("", seen.terms_version)
    return Confirmation(seen.fingerprint, seen.terms_version, text.words, text.language)


def shown(quote: Quote) -> str:
    """Write down what a fingerprint was made of, for the browser to send back."""
    return f"price{quote.unit_amount.minor}.seats{quote.seats}.day{quote.day:%Y%m%d}.terms{quote.terms_version}"


def what_changed(seen: Seen, quote: Quote) -> Refusal:
    """Tell what is different from the page that the person saw, the price first."""
    if not seen.fingerprint:
        return Refusal("confirm_required")
    now = _SHOWN.fullmatch(shown(quote))
    fields = now.groupdict() if now else {}
    different = {name for name in seen.shown if seen.shown[name] != fields.get(name)}
    if "price" in different:
        return Refusal("price_changed", {"price": quote.unit_amount})
    if "seats" in different:
        return Refusal("seats_changed", {"seats": quote.seats})
    if "terms" in different:
        return Refusal("terms_changed")
    if "day" in different:
        return Refusal("day_changed", {"day": quote.day})
    return Refusal("quote_changed")


def enable_page(
    visit: Visit,
    addon: CompanyAddOn,
    quote: Quote,
    here: Standing,
    *,
    notice: Notice | None = None,
    terms_error: str = "",
    accepted_version: int = 0,
    can_confirm: bool = True,
) -> AddOnEnablePage:
    """Build the confirmation of Enable. Needs an open reading."""
    locale, code = visit.entered.locale, addon.offer.code
    no_method = _no_method(visit, here, quote.invoice_total_about)
    return AddOnEnablePage(
        name=addon.offer.name,
        price=price_text(addon.price, locale),
        charge_now=formats.money(quote.this_period, locale),
        charge_dates=_charge_dates(quote, locale),
        charge_share=_share(quote, locale),
        monthly=_with_tax(quote, formats.per_month(quote.recurring, locale)),
        monthly_from=formats.day_text(quote.period.end, locale),
        invoice_date=formats.day_text(quote.invoice_date, locale),
        invoice_about=about_due(quote.invoice_after, here.outlook.credit_available, locale),
        invoice_before=due_before(quote.invoice_before, quote.invoice_after, locale),
        action_url=visit.url("add-ons.enable", code),
        cancel_url=visit.url(SECTION),
        fingerprint=quote.fingerprint,
        about=about(visit, quote.kind, code, quote.fingerprint),
        shown=shown(quote),
        seats=formats.seats(quote.seats, locale) if quote.is_per_seat else "",
        total_monthly=formats.per_month(quote.monthly_total_after, locale),
        total_monthly_before=formats.money(quote.monthly_total_before, locale),
        charged_to="" if no_method else charged_to(visit, here),
        no_method=no_method,
        get_method=_get_method(visit, code) if no_method else None,
        unlocks=tuple(str(words) for words in host.addon(code).unlocks),
        terms=_terms(addon, terms_error, accepted_version),
        notice=notice,
        unpaid=_unpaid(visit, can_enable=can_confirm),
        can_confirm=can_confirm,
    )


def _charge_dates(quote: Quote, locale: str) -> str:
    """Name the days that the charge is for: they end with the period, and today may count at this price already."""
    first = quote.period.end - timedelta(days=quote.on_days) if quote.on_days else quote.day
    return formats.period_text(first, quote.period.end, locale)


def _share(quote: Quote, locale: str) -> str:
    """Say the share that is charged, so that the charge can be recomputed: price × share, less what today did cost."""
    days = formats.days_share(quote.on_days, quote.period_days)
    words = _("the whole period") if quote.proration is Proration.NONE else days
    if quote.replaced.minor > 0:
        said = {"share": words, "amount": formats.money(quote.replaced, locale)}
        said["date"] = formats.day_text(quote.day, locale)
        words = _("%(share)s, less %(amount)s for %(date)s at the earlier price") % said
    return _with_tax(quote, words)


def _with_tax(quote: Quote, words: str) -> str:
    if not quote.tax_rates.is_charged:
        return words
    return _("%(words)s, plus tax") % {"words": words}


def _no_method(visit: Visit, here: Standing, due: Money) -> str:
    """Say that nothing can be charged, where a company pays automatically and has no usable default (D3)."""
    if here.company.way_of_paying != AUTOMATIC:
        return ""
    default = default_of(visit.methods)
    if default is None:
        return f"{_none_yet(visit)} {_waits(due, _('The next invoice will wait for a payment method.'))}"
    if why_not_usable(default, local_date(visit.now, visit.entered.time_zone)) is None:
        return ""
    name = formats.method_name(default.brand or default.bank_name, default.last4)
    words = _("%(method)s can't be charged.") % {"method": name}
    return f"{words} {_waits(due, _('The next invoice will wait for another payment method.'))}"


def _none_yet(visit: Visit) -> str:
    if (pending := to_verify(visit.methods, visit.now)) is not None:
        name = formats.method_name(pending.bank_name, pending.last4)
        return _("%(method)s is not verified yet.") % {"method": name}
    return _("No method on file can be charged.") if visit.methods else _("There is no payment method yet.")


def _waits(due: Money, words: str) -> str:
    """Say what that means for the next invoice: one that asks for nothing waits for nobody."""
    return words if due.minor else _("The next invoice needs no payment method: nothing will be due.")


def _get_method(visit: Visit, code: str) -> Link:
    """Give the way to a method that can be charged: verify one, choose one on file, or add one and come back."""
    pending = to_verify(visit.methods, visit.now) if default_of(visit.methods) is None else None
    if pending is not None:
        return Link(_("Verify"), visit.url("billing-methods.verify", pending.id))
    if usable_methods(visit.methods, local_date(visit.now, visit.entered.time_zone)):
        return Link(_("Choose another"), visit.url("billing-methods"))
    back = urlencode({"next": visit.url("add-ons.enable", code)})
    return Link(_("Add one"), f"{visit.url('billing-methods.add')}?{back}")


def _terms(addon: CompanyAddOn, error: str, accepted_version: int) -> Terms | None:
    version = addon.facts.terms_version
    if not version:
        return None
    return Terms(text=addon.offer.terms, version=str(version), error=error, is_accepted=accepted_version == version)


def _unpaid(visit: Visit, *, can_enable: bool) -> Notice | None:
    found = unpaid_invoices(visit.company, local_date(visit.now, visit.entered.time_zone))
    if found is None:
        return None
    said = {"number": found.oldest, "count": found.count}
    words = ngettext(
        "Invoice %(number)s is not paid.",
        "%(count)d invoices are not paid, the oldest is %(number)s.",
        found.count,
    )
    means = ngettext(
        "You can enable this all the same; that invoice stays open.",
        "You can enable this all the same; they stay open.",
        found.count,
    )
    sentences = (words % said, means) if can_enable else (words % said,)
    return Notice(" ".join(sentences), Tone.WARN)


def disable_page(
    visit: Visit, addon: CompanyAddOn, quote: Quote, here: Standing, *, notice: Notice | None = None
) -> AddOnDisablePage:
    """Build the confirmation of Disable, with the host's words on its data. Needs an open reading."""
    locale, code = visit.entered.locale, addon.offer.code
    declared = host.addon(code)
    impact = declared.impact(visit.company_id) if declared.impact else host.Impact()
    off = _("%(name)s is off for everyone in your company as soon as you confirm.") % {"name": addon.offer.name}
    credit, charge = quote.given_back, quote.left_to_charge
    return AddOnDisablePage(
        name=addon.offer.name,
        stops=(off, *impact.stops),
        action_url=visit.url("add-ons.disable", code),
        cancel_url=visit.url(SECTION),
        fingerprint=quote.fingerprint,
        about=about(visit, quote.kind, code, quote.fingerprint),
        shown=shown(quote),
        kept=tuple(str(words) for words in (declared.stays_readable, *impact.kept) if words),
        again=_again(addon, locale),
        affected=impact.affected,
        credit=formats.money(credit, locale) if credit.minor else "",
        credit_share=_share(quote, locale),
        charge=formats.money(charge, locale) if charge.minor else "",
        invoice_date=formats.day_text(quote.invoice_date, locale),
        invoice_about=about_due(quote.invoice_after, here.outlook.credit_available, locale),
        invoice_before=due_before(quote.invoice_before, quote.invoice_after, locale),
        notice=notice,
    )


def _again(addon: CompanyAddOn, locale: str) -> str:
    """Say what switching it on again later costs, where that is not what it costs now (D6), or that it can't be."""
    now, later = addon.price, addon.offer.price
    if not addon.offer.is_offered:
        return _("It is not offered to your company any more: once it is off, you can't enable it again.")
    if now is None or later is None or price_text(now, locale) == price_text(later, locale):
        return ""
    costs = formats.money(now.unit_amount, locale) if type(now) is type(later) else price_text(now, locale)
    return _("Enabling again costs %(price)s (now %(now)s).") % {"price": price_text(later, locale), "now": costs}
