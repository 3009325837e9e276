"""The simulated processor's model behind the gateway's requests: what the real adapter does, without HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox_gateway.model import MICRO_DEPOSITS_MINOR, Processor
from sandbox_gateway.values import (
    Behavior,
    Charge,
    Intent,
    IntentState,
    Method,
    MethodKind,
    NewMethod,
    Outcome,
    PayoutLines,
    Refund,
    Refused,
    SetupState,
)
from sandbox_gateway.values import Event as TellingEvent
from tenantry.core.gateway_events import Concern, concern_of
from tenantry.core.gateway_records import AttemptRecord, IntentRecord, Payout, PayoutLine, PayoutLineKind
from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    CreateRefund,
    Event,
    FindIntent,
    FindRefund,
    GatewayReply,
    PaymentRequest,
    RefundEvent,
    RefundReply,
    RefundRequest,
)
from tenantry.core.money import Money

_EVENTS = {
    IntentState.ASKS_PAYER: Event.ASKS_PAYER,
    IntentState.PROCESSING: Event.PROCESSING,
    IntentState.SUCCEEDED: Event.SUCCEEDED,
    IntentState.RETURNED: Event.RETURNED,
    IntentState.CANCELLED: Event.CANCELLED,
}
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Reading with this time moves no bank debit."""
LIVE = (Outcome.PROCESSING, Outcome.SUCCEEDED)


@dataclass(frozen=True)
class ListChanges:
    """Ask for everything that happened to a customer's intents since an instant."""

    customer: str
    since: datetime


@dataclass(frozen=True)
class ListPayouts:
    """Ask for everything that was paid out since an instant."""

    since: datetime


Request = PaymentRequest | RefundRequest | ListChanges | ListPayouts
Reply = GatewayReply | RefundReply | list[IntentRecord] | list[Payout]
Answer = Intent | Refused


class Gateway:
    """One processor; every request is executed at an instant of the world's clock."""

    def __init__(self) -> None:
        self.model = Processor("simulation")
        self._fresh: list[TellingEvent] = []
        self._charges: dict[str, list[Charge]] | None = None
        self._keys: dict[str, str] = {}

    def open_customer(self, now: datetime, reference: str) -> str:
        """Make a customer."""
        made = self.model.create_customer(now=now, key=f"customer:{reference}", name=reference, reference=reference)
        if isinstance(made, Refused):
            raise TypeError(made.code)
        return made.id

    def store_method(
        self,
        now: datetime,
        customer: str,
        kind: MethodKind,
        behavior: Behavior,
        number: int,
        ends: tuple[int, int],
        *,
        is_verified: bool,
    ) -> str:
        """Store a card (with its last month and year) or a bank account; give its token."""
        setup = self.model.create_setup(
            now=now, key=f"setup:{customer}:{number}", customer=customer, kind=kind, return_url="", reference=""
        )
        if isinstance(setup, Refused) or setup.state is not SetupState.OPEN:
            raise TypeError("no setup")
        is_card = kind is MethodKind.CARD
        typed = NewMethod(
            kind=kind,
            fingerprint=f"{customer}:{number}",
            last4=f"{number:04}"[-4:],
            behavior=behavior,
            brand="Visa" if is_card else "",
            bank_name="" if is_card else "Test Bank",
            expiry_month=ends[0],
            expiry_year=ends[1],
        )
        method = self.model.complete_setup(now=now, setup_id=setup.id, typed=typed)
        if not isinstance(method, Method):
            raise TypeError(method.code)
        if is_verified and not is_card:
            self.verify(method.id, now, MICRO_DEPOSITS_MINOR)
        return method.id

    def verify(self, token: str, now: datetime, amounts_minor: tuple[int, int]) -> bool:
        """Compare two amounts with the small deposits."""
        told = self.model.verify_method(now=now, method_id=token, amounts_minor=amounts_minor)
        return not isinstance(told, Refused) and told.verified

    def detach(self, token: str, now: datetime) -> None:
        """Forget a method."""
        self.model.detach_method(now=now, method_id=token)

    def refund_by_hand(self, gateway_id: str, now: datetime, amount_minor: int) -> None:
        """Send money back in the dashboard, where that is possible."""
        self.model.refund(now=now, key="", intent_id=gateway_id, amount_minor=amount_minor)

    def cancel_by_hand(self, gateway_id: str, now: datetime) -> None:
        """Close an intent in the dashboard, where that is possible."""
        self.model.cancel_intent(now=now, key="", intent_id=gateway_id)

    def execute(self, request: Request, now: datetime, forced_decline: str = "") -> Reply:
        """Carry a request out and answer it."""
        match request:
            case FindIntent():
                return self._find(request, now)
            case FindRefund():
                made = self.model.refunds_of(request.gateway_id)
                return _refund_reply(next((one for one in made if one.key == request.key), None))
            case ListChanges():
                changed = self.model.list_intents(now=now, customer=request.customer, since=request.since)
                return [self._record(one) for one in changed]
            case ListPayouts():
                return [_payout(one) for one in self.model.list_payouts(now=now, since=request.since)]
            case CreateRefund():
                given = self.model.refund(
                    now=now,
                    key=request.key,
                    intent_id=request.gateway_id,
                    amount_minor=request.amount.minor,
                    currency=request.amount.currency,
                )
                return _refund_reply(given)
        return _reply(self._change(request, now, forced_decline))

    def _change(self, request: CreateIntent | ConfirmIntent | CancelIntent, now: datetime, decline: str) -> Answer:
        match request:
            case CreateIntent():
                return self.model.create_intent(
                    now=now,
                    key=request.key,
                    customer=request.customer,
                    amount_minor=request.amount.minor,
                    currency=request.amount.currency,
                    invoice_number=request.invoice_number,
                )
            case ConfirmIntent():
                return self.model.confirm_intent(
                    now=now,
                    key=request.key,
                    intent_id=request.gateway_id,
                    method_id=request.method_token,
                    off_session=request.off_session,
                    return_url=request.return_url,
                    forced_decline=decline,
                )
            case CancelIntent():
                return self.model.cancel_intent(now=now, key=request.key, intent_id=request.gateway_id)

    def answer_bank(self, gateway_id: str, now: datetime, *, is_approved: bool) -> None:
        """Let the payer answer the bank's question."""
        does = self.model.approve_payment if is_approved else self.model.refuse_payment
        does(now=now, intent_id=gateway_id)

    def charges_of(self, invoice_id: str) -> list[Charge]:
        """List the attempts to take money for an invoice, in the processor's own records: by the key of its intent."""
        self._look_for_news()
        if self._charges is None:
            self._charges = {}
            for charge in self.model.charges():
                self._charges.setdefault(charge.intent_key.split(":")[2], []).append(charge)
        return self._charges.get(invoice_id, [])

    def charges_made(self) -> int:
        """Count every attempt to take money."""
        return len(self.model.charges())

    def intent(self, gateway_id: str) -> Intent | None:
        """Read an intent as it stands, without letting time pass."""
        return self.model.find_intent(now=EARLIEST, intent_id=gateway_id)

    def key_of(self, gateway_id: str) -> str:
        """Name the key that created an intent; empty when there is no such intent."""
        if gateway_id not in self._keys:
            found = self.intent(gateway_id)
            self._keys[gateway_id] = found.key if found else ""
        return self._keys[gateway_id]

    def take_news(self) -> list[TellingEvent]:
        """Give what happened to payments, refunds and payouts since the last call: what webhooks tell."""
        self._look_for_news()
        fresh, self._fresh = self._fresh, []
        return fresh

    def _look_for_news(self) -> None:
        news = self.model.take_new_events()
        if news:
            self._fresh += [one for one in news if concern_of(one.kind) is not Concern.NOTHING]
            self._charges = None

    def refunds_of(self, gateway_id: str) -> list[RefundReply]:
        """List the refunds of an intent."""
        return [_refund_reply(one) for one in self.model.refunds_of(gateway_id)]

    def _record(self, intent: Intent) -> IntentRecord:
        return IntentRecord(
            reply=_reply(intent),
            key=intent.key,
            invoice_number=intent.invoice_number,
            created_at=intent.created_at,
            attempts=tuple(
                AttemptRecord(one.key, one.method_id, one.outcome.value, one.code, one.started_at, one.changed_at)
                for one in intent.attempts
            ),
            refunds=tuple(self.refunds_of(intent.id)),
        )

    def _find(self, request: FindIntent, now: datetime) -> GatewayReply:
        if request.gateway_id:
            found = self.model.find_intent(now=now, intent_id=request.gateway_id)
        else:
            found = self.model.find_intent_by_key(now=now, customer=request.customer, key=request.key)
        return _reply(found) if found else GatewayReply(Event.NOT_FOUND)


