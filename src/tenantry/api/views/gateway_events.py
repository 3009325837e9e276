"""Webhooks in: hand the raw body to its verb, and answer fast."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from tenantry.actions.payments.accept_gateway_event import accept_gateway_event
from tenantry.api.bodies import json_bytes
from tenantry.api.errors import problem
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, security_log
from tenantry.records.base.tenancy import Busy
from tenantry.ui import answers

MOST_BYTES = 1024 * 1024


@csrf_exempt
def gateway_events(request: HttpRequest, gateway: str) -> HttpResponse:
    """Take in one event of a gateway. Who says it is checked by its signature; nobody is signed in here.

    What is refused is not kept: one line of the security log, and the gateway hears why. While the database
    can't be asked it hears 503 and tells again later.
    """
    if request.method != "POST":
        return answers.not_allowed_method(("POST",))
    body = json_bytes(request, most=MOST_BYTES)
    if isinstance(body, Refusal):
        return _refused(request, body)
    try:
        accepted = accept_gateway_event(
            actor=_actor(request), gateway_name=gateway, headers=request.headers, body=body, now=clock.now()
        )
    except Busy:
        return problem(request, Refusal("busy"))
    except (OperationalError, InterfaceError):
        return problem(request, Refusal("unavailable"))
    if isinstance(accepted, Refusal):
        return _refused(request, accepted)
    return JsonResponse({"received": True})


def _actor(request: HttpRequest) -> Actor:
    return Actor(
        ActorKind.GATEWAY,
        "",
        request_id=getattr(request, "request_id", ""),
        address=request.META.get("REMOTE_ADDR", ""),
    )


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    security_log.refused(
        event=refusal.code,
        user="",
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )
    return problem(request, refusal)
