"""One company as the vendor sees it: subscription, add-ons, invoices, payments, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.backoffice.pages.companies import (
    CompanyAddOnRow,
    CompanyInvoiceRow,
    CompanyPage,
    CompanyPaymentRow,
    CompanyPersonRow,
    Stat,
)
from tenantry.backoffice.pages.companies_built import badges
from tenantry.core.forecast import MonthlyAmount, summary
from tenantry.core.money import Money
from tenantry.core.payment_methods import MethodFacts, default_of
from tenantry.core.payment_states import Outcome, State
from tenantry.core.prices import FlatPrice
from tenantry.core.proration import seats_at
from tenantry.outside import identity, ids, tax
from tenantry.records.companies import queries as companies
from tenantry.records.invoices.standing import Standing, standing
from tenantry.records.payments import invoice_list, vendor_overview
from tenantry.records.payments.vendor_overview import OpenReview, Overview, VendorAttempt, VendorInvoice
from tenantry.records.subscriptions.catalog import CompanyAddOn, company_addons
from tenantry.ui import formats
from tenantry.ui.invoice_words import about_due, line_words, status_badge
from tenantry.ui.parts import Badge, Link, Notice, Pager, Tone
from tenantry.ui.review_words import review_words

if TYPE_CHECKING:
    from tenantry.backoffice.entry import StaffVisit

MOST_INVOICES, MOST_PAYMENTS = 24, 24


@dataclass(frozen=True, slots=True)
class Places:
    """Where the lists of a company's page begin: nothing set is the newest."""

    invoices: invoice_list.Place
    payments_before: UUID | None
    payments_after: UUID | None


def company_page(visit: StaffVisit, company: Any, places: Places) -> CompanyPage:
    """Build the page of one company. Needs an open vendor's reading."""
    id_ = str(company.id)
    here = standing(company, rates_for=tax.rates_for)
    subscription, facts = (here.subscription, here.facts) if here else (None, None)
    one = vendor_overview.overview(company, subscription, facts, visit.now)
    reviews = vendor_overview.reviews_of(company)
    addons = company_addons(company, facts, visit.now)
    found = vendor_overview.invoices_of(company, visit.now, ids.new_id, limit=MOST_INVOICES, place=places.invoices)
    payments = vendor_overview.attempts_of(
        company, limit=MOST_PAYMENTS, before=places.payments_before, after=places.payments_after
    )
    return CompanyPage(
        name=company.name,
        back_url=reverse("backoffice.companies"),
        stats=_stats(visit, one, here),
        facts=_facts(visit, company, one, here, found.methods),
        add_ons=tuple(_add_on(company, addon) for addon in addons),
        invoices=tuple(_invoice(company, each) for each in found.invoices),
        payments=tuple(_payment(company, each) for each in payments.attempts),
        people=_people(id_),
        invoices_pager=_pager("invoices", found.newer_than, found.older_than),
        payments_pager=_pager(
            "payments",
            payments.attempts[0].id if payments.has_newer else None,
            payments.attempts[-1].id if payments.has_older else None,
        ),
        badges=badges(one),
        notice=_notice(company, reviews),
    )


def _pager(name: str, newer_than: object, older_than: object) -> Pager:
    """Lead to the pages beside this one of a list, and to the list itself on them."""
    newer = "" if newer_than is None else f"?{name}-after={newer_than}#{name}"
    older = "" if older_than is None else f"?{name}-before={older_than}#{name}"
    return Pager(newer, older)


def _stats(visit: StaffVisit, one: Overview, here: Standing | None) -> tuple[Stat, ...]:
    owed = Stat(_("Open"), formats.money(one.open_amount))
    if here is None:
        return (owed,)
    said = summary(here.facts, visit.now, here.outlook)
    about = about_due(said.next_invoice)
    return (
        Stat(_("Monthly"), formats.money(said.monthly_total)),
        Stat(_("Next invoice"), formats.day_text(said.next_invoice_date), about),
        Stat(_("Seats"), str(seats_at(here.facts.seat_counts, "", visit.now))),
        owed,
    )


def _facts(
    visit: StaffVisit, company: Any, one: Overview, here: Standing | None, methods: tuple[MethodFacts, ...]
) -> tuple[Stat, ...]:
    found = [Stat(_("Plan"), one.plan or _("No subscription"))]
    if here is not None:
        said = summary(here.facts, visit.now, here.outlook)
        found += [_monthly(each) for each in said.monthly]
        period = formats.period_text(said.next_period.start, said.next_period.end)
        found.append(Stat(_("Next period"), period))
        found.append(Stat(_("Since"), formats.instant_text(here.subscription.started_at, company.time_zone)))
    found += [
        Stat(_("Way of paying"), _way(company)),
        Stat(_("Default method"), _method(default_of(methods))),
        _credit(company, here),
        Stat(_("Address"), company.slug),
        Stat(_("Time zone"), company.time_zone),
        Stat(_("Currency"), company.currency),
    ]
    return tuple(found)


def _credit(company: Any, here: Standing | None) -> Stat:
    left = (here.outlook.credit_available if here else None) or Money.zero(company.currency)
    if left.is_negative:
        return Stat(_("Owed"), formats.money(-left), _("Returned payments that had become credit; on the next invoice"))
    return Stat(_("Company credit"), formats.money(left))