def _payout(told: PayoutLines) -> Payout:
    paid = told.payout
    lines = tuple(
        PayoutLine(
            one.id, PayoutLineKind(one.kind.value), one.intent_id, one.refund_id, one.customer,
            Money(one.amount_minor, one.currency), one.occurred_at,
        )
        for one in told.movements
    )  # fmt: skip
    return Payout(paid.id, Money(paid.amount_minor, paid.currency), paid.paid_at, lines)


def _refund_reply(answer: Refund | Refused | None) -> RefundReply:
    if answer is None:
        return RefundReply(RefundEvent.NOT_FOUND)
    if isinstance(answer, Refused):
        is_clear = answer.code != "key_conflict"
        return RefundReply(RefundEvent.REFUSED if is_clear else RefundEvent.NO_ANSWER, code=answer.code)
    return RefundReply(
        event=RefundEvent.DONE,
        refund_id=answer.id,
        gateway_id=answer.intent_id,
        customer=answer.customer,
        amount=Money(answer.amount_minor, answer.currency),
        key=answer.key,
        occurred_at=answer.created_at,
    )


def _reply(answer: Answer) -> GatewayReply:
    if isinstance(answer, Refused):
        if answer.intent is not None:
            return _reply(answer.intent)
        return GatewayReply(Event.NOT_FOUND if answer.code.endswith("not_found") else Event.NO_ANSWER)
    latest = answer.latest
    event = _EVENTS.get(answer.state)
    if event is None:
        event = Event.DECLINED if latest is not None else Event.EXISTS
    return GatewayReply(
        event=event,
        gateway_id=answer.id,
        customer=answer.customer,
        amount=Money(answer.amount_minor, answer.currency),
        attempt_key=latest.key if latest else "",
        code=latest.code if latest and event in (Event.DECLINED, Event.RETURNED) else "",
        next_url=f"https://bank.test/{answer.id}" if event is Event.ASKS_PAYER else "",
        occurred_at=answer.changed_at,
    )
