"""The simulated payment processor as a pure model: no clock, no random, no I/O.

`Processor` is usable without HTTP: it takes `now` and returns frozen values. Every verb first lets happen what is
due at `now` (`due.py`). A call under an idempotency key that was seen less than 24 hours ago gets
the first answer again, or `Refused("key_conflict")` where its parameters differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar, cast

from sandbox_gateway import codec, deliveries, due, intents, methods, taking_back
from sandbox_gateway.faults import Fault
from sandbox_gateway.methods import MICRO_DEPOSITS_MINOR, VERIFY_TRIES, VERIFY_WITHIN_DAYS
from sandbox_gateway.state import KINDS, Row, State
from sandbox_gateway.values import (
    Attempt,
    Behavior,
    Charge,
    Customer,
    Delivery,
    Event,
    Intent,
    KeyRecord,
    Method,
    MethodKind,
    Movement,
    NewMethod,
    Outcome,
    Payout,
    PayoutLines,
    Refund,
    Refused,
    Setup,
    Verification,
)

KEY_WINDOW_HOURS = 24
Kept = Customer | Setup | Intent | Refund
T = TypeVar("T", bound=Kept)

__all__ = ["KEY_WINDOW_HOURS", "MICRO_DEPOSITS_MINOR", "VERIFY_TRIES", "VERIFY_WITHIN_DAYS", "Processor"]


class Processor:
    """A payment processor that keeps customers, methods and intents, each intent with at most one success."""

    def __init__(self, secret: str = "") -> None:
        self._state = State(secret)

    # Customers, setups, methods

    def create_customer(self, *, now: datetime, key: str, name: str, reference: str) -> Customer | Refused:
        """Make a customer."""
        return self._once(
            now,
            key,
            ("create_customer", name, reference),
            lambda: methods.create_customer(self._state, now, name, reference),
        )

    def create_setup(
        self, *, now: datetime, key: str, customer: str, kind: MethodKind, return_url: str, reference: str
    ) -> Setup | Refused:
        """Open a hosted page where one payer types one card or account."""
        return self._once(
            now,
            key,
            ("create_setup", customer, kind.value, return_url, reference),
            lambda: methods.create_setup(self._state, now, customer, kind, return_url, reference),
        )

    def complete_setup(self, *, now: datetime, setup_id: str, typed: NewMethod) -> Method | Refused:
        """Keep what the payer typed, or answer with the decline code of the bank."""
        return methods.complete_setup(self._state, now, setup_id, typed)

    def cancel_setup(self, *, now: datetime, setup_id: str) -> Setup | Refused:
        """Close the page unfinished."""
        return methods.cancel_setup(self._state, now, setup_id)

    def verify_method(self, *, now: datetime, method_id: str, amounts_minor: tuple[int, int]) -> Verification | Refused:
        """Compare two amounts with the micro-deposits of a bank account."""
        self.settle_due(now=now)
        return methods.verify_method(self._state, now, method_id, amounts_minor)

    def detach_method(self, *, now: datetime, method_id: str) -> Method | Refused:
        """Forget a method."""
        self.settle_due(now=now)
        return methods.detach_method(self._state, now, method_id)

    # Intents

    def create_intent(
        self, *, now: datetime, key: str, customer: str, amount_minor: int, currency: str, invoice_number: str
    ) -> Intent | Refused:
        """Promise to take an amount at most once."""
        return self._once(
            now,
            key,
            ("create_intent", customer, str(amount_minor), currency, invoice_number),
            lambda: intents.create_intent(self._state, now, key, customer, amount_minor, currency, invoice_number),
        )

    def confirm_intent(
        self,
        *,
        now: datetime,
        key: str,
        intent_id: str,
        method_id: str,
        off_session: bool,
        return_url: str = "",
        forced_decline: str = "",
        forced: Behavior | None = None,
    ) -> Intent | Refused:
        """Try to take the money with one method.

        Two faults: with `forced_decline` the bank says no with this code; with `forced` a good method behaves so.
        """
        return self._once(
            now,
            key,
            ("confirm_intent", intent_id, method_id, str(off_session), return_url),
            lambda: intents.confirm_intent(
                self._state,
                now,
                key,
                intent_id,
                method_id,
                off_session=off_session,
                return_url=return_url,
                forced_decline=forced_decline,
                forced=forced,
            ),
        )

    def cancel_intent(self, *, now: datetime, key: str, intent_id: str) -> Intent | Refused:
        """Close an intent for good."""
        return self._once(
            now, key, ("cancel_intent", intent_id), lambda: intents.cancel_intent(self._state, now, intent_id)
        )

    def approve_payment(self, *, now: datetime, intent_id: str) -> Intent | Refused:
        """The payer says yes at the bank."""
        self.settle_due(now=now)
        return intents.approve_payment(self._state, now, intent_id)

    def refuse_payment(self, *, now: datetime, intent_id: str) -> Intent | Refused:
        """The payer says no at the bank."""
        self.settle_due(now=now)
        return intents.refuse_payment(self._state, now, intent_id)

    def return_payment(self, *, now: datetime, intent_id: str, code: str) -> Intent | Refused:
        """The bank takes a debit back."""
        self.settle_due(now=now)
        return intents.return_payment(self._state, now, intent_id, code)

    # What payers get back

    def refund(
        self, *, now: datetime, key: str, intent_id: str, amount_minor: int, currency: str = ""
    ) -> Refund | Refused:
        """Send money back. Without a key it is a refund that a person makes in the dashboard."""
        return self._once(
            now,
            key,
            ("refund", intent_id, str(amount_minor), currency),
            lambda: taking_back.refund(self._state, now, key, intent_id, amount_minor, currency),
        )

    def open_dispute(self, *, now: datetime, intent_id: str, reason: str) -> Intent | Refused:
        """The payer disputes a payment at the bank."""
        self.settle_due(now=now)
        return taking_back.open_dispute(self._state, now, intent_id, reason)

    def decide_dispute(self, *, now: datetime, intent_id: str, is_won: bool) -> Intent | Refused:
        """The bank decides a dispute. Lost, the money goes back."""
        self.settle_due(now=now)
        return taking_back.decide_dispute(self._state, now, intent_id, is_won=is_won)

    # Time and keys

    def settle_due(self, *, now: datetime) -> int:
        """Let everything happen that is due by now; return how many bank debits moved."""
        return due.settle_due(self._state, now)

    def forget_key(self, key: str) -> None:
        """Forget an idempotency key before its time: a fault."""
        record = self._state.get(KeyRecord, key)
        if record is not None:
            self._state.drop(record)

    # Reading

    def customer(self, customer_id: str) -> Customer | None:
        """Read a customer."""
        return self._state.get(Customer, customer_id)

    def customers(self) -> tuple[Customer, ...]:
        """Read every customer."""
        return tuple(self._state.every(Customer))

    def setup(self, setup_id: str) -> Setup | None:
        """Read a setup."""
        return self._state.get(Setup, setup_id)

    def method(self, method_id: str) -> Method | None:
        """Read a method."""
        return self._state.get(Method, method_id)

    def find_intent(self, *, now: datetime, intent_id: str) -> Intent | None:
        """Read the truth about an intent, by its id."""
        self.settle_due(now=now)
        return self._state.get(Intent, intent_id)

    def find_intent_by_key(
        self, *, now: datetime, customer: str, key: str, as_of: datetime | None = None
    ) -> Intent | None:
        """Read the truth about an intent, by the key that created it; also after the key has expired.

        `as_of` is a fault: the list that is looked through is as old as that.
        """
        self.settle_due(now=now)
        found = intents.find_by_key(self._state, customer, key)
        return self._state.as_of(found, as_of) if found and as_of else found

    def list_intents(
        self, *, now: datetime, customer: str, since: datetime, as_of: datetime | None = None
    ) -> tuple[Intent, ...]:
        """List the intents of a customer that changed at or after an instant, as they are now; oldest change first.

        `as_of` is a fault: the list is as old as that.
        """
        self.settle_due(now=now)
        listed = self._state.intents_of(customer)
        if as_of:
            listed = [old for one in listed if (old := self._state.as_of(one, as_of))]
        return tuple(sorted((one for one in listed if one.changed_at >= since), key=lambda one: one.changed_at))

    def refunds_of(self, intent_id: str) -> tuple[Refund, ...]:
        """List the refunds of an intent, oldest first."""
        return tuple(self._state.refunds_of(intent_id))

    def list_payouts(self, *, now: datetime, since: datetime) -> tuple[PayoutLines, ...]:
        """List the payouts that were made at or after an instant, oldest first, with their movements."""
        self.settle_due(now=now)
        return tuple(self._lines(one) for one in self._state.every(Payout) if one.paid_at >= since)

    def payouts(self) -> tuple[PayoutLines, ...]:
        """List every payout that was made, oldest first, with its movements."""
        return tuple(self._lines(one) for one in self._state.every(Payout))

    def not_paid_out(self) -> tuple[Movement, ...]:
        """List what the processor still holds for the vendor."""
        return tuple(self._state.not_paid_out())

    def events(self) -> tuple[Event, ...]:
        """List everything that happened, in order."""
        return tuple(self._state.every(Event))

    def event(self, event_id: str) -> Event | None:
        """Read an event."""
        return self._state.get(Event, event_id)

    def deliveries(self) -> tuple[Delivery, ...]:
        """List the deliveries of events, in the order in which they were put on their way."""
        return tuple(self._state.every(Delivery))

    def charges(self) -> tuple[Charge, ...]:
        """List every attempt to take money, oldest first: what the tests hold against our own books."""
        listed = [self._charge(one, attempt) for one in self._state.every(Intent) for attempt in one.attempts]
        return tuple(sorted(listed, key=lambda charge: charge.started_at))

    # Telling what happened

    def take_new_events(self) -> list[Event]:
        """Hand over the events since the last call, once."""
        return self._state.take_new_events()

    def queue_delivery(self, *, now: datetime, event: Event, fault: Fault | None) -> None:
        """Put an event on its way to the vendor's endpoint, as a fault wants it."""
        deliveries.queue(self._state, now, event, fault)

    def send_again(self, *, now: datetime, event_id: str) -> Event | Refused:
        """Put an event on its way once more."""
        return deliveries.send_again(self._state, now, event_id)

    def next_to_send(self, *, now: datetime) -> Delivery | None:
        """Read the delivery that is to be tried next; none if nothing is due."""
        return self._state.next_to_send(now)

    def record_try(self, *, now: datetime, delivery_id: str, status: int) -> None:
        """Write down what the endpoint answered (0: nothing)."""
        deliveries.record_try(self._state, now, delivery_id, status)

    def next_at(self) -> datetime | None:
        """Tell when something may happen next by itself: a debit, a payout, a delivery."""
        return self._state.next_at()

    # Keeping

    @property
    def account(self) -> str:
        """Name the vendor's account here."""
        return self._state.account

    def is_empty(self) -> bool:
        """Say whether nothing was ever created."""
        return self._state.is_empty()

    def take_changes(self) -> list[Row]:
        """Hand over what changed since the last call, for a store."""
        return self._state.take_changes()

    def restore(self, rows: Iterable[Row]) -> None:
        """Take in what a store kept."""
        self._state.restore(rows)

    def _lines(self, payout: Payout) -> PayoutLines:
        movements = tuple(moved for one in payout.movement_ids if (moved := self._state.get(Movement, one)))
        named = dict.fromkeys(moved.customer for moved in movements)
        customers = tuple(found for one in named if (found := self._state.get(Customer, one)))
        return PayoutLines(payout=payout, movements=movements, customers=customers)

    def _charge(self, intent: Intent, attempt: Attempt) -> Charge:
        customer = self._state.get(Customer, intent.customer)
        method = self._state.get(Method, attempt.method_id)
        took = attempt.outcome in (Outcome.SUCCEEDED, Outcome.RETURNED)
        net_minor = sum(moved.amount_minor for moved in self._state.movements_of(intent.id)) if took else 0
        return Charge(
            id=attempt.id,
            intent_id=intent.id,
            attempt_key=attempt.key,
            intent_key=intent.key,
            invoice_number=intent.invoice_number,
            customer=intent.customer,
            customer_name=customer.name if customer else "",
            customer_reference=customer.reference if customer else "",
            amount_minor=intent.amount_minor,
            net_minor=net_minor,
            refunded_minor=intent.refunded_minor if took else 0,
            currency=intent.currency,
            method_id=attempt.method_id,
            method=methods.label(method) if method else "",
            outcome=attempt.outcome,
            code=attempt.code,
            started_at=attempt.started_at,
            changed_at=attempt.changed_at,
        )

    def _once(self, now: datetime, key: str, request: tuple[str, ...], run: Callable[[], T | Refused]) -> T | Refused:
        self.settle_due(now=now)
        self._forget_old_keys(now)
        if not key:
            return run()
        digest = sha256(repr(request).encode()).hexdigest()
        known = self._state.get(KeyRecord, key)
        if known is not None:
            # The digest names the operation, and an operation answers with one kind of value.
            return cast("T", _first_answer(known)) if known.digest == digest else Refused("key_conflict")
        answer = run()
        if not isinstance(answer, Refused):
            record = KeyRecord(
                id=key,
                digest=digest,
                answer_kind=type(answer).__name__,
                answer=codec.dumps(answer),
                created_at=now,
            )
            self._state.put(record)
        return answer

    def _forget_old_keys(self, now: datetime) -> None:
        window = timedelta(hours=KEY_WINDOW_HOURS)
        while (oldest := next(self._state.every(KeyRecord), None)) and oldest.created_at + window <= now:
            self._state.drop(oldest)


def _first_answer(known: KeyRecord) -> object:
    return codec.loads(KINDS[known.answer_kind], known.answer)
