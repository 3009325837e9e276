"""A desk for tests of the refund flows: a paid invoice, rows in memory, a gateway that answers from a list."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tenantry.core.gateway_reply import RefundEvent, RefundReply, RefundRequest
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    Call,
    CloseReview,
    Commit,
    InsertRefund,
    LoadRefunds,
    OpenReview,
    Post,
    SetNextRefundAsk,
    UpdateRefund,
    Write,
)
from tenantry.core.payment_facts import AttemptFacts, CompanyFacts, IntentFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_states import Outcome, State
from tenantry.core.postings import Account
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded
from tenantry.core.refund_flow import RefundOrder, refund, resolve_refund

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ID, CUSTOMER, KEY = "int_1", "cus_acme", "am1:main:inv:1"
NO_ANSWER = RefundReply(RefundEvent.NO_ANSWER)
NOT_SENT = RefundReply(RefundEvent.NOT_SENT)
NOT_FOUND = RefundReply(RefundEvent.NOT_FOUND)
Answer = RefundReply | Callable[[], RefundReply]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def made(minor: int, number: int = 1, **other: Any) -> RefundReply:
    """Make the reply of a refund that was made under our key."""
    reply = RefundReply(RefundEvent.DONE, f"ref_{number}", ID, CUSTOMER, usd(minor), f"{KEY}:refund:{number}")
    return replace(reply, **other)


def refused(code: str) -> RefundReply:
    return RefundReply(RefundEvent.REFUSED, code=code)


class Desk:
    """A company with $40.00 of credit, and an invoice over $100.00 that was paid."""

    def __init__(self, credit_minor: int = 4000) -> None:
        self.now = START
        self.asked: list[RefundRequest] = []
        self.written: list[Write] = []
        self.refunds: list[RefundFacts] = []
        self.reviews: set[str] = set()
        self.is_overpaid = False
        self.balances = {Account.COMPANY_CREDIT: -credit_minor}
        self.invoice = InvoiceFacts(
            "inv", "ACME-000001", InvoiceState.PAID, 2, usd(0), usd(0), date(2026, 11, 2), START
        )
        self.intent = IntentFacts(
            "intent", "inv", 1, State.SUCCEEDED, usd(10000), CUSTOMER, KEY, START, START, ID, version=4
        )
        self.attempt = AttemptFacts(
            "attempt", "intent", 1, "card", f"{KEY}:1", "member", START, outcome=Outcome.SUCCEEDED
        )

    def loaded(self, question: LoadRefunds) -> RefundsLoaded:
        replayed = next(
            (one for one in self.refunds if question.request_key and one.request_key == question.request_key), None
        )
        return RefundsLoaded(
            now=self.now,
            company=CompanyFacts("acme", CUSTOMER, "main"),
            invoice=self.invoice,
            intent=self.intent,
            attempt=self.attempt,
            refunds=tuple(self.refunds),
            credit=usd(-self.balances[Account.COMPANY_CREDIT]),
            new_id=f"refund-{len(self.refunds) + 1}",
            replayed=replayed,
            open_reviews=frozenset(self.reviews),
            judged={one.reason: [one.facts] for one in self.written if isinstance(one, OpenReview)}
            if not self.reviews
            else {},
            is_overpaid=self.is_overpaid,
        )

    def run(self, flow: Generator[Any, Any, Any], *replies: Answer) -> Any:
        """Drive a flow; every call must find its answer, and every answer must be asked for."""
        left, answer = list(replies), None
        while True:
            try:
                effect = flow.send(answer)
            except StopIteration as ended:
                assert not left, f"never asked: {left}"
                return ended.value
            match effect:
                case LoadRefunds():
                    answer = self.loaded(effect)
                case Commit(writes):
                    for write in writes:
                        self._apply(write)
                    self.written += writes
                    answer = None
                case Call(request, not_after):
                    if not_after is not None and self.now > not_after:
                        answer = NOT_SENT
                        continue
                    self.asked.append(request)
                    assert left, f"asked for nothing: {request}"
                    reply = left.pop(0)
                    answer = reply() if callable(reply) else reply

    def refund(self, *replies: Answer, minor: int | None = 4000, key: str = "", invoice_id: str = "inv") -> Any:
        amount = None if minor is None else usd(minor)
        return self.run(refund(RefundOrder(invoice_id, amount, "Because", key, "vendor")), *replies)

    def ask(self, *replies: Answer, number: int = 1) -> Any:
        return self.run(resolve_refund(f"refund-{number}"), *replies)

    def later(self, **wait: float) -> None:
        self.now += timedelta(**wait)

    def _apply(self, write: Write) -> None:
        match write:
            case InsertRefund(one):
                assert not any(other.is_under_way for other in self.refunds if one.is_under_way)
                self.refunds.append(one)
            case UpdateRefund(one, expected):
                at = [other.id for other in self.refunds].index(one.id)
                assert self.refunds[at].version == expected
                assert one.version == expected + 1
                self.refunds[at] = one
            case SetNextRefundAsk(refund_id, at_or_never, times):
                at = [other.id for other in self.refunds].index(refund_id)
                self.refunds[at] = replace(self.refunds[at], next_ask_at=at_or_never, times_asked=times)
            case Post(entry):
                for line in entry.lines:
                    self.balances[line.account] = self.balances.get(line.account, 0) + line.amount_minor
            case OpenReview(_, reason, _):
                self.reviews.add(reason)
            case CloseReview(_, reason):
                self.reviews.discard(reason)

    @property
    def states(self) -> list[tuple[str, int]]:
        return [(one.state.value, one.amount.minor) for one in self.refunds]

    @property
    def books(self) -> dict[str, int]:
        return {account.value: minor for account, minor in self.balances.items() if minor}

    @property
    def booked(self) -> list[str]:
        return [write.entry.kind.value for write in self.written if isinstance(write, Post)]

    @property
    def kinds_asked(self) -> list[str]:
        return [type(one).__name__ for one in self.asked]
