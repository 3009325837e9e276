"""Hold a company's billing when a check on money fails in any of the verbs."""

from __future__ import annotations

import logging

from tenantry.actions.payments.hold_billing import hold_billing
from tenantry.core.permissions import Actor, ActorKind
from tenantry.outside import clock

_log = logging.getLogger("tenantry.work")


def after_breach(company_id: str, breach: Exception) -> None:
    """Hold the billing of a company whose phase a breach undid; the breach itself is what is raised then."""
    actor = Actor(ActorKind.CLOCK, company_id, name="Schedule")
    try:
        hold_billing(actor=actor, detail=f"{type(breach).__name__}: {breach}", now=clock.now())
    except Exception:  # noqa: BLE001 - the breach must not be hidden by another error
        _log.exception("billing could not be held", extra={"company": company_id})
