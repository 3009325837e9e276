"""Recompute the ledger of one company from its raw rows, and name each row that disagrees (I-8, I-9, I-10, I-13, I-15).

Pure: rows in, findings out, in a fixed order, so that the first one is the first. Tests, the simulator and
`tenantry check ledger` use these same functions. A row that disagrees is named once: what follows from it is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeVar

from tenantry.core.bank_returns import is_dispute
from tenantry.core.company_credit import Move, standing
from tenantry.core.ledger_days import check_given_back
from tenantry.core.ledger_documents import check_credit_notes, check_invoice_sums, check_numbers, check_payout_lines
from tenantry.core.ledger_expected import (
    Booked,
    check_attempt,
    check_credit_note,
    check_invoice,
    check_payout_share,
    check_refund,
    reduces_return,
    taken_back,
)
from tenantry.core.ledger_facts import (
    AttemptRow,
    CreditNoteRow,
    EntryRow,
    Finding,
    InvoiceRow,
    LedgerFacts,
    PayoutRow,
    RefundRow,
)
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_states import Outcome
from tenantry.core.postings import Account, EntryKind
from tenantry.core.refund_states import UNDER_WAY, RefundState

Balances = Mapping[tuple[str, str], int]
OfInvoice = TypeVar("OfInvoice", CreditNoteRow, RefundRow)


def findings(facts: LedgerFacts) -> Iterator[Finding]:
    """Give everything that is wrong with a company's ledger, the first row first."""
    yield from check_numbers(facts)
    documents = list(chain(check_invoice_sums(facts), check_credit_notes(facts), check_payout_lines(facts)))
    yield from documents
    booked = list(_check_booked(facts, {one.row_id for one in documents} | {one.invoice_id for one in documents}))
    yield from booked
    named = {one.invoice_id for one in (*documents, *booked)}
    ends = list(_check_ends(facts, named))
    yield from ends
    if not (documents or booked or ends):
        yield from check_given_back(facts)
        yield from _check_whole(facts)


def payout_findings(payouts: Sequence[PayoutRow]) -> Iterator[Finding]:
    """Give what is wrong with the payouts of all companies together: money in them that is of nobody known."""
    for row in payouts:
        if row.strange_minor or row.has_strange_lines:
            said = {"amount_minor": row.strange_minor, "currency": row.currency}
            yield Finding("payout_of_nobody", "payout", row.id, row.label, said)
        elif row.shares_minor != row.amount_minor:
            said = {"amount_minor": row.amount_minor, "should_minor": row.shares_minor, "currency": row.currency}
            yield Finding("payout_not_shared_out", "payout", row.id, row.label, said)


