"""The protocol that every payment gateway adapter fulfils, and the values that it answers with.

Nothing here raises for a business reason. Refused before a byte was sent is `NOT_SENT`; a timeout, a
reset, a 5xx or an answer that can't be read is `NO_ANSWER`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tenantry.core.gateway_records import IntentRecord, Payout
from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    CreateRefund,
    FindIntent,
    FindRefund,
    GatewayReply,
    RefundReply,
)
from tenantry.core.refusal import Refusal


class Told(StrEnum):
    """How a call that moves no money ended."""

    DONE = "done"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"


class MethodKind(StrEnum):
    """What can be charged."""

    CARD = "card"
    ACH = "ach"


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What a gateway tells about a stored card or bank account: never a number.

    `expiry_month` and `expiry_year` are 0 for bank accounts. `verified` is false for a bank account whose
    micro-deposits were not confirmed yet. `fingerprint` is equal for the same card or account.
    """

    token: str
    kind: MethodKind
    fingerprint: str
    last4: str
    brand: str = ""
    bank_name: str = ""
    expiry_month: int = 0
    expiry_year: int = 0
    verified: bool = True


@dataclass(frozen=True, slots=True)
class CustomerReply:
    """Answer to `create_customer` and `find_customer`."""

    told: Told
    customer: str = ""


@dataclass(frozen=True, slots=True)
class MethodReply:
    """Answer to `read_method`."""

    told: Told
    method: MethodFacts | None = None


class SetupState(StrEnum):
    """Where a setup stands: the payer has not finished, did, or gave up."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SetupReply:
    """Answer to `create_setup` (with `page_url`) and `read_setup` (with `method` once it succeeded)."""

    told: Told
    setup_id: str = ""
    customer: str = ""
    page_url: str = ""
    state: SetupState = SetupState.OPEN
    method: MethodFacts | None = None


@dataclass(frozen=True, slots=True)
class VerifyReply:
    """Answer to `verify_bank_account`. REFUSED means that the amounts don't match."""

    told: Told
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class ChangesReply:
    """Answer to `list_changes`. Only DONE says anything about the intents; an empty list then means: none."""

    told: Told
    intents: tuple[IntentRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class PayoutsReply:
    """Answer to `list_payouts`, oldest first. Only DONE says anything about the payouts."""

    told: Told
    payouts: tuple[Payout, ...] = ()


class NotOurs(StrEnum):
    """Why an event with a right signature is none of ours: to be kept and ignored."""

    OTHER_ACCOUNT = "other_account"
    OTHER_MODE = "other_mode"
    OTHER_VERSION = "other_version"


@dataclass(frozen=True, slots=True)
class EventHint:
    """What a gateway told unasked, signature and age checked: where to look. It is no truth about money.

    `kind` is the gateway's word (`intent.succeeded`, `refund.succeeded`, `method.verified`, `payout.paid` …; others
    may come). `object_id` is what it is about, `intent` the intent that this belongs to (empty where it belongs
    to none). `sequence` counts up in the order in which things happened there; deliveries keep no order.
    """

    event_id: str
    kind: str
    object_id: str
    customer: str
    intent: str
    happened_at: datetime
    sequence: int
    not_ours: NotOurs | None = None


class PaymentGateway(Protocol):
    """A payment gateway, as verbs see it. Every call is bounded by a timeout of its own."""

    def create_customer(self, *, key: str, name: str, reference: str) -> CustomerReply:
        """Make a customer for a company; the same key gives the same customer."""

    def find_customer(self, *, reference: str) -> CustomerReply:
        """Find the first customer that was made for a company; also after its key has expired."""

    def create_setup(self, *, key: str, customer: str, kind: MethodKind, return_url: str, reference: str) -> SetupReply:
        """Open a hosted page on the gateway's origin where the payer types a card or bank number.

        The browser comes back to `return_url` with `setup=<id>` added to its query.
        """

    def read_setup(self, *, setup_id: str) -> SetupReply:
        """Ask what came of a setup: where a new method's facts come from."""

    def read_method(self, *, method_token: str) -> MethodReply:
        """Read the facts of a method that was stored earlier, detached or not."""

    def verify_bank_account(self, *, method_token: str, amounts_minor: tuple[int, int]) -> VerifyReply:
        """Hand in the two micro-deposit amounts."""

    def detach_method(self, *, method_token: str) -> Told:
        """Forget a method at the gateway."""

    def create_intent(self, request: CreateIntent) -> GatewayReply:
        """Create an intent; EXISTS with its id when it was made (or had been, under the same key)."""

    def confirm(self, request: ConfirmIntent) -> GatewayReply:
        """Take the money."""

    def cancel(self, request: CancelIntent) -> GatewayReply:
        """Close an intent for good."""

    def find(self, request: FindIntent) -> GatewayReply:
        """Read the truth about an intent."""

    def list_changes(self, *, customer: str, since: datetime) -> ChangesReply:
        """List a customer's intents that changed at or after an instant, as they are now, oldest change first.

        One consistent reading: attempts, refunds and disputes belong to the same instant as the intents.
        """

    # Refunds, payouts

    def refund(self, request: CreateRefund) -> RefundReply:
        """Send money back; the same key gives the same refund."""

    def find_refund(self, request: FindRefund) -> RefundReply:
        """Read the truth about a refund."""

    def list_payouts(self, *, since: datetime) -> PayoutsReply:
        """List the payouts that were made at or after an instant, with every line."""

    # Events

    def verify_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> EventHint | Refusal:
        """Check signature and age of what came in as a webhook, and read it. Calls nobody.

        Refuses `bad_signature` (none, wrong, or by a secret that is not ours any more), `event_too_old` (signed
        more than 300 s away from `now`) and `event_unreadable` (rightly signed, but not what was agreed).
        """
