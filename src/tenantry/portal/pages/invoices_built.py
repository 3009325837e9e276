"""The list of invoices as its page shows it (I1, I2), with the picture of what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from tenantry.core.billable import PLAN
from tenantry.core.invoice_states import Shown, Status, shown
from tenantry.core.money import Money
from tenantry.core.payment_facts import Loaded
from tenantry.core.periods import day_start_instant, local_date
from tenantry.core.permissions import Level
from tenantry.core.postings import REFUNDS
from tenantry.outside import signed_links
from tenantry.portal.pages.billing_methods_built import continue_url, method_name
from tenantry.portal.pages.history_built import recent
from tenantry.portal.pages.invoices import InvoiceRow, InvoicesPage
from tenantry.records.invoices.books import MoneyMove, books_of
from tenantry.records.invoices.money_paid import CREDIT, REFUND, TAX, paid_shares
from tenantry.records.payments.invoice_list import ListedInvoices, Place, Wanted, listed
from tenantry.records.subscriptions.queries import next_issue_of
from tenantry.ui import formats
from tenantry.ui.chart import BarChart, Month, stacked_bars
from tenantry.ui.invoice_words import line_words, status_badge
from tenantry.ui.parts import FilterLink, Pager

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

PAGE = 12
MONTHS = 12
PURPOSE = "invoice-pdf"
_STATUSES = (Status.PAID, Status.PENDING, Status.FAILED)


def invoices_page(visit: Visit, wanted: Wanted, place: Place) -> InvoicesPage:
    """Build the page. Needs an open reading."""
    found = listed(visit.company_id, wanted, place, most=PAGE)
    empty_title, empty_text = _empty(visit, has_any=bool(found.years)) if not found.invoices else ("", "")
    return InvoicesPage(
        invoices=_rows(visit, found.invoices),
        changes=recent(visit, "invoices"),
        status_filters=_status_filters(visit, wanted),
        year_filters=_year_filters(visit, wanted, found.years),
        billing_details_url=visit.url("invoices.billing-details"),
        refresh_url=visit.request.get_full_path(),
        pager=_pager(visit, wanted, found),
        chart=_chart(visit) if found.years else None,
        empty_title=empty_title,
        empty_text=empty_text,
    )


def why(visit: Visit, stands: Shown) -> str:
    """Say why an invoice stands as it does (I2)."""
    return line_words(
        stands,
        vendor=settings.TENANTRY_VENDOR["name"],
        name_of_method=method_name,  # type: ignore[arg-type]
        zone=visit.entered.time_zone,
        locale=visit.entered.locale,
    )


def download_url(visit: Visit, invoice: Any) -> str:
    """Give a fresh signed link to the PDF (I3), good for five minutes; empty until the PDF is stored."""
    if invoice.paper_due_at is not None:
        return ""
    link = signed_links.make(link_target(visit, str(invoice.id)), visit.now)
    return f"{visit.url('invoice.download', invoice.id)}?{link}"


def link_target(visit: Visit, invoice_id: str) -> signed_links.LinkTarget:
    """Name what a download link is for: this invoice's PDF, for this person in this company."""
    return signed_links.LinkTarget(PURPOSE, visit.company_id, invoice_id, visit.actor.user_id)


def _rows(visit: Visit, invoices: Sequence[Any]) -> tuple[InvoiceRow, ...]:
    if not invoices:
        return ()
    loaded = visit.payment_facts(invoices)
    books = books_of(visit.company_id, invoices)
    return tuple(_row(visit, one, loaded[str(one.id)], books[str(one.id)].moves) for one in invoices)


def _row(visit: Visit, invoice: Any, loaded: Loaded, moves: Sequence[MoneyMove]) -> InvoiceRow:
    stands = shown(loaded)
    may_pay = stands.may_pay and visit.may(Level.MODIFY)
    return InvoiceRow(
        number=invoice.number,
        url=visit.url("invoices.invoice", invoice.id),
        issued=formats.instant(invoice.issued_at, visit.entered.time_zone, visit.entered.locale),
        amount=formats.money(Money(invoice.total_minor, invoice.currency), visit.entered.locale),
        status=status_badge(stands.status),
        moved=tuple(moved_words(visit, move, invoice.issue_date) for move in moves),
        why=why(visit, stands),
        download_url=download_url(visit, invoice),
        pay_url=visit.url("invoices.pay", invoice.id) if may_pay else "",
        continue_url=continue_url(visit, stands),
    )


