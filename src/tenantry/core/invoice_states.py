"""The invoice table; may it be paid; the status and the line that a person sees, as codes and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tenantry.core.dunning import NOT_APPROVED, PAYER_NEEDED
from tenantry.core.machine import Machine
from tenantry.core.money import Money
from tenantry.core.payment_facts import AttemptFacts, CompanyFacts, IntentFacts, InvoiceFacts, InvoiceState, Loaded
from tenantry.core.payment_methods import MethodFacts, default_of, usable_methods, why_not_usable
from tenantry.core.payment_states import UNDER_WAY, UNPAID_WAITS, Outcome, State
from tenantry.core.refusal import Refusal


class InvoiceEvent(StrEnum):
    """What can happen to an issued invoice."""

    SETTLED = "settled"
    CREDITED_IN_FULL = "credited_in_full"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    RETURNED = "returned"


INVOICE = Machine(
    "invoice",
    {
        (InvoiceState.OPEN, InvoiceEvent.SETTLED): InvoiceState.PAID,
        (InvoiceState.OPEN, InvoiceEvent.CREDITED_IN_FULL): InvoiceState.PAID,
        (InvoiceState.OPEN, InvoiceEvent.VOIDED): InvoiceState.VOID,
        (InvoiceState.OPEN, InvoiceEvent.WRITTEN_OFF): InvoiceState.UNCOLLECTIBLE,
        (InvoiceState.PAID, InvoiceEvent.RETURNED): InvoiceState.OPEN,
        (InvoiceState.UNCOLLECTIBLE, InvoiceEvent.SETTLED): InvoiceState.PAID,
    },
)


class Status(StrEnum):
    """The word that a person sees (I1), derived and never stored."""

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    VOID = "void"


class Line(StrEnum):
    """The sentence that says why; its facts fill it in."""

    PAID_WITH = "paid_with"
    SETTLED = "settled"
    WILL_BE_CHARGED = "will_be_charged"
    WAITING_FOR_METHOD = "waiting_for_method"
    DEFAULT_UNUSABLE = "default_unusable"
    NOT_SCHEDULED = "not_scheduled"
    DUE_BY_INVOICE = "due_by_invoice"
    CONFIRMING = "confirming"
    AWAITING_PAYER = "awaiting_payer"
    BANK_DEBIT = "bank_debit"
    DECLINED = "declined"
    DECLINED_RETRY = "declined_retry"
    PAYER_NEEDED = "payer_needed"
    PAYER_NEEDED_RETRY = "payer_needed_retry"
    NOT_APPROVED = "not_approved"
    NOT_APPROVED_RETRY = "not_approved_retry"
    RETURNED = "returned"
    RETURNED_RETRY = "returned_retry"
    NOT_COMPLETED = "not_completed"
    NOT_COMPLETED_RETRY = "not_completed_retry"
    CLOSED_BY_VENDOR = "closed_by_vendor"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list shows for an invoice, with the facts that its line needs.

    PAID_WITH: at, method · SETTLED, CANCELLED: at · WILL_BE_CHARGED: at, method · WAITING_FOR_METHOD: at, where a
    charge is still scheduled · DEFAULT_UNUSABLE: the same and method · DUE_BY_INVOICE: on ·
    AWAITING_PAYER: next_url · DECLINED, PAYER_NEEDED, NOT_APPROVED, RETURNED, NOT_COMPLETED: at, code, method; their
    `…_RETRY` also retry_at. `at` and `retry_at` are instants, `on` is a date, `method` is MethodFacts or None.
    """

    status: Status
    line: Line
    facts: Mapping[str, object] = field(default_factory=dict)
    may_pay: bool = False

    @property
    def is_scheduled(self) -> bool:
        """Tell whether it will be charged by itself, to the method that is the default then."""
        is_untried = self.line in (Line.WILL_BE_CHARGED, Line.WAITING_FOR_METHOD, Line.DEFAULT_UNUSABLE)
        return (is_untried and "at" in self.facts) or "retry_at" in self.facts


@dataclass(frozen=True, slots=True)
class Payable:
    """Yes: this amount can be paid now."""

    amount: Money


def owed(invoice: InvoiceFacts) -> Money:
    """Give what can still be paid: the amount due, or of a written-off invoice what is recoverable."""
    return invoice.recoverable if invoice.state is InvoiceState.UNCOLLECTIBLE else invoice.amount_due


def payable(
    invoice: InvoiceFacts,
    intent: IntentFacts | None,
    company: CompanyFacts,
    methods: tuple[MethodFacts, ...],
    today: date,
) -> Payable | Refusal:
    """Tell whether the invoice may be paid now (D4), and how much. `intent` is its latest one.

    The page shows or hides the button with it, the verb guards itself with it.
    """
    if intent is not None and (refused := payment_under_way(intent)):
        return refused
    if invoice.state is InvoiceState.VOID:
        return Refusal("invoice_void", {"number": invoice.number})
    if invoice.state is InvoiceState.PAID:
        return Refusal("already_paid", {"number": invoice.number})
    amount = owed(invoice)
    if amount.minor <= 0:
        return Refusal("nothing_due", {"number": invoice.number})
    if company.is_recovering:
        return Refusal("recovering", {"number": invoice.number})
    if company.is_billing_held or (intent is not None and intent.state in UNPAID_WAITS):
        return Refusal("billing_held", {"number": invoice.number})
    if not company.gateway_customer or not usable_methods(methods, today):
        return Refusal("no_usable_method", {"number": invoice.number})
    return Payable(amount)


