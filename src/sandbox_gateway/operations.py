"""The operations of the JSON API: how the fields of each are read, and how it runs on the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox_gateway import fields
from sandbox_gateway.bodies import (
    customer_body,
    full_intent_body,
    intent_body,
    method_body,
    payout_body,
    refund_body,
    setup_body,
)
from sandbox_gateway.model import Processor
from sandbox_gateway.values import Behavior, Intent, IntentState, MethodKind, Outcome, Refund, Refused
from sandbox_gateway.wire import Answer, Unusable, error_answer, json_answer

Data = Mapping[str, object]
ID = r"([a-z]{3}_[0-9a-f]{24})"
REFUSED_STATUS = {
    "setup_not_found": 404,
    "method_not_found": 404,
    "intent_not_found": 404,
    "not_confirmable": 409,
    "not_cancellable": 409,
    "not_refundable": 409,
    "intent_disputed": 409,
    "refund_too_large": 409,
}
WORDS = {
    "customer_not_found": "There is no such customer.",
    "setup_not_found": "There is no such setup.",
    "method_not_found": "There is no such method.",
    "method_is_no_bank_account": "Only a bank account is verified.",
    "intent_not_found": "There is no such intent.",
    "key_conflict": "This idempotency key was used with other parameters.",
    "not_confirmable": "Only an open intent can be confirmed.",
    "not_cancellable": "Money is on its way or was taken: the intent can't be cancelled.",
    "not_refundable": "Only a succeeded intent can be refunded.",
    "intent_disputed": "The payer disputes this payment: the bank decides first.",
    "refund_too_large": "More than what was taken can't be refunded.",
    "amount_invalid": "The amount must be above 0 and at most 10^12 minor units.",
    "currency_invalid": "The currency must be three capital letters.",
    "currency_differs": "A refund is in the currency of its intent.",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call, read: the object in its path, its key, its fields, and what a fault makes of it."""

    object_id: str
    key: str
    data: Data
    public_url: str
    forced_decline: str = ""
    forced: Behavior | None = None
    stale_seconds: float = 0.0

    def as_of(self, now: datetime) -> datetime | None:
        """Tell how old a list is, where a fault makes it old."""
        return now - timedelta(seconds=self.stale_seconds) if self.stale_seconds else None


