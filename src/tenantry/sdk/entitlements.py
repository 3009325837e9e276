"""May this company use this feature now?"""

from __future__ import annotations

from django.db import connection

from tenantry.outside import clock, host
from tenantry.records.base import tenancy
from tenantry.records.subscriptions import entitlements

__all__ = ["OutsideItsCompany", "is_enabled"]


class OutsideItsCompany(RuntimeError):
    """A transaction is open that does not belong to the company, so that nothing of it can be read."""


def is_enabled(company_id: str, feature: str) -> bool:
    """Tell whether a feature is on for a company: from the commit of Enable to the commit of Disable.

    It opens a short transaction of its own where none is open. For a write this is not enough, since the
    add-on may go off before the write is committed: use `gates.writing_with`.

    Raises:
        OutsideItsCompany: a transaction is open for no company, or for another one.
    """
    code = host.addon_of(feature)
    if not connection.in_atomic_block:
        with tenancy.reading(company_id):
            return entitlements.is_enabled(company_id, code, clock.now())
    if entitlements.is_enabled(company_id, code, clock.now()):
        return True
    # An empty answer means "off" only where the rows of this company could be seen at all.
    if company_id not in entitlements.companies_of_transaction():
        raise OutsideItsCompany(company_id)
    return False
