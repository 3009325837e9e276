"""The gateway that settings name, wrapped so that it is never called inside a database transaction.

Settings: `TENANTRY_GATEWAY` ("sandbox"), `TENANTRY_GATEWAY_URL`, `TENANTRY_GATEWAY_KEY`,
`TENANTRY_GATEWAY_WEBHOOK_SECRETS` (more than one while they are rotated), `TENANTRY_GATEWAY_ACCOUNT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

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
from tenantry.outside.gateway.port import (
    ChangesReply,
    CustomerReply,
    EventHint,
    MethodKind,
    MethodReply,
    PaymentGateway,
    PayoutsReply,
    SetupReply,
    Told,
    VerifyReply,
)
from tenantry.outside.gateway.sandbox import SandboxGateway


def gateway() -> PaymentGateway:
    """Return the gateway of this installation."""
    return _made(
        settings.TENANTRY_GATEWAY,
        settings.TENANTRY_GATEWAY_URL,
        settings.TENANTRY_GATEWAY_KEY,
        tuple(settings.TENANTRY_GATEWAY_WEBHOOK_SECRETS),
        settings.TENANTRY_GATEWAY_ACCOUNT,
    )


def forget() -> None:
    """Close the connections to the gateways; the next use opens new ones."""
    while _adapters:
        _adapters.pop().close()
    _made.cache_clear()


_adapters: list[SandboxGateway] = []


@lru_cache(maxsize=8)
def _made(name: str, url: str, key: str, webhook_secrets: tuple[str, ...], account: str) -> PaymentGateway:
    if name != "sandbox":
        raise ImproperlyConfigured(f'TENANTRY_GATEWAY is "{name}"; the gateways are: sandbox.')
    try:
        adapter = SandboxGateway(url, key, webhook_secrets=webhook_secrets, account=account)
    except ValueError as error:
        raise ImproperlyConfigured(f"TENANTRY_GATEWAY_WEBHOOK_SECRETS: {error}.") from error
    _adapters.append(adapter)
    return OutsideTransactions(adapter)


class OutsideTransactions:
    """A gateway that refuses to be called while a transaction is open: a slow answer would hold its locks."""

    def __init__(self, inner: PaymentGateway) -> None:
        self._inner = inner

    def _free(self) -> PaymentGateway:
        if any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
            raise RuntimeError("The gateway was called inside a database transaction.")
        return self._inner

    def create_customer(self, *, key: str, name: str, reference: str) -> CustomerReply:
        """Make a customer for a company."""
        return self._free().create_customer(key=key, name=name, reference=reference)

    def find_customer(self, *, reference: str) -> CustomerReply:
        """Find the customer of a company."""
        return self._free().find_customer(reference=reference)

    def create_setup(self, *, key: str, customer: str, kind: MethodKind, return_url: str, reference: str) -> SetupReply:
        """Open a hosted page."""
        return self._free().create_setup(
            key=key, customer=customer, kind=kind, return_url=return_url, reference=reference
        )

    def read_setup(self, *, setup_id: str) -> SetupReply:
        """Ask what came of a setup."""
        return self._free().read_setup(setup_id=setup_id)

    def read_method(self, *, method_token: str) -> MethodReply:
        """Read the facts of a stored method."""
        return self._free().read_method(method_token=method_token)

    def verify_bank_account(self, *, method_token: str, amounts_minor: tuple[int, int]) -> VerifyReply:
        """Hand in the two micro-deposit amounts."""
        return self._free().verify_bank_account(method_token=method_token, amounts_minor=amounts_minor)

    def detach_method(self, *, method_token: str) -> Told:
        """Forget a method at the gateway."""
        return self._free().detach_method(method_token=method_token)

    def create_intent(self, request: CreateIntent) -> GatewayReply:
        """Create an intent."""
        return self._free().create_intent(request)

    def confirm(self, request: ConfirmIntent) -> GatewayReply:
        """Take the money."""
        return self._free().confirm(request)

    def cancel(self, request: CancelIntent) -> GatewayReply:
        """Close an intent for good."""
        return self._free().cancel(request)

    def find(self, request: FindIntent) -> GatewayReply:
        """Read the truth about an intent."""
        return self._free().find(request)

    def list_changes(self, *, customer: str, since: datetime) -> ChangesReply:
        """List what happened to a customer's intents since an instant."""
        return self._free().list_changes(customer=customer, since=since)

    def refund(self, request: CreateRefund) -> RefundReply:
        """Send money back."""
        return self._free().refund(request)

    def find_refund(self, request: FindRefund) -> RefundReply:
        """Read the truth about a refund."""
        return self._free().find_refund(request)

    def list_payouts(self, *, since: datetime) -> PayoutsReply:
        """List the payouts that were made since an instant."""
        return self._free().list_payouts(since=since)

    def verify_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> EventHint | Refusal:
        """Check and read a webhook. It calls nobody, so it may stand inside a transaction."""
        return self._inner.verify_event(headers, body, now)
