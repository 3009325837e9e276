"""Step our time from due instant to due instant, run what is due, and take the processor's clock along (D14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.subscriptions.queries import next_issue_of, next_issue_of_all

MOST_STEPS = 2_000


class NotTheDemo(RuntimeError):
    """Time was to be moved outside demo mode."""


def refuse_outside_demo() -> None:
    """Stop everything that only a demo may do.

    Raises:
        NotTheDemo: demo mode is off.
    """
    if not settings.TENANTRY_DEMO:
        raise NotTheDemo("Only the demo has a clock that can be moved, and the demo's people.")


def step_to(target: datetime, set_clock: Callable[[datetime], None]) -> None:
    """Go forward to an instant and run everything due until then, each thing at its own instant."""
    work.run_everything_due()
    for _ in range(MOST_STEPS):
        due = tenancy.next_work_at(clock.now())
        at = min(due, target) if due is not None else target
        set_clock(max(at, clock.now()))
        work.run_everything_due()
        if at >= target:
            return
    raise RuntimeError(f"more than {MOST_STEPS} steps to {target.isoformat()}")


def go_to_next_billing_date(company_id: str = "") -> datetime:
    """Go to the next billing date of a company, or of the first one that has any; give the new date.

    Raises:
        NotTheDemo: demo mode is off.
    """
    refuse_outside_demo()
    control = SandboxControl(settings.TENANTRY_GATEWAY_URL)

    def set_clock(at: datetime) -> None:
        if at > clock.now():
            clock.go_forward_to(at)
        control.move_clock(max(at, clock.now()))

    try:
        target = _next_billing_at(company_id)
        step_to(max(target, clock.now()) + timedelta(minutes=1), set_clock)
        work.read_payouts()
    finally:
        control.close()
    return clock.now()


def _next_billing_at(company_id: str) -> datetime:
    if company_id:
        with tenancy.reading(company_id):
            found = next_issue_of(company_id)
    else:
        with tenancy.vendor_reading():
            found = next_issue_of_all()
    return found or clock.now() + timedelta(days=1)
