"""Billing runs as the vendor sees them."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.ui.parts import Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingRunRow:
    """One run. `for_date` and `started` are `<time>` elements; `set_aside` names companies with the reason."""

    for_date: str
    started: str
    due: str
    issued: str
    outcome: Badge
    set_aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BillingRunsPage:
    """Template `backoffice/billing_runs.html`."""

    runs: tuple[BillingRunRow, ...]
