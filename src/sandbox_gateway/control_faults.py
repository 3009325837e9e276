"""Setting faults by the control page and its JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sandbox_gateway import fields
from sandbox_gateway.faults import PER_MILLION, FaultRates, FaultRule, FaultShare, parse
from sandbox_gateway.forms import form_of, is_form
from sandbox_gateway.model import Processor
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.values import Customer
from sandbox_gateway.wire import Answer, Request, Unusable, json_answer, json_body, redirect

Data = Mapping[str, object]


def show_faults(running: RunningProcessor, request: Request) -> Answer:
    """Answer with the faults that are set."""
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


def set_faults(running: RunningProcessor, request: Request) -> Answer:
    """Set, add or clear faults.

    Raises:
        Unusable: there is no such fault, or no such customer.
    """
    if is_form(request):
        form = form_of(request)
        _change_faults(running, _from_form(form))
        return redirect("/control")
    _change_faults(running, json_body(request))
    return show_faults(running, request)


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
