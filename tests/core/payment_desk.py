"""A desk for tests of the payment flows: rows in memory, a clock set by hand, a gateway that answers from a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tenantry.core import postings
from tenantry.core.gateway_reply import Event, GatewayReply, PaymentRequest
from tenantry.core.money import Money
from tenantry.core.payment_effects import Call, Commit, Load, Post, Write
from tenantry.core.payment_facts import AttemptFacts, CompanyFacts, IntentFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_flow import Flow, PayOrder, Result, pay
from tenantry.core.payment_methods import MethodFacts, MethodKind
from tenantry.core.payment_states import State
from tests.simulation.books import Books

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
AMOUNT = Money(41250, "USD")
COMPARED_DAILY = timedelta(days=365)
"""No test here takes longer: the books always count as compared lately."""
CUSTOMER = "cus_acme"
CARD = MethodFacts("card", MethodKind.CARD, "tok_card", brand="Visa", last4="4242", is_default=True)
BANK = MethodFacts("bank", MethodKind.ACH, "tok_bank", bank_name="Test Bank", last4="6789")
KEY = "am1:main:inv:1"
ID = "int_1"

EXISTS = GatewayReply(Event.EXISTS, ID, CUSTOMER, AMOUNT)
NO_ANSWER = GatewayReply(Event.NO_ANSWER)
NOT_SENT = GatewayReply(Event.NOT_SENT)
NOT_FOUND = GatewayReply(Event.NOT_FOUND)
Answer = GatewayReply | Callable[[], GatewayReply]


def says(event: Event, attempt: int = 1, code: str = "", generation: int = 1) -> GatewayReply:
    """Make a reply about an attempt."""
    key = f"am1:main:inv:{generation}:{attempt}"
    url = "https://bank.test/approve" if event is Event.ASKS_PAYER else ""
    return GatewayReply(event, f"int_{generation}", CUSTOMER, AMOUNT, key, code, url)


class Desk:
    """One company with one open invoice."""

    def __init__(self, *methods: MethodFacts, pays_automatically: bool = True) -> None:
        self.books = Books()
        self.now = START
        self.asked: list[PaymentRequest] = []
        self.written: list[Write] = []
        company = CompanyFacts(
            "acme", CUSTOMER, "main", pays_automatically=pays_automatically, compared_at=START + COMPARED_DAILY
        )
        self.books.companies["acme"] = company
        for method in methods or (CARD, BANK):
            self.books.methods["acme"][method.id] = method
        zero = Money.zero("USD")
        invoice = InvoiceFacts(
            "inv", "ACME-000001", InvoiceState.OPEN, 1, AMOUNT, zero, START.date(), START, collect_at=START
        )
        issued = postings.issued("inv", net=AMOUNT, tax=zero, credit_left_over=zero)
        self.books.issue("acme", invoice, [issued], START)

    def run(self, flow: Flow, *replies: Answer) -> Result:
        """Drive a flow; every call must find its answer, and every answer must be asked for."""
        left = list(replies)
        answer: object = None
        while True:
            try:
                effect = flow.send(answer)  # type: ignore[arg-type]
            except StopIteration as ended:
                assert not left, f"never asked: {left}"
                result: Result = ended.value
                return result
            match effect:
                case Load():
                    answer = self.books.load(effect, self.now)
                case Commit(writes):
                    self.books.apply(writes, "acme")
                    self.written += writes
                    answer = None
                case Call(request):
                    self.asked.append(request)
                    assert left, f"asked for nothing: {request}"
                    reply = left.pop(0)
                    answer = reply() if callable(reply) else reply

    def pay(self, *replies: Answer, method: str = "card", key: str = "form", by: str = "member") -> Result:
        """Pay the invoice."""
        return self.run(pay(PayOrder("inv", method, key, by)), *replies)

    def later(self, **wait: float) -> None:
        """Let time pass."""
        self.now += timedelta(**wait)

    @property
    def invoice(self) -> InvoiceFacts:
        """Give the invoice as it is now."""
        return self.books.load(Load(invoice_id="inv"), self.now).invoice

    @property
    def intent(self) -> IntentFacts:
        """Give the latest intent."""
        return self.books.intents["inv"][-1]

    @property
    def state(self) -> State:
        """Give the state of the latest intent."""
        return self.intent.state

    @property
    def attempts(self) -> list[AttemptFacts]:
        """Give all attempts."""
        return self.books.attempts["inv"]

    @property
    def outcomes(self) -> list[str]:
        """Give how all attempts ended."""
        return [one.outcome.value for one in self.attempts]

    @property
    def kinds_asked(self) -> list[str]:
        """Name the requests that the gateway got."""
        return [type(one).__name__ for one in self.asked]

    @property
    def booked(self) -> list[tuple[str, str, int]]:
        """Give the journal without the issue: kind, account, minor units."""
        return [
            (one.entry.kind.value, line.account.value, line.amount_minor)
            for one in self.books.journal[1:]
            for line in one.entry.lines
        ]

    def hold(self) -> None:
        """Hold the billing of the company."""
        self.books.companies["acme"] = replace(self.books.companies["acme"], is_billing_held=True)

    def write_off(self) -> None:
        """Stop collecting the invoice."""
        self.books.invoices["inv"] = replace(self.invoice, state=InvoiceState.UNCOLLECTIBLE)
        self.books.apply([Post(postings.written_off("inv", AMOUNT), "", self.now)], "acme")
