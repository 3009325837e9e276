"""The simulated processor's model behind the gateway's requests: what the real adapter does, without HTTP."""

from __future__ import annotations

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
    Refused,
    SetupState,
)
from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    Event,
    FindIntent,
    GatewayReply,
    PaymentRequest,
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


class Gateway:
    """One processor; every request is executed at an instant of the world's clock."""

    def __init__(self) -> None:
        self.model = Processor("simulation")
        self._events_seen = 0
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
        self._charges = None

    def cancel_by_hand(self, gateway_id: str, now: datetime) -> None:
        """Close an intent in the dashboard, where that is possible."""
        self.model.cancel_intent(now=now, key="", intent_id=gateway_id)
        self._charges = None

    def execute(self, request: PaymentRequest, now: datetime, forced_decline: str = "") -> GatewayReply:
        """Carry a request out and answer it."""
        if isinstance(request, FindIntent):
            return self._find(request, now)
        self._charges = None
        match request:
            case CreateIntent():
                made = self.model.create_intent(
                    now=now,
                    key=request.key,
                    customer=request.customer,
                    amount_minor=request.amount.minor,
                    currency=request.amount.currency,
                    invoice_number=request.invoice_number,
                )
                return _reply(made)
            case ConfirmIntent():
                tried = self.model.confirm_intent(
                    now=now,
                    key=request.key,
                    intent_id=request.gateway_id,
                    method_id=request.method_token,
                    off_session=request.off_session,
                    return_url=request.return_url,
                    forced_decline=forced_decline,
                )
                return _reply(tried)
            case CancelIntent():
                return _reply(self.model.cancel_intent(now=now, key=request.key, intent_id=request.gateway_id))

    def settle_debits(self, now: datetime) -> None:
        """Move the bank debits that are due."""
        self.model.settle_due(now=now)
        self._charges = None

    def answer_bank(self, gateway_id: str, now: datetime, *, is_approved: bool) -> None:
        """Let the payer answer the bank's question."""
        does = self.model.approve_payment if is_approved else self.model.refuse_payment
        does(now=now, intent_id=gateway_id)
        self._charges = None

    def charges_of(self, invoice_number: str) -> list[Charge]:
        """List the attempts to take money for an invoice, in the processor's own records."""
        if self._charges is None:
            self._charges = {}
            for charge in self.model.charges():
                self._charges.setdefault(charge.invoice_number, []).append(charge)
        return self._charges.get(invoice_number, [])

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

    def new_intents(self) -> list[str]:
        """Name the intents that something happened to since the last call: what webhooks would tell."""
        events = self.model.events()
        fresh, self._events_seen = events[self._events_seen :], len(events)
        return [event.object_id for event in fresh if event.kind.startswith("intent.")]

    def _find(self, request: FindIntent, now: datetime) -> GatewayReply:
        if request.gateway_id:
            found = self.model.find_intent(now=now, intent_id=request.gateway_id)
        else:
            found = self.model.find_intent_by_key(now=now, customer=request.customer, key=request.key)
        return _reply(found) if found else GatewayReply(Event.NOT_FOUND)


def _reply(answer: Intent | Refused) -> GatewayReply:
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
