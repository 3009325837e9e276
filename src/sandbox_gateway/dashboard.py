"""What a person does in the processor's dashboard, or a bank by itself: refund, cancel, return, dispute, send again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox_gateway import fields
from sandbox_gateway.bodies import event_body, intent_body, refund_body
from sandbox_gateway.model import Processor
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.values import Event, Intent, Refund, Refused
from sandbox_gateway.wire import Answer, Unusable, error_answer, json_answer

RETURN_CODE = re.compile(r"R\d\d")
REASON = re.compile(r"[a-z_]{1,40}")
Data = Mapping[str, object]
Done = Intent | Refund | Event | Refused
Doing = Callable[[Processor, datetime], Done]
WORDS = {
    "intent_not_found": "There is no such intent.",
    "event_not_found": "There is no such event.",
    "not_returnable": "Only a bank debit on its way or succeeded can be returned.",
    "not_cancellable": "Money is on its way or was taken: the intent can't be cancelled.",
    "not_refundable": "Only a succeeded intent can be refunded.",
    "refund_too_large": "More than what was taken can't be refunded.",
    "amount_invalid": "The amount must be above 0.",
    "intent_disputed": "The payer disputes this payment: the bank decides first.",
    "not_disputable": "Only a succeeded payment with money left can be disputed, and only once.",
    "no_open_dispute": "No dispute of this payment is open.",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to be done: the fields that it takes, and how it is read from them."""

    operation: str
    names: tuple[str, ...]
    read: Callable[[Data], Doing]


def _return(data: Data) -> Doing:
    intent_id, code = fields.text(data, "intent"), fields.text(data, "code")
    if not RETURN_CODE.fullmatch(code):
        raise Unusable(400, "field_invalid", "code must be a return code such as R10.")
    return lambda model, now: model.return_payment(now=now, intent_id=intent_id, code=code)


def _refund(data: Data) -> Doing:
    intent_id, amount_minor = fields.text(data, "intent"), fields.whole(data, "amount_minor")
    return lambda model, now: model.refund(now=now, key="", intent_id=intent_id, amount_minor=amount_minor)


def _cancel(data: Data) -> Doing:
    intent_id = fields.text(data, "intent")
    return lambda model, now: model.cancel_intent(now=now, key="", intent_id=intent_id)


def _dispute(data: Data) -> Doing:
    intent_id = fields.text(data, "intent")
    reason, outcome = fields.text(data, "reason", optional=True), fields.text(data, "outcome", optional=True)
    if REASON.fullmatch(reason) and not outcome:
        return lambda model, now: model.open_dispute(now=now, intent_id=intent_id, reason=reason)
    if outcome in ("won", "lost") and not reason:
        return lambda model, now: model.decide_dispute(now=now, intent_id=intent_id, is_won=outcome == "won")
    raise Unusable(400, "field_invalid", "Send a reason such as fraudulent, or an outcome that is won or lost.")


def _send_again(data: Data) -> Doing:
    event_id = fields.text(data, "event")
    return lambda model, now: model.send_again(now=now, event_id=event_id)


DEEDS = {
    "returns": Deed("return_payment", ("intent", "code"), _return),
    "refunds": Deed("refund_in_dashboard", ("intent", "amount_minor"), _refund),
    "cancels": Deed("cancel_in_dashboard", ("intent",), _cancel),
    "disputes": Deed("dispute", ("intent", "reason", "outcome"), _dispute),
    "webhooks/resend": Deed("send_again", ("event",), _send_again),
}
"""By the end of their address under /control/."""


def do(running: RunningProcessor, deed: Deed, data: Data, *, public_url: str) -> Answer:
    """Do one of them, kept among the calls like any other.

    Raises:
        Unusable: its fields can't be understood.
    """
    fields.only(data, *deed.names)
    doing = deed.read(data)
    return running.call(
        lambda model, now: _answer(doing(model, now), public_url), operation=deed.operation, request=data
    )


def _answer(done: Done, public_url: str) -> Answer:
    if isinstance(done, Refused):
        return error_answer(404 if done.code.endswith("not_found") else 409, done.code, WORDS[done.code])
    if isinstance(done, Intent):
        return json_answer(200, intent_body(done, public_url))
    return json_answer(200, refund_body(done) if isinstance(done, Refund) else event_body(done))
