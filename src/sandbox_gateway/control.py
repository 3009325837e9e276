"""The control page and its JSON: charges, calls, clock, faults, late returns. For people and tests on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sandbox_gateway import fields
from sandbox_gateway.bodies import charge_body, intent_body
from sandbox_gateway.control_page import control_page
from sandbox_gateway.faults import PER_MILLION, FaultRates, FaultRule, FaultShare, parse
from sandbox_gateway.forms import FORM, form_of
from sandbox_gateway.model import Processor
from sandbox_gateway.running import ClockBackwards, RunningProcessor
from sandbox_gateway.values import Customer, Refused
from sandbox_gateway.wire import Answer, Request, Unusable, error_answer, html_answer, json_answer, json_body, redirect

RETURN_CODE = re.compile(r"R\d\d")
Data = Mapping[str, object]


def handle(running: RunningProcessor, request: Request, *, public_url: str) -> Answer:
    """Answer one request under /control.

    Raises:
        Unusable: it can't be understood.
    """
    match request.method, request.path:
        case "GET", "/control":
            return running.read(lambda model, now: _page(running, model, now))
        case "GET", "/control/charges":
            return running.read(lambda model, now: _charges(model, now, request.query))
        case "GET", "/control/clock":
            return _clock(running, moved=0)
        case "POST", "/control/clock":
            return _set_clock(running, request)
        case "GET", "/control/faults":
            return _faults(running)
        case "POST", "/control/faults":
            return _set_faults(running, request)
        case "POST", "/control/returns":
            return _return(running, json_body(request), public_url)
    raise Unusable(404, "no_such_address", "There is nothing at this address.")


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(FORM)


def _page(running: RunningProcessor, model: Processor, now: datetime) -> Answer:
    model.settle_due(now=now)
    page = control_page(
        now=now,
        frozen=running.is_frozen(),
        plan=running.faults,
        customers=model.customers(),
        charges=model.charges(),
    )
    return html_answer(200, page)


def _charges(model: Processor, now: datetime, query: Mapping[str, str]) -> Answer:
    model.settle_due(now=now)
    wanted = query.get("customer", "")
    listed = [one for one in model.charges() if wanted in ("", one.customer, one.customer_reference)]
    return json_answer(200, {"charges": [charge_body(one) for one in listed]})


# The clock


def _clock(running: RunningProcessor, *, moved: int) -> Answer:
    return json_answer(200, {"now": running.now().isoformat(), "frozen": running.is_frozen(), "settled": moved})


def _set_clock(running: RunningProcessor, request: Request) -> Answer:
    if _is_form(request):
        data: Data = dict(form_of(request))
    else:
        data = json_body(request)
    fields.only(data, "now", "frozen")
    to = fields.instant(data["now"], "now") if "now" in data else None
    frozen = fields.flag(data, "frozen") if "frozen" in data else None
    try:
        moved = running.move_clock(to, frozen=frozen)
    except ClockBackwards:
        return error_answer(409, "clock_backwards", "Time only goes forward.", now=running.now().isoformat())
    return redirect("/control") if _is_form(request) else _clock(running, moved=moved)


# Faults


def _faults(running: RunningProcessor) -> Answer:
    plan = running.faults
    rules = [
        {"fault": rule.fault.text, "customer": rule.customer, "operation": rule.operation, "times": rule.times}
        for rule in plan.rules
    ]
    shares = {share.fault.text: share.per_million for share in plan.rates.shares}
    return json_answer(
        200,
        {"rules": rules, "random": {"seed": plan.rates.seed, "operation": plan.rates.operation, "per_million": shares}},
    )


def _set_faults(running: RunningProcessor, request: Request) -> Answer:
    if _is_form(request):
        form = form_of(request)
        _change_faults(running, _from_form(form))
        return redirect("/control")
    _change_faults(running, json_body(request))
    return _faults(running)


def _from_form(form: Mapping[str, str]) -> Data:
    if form.get("do") == "clear":
        return {"clear": True}
    detail = form.get("detail", "").strip()
    times = form.get("times", "1").strip()
    if not re.fullmatch(r"\d{1,6}", times):
        raise Unusable(400, "field_invalid", "times must be a whole number.")
    return {
        "fault": f"{form.get('fault', '')}:{detail}" if detail else form.get("fault", ""),
        "customer": form.get("customer", ""),
        "operation": form.get("operation", ""),
        "times": int(times),
    }


def _change_faults(running: RunningProcessor, data: Data) -> None:
    fields.only(data, "clear", "fault", "customer", "operation", "times", "random")
    plan = running.faults
    if data.get("clear"):
        plan = replace(plan, rules=(), rates=FaultRates())
    try:
        if "fault" in data:
            plan = replace(plan, rules=(*plan.rules, _rule(running, data)))
        if "random" in data:
            plan = replace(plan, rates=_rates(data["random"]), judged=0)
    except ValueError as error:
        raise Unusable(400, "fault_unknown", "There is no such fault.") from error
    running.set_faults(plan)


def _rule(running: RunningProcessor, data: Data) -> FaultRule:
    return FaultRule(
        fault=parse(fields.text(data, "fault")),
        customer=_customer_id(running, fields.text(data, "customer", optional=True)),
        operation=fields.text(data, "operation", optional=True),
        times=fields.whole(data, "times") if "times" in data else -1,
    )


def _customer_id(running: RunningProcessor, named: str) -> str:
    if not named:
        return ""
    found: list[Customer] = []

    def look(model: Processor, now: datetime) -> Answer:
        found.extend(one for one in model.customers() if named in (one.id, one.reference))
        return json_answer(200, {})

    running.read(look)
    if not found:
        raise Unusable(404, "customer_not_found", "There is no such customer.")
    return found[0].id


def _rates(data: object) -> FaultRates:
    if not isinstance(data, dict) or not isinstance(data.get("per_million"), dict):
        raise Unusable(400, "field_invalid", "random must hold seed and per_million.")
    fields.only(data, "seed", "per_million", "operation")
    per_million: dict[str, object] = data["per_million"]
    shares = tuple(FaultShare(parse(name), fields.whole(per_million, name)) for name in per_million)
    if any(share.per_million < 0 for share in shares) or sum(share.per_million for share in shares) > PER_MILLION:
        raise Unusable(400, "field_invalid", "The faults are more than a million in a million calls.")
    return FaultRates(
        seed=fields.whole(data, "seed"), shares=shares, operation=fields.text(data, "operation", optional=True)
    )


# Late returns


def _return(running: RunningProcessor, data: Data, public_url: str) -> Answer:
    fields.only(data, "intent", "code")
    intent_id, code = fields.text(data, "intent"), fields.text(data, "code")
    if not RETURN_CODE.fullmatch(code):
        raise Unusable(400, "field_invalid", "code must be a return code such as R10.")

    def work(model: Processor, now: datetime) -> Answer:
        moved = model.return_payment(now=now, intent_id=intent_id, code=code)
        if isinstance(moved, Refused):
            status = 404 if moved.code == "intent_not_found" else 409
            return error_answer(status, moved.code, "Only a bank debit on its way or succeeded can be returned.")
        return json_answer(200, intent_body(moved, public_url))

    return running.call(work, operation="return_payment", request={"object": intent_id, "code": code})
