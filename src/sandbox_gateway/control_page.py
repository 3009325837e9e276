"""The control page as HTML: the clock, the faults, every charge, the payouts and the webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from sandbox_gateway.control_tables import charges_table, deliveries_table, events_table, payouts_table
from sandbox_gateway.faults import FaultKind, FaultPlan
from sandbox_gateway.methods import MICRO_DEPOSITS_MINOR
from sandbox_gateway.pages import page
from sandbox_gateway.values import Charge, Customer, Delivery, DeliveryState, Event, Movement, PayoutLines
from sandbox_gateway.webhooks import Endpoint

FAULT_GROUPS: Mapping[str, Mapping[FaultKind, str]] = {
    "The bank, or the payer": {
        FaultKind.DECLINE: "Decline (lost_card, insufficient_funds …)",
        FaultKind.ASKS_PAYER: "The payer must approve",
        FaultKind.PENDING: "A bank debit takes so many business days (10)",
        FaultKind.RETURNED: "A bank debit is returned (R01)",
        FaultKind.RETURNED_LATE: "It succeeds, and is returned days later (R10:60)",
        FaultKind.DISPUTE_LOST: "Disputed days later, and lost (fraudulent:7)",
        FaultKind.DISPUTE_WON: "Disputed days later, and won (fraudulent:7)",
        FaultKind.WRONG_DEPOSITS: "Wrong micro-deposit amounts",
    },
    "The line": {
        FaultKind.TIMEOUT_BEFORE: "No answer, and nothing was executed (seconds)",
        FaultKind.TIMEOUT_AFTER: "No answer, but it was executed (seconds)",
        FaultKind.CUT_BEFORE: "Connection cut, and nothing was executed",
        FaultKind.CUT_AFTER: "Connection cut, but it was executed",
        FaultKind.CUT_ANSWER: "Connection cut in the middle of the answer",
        FaultKind.SLOW: "Executed late, then the right answer (seconds)",
        FaultKind.LATE_ANSWER: "Executed at once, answered late (seconds)",
        FaultKind.DRIP: "An answer that drips (seconds)",
    },
    "The processor": {
        FaultKind.ERROR_BEFORE: "Error 503, and nothing was executed",
        FaultKind.ERROR_AFTER: "Error 500, but it was executed",
        FaultKind.BUSY: "Error 429, too many calls",
        FaultKind.GARBAGE: "Half an answer",
        FaultKind.WRONG_AMOUNT: "An answer with a wrong amount",
        FaultKind.WRONG_CURRENCY: "An answer with a wrong currency",
        FaultKind.WRONG_OBJECT: "An answer about another object",
        FaultKind.KEY_FORGOTTEN: "The idempotency key was forgotten",
        FaultKind.STALE: "A list that is old (seconds)",
    },
    "Webhooks": {
        FaultKind.LOST: "Lost",
        FaultKind.DOUBLED: "Sent two to five times (how often)",
        FaultKind.LATE: "Late, up to three days (seconds)",
        FaultKind.REORDERED: "After the next one of the same company",
        FaultKind.FORGED: "A forged one in front of it",
        FaultKind.REPLAYED: "Once more an hour later, with the old signature",
        FaultKind.UNKNOWN_TYPE: "One of an unknown type in front of it",
        FaultKind.OTHER_MODE: "One of the live mode in front of it",
        FaultKind.OTHER_ACCOUNT: "One of another account in front of it",
        FaultKind.OTHER_VERSION: "One of another version in front of it",
        FaultKind.TOO_BIG: "One of 2 MiB in front of it",
    },
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that the page shows."""

    now: datetime
    is_frozen: bool
    plan: FaultPlan
    endpoint: Endpoint
    account: str
    customers: Sequence[Customer]
    charges: Sequence[Charge]
    payouts: Sequence[PayoutLines]
    not_paid_out: Sequence[Movement]
    events: Sequence[Event]
    deliveries: Sequence[Delivery]


def control_page(stands: Standing) -> str:
    """Show where the processor stands, with forms to change it."""
    title = "Control"
    sections = (
        _clock(stands.now, stands.is_frozen),
        _faults(stands.plan, stands.customers),
        charges_table(stands.charges),
        payouts_table(stands.payouts, stands.not_paid_out),
        _webhooks(stands),
    )
    return page(title, f"<h1>{title}</h1>{''.join(sections)}", wide=True)


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
    kinds = "".join(
        f'<optgroup label="{group}">'
        + "".join(f'<option value="{kind}">{escape(words)}</option>' for kind, words in listed.items())
        + "</optgroup>"
        for group, listed in FAULT_GROUPS.items()
    )
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
        '<div class="field"><label for="detail">What stands in brackets</label><input type="text" id="detail" '
        'name="detail" autocomplete="off"></div>'
        '<div class="field"><label for="customer">For</label><select id="customer" name="customer">'
        f'<option value="">Everybody</option>{named}</select></div>'
        '<div class="field"><label for="operation">At</label><select id="operation" name="operation">'
        '<option value="">Whatever it can strike</option><option value="confirm_intent">Each payment</option>'
        '<option value="create_intent">Each new intent</option></select></div>'
        '<div class="field"><label for="times">How often</label><input type="text" id="times" name="times" value="1" '
        'inputmode="numeric" autocomplete="off"></div></div>'
        '<div class="actions"><button type="submit" name="do" value="add">Add this fault</button>'
        '<button type="submit" name="do" value="clear" class="second">Clear all faults</button></div></form></div>'
    )


def _rule_lines(plan: FaultPlan, customers: Sequence[Customer]) -> list[str]:
    names = {one.id: one.name for one in customers}
    lines = [
        f"{rule.fault.text}, {rule.operation or 'whatever it can strike'}, "
        f"for {names.get(rule.customer, 'everybody')}, " + ("always" if rule.times < 0 else f"{rule.times} times")
        for rule in plan.rules
    ]
    lines += [
        f"{share.fault.text}, {share.per_million} of a million calls, seed {plan.rates.seed}"
        for share in plan.rates.shares
    ]
    return lines


def _webhooks(stands: Standing) -> str:
    waiting = sum(one.state is DeliveryState.WAITING for one in stands.deliveries)
    signed = f"signed with {len(stands.endpoint.secrets)} secrets, {waiting} waiting"
    where = f"They go to {escape(stands.endpoint.url)}, {signed}." if stands.endpoint.url else "They go nowhere."
    return (
        f'<h2>Webhooks</h2><p>{where} The account here is <span class="number">{escape(stands.account)}</span>. '
        '<a href="/control/webhooks">As JSON</a></p>'
        + deliveries_table(stands.deliveries, stands.events, stands.customers)
        + events_table(stands.events, stands.customers)
    )