def payment_under_way(intent: IntentFacts) -> Refusal | None:
    """Give the refusal of whatever must wait for this payment to end; None: nothing is under way."""
    if intent.state not in UNDER_WAY:
        return None
    if intent.state is State.PROCESSING:
        return Refusal("payment_processing", {"amount": intent.amount})
    if intent.state is State.AWAITING_PAYER:
        return Refusal("awaiting_payer", {"amount": intent.amount, "next_url": intent.next_url})
    return Refusal("payment_in_progress", {"amount": intent.amount})


def shown(loaded: Loaded) -> Shown:
    """Give the status, the line and whether Pay may be offered, from the same facts that a flow decides with.

    Of `loaded` a list needs company, invoice, latest intent, its attempts, methods and today.
    """
    invoice, intent = loaded.invoice, loaded.latest
    may_pay = isinstance(payable(invoice, intent, loaded.company, loaded.methods, loaded.today), Payable)
    attempts = loaded.attempts_of(intent.id) if intent else ()
    match invoice.state:
        case InvoiceState.PAID:
            return _paid(loaded, attempts)
        case InvoiceState.VOID:
            return Shown(Status.VOID, Line.CANCELLED, {"at": invoice.state_moved_at})
        case _ if intent is not None and intent.state in UNPAID_WAITS:
            return _on_its_way(intent)
        case InvoiceState.UNCOLLECTIBLE:
            return Shown(Status.FAILED, Line.CLOSED_BY_VENDOR, {"at": invoice.state_moved_at}, may_pay)
        case _:
            tried = [one for one in attempts if one.outcome is not Outcome.NOT_SENT]
            return _failed(loaded, tried[-1], may_pay) if tried else _untried(loaded, may_pay)


def _paid(loaded: Loaded, attempts: tuple[AttemptFacts, ...]) -> Shown:
    attempt = next((one for one in attempts if one.outcome is Outcome.SUCCEEDED), None)
    if attempt is None:
        return Shown(Status.PAID, Line.SETTLED, {"at": loaded.invoice.state_moved_at})
    facts = {"at": attempt.decided_at, "method": _method(loaded, attempt)}
    return Shown(Status.PAID, Line.PAID_WITH, facts)


def _on_its_way(intent: IntentFacts) -> Shown:
    if intent.state is State.PROCESSING:
        return Shown(Status.PENDING, Line.BANK_DEBIT)
    if intent.state is State.AWAITING_PAYER:
        return Shown(Status.PENDING, Line.AWAITING_PAYER, {"next_url": intent.next_url})
    return Shown(Status.PENDING, Line.CONFIRMING)


_FAILED_LINES: Mapping[Outcome, tuple[Line, Line]] = {
    Outcome.DECLINED: (Line.DECLINED, Line.DECLINED_RETRY),
    Outcome.RETURNED: (Line.RETURNED, Line.RETURNED_RETRY),
}


_DECLINED_LINES: Mapping[str, tuple[Line, Line]] = {
    PAYER_NEEDED: (Line.PAYER_NEEDED, Line.PAYER_NEEDED_RETRY),
    NOT_APPROVED: (Line.NOT_APPROVED, Line.NOT_APPROVED_RETRY),
}


def _failed(loaded: Loaded, attempt: AttemptFacts, may_pay: bool) -> Shown:  # noqa: FBT001 - private
    once, again = _FAILED_LINES.get(attempt.outcome, (Line.NOT_COMPLETED, Line.NOT_COMPLETED_RETRY))
    if attempt.outcome is Outcome.DECLINED:
        once, again = _DECLINED_LINES.get(attempt.code, (once, again))
    facts: dict[str, object] = {
        "at": attempt.decided_at,
        "code": attempt.code,
        "method": _method(loaded, attempt),
    }
    if loaded.invoice.collect_at is None:
        return Shown(Status.FAILED, once, facts, may_pay)
    return Shown(Status.FAILED, again, {**facts, "retry_at": loaded.invoice.collect_at}, may_pay)


def _untried(loaded: Loaded, may_pay: bool) -> Shown:  # noqa: FBT001 - private
    invoice, default = loaded.invoice, default_of(loaded.methods)
    if not loaded.company.pays_automatically:
        return Shown(Status.PENDING, Line.DUE_BY_INVOICE, {"on": invoice.due_date}, may_pay)
    at: dict[str, object] = {"at": invoice.collect_at} if invoice.collect_at else {}
    if default is None:
        return Shown(Status.PENDING, Line.WAITING_FOR_METHOD, at, may_pay)
    if why_not_usable(default, loaded.today) is not None:
        return Shown(Status.PENDING, Line.DEFAULT_UNUSABLE, {**at, "method": default}, may_pay)
    if invoice.collect_at is None:
        return Shown(Status.PENDING, Line.NOT_SCHEDULED, {}, may_pay)
    return Shown(Status.PENDING, Line.WILL_BE_CHARGED, {"at": invoice.collect_at, "method": default}, may_pay)


def _method(loaded: Loaded, attempt: AttemptFacts) -> MethodFacts | None:
    return next((method for method in loaded.methods if method.id == attempt.method_id), None)
