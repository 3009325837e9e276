"""The adapter to the simulated payment processor: its HTTP API, read into the values of the port.

Three groups of answers are kept apart with care. Nothing reached the gateway: NOT_SENT. The gateway spoke
clearly about an intent: that event, with the gateway's own words for amount, customer and attempt. All else
(timeout, reset, 5xx, an answer that can't be read): NO_ANSWER, because the money may have moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import httpx

from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    CreateRefund,
    Event,
    FindIntent,
    FindRefund,
    GatewayReply,
    RefundEvent,
    RefundReply,
)
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway.json_fields import Unreadable, parsed
from tenantry.outside.gateway.port import (
    ChangesReply,
    CustomerReply,
    EventHint,
    MethodKind,
    MethodReply,
    PayoutsReply,
    SetupReply,
    Told,
    VerifyReply,
)
from tenantry.outside.gateway.sandbox_answers import (
    customer_id,
    customers_listed,
    intent_reply,
    intents_listed,
    method_facts,
    setup_reply,
    verify_reply,
)
from tenantry.outside.gateway.sandbox_records import (
    event_hint,
    intent_records,
    payouts_listed,
    refund_reply,
    refunds_listed,
)
from tenantry.outside.gateway.signatures import check_signature, key_of

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
BUSY_SECONDS = 20.0
FIRST_WAIT_SECONDS = 0.5
MAX_ANSWER_BYTES = 8 * 1024 * 1024
OK, CREATED, UNAUTHORIZED, DECLINED, NOT_FOUND, CONFLICT, BUSY = 200, 201, 401, 402, 404, 409, 429
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """What a call came to: `told` is DONE with a status and a JSON object, else NOT_SENT or NO_ANSWER."""

    told: Told
    status: int = 0
    body: Mapping[str, Any] | None = None


UNSENT = Heard(Told.NOT_SENT)
UNHEARD = Heard(Told.NO_ANSWER)
TOLD_BY_STATUS = {NOT_FOUND: Told.NOT_FOUND, UNAUTHORIZED: Told.NOT_SENT}  # a wrong key is stopped at the door
EVENT_OF = {Told.NOT_SENT: Event.NOT_SENT, Told.NOT_FOUND: Event.NOT_FOUND}
REFUND_EVENT_OF = {Told.NOT_SENT: RefundEvent.NOT_SENT, Told.NOT_FOUND: RefundEvent.NOT_FOUND}
REFUSES_REFUND = frozenset(
    {
        "not_refundable",
        "refund_too_large",
        "intent_disputed",
        "intent_not_found",
        "amount_invalid",
        "currency_differs",
    }
)
"""What the processor says when it sends nothing back. A key that was used for something else is not among them."""


class SandboxGateway:
    """`PaymentGateway` over HTTP. One instance serves all threads of a process."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        busy_seconds: float = BUSY_SECONDS,
        wait: Callable[[float], None] = sleep,
        webhook_secrets: Sequence[str] = (),
        account: str = "",
    ) -> None:
        """Open no connection yet.

        Raises:
            ValueError: a webhook secret is not one.
        """
        self._webhook_keys = tuple(key_of(secret) for secret in webhook_secrets)
        self._account = account
        self._busy_seconds = busy_seconds
        self._read_seconds = read_seconds
        self._wait = wait
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(read_seconds, connect=connect_seconds),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30),
            trust_env=False,
            verify=url.startswith("https:"),  # plain http needs no certificates, and reading them is slow
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    # Customers, setups, methods

    def create_customer(self, *, key: str, name: str, reference: str) -> CustomerReply:
        """Make a customer for a company; the same key gives the same customer."""
        heard = self._post("/v1/customers", {"name": name, "reference": reference}, key)
        told = _told(heard, OK, CREATED)
        if told is not Told.DONE:
            return CustomerReply(told)
        try:
            return CustomerReply(told, customer_id(heard.body))
        except Unreadable:
            return CustomerReply(Told.NO_ANSWER)

    def find_customer(self, *, reference: str) -> CustomerReply:
        """Find the first customer that was made for a company; also after its key has expired."""
        heard = self._get("/v1/customers", {"reference": reference})
        told = _told(heard, OK)
        if told is not Told.DONE:
            return CustomerReply(told)
        try:
            found = customers_listed(heard.body)
        except Unreadable:
            return CustomerReply(Told.NO_ANSWER)
        return CustomerReply(told, found[0]) if found else CustomerReply(Told.NOT_FOUND)

    def create_setup(self, *, key: str, customer: str, kind: MethodKind, return_url: str, reference: str) -> SetupReply:
        """Open a hosted page where the payer types a card or bank number."""
        fields = {"customer": customer, "kind": kind.value, "return_url": return_url, "reference": reference}
        return _setup(self._post("/v1/setups", fields, key))

    def read_setup(self, *, setup_id: str) -> SetupReply:
        """Ask what came of a setup."""
        return _setup(self._get(f"/v1/setups/{_segment(setup_id)}"))

    def read_method(self, *, method_token: str) -> MethodReply:
        """Read the facts of a stored method."""
        heard = self._get(f"/v1/methods/{_segment(method_token)}")
        told = _told(heard, OK)
        if told is not Told.DONE:
            return MethodReply(told)
        try:
            return MethodReply(told, method_facts(heard.body))
        except Unreadable:
            return MethodReply(Told.NO_ANSWER)

    def verify_bank_account(self, *, method_token: str, amounts_minor: tuple[int, int]) -> VerifyReply:
        """Hand in the two micro-deposit amounts."""
        path = f"/v1/methods/{_segment(method_token)}/verify"
        heard = self._post(path, {"amounts_minor": list(amounts_minor)})
        told = _told(heard, OK)
        if told is not Told.DONE:
            return VerifyReply(told)
        try:
            return verify_reply(heard.body)
        except Unreadable:
            return VerifyReply(Told.NO_ANSWER)

    def detach_method(self, *, method_token: str) -> Told:
        """Forget a method at the gateway."""
        return _told(self._post(f"/v1/methods/{_segment(method_token)}/detach", {}), OK)

    # Intents

    def create_intent(self, request: CreateIntent) -> GatewayReply:
        """Create an intent; EXISTS with its id when it was made (or had been, under the same key)."""
        fields = {
            "customer": request.customer,
            "amount_minor": request.amount.minor,
            "currency": request.amount.currency,
            "invoice_number": request.invoice_number,
        }
        return _reply(self._post("/v1/intents", fields, request.key))

    def confirm(self, request: ConfirmIntent) -> GatewayReply:
        """Take the money."""
        fields = {
            "method": request.method_token,
            "off_session": request.off_session,
            "return_url": request.return_url,
        }
        return _reply(self._post(f"/v1/intents/{_segment(request.gateway_id)}/confirm", fields, request.key))

    def cancel(self, request: CancelIntent) -> GatewayReply:
        """Close an intent for good."""
        return _reply(self._post(f"/v1/intents/{_segment(request.gateway_id)}/cancel", {}, request.key))

    def find(self, request: FindIntent) -> GatewayReply:
        """Read the truth about an intent: by its id, else by the key that created it."""
        if request.gateway_id:
            return _reply(self._get(f"/v1/intents/{_segment(request.gateway_id)}"))
        found = _replies(self._get("/v1/intents", {"customer": request.customer, "key": request.key}))
        return found[0] if found else GatewayReply(Event.NOT_FOUND)

    def list_changes(self, *, customer: str, since: datetime) -> ChangesReply:
        """List a customer's intents that changed since an instant, as they are now, oldest change first."""
        heard = self._get("/v1/intents", {"customer": customer, "since": since.isoformat()})
        told = _told(heard, OK)
        if told is not Told.DONE:
            return ChangesReply(told)
        try:
            return ChangesReply(told, intent_records(heard.body))
        except Unreadable:
            return ChangesReply(Told.NO_ANSWER)

    # Refunds, payouts

    def refund(self, request: CreateRefund) -> RefundReply:
        """Send money back; the same key gives the same refund."""
        fields = {
            "intent": request.gateway_id,
            "amount_minor": request.amount.minor,
            "currency": request.amount.currency,
        }
        heard = self._post("/v1/refunds", fields, request.key)
        told = _told(heard, CREATED)
        if told is Told.DONE:
            try:
                return refund_reply(heard.body)
            except Unreadable:
                return RefundReply(RefundEvent.NO_ANSWER)
        code = _error_code(heard)
        if code in REFUSES_REFUND:
            return RefundReply(RefundEvent.REFUSED, code=code)
        return RefundReply(RefundEvent.NOT_SENT if told is Told.NOT_SENT else RefundEvent.NO_ANSWER)

    def find_refund(self, request: FindRefund) -> RefundReply:
        """Read the truth about a refund."""
        heard = self._get("/v1/refunds", {"intent": request.gateway_id, "key": request.key})
        told = _told(heard, OK)
        if told is Told.DONE:
            try:
                found = refunds_listed(heard.body)
            except Unreadable:
                return RefundReply(RefundEvent.NO_ANSWER)
            return found[0] if found else RefundReply(RefundEvent.NOT_FOUND)
        return RefundReply(REFUND_EVENT_OF.get(told, RefundEvent.NO_ANSWER))

    def list_payouts(self, *, since: datetime) -> PayoutsReply:
        """List the payouts that were made since an instant, with every line."""
        heard = self._get("/v1/payouts", {"since": since.isoformat()})
        told = _told(heard, OK)
        if told is not Told.DONE:
            return PayoutsReply(told)
        try:
            return PayoutsReply(told, payouts_listed(heard.body))
        except Unreadable:
            return PayoutsReply(Told.NO_ANSWER)

    # Events

    def verify_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> EventHint | Refusal:
        """Check signature and age of what came in as a webhook, and read it. Calls nobody."""
        signed = check_signature(headers, body, keys=self._webhook_keys, now=now)
        if isinstance(signed, Refusal):
            return signed
        try:
            return event_hint(body, message_id=signed.message_id, account=self._account)
        except Unreadable:
            return Refusal("event_unreadable")

    # HTTP

    def _post(self, path: str, fields: Mapping[str, object], key: str = "") -> Heard:
        headers = {"Idempotency-Key": key} if key else {}
        return self._patiently(lambda: self._once("POST", path, json=dict(fields), headers=headers))

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Heard:
        return self._patiently(lambda: self._once("GET", path, params=dict(query or {})))

    def _patiently(self, ask: Callable[[], Heard]) -> Heard:
        """Ask again while the gateway says that it is too busy: it did nothing then."""
        waited, pause = 0.0, FIRST_WAIT_SECONDS
        while (heard := ask()).status == BUSY:
            if waited + pause > self._busy_seconds:
                return UNSENT
            self._wait(pause)
            waited, pause = waited + pause, pause * 2
        return heard

    def _once(self, method: str, path: str, **more: Any) -> Heard:
        try:
            with self._client.stream(method, path, **more) as response:
                return _heard(response.status_code, self._body(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            return UNSENT
        except (httpx.TransportError, httpx.StreamError, Unreadable):
            return UNHEARD

    def _body(self, response: httpx.Response) -> bytes:
        # The timeout of httpx counts from byte to byte; an answer that drips must end as well.
        ends_at = monotonic() + self._read_seconds
        read = bytearray()
        for chunk in response.iter_raw():
            read += chunk
            if len(read) > MAX_ANSWER_BYTES or monotonic() > ends_at:
                raise Unreadable
        return bytes(read)


def _heard(status: int, body: bytes) -> Heard:
    if status == BUSY:
        return Heard(Told.NOT_SENT, BUSY)
    if status >= SERVER_ERROR:
        return UNHEARD
    return Heard(Told.DONE, status, parsed(body))


def _segment(text: str) -> str:
    return quote(text, safe="") or "-"


def _error_code(heard: Heard) -> str:
    error = (heard.body or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def _told(heard: Heard, *good: int) -> Told:
    if heard.told is not Told.DONE:
        return heard.told
    if heard.status in good:
        return Told.DONE
    if not _error_code(heard):
        return Told.NO_ANSWER
    return TOLD_BY_STATUS.get(heard.status, Told.REFUSED)


def _reply(heard: Heard) -> GatewayReply:
    told = _told(heard, OK, CREATED, DECLINED)
    try:
        if told is Told.DONE:
            return intent_reply(heard.body)
        if heard.status == CONFLICT and heard.body:
            # It refuses to move the intent, and says where the intent stands.
            return intent_reply(heard.body.get("intent"))
    except Unreadable:
        return GatewayReply(Event.NO_ANSWER)
    return GatewayReply(EVENT_OF.get(told, Event.NO_ANSWER))


def _replies(heard: Heard) -> Sequence[GatewayReply]:
    told = _told(heard, OK)
    if told is Told.DONE:
        try:
            return intents_listed(heard.body)
        except Unreadable:
            told = Told.NO_ANSWER
    return (GatewayReply(EVENT_OF.get(told, Event.NO_ANSWER)),)


def _setup(heard: Heard) -> SetupReply:
    told = _told(heard, OK, CREATED)
    if told is not Told.DONE:
        return SetupReply(told)
    try:
        return setup_reply(heard.body)
    except Unreadable:
        return SetupReply(Told.NO_ANSWER)