def _monthly(each: MonthlyAmount) -> Stat:
    detail = ""
    if each.seats is not None:
        detail = f"{formats.seats(each.seats)} × {formats.money(each.unit_amount)}"
    return Stat(each.name, formats.per_month(each.amount), detail)


def _way(company: Any) -> str:
    if company.way_of_paying == "automatic":
        return _("Charged automatically")
    return _("By invoice, net %(days)s") % {"days": formats.days(company.net_days)}


def _method(method: object) -> str:
    if not isinstance(method, MethodFacts):
        return "—"
    return formats.method_name(method.brand or method.bank_name, method.last4)


def _add_on(company: Any, addon: CompanyAddOn) -> CompanyAddOnRow:
    price = "—"
    if addon.price is not None:
        say = formats.per_month if isinstance(addon.price, FlatPrice) else formats.per_seat_per_month
        price = say(addon.price.unit_amount)
    since = ""
    if addon.since is not None:
        since = _("since %(date)s") % {"date": formats.instant_text(addon.since, company.time_zone)}
    on = Badge(_("Enabled"), Tone.GOOD, "circle-check")
    off = Badge(_("Disabled"), Tone.NEUTRAL, "circle-dashed")
    return CompanyAddOnRow(name=addon.offer.name, price=price, state=on if addon.is_on else off, since=since)


def _invoice(company: Any, one: VendorInvoice) -> CompanyInvoiceRow:
    return CompanyInvoiceRow(
        number=one.number,
        url=reverse("backoffice.invoice", args=[company.slug, one.id]),
        issued=formats.instant(one.issued_at, company.time_zone),
        amount=formats.money(one.total),
        status=status_badge(one.shown.status),
        why=line_words(
            one.shown, vendor=settings.TENANTRY_VENDOR["name"], name_of_method=_method, zone=company.time_zone
        ),
    )


_UNDER_WAY: Mapping[State, tuple[str | Promise, Tone]] = {
    State.UNKNOWN: (gettext_lazy("No answer yet"), Tone.WARN),
    State.PROCESSING: (gettext_lazy("Bank debit under way"), Tone.INFO),
    State.AWAITING_PAYER: (gettext_lazy("Waits for the payer"), Tone.WARN),
    State.CANCELLING: (gettext_lazy("Being given up"), Tone.WARN),
}
_ENDED: Mapping[Outcome, tuple[str | Promise, Tone, str]] = {
    Outcome.NOT_SENT: (gettext_lazy("Not sent"), Tone.NEUTRAL, "circle-dashed"),
    Outcome.DECLINED: (gettext_lazy("Declined"), Tone.BAD, "circle-x"),
    Outcome.SUCCEEDED: (gettext_lazy("Succeeded"), Tone.GOOD, "circle-check"),
    Outcome.RETURNED: (gettext_lazy("Returned"), Tone.BAD, "undo-2"),
    Outcome.CANCELLED: (gettext_lazy("Not completed"), Tone.NEUTRAL, "ban"),
}


def _payment(company: Any, one: VendorAttempt) -> CompanyPaymentRow:
    if one.outcome is Outcome.OPEN:
        words, tone = _UNDER_WAY.get(one.state, (_("Under way"), Tone.INFO))
        outcome = Badge(str(words), tone, "clock")
    else:
        ended, tone, icon = _ENDED[one.outcome]
        outcome = Badge(str(ended), tone, icon)
    return CompanyPaymentRow(
        at=formats.moment(one.opened_at, company.time_zone),
        invoice=one.number,
        amount=formats.money(one.amount),
        method=formats.method_name(one.method, one.last4),
        outcome=outcome,
        detail=" · ".join(part for part in (one.code, one.by_name or _("automatic")) if part),
    )


def _people(company_id: str) -> tuple[CompanyPersonRow, ...]:
    found = []
    for member in companies.members_with_groups(company_id):
        groups = list(member.group_names)
        if not (member.is_active and member.can_log_in):
            groups.append(_("can't sign in"))
        person = CompanyPersonRow(
            name=identity.name_of(member.user), email=identity.email_of(member.user), groups=", ".join(groups) or "—"
        )
        found.append(person)
    return tuple(sorted(found, key=lambda person: (person.name.casefold(), person.email.casefold())))


def _notice(company: Any, reviews: tuple[OpenReview, ...]) -> Notice | None:
    parts = []
    if company.billing_held_at is not None:
        since = formats.instant_text(company.billing_held_at, company.time_zone)
        parts.append(_("Billing has been held since %(date)s: nothing is charged.") % {"date": since})
        if company.billing_held_because not in {one.reason for one in reviews}:
            parts.append(f"{review_words(company.billing_held_because).title}.")
    for one in reviews:
        said = {
            "number": one.number,
            "why": review_words(one.reason).title,
            "date": formats.instant_text(one.opened_at, company.time_zone),
        }
        about = _("Invoice %(number)s in review since %(date)s: %(why)s.")
        parts.append((about if one.number else _("In review since %(date)s: %(why)s.")) % said)
    if not parts:
        return None
    action = Link(_("Payments in review"), reverse("backoffice.reviews")) if reviews else None
    return Notice(" ".join(parts), Tone.BAD, action)
