"""The tables of the control page: charges, payouts, deliveries, events. Newest first, the older ones left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from sandbox_gateway.pages import amount_text
from sandbox_gateway.values import Charge, Customer, Delivery, Event, Movement, PayoutLines

SHOWN = 200
MONEY_HEADS = ("Amount",)


def _table(name: str, heads: Sequence[str], rows: Sequence[str], count: int, link: str) -> str:
    head = "".join(f'<th scope="col"{" class=money" if text in MONEY_HEADS else ""}>{text}</th>' for text in heads)
    note = f" The newest {len(rows)} are shown." if len(rows) < count else ""
    return (
        f'<p>{count} in all.{note} <a href="{link}">As JSON</a></p>'
        f'<div class="scroll" role="region" aria-label="{name}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _at(instant: datetime) -> str:
    shown = instant.isoformat(timespec="seconds")
    return f'<td class="number"><time datetime="{shown}">{instant:%Y-%m-%d %H:%M:%S}</time></td>'


def _words(*texts: str) -> str:
    return "".join(f"<td>{escape(text)}</td>" for text in texts)


def _money(currency: str, minor: int) -> str:
    return f'<td class="money">{escape(currency)} {amount_text(minor, currency)}</td>'


def charges_table(charges: Sequence[Charge]) -> str:
    """Show every attempt to take money."""
    heads = ("Time (UTC)", "Company", "Invoice", "Method", "Amount", "Outcome", "Attempt key")
    rows = [_charge(one) for one in charges[-SHOWN:][::-1]]
    return "<h2>Charges</h2>" + _table("Charges", heads, rows, len(charges), "/control/charges")


def _charge(charge: Charge) -> str:
    outcome = f"{charge.outcome}{f' ({charge.code})' if charge.code else ''}".replace("_", " ")
    refunded = f", {amount_text(charge.refunded_minor, charge.currency)} refunded" if charge.refunded_minor else ""
    return (
        f"<tr>{_at(charge.started_at)}{_words(charge.customer_name, charge.invoice_number, charge.method)}"
        f"{_money(charge.currency, charge.amount_minor)}{_words(outcome + refunded, charge.attempt_key)}</tr>"
    )


def payouts_table(payouts: Sequence[PayoutLines], held: Sequence[Movement]) -> str:
    """Show what was paid out, and what is held."""
    sums: dict[str, int] = {}
    for moved in held:
        sums[moved.currency] = sums.get(moved.currency, 0) + moved.amount_minor
    still = ", ".join(f"{currency} {amount_text(minor, currency)}" for currency, minor in sorted(sums.items()))
    rows = [_payout(one) for one in payouts[-SHOWN:][::-1]]
    heads = ("Time (UTC)", "Amount", "Lines", "Of", "Payout")
    return f"<h2>Payouts</h2><p>Held for the vendor now: {escape(still) or 'nothing'}.</p>" + _table(
        "Payouts", heads, rows, len(payouts), "/control/payouts"
    )


def _payout(listed: PayoutLines) -> str:
    payout = listed.payout
    of = ", ".join(one.name for one in listed.customers)
    return (
        f"<tr>{_at(payout.paid_at)}{_money(payout.currency, payout.amount_minor)}"
        f"{_words(str(len(listed.movements)), of, payout.id)}</tr>"
    )


def deliveries_table(deliveries: Sequence[Delivery], events: Sequence[Event], customers: Sequence[Customer]) -> str:
    """Show what became of each webhook."""
    kinds, names = {one.id: one.kind for one in events}, _names(customers)
    rows = [_delivery(one, kinds, names) for one in deliveries[-SHOWN:][::-1]]
    heads = ("Time (UTC)", "Company", "Event", "Form", "State", "Tries", "Answer")
    return "<h3>Deliveries</h3>" + _table("Deliveries", heads, rows, len(deliveries), "/control/webhooks")


def _delivery(delivery: Delivery, kinds: Mapping[str, str], names: Mapping[str, str]) -> str:
    answered = str(delivery.last_status or "none") if delivery.tries else ""
    return (
        f"<tr>{_at(delivery.created_at)}{_words(names.get(delivery.customer, ''), kinds.get(delivery.event_id, ''))}"
        f"{_words(delivery.form.replace('_', ' '), delivery.state, str(delivery.tries), answered)}</tr>"
    )


def events_table(events: Sequence[Event], customers: Sequence[Customer]) -> str:
    """Show what happened."""
    names = _names(customers)
    rows = [
        f"<tr>{_at(one.happened_at)}{_words(names.get(one.customer, ''), one.kind, one.object_id, one.id)}</tr>"
        for one in events[-SHOWN:][::-1]
    ]
    heads = ("Time (UTC)", "Company", "Type", "Object", "Event")
    return "<h3>Events</h3>" + _table("Events", heads, rows, len(events), "/control/events")


def _names(customers: Sequence[Customer]) -> dict[str, str]:
    return {one.id: one.name for one in customers}
