"""Put a question off that raised an error, so that one for good is not raised and told each minute."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tenantry.core.dunning import ask_after_error
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments.models import PaymentIntent, Refund

_log = logging.getLogger("tenantry.work")


@contextmanager
def put_off_on_error(company_id: str, about: type[PaymentIntent | Refund], id_: str) -> Iterator[None]:
    """Ask later again about a row whose question raises; the error itself goes on.

    What was undone may have moved it, so it is only put off while it is still due. A database that is lost and
    a company that somebody holds are no row's fault and pass by themselves.
    """
    try:
        yield
    except Exception as error:
        if not tenancy.is_lost(error) and not isinstance(error, tenancy.Busy):
            _put_off(company_id, about, id_)
        raise


def _put_off(company_id: str, about: type[PaymentIntent | Refund], id_: str) -> None:
    now = clock.now()
    try:
        with tenancy.phase(company_id):
            lock_company(company_id)
            due = about.objects.filter(company_id=company_id, id=id_, next_ask_at__lte=now)
            for moved_at in due.values_list("moved_at", flat=True):
                due.update(next_ask_at=ask_after_error(moved_at, now))
    except Exception:  # noqa: BLE001 - the error that is raised must not be hidden by another
        _log.exception("a question could not be put off", extra={"company": company_id, "about": id_})
