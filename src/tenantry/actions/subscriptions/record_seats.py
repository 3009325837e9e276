"""Keep the seat count, ours or the host's."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.core.seats import MOST_SEATS
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.subscriptions.seats import MEMBERS, keep_count


@tenancy.tried_again
def record_seats(
    *, actor: Actor, seats: int | None = None, addon_code: str = "", source: str = "host", now: datetime
) -> int | Refusal:
    """Keep how many seats there are now; give the count.

    A host that counts for itself hands in `seats`, for the whole company or for one add-on, and goes on to do so:
    a change of members counts nothing then. Without `seats` the company's own members count (D2), from now on again.
    Refusals: `seats_out_of_bounds`.
    """
    if refused := require(actor, Action.RECORD_SEATS):
        return refused
    if seats is not None and not 0 <= seats <= MOST_SEATS:
        return Refusal("seats_out_of_bounds", {"most": MOST_SEATS})
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        if seats is None:
            count, source = companies.seats(actor.company_id), MEMBERS
        else:
            count = seats
        if keep_count(company, count, now=now, source=source, new_id=new_id, subject=addon_code):
            after = {"seats": count, "addon": addon_code, "source": source}
            audit.record(actor, Action.RECORD_SEATS, "seats", actor.company_id, now=now, after=after)
    return count
