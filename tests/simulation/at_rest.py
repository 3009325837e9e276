"""What must hold of payments after the calm: nothing stuck, nothing lost, our books equal the processor's."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from sandbox_gateway.values import Charge, Outcome
from tenantry.core.bank_returns import MOST_REPRESENTED, blocks_method, is_dispute
from tenantry.core.dunning import FORBIDDING_DECLINES, business_days_between
from tenantry.core.invoice_states import Status, shown
from tenantry.core.payment_effects import Load
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, InvoiceState
from tenantry.core.payment_states import UNDER_WAY, State
from tenantry.core.payment_states import Outcome as OurOutcome
from tenantry.core.postings import Account, EntryKind
from tenantry.core.refund_states import RefundState
from tests.simulation import invoices_at_rest, ledger_at_rest, told_at_rest, witness
from tests.simulation.books import Booked
from tests.simulation.violation import Violation
from tests.simulation.witness import live_charges, on_commit
from tests.simulation.world import World

SETTLES_WITHIN = timedelta(days=2)
CALM_AFTER = timedelta(days=3)
BOOKED_WITHIN = timedelta(hours=26)
"""A day between two questions, an hour of a wrong clock, and an hour to ask."""
ALARM_BUSINESS_DAYS = 11
"""Ten, and a day to ask."""
REFUND_SETTLES_WITHIN = timedelta(days=3)
"""Two days until one that did not arrive counts as not sent, and a day to ask."""
BOOKED = {
    (EntryKind.SUCCEEDED,),
    (EntryKind.SUCCEEDED, EntryKind.RETURNED),
    (EntryKind.RECOVERED,),
    (EntryKind.RECOVERED, EntryKind.RETURNED),
    (EntryKind.OVERPAID,),
    (EntryKind.OVERPAID, EntryKind.OVERPAYMENT_RETURNED),
}
"""How a payment may be booked."""


def check(world: World) -> None:
    """Check everything, invoice by invoice, then the ledger as a whole, then what was billed."""
    for invoice_id in world.books.invoices:
        charges = world.gateway.charges_of(invoice_id)
        on_commit(world, invoice_id)
        live = live_charges(world, invoice_id)
        _check_amounts(world, invoice_id, charges)
        _check_booked(world, invoice_id, charges)
        _check_converged(world, invoice_id, charges)
        _check_refunds(world, invoice_id)
        _check_status(world, invoice_id, live, charges)
        _check_schedule(world, invoice_id)
        _check_notices(world, invoice_id)
    _check_ledger(world)
    for company in world.books.companies.values():
        witness.methods(world, company.id)
        if company.is_billing_held:
            raise Violation(f"R14 {company.id} is still held after the calm")
    invoices_at_rest.check(world)
    ledger_at_rest.check(world)
    told_at_rest.check(world)


def _check_amounts(world: World, invoice_id: str, charges: list[Charge]) -> None:
    """Check I-1 and I-3: each charge has the amount, the payer and the method of its row."""
    by_key = {one.confirm_key: one for one in world.books.attempts[invoice_id]}
    company_id = world.books.company_of[invoice_id]
    for charge in charges:
        attempt = by_key[charge.attempt_key]
        intent, method = world.books.intent(attempt.intent_id), world.books.methods[company_id][attempt.method_id]
        wanted = (intent.gateway_id, intent.amount.minor, intent.amount.currency, intent.customer, method.token)
        if wanted != (charge.intent_id, charge.amount_minor, charge.currency, charge.customer, charge.method_id):
            raise Violation(f"I-3 {attempt.id} is {wanted} here, {charge} at the processor")
    strange = _overpaid(world, invoice_id) if world.epoch else set()
    if (
        sum(one.net_minor for one in charges if one.attempt_key not in strange)
        > world.books.first_due[invoice_id].minor
    ):
        raise Violation(f"I-1 more was taken for {invoice_id} than was ever due")


def _check_converged(world: World, invoice_id: str, charges: list[Charge]) -> None:
    """Check I-6 and the half of I-7 that says: every success and return is in our books."""
    invoice = world.books.invoices[invoice_id]
    for intent in world.books.intents[invoice_id]:
        _check_rest(world, intent)
    if invoice.collect_at and invoice.collect_at < world.now - SETTLES_WITHIN:
        raise Violation(f"I-6 {invoice_id} should have been collected at {invoice.collect_at}")
    by_key = {one.confirm_key: one for one in world.books.attempts[invoice_id]}
    for charge in charges:
        attempt = by_key[charge.attempt_key]
        if charge.outcome in (Outcome.SUCCEEDED, Outcome.RETURNED) and attempt.outcome.value != charge.outcome.value:
            raise Violation(f"I-7 {attempt.id} is {attempt.outcome!r} here, {charge.outcome} at the processor")
        is_calm = charge.changed_at > world.storm_ends_at + CALM_AFTER
        if is_calm and attempt.decided_at and attempt.decided_at - charge.changed_at > BOOKED_WITHIN:
            raise Violation(f"I-7 {attempt.id} was booked at {attempt.decided_at}, it was {charge.changed_at}")
        if charge.outcome is Outcome.PROCESSING and not attempt.is_open:
            raise Violation(f"I-7 {attempt.id} is {attempt.outcome!r} here, on its way at the processor")
    # A database that was restored counts its attempts anew: a lost one of the same number may have been declined.
    told = {one.attempt_key for one in charges if not (world.epoch and one.outcome is Outcome.DECLINED)}
    for attempt in by_key.values():
        if attempt.outcome is OurOutcome.NOT_SENT and attempt.confirm_key in told:
            raise Violation(f"I-4 {attempt.id} counts as not sent, but the processor has it")


def _check_rest(world: World, intent: IntentFacts) -> None:
    if intent.state is State.PROCESSING:
        days = business_days_between(intent.moved_at, world.now)
        if days > ALARM_BUSINESS_DAYS and "debit_overdue" not in world.books.reviews[intent.id]:
            raise Violation(f"I-6 {intent.id} is on its way for {days} business days without an alarm")
    elif intent.state in UNDER_WAY and intent.moved_at < world.now - SETTLES_WITHIN:
        raise Violation(f"I-6 {intent.id} is {intent.state} since {intent.moved_at}")
    if intent.next_ask_at and intent.next_ask_at < world.now - SETTLES_WITHIN:
        raise Violation(f"I-6 {intent.id} should have been asked about at {intent.next_ask_at}")


def _check_booked(world: World, invoice_id: str, charges: list[Charge]) -> None:
    """Check I-7 and I-8 for an invoice: cleared money equals the processor's net, booked once for each charge."""
    held = {one.attempt_key: one for one in charges if one.outcome in (Outcome.SUCCEEDED, Outcome.RETURNED)}
    booked: dict[str, list[EntryKind]] = defaultdict(list)
    for entry in _entries(world, invoice_id):
        if entry.attempt_id:
            booked[entry.attempt_id].append(entry.entry.kind)
    for attempt_id, kinds in booked.items():
        if tuple(kinds) not in BOOKED:
            raise Violation(f"I-7 {attempt_id} is booked as {kinds}")
        if world.books.attempt(attempt_id).confirm_key not in held:
            raise Violation(f"I-7 {attempt_id} is booked, but the processor holds nothing")
    net = sum(one.net_minor for one in charges)
    cleared = world.books.balances[invoice_id, Account.GATEWAY_CLEARING]
    if cleared != net:
        raise Violation(f"I-8 {invoice_id} has {cleared} cleared, the processor holds {net}")


