"""The control page as HTML: the clock, the faults, and every charge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from sandbox_gateway.faults import FaultKind, FaultPlan
from sandbox_gateway.methods import MICRO_DEPOSITS_MINOR
from sandbox_gateway.pages import amount_text, page
from sandbox_gateway.values import Charge, Customer

SHOWN_CHARGES = 200
FAULT_WORDS = {
    FaultKind.DECLINE: "Decline (name the code, as in decline:lost_card)",
    FaultKind.TIMEOUT_BEFORE: "No answer, and nothing was executed",
    FaultKind.TIMEOUT_AFTER: "No answer, but it was executed",
    FaultKind.CUT_BEFORE: "Connection cut, and nothing was executed",
    FaultKind.CUT_AFTER: "Connection cut, but it was executed",
    FaultKind.ERROR_BEFORE: "Error 503, and nothing was executed",
    FaultKind.ERROR_AFTER: "Error 500, but it was executed",
    FaultKind.BUSY: "Error 429, too many calls",
    FaultKind.GARBAGE: "Half an answer",
    FaultKind.WRONG_AMOUNT: "An answer with a wrong amount",
    FaultKind.WRONG_CURRENCY: "An answer with a wrong currency",
    FaultKind.WRONG_OBJECT: "An answer about another object",
    FaultKind.SLOW: "A slow answer (seconds, as in slow:5)",
}


def control_page(
    *, now: datetime, frozen: bool, plan: FaultPlan, customers: Sequence[Customer], charges: Sequence[Charge]
) -> str:
    """Show where the processor stands, with forms to change it."""
    title = "Control"
    return page(title, f"<h1>{title}</h1>{_clock(now, frozen)}{_faults(plan, customers)}{_charges(charges)}", wide=True)


def _clock(now: datetime, frozen: bool) -> str:  # noqa: FBT001 - inside this file
    shown = now.isoformat(timespec="seconds")
    standing = "It stands still." if frozen else "It runs."
    first, second = MICRO_DEPOSITS_MINOR
    return (
        f'<h2>Clock</h2><div class="sheet"><p>It is <time class="number" datetime="{shown}">{shown}</time>. {standing} '
        f"Micro-deposits are {first} and {second} cents.</p>"
        '<form method="post" action="/control/clock">'
        '<div class="field"><label for="now">Go forward to</label>'
        '<span class="hint" id="now-hint">An instant with its zone. Bank debits that are due by then settle.</span>'
        f'<input type="text" id="now" name="now" value="{shown}" aria-describedby="now-hint"></div>'
        '<button type="submit">Set the clock</button></form></div>'
    )


def _faults(plan: FaultPlan, customers: Sequence[Customer]) -> str:
    kinds = "".join(f'<option value="{kind}">{escape(words)}</option>' for kind, words in FAULT_WORDS.items())
    named = "".join(
        f'<option value="{escape(one.id)}">{escape(one.name)}</option>'
        for one in sorted(customers, key=lambda one: one.name)
    )
    rules = "".join(f"<li>{escape(line)}</li>" for line in _rule_lines(plan, customers))
    return (
        '<h2>Faults</h2><div class="sheet">'
        + (f"<ul>{rules}</ul>" if rules else "<p>No fault is set.</p>")
        + '<form method="post" action="/control/faults"><div class="pair">'
        f'<div class="field wide"><label for="fault">Fault</label>'
        f'<select id="fault" name="fault">{kinds}</select></div>'
        '<div class="field"><label for="detail">Decline code, or seconds</label><input type="text" id="detail" '
        'name="detail" autocomplete="off"></div>'
        '<div class="field"><label for="customer">For</label><select id="customer" name="customer">'
        f'<option value="">Everybody</option>{named}</select></div>'
        '<div class="field"><label for="operation">At</label><select id="operation" name="operation">'
        '<option value="confirm_intent">Each payment</option><option value="create_intent">Each new intent</option>'
        '<option value="">Each call</option></select></div>'
        '<div class="field"><label for="times">How often</label><input type="text" id="times" name="times" value="1" '
        'inputmode="numeric" autocomplete="off"></div></div>'
        '<div class="actions"><button type="submit" name="do" value="add">Add this fault</button>'
        '<button type="submit" name="do" value="clear" class="second">Clear all faults</button></div></form></div>'
    )


def _rule_lines(plan: FaultPlan, customers: Sequence[Customer]) -> list[str]:
    names = {one.id: one.name for one in customers}
    lines = [
        f"{rule.fault.text}, {rule.operation or 'each call'}, for {names.get(rule.customer, 'everybody')}, "
        + ("always" if rule.times < 0 else f"{rule.times} times")
        for rule in plan.rules
    ]
    lines += [
        f"{share.fault.text}, {share.per_million} of a million calls, seed {plan.rates.seed}"
        for share in plan.rates.shares
    ]
    return lines


def _charges(charges: Sequence[Charge]) -> str:
    newest = list(charges)[-SHOWN_CHARGES:][::-1]
    heads = ("Time (UTC)", "Company", "Invoice", "Method", "Amount", "Outcome", "Attempt key")
    head = "".join(f'<th scope="col"{" class=money" if text == "Amount" else ""}>{text}</th>' for text in heads)
    note = f" The newest {len(newest)} are shown." if len(newest) < len(charges) else ""
    rows = "".join(_row(charge) for charge in newest)
    return (
        f'<h2>Charges</h2><p>{len(charges)} in all.{note} <a href="/control/charges">As JSON</a></p>'
        '<div class="scroll" role="region" aria-label="Charges" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(charge: Charge) -> str:
    at = charge.started_at.isoformat(timespec="seconds")
    outcome = f"{charge.outcome}{f' ({charge.code})' if charge.code else ''}".replace("_", " ")
    cells = (charge.customer_name, charge.invoice_number, charge.method)
    refunded = f", {amount_text(charge.refunded_minor)} refunded" if charge.refunded_minor else ""
    return (
        f'<tr><td class="number"><time datetime="{at}">{charge.started_at:%Y-%m-%d %H:%M:%S}</time></td>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + f'<td class="money">{escape(charge.currency)} {amount_text(charge.amount_minor)}</td>'
        f"<td>{escape(outcome)}{refunded}</td><td>{escape(charge.attempt_key)}</td></tr>"
    )