def balances_of(entries: Sequence[EntryRow]) -> Balances:
    """Sum the postings: (invoice id, account) → minor units."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        for row in entry.postings:
            found[row.invoice_id, row.account] += row.amount_minor
    return found


def _check_booked(facts: LedgerFacts, wrong: set[str]) -> Iterator[Finding]:
    """Check that each row that moves money is booked as it says, once, and that nothing else is booked."""
    booked = Booked(facts)
    number = {row.id: row.number for row in facts.invoices}
    notes, attempts = _by_invoice(facts.credit_notes), {row.intent_id: row for row in facts.attempts if _took(row)}
    refunds = _by_invoice(facts.refunds)
    for invoice in facts.invoices:
        source = booked.of("invoice", invoice.id, invoice.number, invoice.id)
        if invoice.id not in wrong:
            yield from check_invoice(source, invoice, notes.get(invoice.id, ()))
    for note in facts.credit_notes:
        source = booked.of("credit_note", note.id, note.number, note.invoice_id)
        if note.id not in wrong:
            yield from check_credit_note(source, note)
    for attempt in facts.attempts:
        label = f"{number.get(attempt.invoice_id, '?')} {attempt.label}"
        source = booked.of("attempt", attempt.id, label, attempt.invoice_id)
        yield from check_attempt(source, attempt, refunds.get(attempt.invoice_id, ()))
    for refund in facts.refunds:
        label = f"{number.get(refund.invoice_id, '?')} {refund.label}"
        source = booked.of("refund", refund.id, label, refund.invoice_id)
        yield from check_refund(source, refund, attempts.get(refund.intent_id))
    for share in facts.payout_shares:
        source = booked.of("payout_share", share.id, share.label)
        if share.id not in wrong:
            yield from check_payout_share(source, share)
    for entry in booked.strangers():
        yield Finding("entry_of_nothing", "entry", entry.id, entry.kind, {"kind": entry.kind}, entry.invoice_id)


def _by_invoice(rows: Sequence[OfInvoice]) -> Mapping[str, Sequence[OfInvoice]]:
    found: dict[str, list[OfInvoice]] = defaultdict(list)
    for row in rows:
        found[row.invoice_id].append(row)
    return found


def _took(row: AttemptRow) -> bool:
    return row.outcome in (Outcome.SUCCEEDED, Outcome.RETURNED)


def _check_ends(facts: LedgerFacts, named: set[str]) -> Iterator[Finding]:
    """Check that state, amount due and what is shown of each invoice follow from its postings (I-9, I-10)."""
    balances = balances_of(facts.entries)
    kinds: dict[str, list[str]] = defaultdict(list)
    for entry in facts.entries:
        kinds[entry.invoice_id].append(entry.kind)
    for row in facts.invoices:
        if row.id not in named:
            yield from _check_end(row, balances, kinds[row.id])


def _check_end(row: InvoiceRow, balances: Balances, kinds: Sequence[str]) -> Iterator[Finding]:
    due = balances.get((row.id, Account.RECEIVABLE), 0)
    recoverable = balances.get((row.id, Account.RECOVERABLE), 0)
    lost = kinds.count(EntryKind.WRITTEN_OFF) - kinds.count(EntryKind.RECOVERED)
    if EntryKind.VOIDED in kinds:
        state = InvoiceState.VOID
    elif lost:
        state = InvoiceState.UNCOLLECTIBLE
    else:
        state = InvoiceState.OPEN if due else InvoiceState.PAID
    facts: dict[str, object] = {"due_minor": due, "currency": row.currency}
    if row.state is not state:
        said = {"state": row.state.value, "should": state.value, **facts}
        yield Finding("state_wrong", "invoice", row.id, row.number, said, row.id)
    elif not 0 <= due <= row.asked_minor or (recoverable > 0) != (state is InvoiceState.UNCOLLECTIBLE):
        said = {"recoverable_minor": recoverable, **facts}
        yield Finding("due_out_of_bounds", "invoice", row.id, row.number, said, row.id)
    elif (state is not InvoiceState.OPEN) != (due == 0):
        yield Finding("due_in_wrong_state", "invoice", row.id, row.number, {"state": state.value, **facts}, row.id)
    elif row.shown_due_minor != due:
        said = {"shown_minor": row.shown_due_minor, **facts}
        yield Finding("shown_wrong", "invoice", row.id, row.number, said, row.id)


def _check_whole(facts: LedgerFacts) -> Iterator[Finding]:
    """Check the accounts that belong to no single invoice: zero in all, credit, what is set aside, clearing (I-8).

    Credit may be below zero by what a bank took back after it was used: the next invoice asks for it.
    """
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    moves: dict[str, list[Move]] = defaultdict(list)
    for entry in facts.entries:
        for row in entry.postings:
            sums[row.currency][row.account] += row.amount_minor
            if row.account == Account.COMPANY_CREDIT:
                moves[row.currency].append((entry.kind, row.amount_minor))
    for currency, accounts in sorted(sums.items()):
        if sum(accounts.values()):
            yield _company(facts, "ledger_not_zero", currency, amount_minor=sum(accounts.values()))
        if overdrawn := standing(moves[currency]).overdrawn_minor:
            yield _company(facts, "credit_below_zero", currency, amount_minor=overdrawn)
        aside = sum(one.amount_minor for one in facts.refunds if one.state in UNDER_WAY and one.currency == currency)
        if accounts[Account.REFUND_UNDER_WAY] != -aside:
            said = -accounts[Account.REFUND_UNDER_WAY]
            yield _company(facts, "set_aside_wrong", currency, amount_minor=said, should_minor=aside)
    yield from _check_clearing(facts)


def _check_clearing(facts: LedgerFacts) -> Iterator[Finding]:
    """Check that each gateway's clearing account is what was taken, less what went back and what was paid out."""
    gateway_of = {row.id: row.gateway for row in facts.attempts}
    gateway_of |= {row.id: row.gateway for row in facts.refunds}
    gateway_of |= {row.id: row.gateway for row in facts.payout_shares}
    held: dict[tuple[str, str], int] = defaultdict(int)
    for entry in facts.entries:
        gateway = gateway_of.get(entry.attempt_id or entry.refund_id or entry.payout_share_id, "")
        for leg in entry.postings:
            if leg.account == Account.GATEWAY_CLEARING:
                held[gateway, leg.currency] += leg.amount_minor
    should = _should_be_held(facts)
    for gateway, currency in sorted({*held, *should}):
        said, wanted = held[gateway, currency], should[gateway, currency]
        if said != wanted:
            yield _company(facts, "clearing_wrong", currency, gateway=gateway, amount_minor=said, should_minor=wanted)


def _should_be_held(facts: LedgerFacts) -> dict[tuple[str, str], int]:
    held: dict[tuple[str, str], int] = defaultdict(int)
    refunds = _by_invoice(facts.refunds)
    attempts = {row.intent_id: row for row in facts.attempts if _took(row)}
    for row in facts.attempts:
        if row.outcome is Outcome.SUCCEEDED:
            held[row.gateway, row.currency] += row.amount_minor
        elif row.outcome is Outcome.RETURNED and is_dispute(row.code):
            taken = taken_back(row, refunds.get(row.invoice_id, ())).minor
            held[row.gateway, row.currency] += row.amount_minor - taken
    for refund in facts.refunds:
        if refund.state is RefundState.DONE:
            attempt = attempts.get(refund.intent_id)
            back = refund.amount_minor if attempt is not None and reduces_return(refund, attempt) else 0
            held[refund.gateway, refund.currency] += back - refund.amount_minor
    for share in facts.payout_shares:
        held[share.gateway, share.currency] -= share.amount_minor
    return held


def _company(facts: LedgerFacts, code: str, currency: str, **more: object) -> Finding:
    return Finding(code, "company", facts.company_id, facts.slug, {"currency": currency, **more})