def _check_refunds(world: World, invoice_id: str) -> None:
    """Check I-6 to I-8 for what went back: every refund at the processor is one row, and the other way round."""
    set_aside = 0
    for intent in world.books.intents[invoice_id]:
        rows = world.books.refunds.rows.get(intent.id, [])
        ours = sorted((one.gateway_refund_id, one.amount.minor) for one in rows if one.state is RefundState.DONE)
        made = world.gateway.refunds_of(intent.gateway_id) if intent.gateway_id else []
        theirs = sorted((one.refund_id, one.amount.minor if one.amount else 0) for one in made)
        if ours != theirs:
            raise Violation(f"I-7 {intent.id} has the refunds {ours}, the processor {theirs}")
        under_way = [one for one in rows if one.is_under_way]
        set_aside += sum(one.amount.minor for one in under_way)
        if any(one.opened_at < world.now - REFUND_SETTLES_WITHIN for one in under_way):
            raise Violation(f"I-6 {under_way} is under way for too long")
    if -world.books.balances[invoice_id, Account.REFUND_UNDER_WAY] != set_aside:
        raise Violation(f"I-8 {invoice_id} has not set aside the {set_aside} that are on their way back")


def _check_status(world: World, invoice_id: str, live: list[Charge], charges: list[Charge]) -> None:
    """Check I-9 and I-11: what a person is shown follows from the processor's truth and the vendor's own deeds."""
    loaded = world.books.load(Load(invoice_id=invoice_id), world.now)
    invoice = loaded.invoice
    wanted = _owed(world, invoice_id, charges)
    if invoice.amount_due.minor + invoice.recoverable.minor != wanted:
        raise Violation(f"I-9 {invoice_id} has {invoice.amount_due} due, by the processor it is {wanted}")
    is_overpaid = bool(_overpaid(world, invoice_id))
    is_paid = bool(live) and live[0].outcome is Outcome.SUCCEEDED
    if is_paid and invoice.state is not InvoiceState.PAID and not (world.epoch and is_overpaid):
        raise Violation(f"I-9 {invoice_id} is {invoice.state}, the processor took {live}")
    seen = shown(loaded)
    if seen.status not in _statuses(world, invoice_id, live):
        raise Violation(f"I-9 {invoice_id} is shown as {seen}, the processor's charges say {live}")
    for attempt in loaded.attempts:
        is_blocking = attempt.outcome is OurOutcome.RETURNED and blocks_method(attempt.code)
        if is_blocking and not loaded.method(attempt.method_id).blocked_because:
            raise Violation(f"I-11 {attempt.method_id} still charged after {attempt.code}")


