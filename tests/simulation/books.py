"""Our rows, in memory: the same guards as the database has, each commit checked as it happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from tenantry.core.bank_returns import block_after
from tenantry.core.company_credit import Move
from tenantry.core.ledger_facts import PayoutShareRow
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    AdoptAmount,
    BlockMethod,
    CloseReview,
    HoldBilling,
    InsertAttempt,
    InsertIntent,
    InsertRefund,
    Load,
    MoveInvoice,
    OpenReview,
    Post,
    SendNotice,
    SetCollectAt,
    SetNextAsk,
    SetNextRefundAsk,
    UpdateAttempt,
    UpdateIntent,
    UpdateRefund,
    Write,
)
from tenantry.core.payment_facts import AttemptFacts, CompanyFacts, IntentFacts, InvoiceFacts, InvoiceState, Loaded
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.payment_states import UNDER_WAY, Outcome, State
from tenantry.core.periods import local_date
from tenantry.core.postings import Account, Entry, EntryKind, PostingLine, assert_balanced
from tests.simulation.refund_books import RefundBooks, RefundWrite
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.inbox import KeptEvent
    from tests.simulation.payouts import KeptPayout


@dataclass(frozen=True)
class Booked:
    """One ledger entry as it was written."""

    entry: Entry
    attempt_id: str
    at: datetime
    refund_id: str = ""
    share_id: str = ""


@dataclass
class Books:
    """Rows by id, and which invoice or company they belong to."""

    companies: dict[str, CompanyFacts] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    methods: dict[str, dict[str, MethodFacts]] = field(default_factory=lambda: defaultdict(dict))
    invoices: dict[str, InvoiceFacts] = field(default_factory=dict)
    company_of: dict[str, str] = field(default_factory=dict)
    first_due: dict[str, Money] = field(default_factory=dict)
    intents: dict[str, list[IntentFacts]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[str, list[AttemptFacts]] = field(default_factory=lambda: defaultdict(list))
    invoice_of: dict[str, str] = field(default_factory=dict)
    by_gateway_id: dict[str, str] = field(default_factory=dict)
    by_create_key: dict[str, str] = field(default_factory=dict)
    by_confirm_key: dict[str, AttemptFacts] = field(default_factory=dict)
    by_request_key: dict[tuple[str, str], str] = field(default_factory=dict)
    journal: list[Booked] = field(default_factory=list)
    balances: dict[tuple[str, Account], int] = field(default_factory=lambda: defaultdict(int))
    company_balances: dict[tuple[str, Account], int] = field(default_factory=lambda: defaultdict(int))
    credit_moves: dict[str, list[Move]] = field(default_factory=lambda: defaultdict(list))
    overpaid: dict[str, frozenset[str]] = field(default_factory=dict)
    refunds: RefundBooks = field(default_factory=RefundBooks)
    reviews: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    reviewed: dict[tuple[str, str], list[Mapping[str, object]]] = field(default_factory=lambda: defaultdict(list))
    reviews_opened: int = 0
    notices: dict[tuple[str, str], int] = field(default_factory=dict)
    payouts: dict[str, KeptPayout] = field(default_factory=dict)
    shares: dict[tuple[str, str], PayoutShareRow] = field(default_factory=dict)
    inbox: dict[str, KeptEvent] = field(default_factory=dict)
    ids_made: int = 0

    def new_id(self, prefix: str) -> str:
        """Make the next id of this world."""
        self.ids_made += 1
        return f"{prefix}-{self.ids_made}"

    def issue(self, company_id: str, invoice: InvoiceFacts, entries: Sequence[Entry], at: datetime) -> None:
        """Take in an issued invoice with its entries: they say what is due on it."""
        self.company_of[invoice.id] = company_id
        nothing = Money.zero(invoice.amount_due.currency)
        self.invoices[invoice.id] = replace(invoice, amount_due=nothing, recoverable=nothing)
        for entry in entries:
            self._post(Post(entry, "", at))
        self.first_due[invoice.id] = self.invoices[invoice.id].amount_due
        self._check_amounts(invoice.id)
        owed = self.company_balances[company_id, Account.COMPANY_CREDIT]
        found = sum(minor for kind, minor in self.credit_moves[company_id] if kind == EntryKind.REFUND_FOUND)
        if owed > found:
            raise Violation(f"I-8 {company_id} owes {owed}, and {invoice.number} does not ask for it")

    def attempt(self, attempt_id: str) -> AttemptFacts:
        """Give an attempt by its id."""
        invoice_id = self.invoice_of[attempt_id]
        return next(one for one in self.attempts[invoice_id] if one.id == attempt_id)

    def intent(self, intent_id: str) -> IntentFacts:
        """Give an intent by its id."""
        invoice_id = self.invoice_of[intent_id]
        return next(one for one in self.intents[invoice_id] if one.id == intent_id)

    def load(self, question: Load, now: datetime) -> Loaded:
        """Answer a Load."""
        invoice_id = question.invoice_id or self.invoice_of[question.intent_id]
        company_id = self.company_of[invoice_id]
        intents, attempts = self.intents[invoice_id], self.attempts[invoice_id]
        mine = self.methods[company_id]
        in_use = {one.method_id for one in attempts if one.outcome is Outcome.OPEN}
        return Loaded(
            now=now,
            today=local_date(now, self.zones.get(company_id, "UTC")),
            company=self.companies[company_id],
            invoice=self.invoices[invoice_id],
            intents=tuple(self.refunds.told_on(one) for one in intents) if self.refunds.rows else tuple(intents),
            attempts=tuple(attempts),
            methods=tuple(replace(m, is_in_use=True) if m.id in in_use else m for m in mine.values()),
            new_ids=(self.new_id("intent"), self.new_id("attempt")),
            return_url=f"https://portal.test/{invoice_id}",
            replayed=self._replayed(company_id, question.request_key),
            open_reviews=frozenset((one.id, reason) for one in intents for reason in self.reviews[one.id]),
            judged=self.judged(intents),
            overpaid=self.overpaid.get(invoice_id, frozenset()),
        )

    def judged(self, intents: Sequence[IntentFacts]) -> dict[tuple[str, str], list[Mapping[str, object]]]:
        """Give what the reviews of these intents said that were ended; one that is open is the latest of its reason."""
        ids = {one.id for one in intents}
        return {
            (of, reason): said[:-1] if reason in self.reviews[of] else said
            for (of, reason), said in self.reviewed.items()
            if of in ids
        }

    def is_in_use(self, company_id: str, method_id: str) -> bool:
        """Tell whether a payment with the method is under way."""
        return any(
            one.is_open and one.method_id == method_id
            for invoice_id, rows in self.attempts.items()
            if self.company_of[invoice_id] == company_id
            for one in rows
        )

    def apply(self, writes: Sequence[Write], company_id: str) -> set[str]:
        """Apply writes as one transaction of a company; give the invoices that were touched."""
        touched: set[str] = set()
        for write in writes:
            touched.add(self._apply(write, company_id))
        touched.discard("")
        for invoice_id in touched:
            self._check(invoice_id)
        return touched

    def _replayed(self, company_id: str, request_key: str) -> tuple[IntentFacts, AttemptFacts] | None:
        attempt_id = self.by_request_key.get((company_id, request_key)) if request_key else None
        if attempt_id is None:
            return None
        attempt = self.attempt(attempt_id)
        return self.intent(attempt.intent_id), attempt

    def _apply(self, write: Write, company_id: str) -> str:
        match write:
            case InsertIntent(intent):
                self.intents[intent.invoice_id].append(intent)
                self.invoice_of[intent.id] = intent.invoice_id
                if self.by_create_key.setdefault(intent.create_key, intent.id) != intent.id:
                    raise Violation(f"I-3 the key {intent.create_key} is used twice")
                return intent.invoice_id
            case UpdateIntent(intent, expected):
                self._update_intent(intent, expected)
                return intent.invoice_id
            case AdoptAmount(intent_id, amount):
                return self._adopt_amount(self.intent(intent_id), amount)
            case SetNextAsk(intent_id, at, times):
                self._replace_intent(replace(self.intent(intent_id), next_ask_at=at, times_asked=times))
                return self.invoice_of[intent_id]
            case InsertAttempt(attempt):
                return self._insert_attempt(attempt)
            case UpdateAttempt(attempt, expected_outcome):
                return self._update_attempt(attempt, expected_outcome)
            case InsertRefund() | UpdateRefund() | SetNextRefundAsk():
                return self._apply_to_refund(write, company_id)
            case _:
                return self._apply_to_invoice(write, company_id)

    def _apply_to_refund(self, write: RefundWrite, company_id: str) -> str:
        self.refunds.apply(write, company_id)
        refund_id = write.refund_id if isinstance(write, SetNextRefundAsk) else write.refund.id
        return self.invoice_of[self.refunds.intent_of[refund_id]]

    def _apply_to_invoice(self, write: Write, company_id: str) -> str:
        match write:
            case MoveInvoice(invoice_id, expected, state, at):
                invoice = self.invoices[invoice_id]
                if invoice.version != expected:
                    raise Violation(f"R7 invoice {invoice_id} moved under a lock")
                moved = replace(invoice, state=state, version=expected + 1, state_moved_at=at)
                self.invoices[invoice_id] = moved
                return invoice_id
            case SetCollectAt(invoice_id, at_or_never):
                self.invoices[invoice_id] = replace(self.invoices[invoice_id], collect_at=at_or_never)
                return invoice_id
            case Post():
                self._post(write)
                return write.entry.invoice_id
            case _:
                return self._apply_to_company(write, company_id)

    def _apply_to_company(self, write: Write, company_id: str) -> str:
        match write:
            case BlockMethod(method_id, code):
                methods = self.methods[company_id]
                methods[method_id] = replace(
                    methods[method_id], blocked_because=block_after(methods[method_id].blocked_because, code)
                )
            case OpenReview(intent_id, reason, facts):
                self.reviews[intent_id].add(reason)
                self.reviewed[intent_id, reason].append(facts)
                self.reviews_opened += 1
            case CloseReview(intent_id, reason):
                self.reviews[intent_id].discard(reason)
            case HoldBilling():
                self.companies[company_id] = replace(self.companies[company_id], is_billing_held=True)
            case SendNotice(kind, _, _, about_key, _):
                self.notices[kind, about_key] = self.notices.get((kind, about_key), 0) + 1
            case _:
                pass
        return ""

    def _update_intent(self, intent: IntentFacts, expected: int) -> None:
        before = self.intent(intent.id)
        if before.version != expected or intent.version != expected + 1:
            raise Violation(f"R7 intent {intent.id} is at {before.version}, not {expected}")
        if before.state is State.SUCCEEDED and intent.state not in (State.SUCCEEDED, State.RETURNED):
            raise Violation(f"I-5 {intent.id} went from succeeded to {intent.state}")
        if before.state in (State.CANCELLED, State.RETURNED) and intent.state is not before.state:
            raise Violation(f"I-5 {intent.id} went from {before.state} to {intent.state}")
        if before.amount != intent.amount:
            raise Violation(f"I-3 {intent.id} changed from {before.amount} to {intent.amount}")
        if before.gateway_id and before.gateway_id != intent.gateway_id:
            raise Violation(f"I-3 {intent.id} changed its gateway id")
        self._replace_intent(intent)

    def _adopt_amount(self, intent: IntentFacts, amount: Money) -> str:
        if intent.gateway_id:
            raise Violation(f"I-3 {intent.id} has its id and takes on {amount}")
        self._replace_intent(replace(intent, amount=amount))
        return intent.invoice_id

    def _replace_intent(self, intent: IntentFacts) -> None:
        rows = self.intents[intent.invoice_id]
        rows[[one.id for one in rows].index(intent.id)] = intent
        if intent.gateway_id:
            self.by_gateway_id[intent.gateway_id] = intent.id

    def _insert_attempt(self, attempt: AttemptFacts) -> str:
        invoice_id = self.invoice_of[attempt.intent_id]
        company_id = self.company_of[invoice_id]
        if self.methods[company_id][attempt.method_id].is_removed and attempt.is_open:
            raise Violation(f"I-20 {attempt.id} uses a removed method")
        if attempt.confirm_key in self.by_confirm_key:
            raise Violation(f"I-3 the key {attempt.confirm_key} is used twice")
        if attempt.request_key:
            if (company_id, attempt.request_key) in self.by_request_key:
                raise Violation(f"I-22 the request {attempt.request_key} was carried out twice")
            self.by_request_key[company_id, attempt.request_key] = attempt.id
        self.attempts[invoice_id].append(attempt)
        self.by_confirm_key[attempt.confirm_key] = attempt
        self.invoice_of[attempt.id] = invoice_id
        return invoice_id

    def _update_attempt(self, attempt: AttemptFacts, expected: Outcome) -> str:
        invoice_id = self.invoice_of[attempt.id]
        rows = self.attempts[invoice_id]
        at = [one.id for one in rows].index(attempt.id)
        if rows[at].outcome is not expected:
            raise Violation(f"R7 attempt {attempt.id} is {rows[at].outcome}, not {expected}")
        rows[at] = attempt
        return invoice_id

    def _post(self, post: Post) -> None:
        lines: tuple[PostingLine, ...] = post.entry.lines
        assert_balanced(lines)
        self.journal.append(Booked(post.entry, post.attempt_id, post.occurred_at, post.refund_id))
        invoice_id = post.entry.invoice_id
        company_id = self.company_of[invoice_id]
        if post.entry.kind is EntryKind.OVERPAID:
            self.overpaid[invoice_id] = self.overpaid.get(invoice_id, frozenset()) | {post.attempt_id}
        for line in lines:
            self.balances[invoice_id, line.account] += line.amount_minor
            self.company_balances[company_id, line.account] += line.amount_minor
            if line.account is Account.COMPANY_CREDIT:
                self.credit_moves[company_id].append((post.entry.kind, line.amount_minor))
        invoice = self.invoices[invoice_id]
        due, recoverable = (self.balances[invoice_id, name] for name in (Account.RECEIVABLE, Account.RECOVERABLE))
        currency = invoice.amount_due.currency
        self.invoices[invoice_id] = replace(
            invoice, amount_due=Money(due, currency), recoverable=Money(recoverable, currency)
        )

    def post_share(self, company_id: str, entry: Entry, share_id: str, at: datetime) -> None:
        """Book a company's share of a payout."""
        assert_balanced(entry.lines)
        self.journal.append(Booked(entry, "", at, share_id=share_id))
        for line in entry.lines:
            self.balances["", line.account] += line.amount_minor
            self.company_balances[company_id, line.account] += line.amount_minor

    def _check(self, invoice_id: str) -> None:
        intents, attempts = self.intents[invoice_id], self.attempts[invoice_id]
        live = [one for one in intents if one.is_live]
        if len(live) > 1 or (live and live[0] is not intents[-1]):
            raise Violation(f"I-2 invoice {invoice_id} has {len(live)} live intents")
        if [one.generation for one in intents] != list(range(1, len(intents) + 1)):
            raise Violation(f"I-2 invoice {invoice_id} skipped a generation")
        for intent in intents:
            still_open = [one for one in attempts if one.intent_id == intent.id and one.is_open]
            may_be_open = intent.state in UNDER_WAY
            if len(still_open) > (1 if may_be_open else 0):
                raise Violation(f"I-2 {intent.id} is {intent.state} with {len(still_open)} open attempts")
            if not still_open and may_be_open and intent.state is not State.CANCELLING:
                raise Violation(f"I-2 {intent.id} is {intent.state} without an open attempt")
        self._check_amounts(invoice_id)

    def _check_amounts(self, invoice_id: str) -> None:
        due, whole = self.balances[invoice_id, Account.RECEIVABLE], self.first_due[invoice_id].minor
        if not 0 <= due <= whole:
            raise Violation(f"I-10 invoice {invoice_id} of {whole} has {due} due")
        state = self.invoices[invoice_id].state
        if state in (InvoiceState.OPEN, InvoiceState.PAID) and (state is InvoiceState.PAID) != (due == 0):
            raise Violation(f"I-9 invoice {invoice_id} with {due} due is {state}")
