"""The protocol that every payment gateway adapter fulfils, and the values that it answers with.

Nothing here raises for a business reason. Refused before a byte was sent is `NOT_SENT`; a timeout, a
reset, a 5xx or an answer that can't be read is `NO_ANSWER`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    FindIntent,
    GatewayReply,
)


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
    """Answer to `create_customer`."""

    told: Told
    customer: str = ""


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


class PaymentGateway(Protocol):
    """A payment gateway, as verbs see it. Every call is bounded by a timeout of its own."""

    def create_customer(self, *, key: str, name: str, reference: str) -> CustomerReply:
        """Make a customer for a company; the same key gives the same customer."""

    def create_setup(self, *, key: str, customer: str, kind: MethodKind, return_url: str, reference: str) -> SetupReply:
        """Open a hosted page on the gateway's origin where the payer types a card or bank number.

        The browser comes back to `return_url` with `setup=<id>` added to its query.
        """

    def read_setup(self, *, setup_id: str) -> SetupReply:
        """Ask what came of a setup. The only source of a method's facts."""

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

    def list_changes(self, *, customer: str, since: datetime) -> Sequence[GatewayReply]:
        """List what happened to a customer's intents since an instant."""
