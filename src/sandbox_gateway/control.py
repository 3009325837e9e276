"""The control page and its JSON: charges, clock, faults, webhooks, and what a person does in a dashboard.

For people and tests on this machine: no key is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sandbox_gateway import fields
from sandbox_gateway.bodies import charge_body, delivery_body, event_body, payout_body
from sandbox_gateway.control_faults import set_faults, show_faults
from sandbox_gateway.control_page import Standing, control_page
from sandbox_gateway.dashboard import DEEDS, do
from sandbox_gateway.forms import form_of, is_form
from sandbox_gateway.model import Processor
from sandbox_gateway.running import ClockBackwards, RunningProcessor
from sandbox_gateway.webhooks import checked
from sandbox_gateway.wire import Answer, Request, Unusable, error_answer, html_answer, json_answer, json_body, redirect

MOST_LISTED = 1000
MOST_SECONDS_AWAY = 600
FLUSH_SECONDS = 30.0
Data = Mapping[str, object]
GoAway = Callable[[float], None]


def handle(running: RunningProcessor, request: Request, *, public_url: str, go_away: GoAway) -> Answer:
    """Answer one request under /control.

    Raises:
        Unusable: it can't be understood.
    """
    name = request.path.removeprefix("/control").removeprefix("/")
    if request.method == "POST" and name in DEEDS:
        return do(running, DEEDS[name], json_body(request), public_url=public_url)
    if request.method == "POST" and name == "away":
        return _go_away(json_body(request), go_away)
    answer = (SHOWN if request.method == "GET" else SET).get(name)
    if answer is None:
        raise Unusable(404, "no_such_address", "There is nothing at this address.")
    return answer(running, request)


def _read(
    show: Callable[[RunningProcessor, Processor, Mapping[str, str]], Answer],
) -> Callable[[RunningProcessor, Request], Answer]:
    """Make what answers a reading: everything that is due happens first."""

    def read(running: RunningProcessor, request: Request) -> Answer:
        def work(model: Processor, now: datetime) -> Answer:
            model.settle_due(now=now)
            return show(running, model, request.query)

        return running.read(work)

    return read


def _page(running: RunningProcessor, model: Processor, query: Mapping[str, str]) -> Answer:
    now, is_frozen = running.time()
    stands = Standing(
        now=now,
        is_frozen=is_frozen,
        plan=running.faults,
        endpoint=running.endpoint(),
        account=model.account,
        customers=model.customers(),
        charges=model.charges(),
        payouts=model.payouts(),
        not_paid_out=model.not_paid_out(),
        events=model.events(),
        deliveries=model.deliveries(),
    )
    return html_answer(200, control_page(stands))


def _charges(running: RunningProcessor, model: Processor, query: Mapping[str, str]) -> Answer:
    wanted = query.get("customer", "")
    listed = [one for one in model.charges() if wanted in ("", one.customer, one.customer_reference)]
    return json_answer(200, {"charges": [charge_body(one) for one in listed]})


def _payouts(running: RunningProcessor, model: Processor, query: Mapping[str, str]) -> Answer:
    held: dict[str, int] = {}
    for moved in model.not_paid_out():
        held[moved.currency] = held.get(moved.currency, 0) + moved.amount_minor
    return json_answer(200, {"payouts": [payout_body(one) for one in model.payouts()], "held_minor": held})


# The clock


def _clock(running: RunningProcessor, request: Request, *, moved: int = 0) -> Answer:
    return json_answer(200, {"now": running.now().isoformat(), "frozen": running.is_frozen(), "settled": moved})


def _set_clock(running: RunningProcessor, request: Request) -> Answer:
    if is_form(request):
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
    return redirect("/control") if is_form(request) else _clock(running, request, moved=moved)


# Webhooks


def _events(running: RunningProcessor, model: Processor, query: Mapping[str, str]) -> Answer:
    wanted = query.get("customer", "")
    listed = [one for one in model.events() if wanted in ("", one.customer)]
    return json_answer(200, {"events": [event_body(one) for one in listed[-MOST_LISTED:]]})


def _webhooks(running: RunningProcessor, model: Processor, query: Mapping[str, str]) -> Answer:
    wanted = query.get("customer", "")
    listed = [one for one in model.deliveries() if wanted in ("", one.customer)]
    events = {one.id: one for one in model.events()}
    endpoint = running.endpoint()
    return json_answer(
        200,
        {
            "url": endpoint.url,
            "secrets": len(endpoint.secrets),
            "account": model.account,
            "waiting": sum(one.state == "waiting" for one in listed),
            "deliveries": [delivery_body(one, events.get(one.event_id)) for one in listed[-MOST_LISTED:]],
        },
    )


def _set_webhooks(running: RunningProcessor, request: Request) -> Answer:
    data = json_body(request)
    fields.only(data, "url", "secrets")
    now = running.endpoint()
    named = data.get("secrets", list(now.secrets))
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise Unusable(400, "field_invalid", "secrets must be a list of texts.")
    url = fields.text(data, "url", optional=True) if "url" in data else now.url
    try:
        endpoint = checked(url, named)
    except ValueError as error:
        raise Unusable(400, "field_invalid", f"Webhooks can't be sent so: {error}.") from error
    running.send_events_to(endpoint)
    return json_answer(200, {"url": endpoint.url, "secrets": len(endpoint.secrets)})


def _flush(running: RunningProcessor, request: Request) -> Answer:
    return json_answer(200, {"is_idle": running.wait_until_sent(FLUSH_SECONDS)})


# Everything that was made


def _objects(running: RunningProcessor, request: Request) -> Answer:
    return json_answer(200, {"objects": running.objects()})


def _put_back(running: RunningProcessor, request: Request) -> Answer:
    data = json_body(request)
    fields.only(data, "objects")
    rows = data.get("objects")
    try:
        if not isinstance(rows, list):
            raise TypeError
        running.put_back([(str(kind), str(name), str(body)) for kind, name, body in rows])
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(400, "field_invalid", "objects must be what a GET of this address gave.") from error
    return json_answer(200, {"objects": len(rows)})


# Away


def _go_away(data: Data, go_away: GoAway) -> Answer:
    fields.only(data, "seconds")
    seconds = data.get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= MOST_SECONDS_AWAY:
        raise Unusable(400, "field_invalid", f"seconds must be above 0 and at most {MOST_SECONDS_AWAY}.")
    go_away(float(seconds))
    return json_answer(200, {"away_seconds": seconds})


SHOWN: Mapping[str, Callable[[RunningProcessor, Request], Answer]] = {
    "": _read(_page),
    "charges": _read(_charges),
    "payouts": _read(_payouts),
    "events": _read(_events),
    "webhooks": _read(_webhooks),
    "clock": _clock,
    "faults": show_faults,
    "objects": _objects,
}
SET: Mapping[str, Callable[[RunningProcessor, Request], Answer]] = {
    "clock": _set_clock,
    "faults": set_faults,
    "objects": _put_back,
    "webhooks": _set_webhooks,
    "webhooks/flush": _flush,
}
"""By the end of their address under /control/."""