def _owed(world: World, invoice_id: str, charges: list[Charge]) -> int:
    """Count what is due: what was issued, less credit notes, less what was taken and not taken back."""
    owed = world.books.first_due[invoice_id].minor
    for entry in _entries(world, invoice_id):
        for line in entry.entry.lines:
            if entry.entry.kind in (EntryKind.CREDITED, EntryKind.VOIDED) and line.account is Account.RECEIVABLE:
                owed += line.amount_minor
            if entry.entry.kind is EntryKind.RETURN_REDUCED and line.account is Account.COMPANY_CREDIT:
                owed -= line.amount_minor
    strange = _overpaid(world, invoice_id)
    for charge in charges:
        if charge.attempt_key not in strange:
            owed -= charge.amount_minor if charge.outcome is Outcome.SUCCEEDED else 0
            owed -= charge.refunded_minor if charge.outcome is Outcome.RETURNED and is_dispute(charge.code) else 0
    return owed


def _overpaid(world: World, invoice_id: str) -> set[str]:
    """Give the keys of payments that nothing was due for: booked as credit, and before a person."""
    overpaid = {one.attempt_id for one in _entries(world, invoice_id) if one.entry.kind is EntryKind.OVERPAID}
    return {world.books.attempt(one).confirm_key for one in overpaid}


def _entries(world: World, invoice_id: str) -> list[Booked]:
    return [one for one in world.books.journal if one.entry.invoice_id == invoice_id]