def moved_words(visit: Visit, move: MoneyMove, issue_date: date) -> str:
    """Say what money moved and when: Charged Nov 3 · $412.50. The year is said where it is not the invoice's."""
    on = local_date(move.at, visit.entered.time_zone)
    say = formats.short_day_text if on.year == issue_date.year else formats.day_text
    day = say(on, visit.entered.locale)
    amount = formats.money(Money(abs(move.amount.minor), move.amount.currency), visit.entered.locale)
    if move.amount.minor > 0:
        return _("Charged %(day)s · %(amount)s") % {"day": day, "amount": amount}
    if move.kind in REFUNDS:
        return _("Refunded %(day)s · %(amount)s") % {"day": day, "amount": amount}
    return _("Returned %(day)s · %(amount)s") % {"day": day, "amount": amount}


def _empty(visit: Visit, *, has_any: bool) -> tuple[str, str]:
    if has_any:
        return _("No invoice matches"), _("Choose another status or year.")
    first_at = next_issue_of(visit.company_id)
    if first_at is None:
        return _("No invoices yet"), _("They stand here once your subscription has started.")
    on = formats.instant_text(max(first_at, visit.now), visit.entered.time_zone, visit.entered.locale)
    return _("No invoices yet"), _("The first one comes on %(date)s.") % {"date": on}


def _address(visit: Visit, wanted: Wanted, **place: int) -> str:
    asked = {"status": wanted.status.value if wanted.status else "", "year": wanted.year or "", **place}
    query = urlencode({name: value for name, value in asked.items() if value != ""})
    return visit.url("invoices") + (f"?{query}" if query else "")


def _status_filters(visit: Visit, wanted: Wanted) -> tuple[FilterLink, ...]:
    everything = FilterLink(_("All"), _address(visit, Wanted(None, wanted.year)), wanted.status is None)
    return (
        everything,
        *(
            FilterLink(status_badge(status).text, _address(visit, Wanted(status, wanted.year)), wanted.status is status)
            for status in _STATUSES
        ),
    )


def _year_filters(visit: Visit, wanted: Wanted, known: Sequence[int]) -> tuple[FilterLink, ...]:
    if len(known) < 2 and wanted.year is None:
        return ()
    everything = FilterLink(_("All years"), _address(visit, Wanted(wanted.status)), wanted.year is None)
    return (
        everything,
        *(FilterLink(str(year), _address(visit, Wanted(wanted.status, year)), wanted.year == year) for year in known),
    )


def _pager(visit: Visit, wanted: Wanted, found: ListedInvoices) -> Pager:
    if not found.invoices:
        return Pager()
    first, last = found.invoices[0].sequence, found.invoices[-1].sequence
    return Pager(
        newer_url=_address(visit, wanted, after=first) if found.has_newer else "",
        older_url=_address(visit, wanted, before=last) if found.has_older else "",
    )


_PLACES = {PLAN: 0, TAX: 2, CREDIT: 3, REFUND: 4}
"""The order of what a month is made of; add-ons come after the plan."""


def _chart(visit: Visit) -> BarChart | None:
    """Draw what was paid in each of the last 12 months, by the day that it was paid on; nothing paid, no picture."""
    zone, currency = visit.entered.time_zone, visit.entered.currency
    months = _last_months(local_date(visit.now, zone))
    since = day_start_instant(months[0], zone)
    amounts: dict[tuple[date, str], int] = {}
    names: dict[str, str] = {}
    labels = {TAX: _("Tax"), CREDIT: _("Discounts and credit"), REFUND: _("Refunds")}
    for share in sorted(paid_shares(visit.company_id, since, zone), key=lambda one: _PLACES.get(one.subject_kind, 1)):
        if share.amount_minor or share.subject_kind not in labels:
            key = f"{share.subject_kind}:{share.code}"
            names[key] = labels.get(share.subject_kind, share.name)
            amounts[share.month, key] = share.amount_minor
    if not names:
        return None
    drawn = [Month(month, tuple(Money(amounts.get((month, key), 0), currency) for key in names)) for month in months]
    return stacked_bars(list(names.values()), drawn, currency, tax_label=labels[TAX], locale=visit.entered.locale)


def _last_months(today: date) -> list[date]:
    last = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(last - MONTHS + 1, last + 1)]
