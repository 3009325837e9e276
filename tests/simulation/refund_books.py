"""Refund rows, in memory: the same guards as the database has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from tenantry.core.money import Money
from tenantry.core.payment_effects import InsertRefund, Load, LoadRefunds, SetNextRefundAsk, UpdateRefund
from tenantry.core.payment_facts import AttemptFacts, IntentFacts
from tenantry.core.payment_states import Outcome, State
from tenantry.core.postings import Account
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded
from tenantry.core.refund_states import RefundState
from tests.simulation.violation import CURRENCY, Violation

if TYPE_CHECKING:
    from tests.simulation.books import Books

RefundWrite = InsertRefund | UpdateRefund | SetNextRefundAsk


@dataclass
class RefundBooks:
    """Rows by intent, and where each one stands."""

    rows: dict[str, list[RefundFacts]] = field(default_factory=lambda: defaultdict(list))
    intent_of: dict[str, str] = field(default_factory=dict)
    by_request_key: dict[tuple[str, str], str] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)

    def refund(self, refund_id: str) -> RefundFacts:
        """Give a refund by its id."""
        return next(one for one in self.rows[self.intent_of[refund_id]] if one.id == refund_id)

    def every(self) -> Iterator[RefundFacts]:
        """Walk over all of them."""
        return (one for rows in self.rows.values() for one in rows)

    def told_on(self, intent: IntentFacts) -> IntentFacts:
        """Give an intent with what was refunded of it, as far as is known."""
        if intent.id not in self.rows:
            return intent
        done = sum(one.amount.minor for one in self.rows[intent.id] if one.state is RefundState.DONE)
        return replace(intent, refunded_minor=done)

    def load(self, books: Books, question: LoadRefunds, now: datetime) -> RefundsLoaded:
        """Answer a LoadRefunds."""
        intent_id = self.intent_of[question.refund_id] if question.refund_id else question.intent_id
        invoice_id = books.invoice_of[intent_id] if intent_id else question.invoice_id
        loaded = books.load(Load(invoice_id=invoice_id), now)
        paid = (one for one in reversed(loaded.intents) if one.state is State.SUCCEEDED)
        intent = loaded.intent(intent_id) if intent_id else next(paid, None)
        company_id = books.company_of[invoice_id]
        replayed = self.by_request_key.get((company_id, question.request_key)) if question.request_key else None
        credit = -books.company_balances[company_id, Account.COMPANY_CREDIT]
        attempt = _took(loaded.attempts_of(intent.id)) if intent else None
        return RefundsLoaded(
            now=now,
            company=loaded.company,
            invoice=loaded.invoice,
            intent=intent,
            attempt=attempt,
            refunds=tuple(self.rows[intent.id]) if intent and intent.id in self.rows else (),
            credit=Money(credit, CURRENCY),
            new_id=books.new_id("refund"),
            replayed=self.refund(replayed) if replayed else None,
            open_reviews=frozenset(books.reviews[intent.id]) if intent else frozenset(),
            judged={reason: said for (_, reason), said in books.judged([intent] if intent else []).items()},
            is_overpaid=attempt is not None and attempt.id in loaded.overpaid,
        )

    def apply(self, write: RefundWrite, company_id: str) -> None:
        """Apply a write to a refund."""
        match write:
            case InsertRefund(refund):
                self._insert(refund, company_id)
            case UpdateRefund(refund, expected):
                before = self.refund(refund.id)
                if before.version != expected or refund.version != expected + 1:
                    raise Violation(f"R7 refund {refund.id} is at {before.version}, not {expected}")
                if before.state is RefundState.DONE and refund.state is not RefundState.DONE:
                    raise Violation(f"I-5 refund {refund.id} went from done to {refund.state}")
                self._replace(refund)
            case SetNextRefundAsk(refund_id, at, times):
                self._replace(replace(self.refund(refund_id), next_ask_at=at, times_asked=times))

    def _insert(self, refund: RefundFacts, company_id: str) -> None:
        mine = self.rows[refund.intent_id]
        if refund.is_under_way and any(one.is_under_way for one in mine):
            raise Violation(f"I-2 {refund.intent_id} has two refunds under way")
        if refund.key and self.by_key.setdefault(refund.key, refund.id) != refund.id:
            raise Violation(f"I-3 the key {refund.key} is used twice")
        if refund.request_key:
            if (company_id, refund.request_key) in self.by_request_key:
                raise Violation(f"I-22 the request {refund.request_key} was carried out twice")
            self.by_request_key[company_id, refund.request_key] = refund.id
        mine.append(refund)
        self.intent_of[refund.id] = refund.intent_id

    def _replace(self, refund: RefundFacts) -> None:
        rows = self.rows[refund.intent_id]
        rows[[one.id for one in rows].index(refund.id)] = refund


def _took(attempts: tuple[AttemptFacts, ...]) -> AttemptFacts | None:
    return next((one for one in reversed(attempts) if one.outcome in (Outcome.SUCCEEDED, Outcome.RETURNED)), None)
