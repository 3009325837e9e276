"""One invoice as its page shows it: lines with their cause, totals, payments, how it is paid (I7)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.invoice_states import Line, Payable, Shown, payable, shown
from tenantry.core.money import Money
from tenantry.core.payment_facts import AttemptFacts, InvoiceState, Loaded
from tenantry.core.payment_methods import default_of, usable_methods, why_not_usable
from tenantry.core.payment_states import UNDER_WAY, Outcome, State
from tenantry.core.periods import local_date
from tenantry.core.permissions import ActorKind, Level
from tenantry.core.refusal import Refusal
from tenantry.portal.pages.billing_methods_built import continue_url, method_name
from tenantry.portal.pages.credit_notes_built import credit_note_rows
from tenantry.portal.pages.invoices import InvoicePage, LineRow, TimelineEntry, TotalRow
from tenantry.portal.pages.invoices_built import download_url, moved_words, why
from tenantry.records.invoices import queries
from tenantry.records.invoices.books import MoneyMove, books_of
from tenantry.records.invoices.causes import Cause, causes
from tenantry.records.invoices.credit_notes import credit_notes_of
from tenantry.ui import formats, paper
from tenantry.ui.bank_return_words import why_returned
from tenantry.ui.invoice_words import decline_words, status_badge
from tenantry.ui.parts import Tone
from tenantry.ui.refusals import refusal_words

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit
STILL_CONFIRMING = "confirming=1"
"""What an open page asks with: nothing is answered, and nothing moves on it, as long as that is so."""


def invoice_page(visit: Visit, invoice: Any) -> InvoicePage:
    """Build the page. Needs an open reading."""
    loaded = visit.payment_facts([invoice])[str(invoice.id)]
    stands = shown(loaded)
    may_modify = visit.may(Level.MODIFY)
    allowed = payable(loaded.invoice, loaded.latest, loaded.company, loaded.methods, loaded.today)
    may_pay = isinstance(allowed, Payable) and may_modify
    notes = credit_notes_of(visit.company_id, str(invoice.id))
    reason = _pay_reason(visit, allowed)
    return InvoicePage(
        number=invoice.number,
        amount=_money(visit, invoice.total_minor, invoice.currency),
        status=status_badge(stands.status),
        issued=formats.instant(invoice.issued_at, visit.entered.time_zone, visit.entered.locale),
        lines=_lines(visit, invoice),
        totals=_totals(visit, invoice, loaded, sum(note.to_receivable_minor for note in notes)),
        timeline=_timeline(visit, invoice, loaded),
        back_url=visit.url("invoices"),
        credit_notes=credit_note_rows(visit, notes),
        why=_closed(why(visit, stands)) if reason else why(visit, stands),
        due=formats.day(invoice.due_date, visit.entered.locale),
        period=formats.period_text(invoice.period_start, invoice.period_end, visit.entered.locale),
        how_paid=_how_paid(visit, loaded, stands),
        po_number=invoice.billed_to.get("po_number", ""),
        tax_id=invoice.billed_to.get("tax_id", ""),
        billed_to=(invoice.billed_to["legal_name"], *paper.address_lines(invoice.billed_to, visit.entered.locale)),
        download_url=download_url(visit, invoice),
        pay_url=visit.url("invoices.pay", invoice.id) if may_pay else "",
        pay_amount=formats.money(allowed.amount, visit.entered.locale) if isinstance(allowed, Payable) else "",
        pay_reason=reason,
        continue_url=continue_url(visit, stands),
        refresh_url=_refresh_url(visit, str(invoice.id)) if stands.line is Line.CONFIRMING else "",
    )


def _closed(line: str) -> str:
    """End a line as a sentence, since another one follows it."""
    return line if line.endswith(".") else f"{line}."


def _refresh_url(visit: Visit, invoice_id: str) -> str:
    """Give where an open page asks again while a payment is being confirmed."""
    return f"{visit.url('invoices.invoice', invoice_id)}?{STILL_CONFIRMING}"


def _money(visit: Visit, minor: int, currency: str) -> str:
    return formats.money(Money(minor, currency), visit.entered.locale)


def _pay_reason(visit: Visit, allowed: Payable | Refusal) -> str:
    """Say why there is no Pay where somebody would look for it (A3)."""
    if isinstance(allowed, Payable):
        return "" if visit.may(Level.MODIFY) else _("You need Account Management with Modify to pay it.")
    if allowed.code in ("no_usable_method", "billing_held", "recovering"):
        return refusal_words(allowed, locale=visit.entered.locale).sentence
    return ""


def _lines(visit: Visit, invoice: Any) -> tuple[LineRow, ...]:
    rows = queries.lines(visit.company_id, str(invoice.id))
    behind = causes(visit.company_id, rows, visit.entered.time_zone)
    locale = visit.entered.locale
    found = []
    for row in rows:
        facts = queries.line_facts(row, invoice.currency)
        found.append(
            LineRow(
                what=paper.line_name(facts),
                dates=formats.period_text(facts.days_start, facts.days_end, locale),
                amount=formats.money(facts.amount, locale),
                explanation=paper.line_explanation(facts, locale),
                cause="; ".join(_cause(visit, cause) for cause in behind[str(row.id)]),
            )
        )
    return tuple(found)


def _cause(visit: Visit, cause: Cause) -> str:
    seats = _("%(before)s → %(seats)s by %(who)s on %(date)s") if _is_named(cause) else _COUNTED
    words = {
        "start_subscription": _("Subscribed by %(who)s on %(date)s"),
        "enable_addon": _("Enabled by %(who)s on %(date)s"),
        "disable_addon": _("Disabled by %(who)s on %(date)s"),
        "seats": str(seats),
    }[cause.action]
    return words % {
        "who": _who(cause.by_kind, cause.by_name),
        "date": formats.instant_text(cause.at, visit.entered.time_zone, visit.entered.locale),
        "before": cause.seats_before,
        "seats": formats.seats(cause.seats or 0, visit.entered.locale),
    }


_COUNTED = gettext_lazy("%(before)s → %(seats)s, counted on %(date)s")


def _is_named(cause: Cause) -> bool:
    return cause.by_kind == ActorKind.VENDOR or bool(cause.by_name)


def _who(kind: str, name: str) -> str:
    """Name who did it: the company's own people by name, the vendor's as the vendor."""
    if kind == ActorKind.VENDOR:
        return str(settings.TENANTRY_VENDOR["name"])
    return name or _("the schedule")


def _totals(visit: Visit, invoice: Any, loaded: Loaded, credited_minor: int) -> tuple[TotalRow, ...]:
    def row(label: str, minor: int, *, is_strong: bool = False) -> TotalRow:
        return TotalRow(label, _money(visit, minor, invoice.currency), is_strong)

    rows = [row(_("Subtotal"), invoice.subtotal_minor)]
    if invoice.discount_minor:
        rows.append(row(_("Discount"), -invoice.discount_minor))
    labels = (paper.tax_label(tax, invoice.currency, visit.entered.locale) for tax in invoice.tax_facts)
    rows += [row(label, tax["amount_minor"]) for label, tax in zip(labels, invoice.tax_facts, strict=True)]
    left_over_minor = invoice.total_minor - (invoice.subtotal_minor - invoice.discount_minor + invoice.tax_minor)
    if left_over_minor:
        rows.append(row(_("Kept as your credit"), left_over_minor))
    rows.append(row(_("Total"), invoice.total_minor, is_strong=True))
    if invoice.credit_used_minor:
        is_used = invoice.credit_used_minor > 0
        label = _("Credit used") if is_used else _("Returned payments")
        rows.append(row(label, -invoice.credit_used_minor))
    if credited_minor:
        rows.append(row(_("Credited"), -credited_minor))
    is_closed = loaded.invoice.state is InvoiceState.UNCOLLECTIBLE
    due = loaded.invoice.recoverable if is_closed else loaded.invoice.amount_due
    if settled_minor := invoice.total_minor - invoice.credit_used_minor - credited_minor - due.minor:
        is_void = loaded.invoice.state is InvoiceState.VOID
        rows.append(row(_("Cancelled") if is_void else _("Paid"), -settled_minor))
    rows.append(row(_("Balance due"), due.minor, is_strong=True))
    return tuple(rows)


def _how_paid(visit: Visit, loaded: Loaded, stands: Shown) -> str:
    """Say how it will be paid, as it stands today; empty where that is settled."""
    invoice = loaded.invoice
    is_under_way = loaded.latest is not None and loaded.latest.state in UNDER_WAY
    if invoice.state is not InvoiceState.OPEN or invoice.amount_due.minor <= 0 or is_under_way:
        return ""
    if not loaded.company.pays_automatically:
        return _("Due %(date)s, by wire or check") % {"date": formats.day_text(invoice.due_date, visit.entered.locale)}
    default = default_of(loaded.methods)
    if default is None or why_not_usable(default, loaded.today) is not None:
        return _waits(visit, loaded)
    if invoice.collect_at is None:
        return _("It is not charged by itself any more. Pay it with a method of your choice.")
    if stands.line is Line.PAYER_NEEDED_RETRY and stands.facts["method"] == default:
        # Its bank will want to see the payer again: the line that says so says when, too.
        return ""
    words = _("Will be charged to %(method)s on %(date)s, without your doing anything.")
    return words % {"method": method_name(default), "date": _charge_day(visit, invoice.collect_at)}


def _waits(visit: Visit, loaded: Loaded) -> str:
    """Say what a method that comes now does for an invoice: only a charge that is still scheduled takes the default."""
    collect_at, has_usable = loaded.invoice.collect_at, bool(usable_methods(loaded.methods, loaded.today))
    if collect_at is None and has_usable:
        return _("It is not charged by itself any more. Pay it with a method of your choice.")
    if collect_at is None:
        return _("It is not charged by itself, not even once there is a method: pay it then with the one you choose.")
    words = _("It is charged on %(date)s if there is a method by then that can be charged.")
    if has_usable:
        words = _("It is charged on %(date)s only if you make another method the default by then. Or pay it now.")
    elif default_of(loaded.methods) is not None:
        words = _("It is charged on %(date)s if a method that can be charged is the default by then.")
    return words % {"date": _charge_day(visit, collect_at)}


def _charge_day(visit: Visit, at: datetime) -> str:
    return formats.instant_text(max(at, visit.now), visit.entered.time_zone, visit.entered.locale)


def _timeline(visit: Visit, invoice: Any, loaded: Loaded) -> tuple[TimelineEntry, ...]:
    """Tell what happened, oldest first: issued, each payment that was asked for, each move of money."""
    moves = books_of(visit.company_id, [invoice])[str(invoice.id)].moves
    found = [(invoice.issued_at, 0, _entry(visit, invoice.issued_at, _("Issued"), icon="receipt-text"))]
    found += [(one.opened_at, 1, _asked(visit, loaded, one)) for one in loaded.attempts]
    found += [(move.at, 2, _moved(visit, invoice, move)) for move in moves]
    if loaded.invoice.state in (InvoiceState.VOID, InvoiceState.UNCOLLECTIBLE):
        found.append((invoice.state_moved_at, 3, _entry(visit, invoice.state_moved_at, why(visit, shown(loaded)))))
    return tuple(entry for _at, _rank, entry in sorted(found, key=lambda one: one[:2]))


def _entry(
    visit: Visit, at: Any, what: str, detail: str = "", tone: Tone = Tone.NEUTRAL, icon: str = "circle-dot"
) -> TimelineEntry:
    return TimelineEntry(
        at=formats.moment(at, visit.entered.time_zone, visit.entered.locale),
        what=what,
        detail=detail,
        tone=tone,
        icon=icon,
    )


def _asked(visit: Visit, loaded: Loaded, attempt: AttemptFacts) -> TimelineEntry:
    what = _("Payment of %(amount)s with %(method)s") % {
        "amount": formats.money(loaded.intent(attempt.intent_id).amount, visit.entered.locale),
        "method": method_name(loaded.method(attempt.method_id)),
    }
    by = _("automatic") if attempt.is_automatic else _("by %(who)s") % {"who": _who(attempt.by_kind, attempt.by_name)}
    outcome, tone, icon = _outcome(visit, loaded, attempt)
    said = (by, outcome, _later_day(visit, attempt))
    return _entry(visit, attempt.opened_at, what, " · ".join(part for part in said if part), tone, icon)


def _later_day(visit: Visit, attempt: AttemptFacts) -> str:
    """Name the day on which a payment came out, where it is not the one on which it began: a bank takes its time."""
    zone = visit.entered.time_zone
    at = attempt.decided_at
    if at is None or local_date(at, zone) == local_date(attempt.opened_at, zone):
        return ""
    return formats.instant_text(at, zone, visit.entered.locale)


def _outcome(visit: Visit, loaded: Loaded, attempt: AttemptFacts) -> tuple[str, Tone, str]:
    match attempt.outcome:
        case Outcome.SUCCEEDED:
            return _("succeeded"), Tone.GOOD, "circle-check"
        case Outcome.DECLINED:
            return decline_words(attempt.code), Tone.BAD, "circle-x"
        case Outcome.RETURNED:
            said = {"why": why_returned(attempt.code), "code": attempt.code or "?"}
            return _("returned by the bank: %(why)s (%(code)s)") % said, Tone.BAD, "circle-x"
        case Outcome.CANCELLED:
            return _("not completed; nothing was charged"), Tone.WARN, "ban"
        case Outcome.NOT_SENT:
            return _("not sent; nothing was charged"), Tone.NEUTRAL, "circle-dot"
    match loaded.intent(attempt.intent_id).state:
        case State.PROCESSING:
            return _("on its way, up to 4 business days"), Tone.WARN, "clock"
        case State.AWAITING_PAYER:
            return _("waiting for your approval at the bank"), Tone.WARN, "clock"
    return _("being confirmed"), Tone.WARN, "clock"


def _moved(visit: Visit, invoice: Any, move: MoneyMove) -> TimelineEntry:
    came_in = move.amount.minor > 0
    tone, icon = (Tone.GOOD, "circle-check") if came_in else (Tone.BAD, "circle-x")
    return _entry(visit, move.at, moved_words(visit, move, invoice.issue_date), tone=tone, icon=icon)