def _statuses(world: World, invoice_id: str, live: list[Charge]) -> tuple[Status, ...]:
    """Give the statuses that are right: a later generation may not have failed yet, an earlier one did."""
    invoice = world.books.invoices[invoice_id]
    if invoice.state is InvoiceState.VOID:
        return (Status.VOID,)
    if invoice.state is InvoiceState.PAID:
        return (Status.PAID,)
    if live:
        return (Status.PENDING,)
    if invoice.state is InvoiceState.UNCOLLECTIBLE:
        return (Status.FAILED,)
    attempts = world.books.attempts[invoice_id]
    if all(one.outcome in (OurOutcome.NOT_SENT, OurOutcome.OPEN) for one in attempts):
        return (Status.PENDING,)
    latest = world.books.intents[invoice_id][-1].id
    is_untried = all(one.outcome is OurOutcome.NOT_SENT for one in attempts if one.intent_id == latest)
    return (Status.FAILED, Status.PENDING) if is_untried else (Status.FAILED,)


def _check_schedule(world: World, invoice_id: str) -> None:
    """Check D5: automatic tries follow the schedule, and stop where the bank said never again."""
    attempts = world.books.attempts[invoice_id]
    tries = [one for one in attempts if one.is_automatic and one.outcome is not OurOutcome.NOT_SENT]
    # Who asked for what a restored database has lost is not known any more.
    tries = [one for one in tries if one.id not in world.taken_up]
    company = world.books.companies[world.books.company_of[invoice_id]]
    if len(tries) > 1 + len(company.retry_after_days):
        raise Violation(f"D5 {invoice_id} was tried {len(tries)} times by itself")
    for before, after in pairwise(attempts):
        if after.id not in world.taken_up:
            _check_pair(before, after)
    returns = [one for one in attempts if one.outcome is OurOutcome.RETURNED]
    if len(returns) > 1 + MOST_REPRESENTED and any(one.is_automatic for one in returns[1 + MOST_REPRESENTED :]):
        raise Violation(f"I-11 {invoice_id} was presented {len(returns)} times")


def _check_pair(before: AttemptFacts, after: AttemptFacts) -> None:
    is_forbidden = before.outcome is OurOutcome.DECLINED and before.code in FORBIDDING_DECLINES
    if is_forbidden and before.is_automatic and after.is_automatic and before.method_id == after.method_id:
        raise Violation(f"D5 {after.id} was tried by itself after {before.code}")


def _check_notices(world: World, invoice_id: str) -> None:
    """Check I-24: whoever paid, or whose bank took it back, is told, once."""
    strange = _overpaid(world, invoice_id)
    for attempt in world.books.attempts[invoice_id]:
        wanted = {OurOutcome.SUCCEEDED: "receipt", OurOutcome.RETURNED: "payment_returned"}.get(attempt.outcome)
        if attempt.confirm_key in strange or _never_counted(world, invoice_id, attempt):
            continue  # a person of the vendor tells them
        if wanted and world.books.notices.get((wanted, f"{attempt.id}:{attempt.outcome.value}")) != 1:
            raise Violation(f"I-24 nobody was told {wanted} of {attempt.id}, or twice")


def _never_counted(world: World, invoice_id: str, attempt: AttemptFacts) -> bool:
    """Tell whether a lost debit came back without having been booked, for an invoice of which nothing is due."""
    invoice = world.books.invoices[invoice_id]
    is_booked = any(one.attempt_id == attempt.id for one in _entries(world, invoice_id))
    is_settled = invoice.state in (InvoiceState.PAID, InvoiceState.VOID)
    return attempt.id in world.taken_up and is_settled and not is_booked


def _check_ledger(world: World) -> None:
    """Check I-8 and I-9 from the raw entries: the ledger sums to zero, and kept balances equal recomputed ones."""
    balances: dict[tuple[str, Account], int] = defaultdict(int)
    for booked in world.books.journal:
        if sum(line.amount_minor for line in booked.entry.lines):
            raise Violation(f"I-8 {booked.entry} does not balance")
        for line in booked.entry.lines:
            balances[line.invoice_id, line.account] += line.amount_minor
    if sum(balances.values()):
        raise Violation("I-8 the ledger does not sum to zero")
    kept = {key: minor for key, minor in world.books.balances.items() if minor}
    if kept != {key: minor for key, minor in balances.items() if minor}:
        raise Violation("I-9 kept balances differ from recomputed ones")
