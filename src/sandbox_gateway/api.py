"""The JSON API under /v1/: read a call, let it meet its fault, run it on the model, answer."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import datetime
from time import sleep

from sandbox_gateway.faults import Fault, FaultKind
from sandbox_gateway.model import Processor
from sandbox_gateway.operations import OPERATIONS, Call, Data, Operation
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.wire import NO_ANSWER, Answer, Request, Unusable, error_answer, json_body

MAX_KEY = 255


def handle(running: RunningProcessor, request: Request, *, api_key: str, public_url: str) -> Answer:
    """Answer one request under /v1/.

    Raises:
        Unusable: it can't be understood, or has not the right API key.
    """
    shown = request.headers.get("authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {api_key}".encode()):
        raise Unusable(401, "unauthorized", "The API key is missing or wrong.")
    operation, object_id = _find(request)
    key = request.headers.get("idempotency-key", "")
    if (operation.needs_key and not key) or len(key) > MAX_KEY:
        raise Unusable(400, "key_required", "Send an Idempotency-Key of at most 255 characters.")
    raw: Data = request.query if request.method == "GET" else json_body(request)
    call = Call(object_id=object_id, key=key, data=operation.read(raw), public_url=public_url)
    customer = _customer_of(running, call)
    header = request.headers.get("sandbox-fault", "")
    try:
        fault = running.choose_fault(operation=operation.name, customer=customer, header=header)
    except ValueError as error:
        raise Unusable(400, "fault_unknown", "There is no such fault.") from error
    return _meet(running, operation, call, customer, fault)


def _find(request: Request) -> tuple[Operation, str]:
    allowed = set()
    for operation in OPERATIONS:
        match = operation.path.fullmatch(request.path)
        if match and operation.method == request.method:
            return operation, match.group(1) if match.groups() else ""
        if match:
            allowed.add(operation.method)
    if allowed:
        raise Unusable(405, "method_not_allowed", f"Use {' or '.join(sorted(allowed))}.")
    raise Unusable(404, "no_such_address", "There is nothing at this address.")


def _customer_of(running: RunningProcessor, call: Call) -> str:
    named = call.data.get("customer")
    if isinstance(named, str):
        return named
    wanted = str(call.data.get("intent", "")) or call.object_id
    found: list[str] = []

    def look(model: Processor, now: datetime) -> Answer:
        thing = model.find_intent(now=now, intent_id=wanted) or model.setup(wanted) or model.method(wanted)
        found.append(thing.customer if thing else "")
        return NO_ANSWER

    running.read(look)
    return found[0]


def _meet(running: RunningProcessor, operation: Operation, call: Call, customer: str, fault: Fault | None) -> Answer:
    if fault is not None:
        call = _struck(call, fault)
    if fault is not None and fault.kind is FaultKind.SLOW:
        sleep(fault.seconds)

    def work(model: Processor, now: datetime) -> Answer:
        if fault is not None and not fault.executes:
            return _not_executed(fault)
        if fault is not None and fault.kind is FaultKind.KEY_FORGOTTEN:
            model.forget_key(call.key)
        return operation.run(model, now, call)

    answer = running.call(
        work,
        operation=operation.name,
        request={"object": call.object_id, **call.data},
        customer=customer,
        key=call.key,
        fault=fault,
    )
    return answer if fault is None else _distorted(answer, fault)


def _struck(call: Call, fault: Fault) -> Call:
    match fault.kind:
        case FaultKind.DECLINE:
            return replace(call, forced_decline=fault.code)
        case FaultKind.STALE:
            return replace(call, stale_seconds=fault.seconds)
        case FaultKind.WRONG_DEPOSITS:
            return replace(call, data={**call.data, "amounts_minor": [0, 0]})
        case _:
            return replace(call, forced=fault.behavior)


def _not_executed(fault: Fault) -> Answer:
    if fault.kind is FaultKind.BUSY:
        return replace(error_answer(429, "busy", "Too many calls. Try again."), headers=(("Retry-After", "1"),))
    if fault.kind is FaultKind.ERROR_BEFORE:
        return error_answer(503, "unavailable", "Try again later.")
    return NO_ANSWER


def _distorted(answer: Answer, fault: Fault) -> Answer:
    match fault.kind:
        case FaultKind.TIMEOUT_BEFORE | FaultKind.TIMEOUT_AFTER:
            sleep(fault.seconds)
            return NO_ANSWER
        case FaultKind.CUT_BEFORE | FaultKind.CUT_AFTER:
            return NO_ANSWER
        case FaultKind.LATE_ANSWER:
            sleep(fault.seconds)
            return answer
        case FaultKind.DRIP:
            return replace(answer, drip_seconds=fault.seconds)
        case FaultKind.CUT_ANSWER:
            return replace(answer, is_cut=True)
        case FaultKind.ERROR_AFTER:
            return error_answer(500, "internal", "Something went wrong.")
        case FaultKind.GARBAGE:
            return replace(answer, status=200, body=answer.body[: len(answer.body) // 2])
        case FaultKind.WRONG_AMOUNT | FaultKind.WRONG_CURRENCY | FaultKind.WRONG_OBJECT:
            return _falsified(answer, fault.kind)
        case _:
            return answer


def _falsified(answer: Answer, kind: FaultKind) -> Answer:
    body = json.loads(answer.body)
    listed = body.get("items") or []
    said = body if "amount_minor" in body else next((one for one in listed if "amount_minor" in one), None)
    if said is None:
        return answer
    if kind is FaultKind.WRONG_AMOUNT:
        said["amount_minor"] += 1
    elif kind is FaultKind.WRONG_CURRENCY:
        said["currency"] = "XTS"
    else:
        said["intent" if "intent" in said else "id"] = f"int_{'0' * 24}"
    return replace(answer, body=json.dumps(body).encode())