Handler = Callable[[Processor, datetime, Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API can do: how its fields are read, and how it runs."""

    name: str
    method: str
    path: re.Pattern[str]
    read: Callable[[Data], Data]
    run: Handler
    needs_key: bool = False


# Fields


def _read_customer(data: Data) -> Data:
    fields.only(data, "name", "reference")
    return {"name": fields.words(data, "name"), "reference": fields.words(data, "reference", optional=True)}


def _read_setup(data: Data) -> Data:
    fields.only(data, "customer", "kind", "return_url", "reference")
    kind = fields.text(data, "kind")
    if kind not in list(MethodKind):
        raise Unusable(400, "field_invalid", "kind must be card or ach.")
    return {
        "customer": fields.text(data, "customer"),
        "kind": kind,
        "return_url": fields.address(data, "return_url"),
        "reference": fields.words(data, "reference", optional=True),
    }


def _read_intent(data: Data) -> Data:
    fields.only(data, "customer", "amount_minor", "currency", "invoice_number")
    return {
        "customer": fields.text(data, "customer"),
        "amount_minor": fields.whole(data, "amount_minor"),
        "currency": fields.text(data, "currency"),
        "invoice_number": fields.words(data, "invoice_number"),
    }


def _read_confirm(data: Data) -> Data:
    fields.only(data, "method", "off_session", "return_url")
    return {
        "method": fields.text(data, "method"),
        "off_session": fields.flag(data, "off_session"),
        "return_url": fields.address(data, "return_url", optional=True),
    }


def _read_list(data: Data) -> Data:
    fields.only(data, "customer", "key", "since")
    read: dict[str, object] = {"customer": fields.text(data, "customer")}
    if data.get("key"):
        return {**read, "key": fields.text(data, "key")}
    fields.instant(data.get("since"), "since")
    return {**read, "since": fields.text(data, "since")}


def _read_amounts(data: Data) -> Data:
    fields.only(data, "amounts_minor")
    return {"amounts_minor": list(fields.amounts(data, "amounts_minor"))}


def _read_refund(data: Data) -> Data:
    fields.only(data, "intent", "amount_minor", "currency")
    return {
        "intent": fields.text(data, "intent"),
        "amount_minor": fields.whole(data, "amount_minor"),
        "currency": fields.text(data, "currency", optional=True),
    }


def _read_refunds_of(data: Data) -> Data:
    fields.only(data, "intent", "key")
    return {"intent": fields.text(data, "intent"), "key": fields.text(data, "key", optional=True)}


def _read_since(data: Data) -> Data:
    fields.only(data, "since")
    fields.instant(data.get("since"), "since")
    return {"since": fields.text(data, "since")}


def _read_nothing(data: Data) -> Data:
    fields.only(data)
    return {}


# Running


def _refused(refused: Refused, call: Call) -> Answer:
    status = REFUSED_STATUS.get(refused.code, 400)
    more = {"intent": intent_body(refused.intent, call.public_url)} if refused.intent else {}
    return error_answer(status, refused.code, WORDS[refused.code], **more)


def _intent_answer(intent: Intent | Refused, call: Call, status: int = 200) -> Answer:
    if isinstance(intent, Refused):
        return _refused(intent, call)
    return json_answer(status, intent_body(intent, call.public_url))


def _read_reference(data: Data) -> Data:
    fields.only(data, "reference")
    return {"reference": fields.text(data, "reference")}


def _create_customer(model: Processor, now: datetime, call: Call) -> Answer:
    made = model.create_customer(
        now=now, key=call.key, name=str(call.data["name"]), reference=str(call.data["reference"])
    )
    return _refused(made, call) if isinstance(made, Refused) else json_answer(201, customer_body(made))


def _list_customers(model: Processor, now: datetime, call: Call) -> Answer:
    as_of = call.as_of(now)
    known = [one for one in model.customers() if as_of is None or one.created_at <= as_of]
    found = [one for one in known if one.reference == call.data["reference"]]
    return json_answer(200, {"items": [customer_body(one) for one in found]})


def _create_setup(model: Processor, now: datetime, call: Call) -> Answer:
    made = model.create_setup(
        now=now,
        key=call.key,
        customer=str(call.data["customer"]),
        kind=MethodKind(str(call.data["kind"])),
        return_url=str(call.data["return_url"]),
        reference=str(call.data["reference"]),
    )
    return (
        _refused(made, call) if isinstance(made, Refused) else json_answer(201, setup_body(made, None, call.public_url))
    )


def _show_setup(model: Processor, now: datetime, call: Call) -> Answer:
    setup = model.setup(call.object_id)
    if setup is None:
        return _refused(Refused("setup_not_found"), call)
    return json_answer(200, setup_body(setup, model.method(setup.method_id), call.public_url))


def _show_method(model: Processor, now: datetime, call: Call) -> Answer:
    method = model.method(call.object_id)
    return json_answer(200, method_body(method)) if method else _refused(Refused("method_not_found"), call)


def _verify_method(model: Processor, now: datetime, call: Call) -> Answer:
    amounts_minor = fields.amounts(call.data, "amounts_minor")
    checked = model.verify_method(now=now, method_id=call.object_id, amounts_minor=amounts_minor)
    if isinstance(checked, Refused):
        return _refused(checked, call)
    return json_answer(200, {"verified": checked.verified, "tries_left": checked.tries_left})


def _detach_method(model: Processor, now: datetime, call: Call) -> Answer:
    method = model.detach_method(now=now, method_id=call.object_id)
    return _refused(method, call) if isinstance(method, Refused) else json_answer(200, method_body(method))


def _create_intent(model: Processor, now: datetime, call: Call) -> Answer:
    made = model.create_intent(
        now=now,
        key=call.key,
        customer=str(call.data["customer"]),
        amount_minor=fields.whole(call.data, "amount_minor"),
        currency=str(call.data["currency"]),
        invoice_number=str(call.data["invoice_number"]),
    )
    return _intent_answer(made, call, status=201)


def _confirm_intent(model: Processor, now: datetime, call: Call) -> Answer:
    intent = model.confirm_intent(
        now=now,
        key=call.key,
        intent_id=call.object_id,
        method_id=str(call.data["method"]),
        off_session=call.data["off_session"] is True,
        return_url=str(call.data["return_url"]),
        forced_decline=call.forced_decline,
        forced=call.forced,
    )
    declined = (
        isinstance(intent, Intent)
        and intent.state is IntentState.OPEN
        and intent.attempts[-1].outcome is Outcome.DECLINED
    )
    return _intent_answer(intent, call, status=402 if declined else 200)


def _cancel_intent(model: Processor, now: datetime, call: Call) -> Answer:
    return _intent_answer(model.cancel_intent(now=now, key=call.key, intent_id=call.object_id), call)


def _show_intent(model: Processor, now: datetime, call: Call) -> Answer:
    intent = model.find_intent(now=now, intent_id=call.object_id)
    return _intent_answer(intent or Refused("intent_not_found"), call)


def _list_intents(model: Processor, now: datetime, call: Call) -> Answer:
    customer, key = str(call.data["customer"]), str(call.data.get("key", ""))
    if key:
        found = model.find_intent_by_key(now=now, customer=customer, key=key, as_of=call.as_of(now))
        return json_answer(200, {"items": [intent_body(found, call.public_url)] if found else []})
    since = fields.instant(call.data["since"], "since")
    as_of = call.as_of(now)
    listed = model.list_intents(now=now, customer=customer, since=since, as_of=as_of)
    return json_answer(
        200, {"items": [full_intent_body(one, _known(model, one.id, as_of), call.public_url) for one in listed]}
    )


def _create_refund(model: Processor, now: datetime, call: Call) -> Answer:
    made = model.refund(
        now=now,
        key=call.key,
        intent_id=str(call.data["intent"]),
        amount_minor=fields.whole(call.data, "amount_minor"),
        currency=str(call.data["currency"]),
    )
    return _refused(made, call) if isinstance(made, Refused) else json_answer(201, refund_body(made))


def _list_refunds(model: Processor, now: datetime, call: Call) -> Answer:
    key = str(call.data["key"])
    listed = [one for one in _known(model, str(call.data["intent"]), call.as_of(now)) if key in ("", one.key)]
    return json_answer(200, {"items": [refund_body(one) for one in listed]})


def _known(model: Processor, intent_id: str, as_of: datetime | None) -> list[Refund]:
    return [one for one in model.refunds_of(intent_id) if as_of is None or one.created_at <= as_of]


def _list_payouts(model: Processor, now: datetime, call: Call) -> Answer:
    since, as_of = fields.instant(call.data["since"], "since"), call.as_of(now)
    listed = model.list_payouts(now=now, since=since)
    known = [one for one in listed if as_of is None or one.payout.paid_at <= as_of]
    return json_answer(200, {"items": [payout_body(one) for one in known]})


def _operation(
    name: str, address: str, read: Callable[[Data], Data], run: Handler, *, needs_key: bool = False
) -> Operation:
    method, path = address.split(" ")
    return Operation(name, method, re.compile(path.replace("{id}", ID)), read, run, needs_key)


OPERATIONS = (
    _operation("create_customer", "POST /v1/customers", _read_customer, _create_customer, needs_key=True),
    _operation("list_customers", "GET /v1/customers", _read_reference, _list_customers),
    _operation("create_setup", "POST /v1/setups", _read_setup, _create_setup, needs_key=True),
    _operation("read_setup", "GET /v1/setups/{id}", _read_nothing, _show_setup),
    _operation("read_method", "GET /v1/methods/{id}", _read_nothing, _show_method),
    _operation("verify_method", "POST /v1/methods/{id}/verify", _read_amounts, _verify_method),
    _operation("detach_method", "POST /v1/methods/{id}/detach", _read_nothing, _detach_method),
    _operation("create_intent", "POST /v1/intents", _read_intent, _create_intent, needs_key=True),
    _operation("list_intents", "GET /v1/intents", _read_list, _list_intents),
    _operation("read_intent", "GET /v1/intents/{id}", _read_nothing, _show_intent),
    _operation("confirm_intent", "POST /v1/intents/{id}/confirm", _read_confirm, _confirm_intent, needs_key=True),
    _operation("cancel_intent", "POST /v1/intents/{id}/cancel", _read_nothing, _cancel_intent, needs_key=True),
    _operation("create_refund", "POST /v1/refunds", _read_refund, _create_refund, needs_key=True),
    _operation("list_refunds", "GET /v1/refunds", _read_refunds_of, _list_refunds),
    _operation("list_payouts", "GET /v1/payouts", _read_since, _list_payouts),
)
