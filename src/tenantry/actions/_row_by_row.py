"""Do many rows' work so that one at fault keeps none of the others waiting."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tenantry.outside import alarm_log
from tenantry.records.base import tenancy

_log = logging.getLogger("tenantry.work")


class Rows:
    """One kind of work on many rows; `one` is what each row is done in. Made by `row_by_row`."""

    def __init__(self, kind: str, company_id: str) -> None:
        """Take the company where all rows are of one."""
        self._kind, self._company = kind, company_id
        self.failed: list[Exception] = []

    @contextmanager
    def one(self, about: str, *, company_id: str = "") -> Iterator[None]:
        """Do one row, named by its id."""
        try:
            yield
        except Exception as error:
            is_busy = isinstance(error, tenancy.Busy)
            if tenancy.is_lost(error) or (is_busy and self._company):
                raise
            self.failed.append(error)
            if not is_busy:
                self._tell(company_id or self._company, about, error)

    def _tell(self, company_id: str, about: str, error: Exception) -> None:
        _log.exception("a row failed", extra={"kind": self._kind, "company": company_id, "about": about})
        alarm_log.row_failed(kind=self._kind, company=company_id, about=about, error=type(error).__name__)


@contextmanager
def row_by_row(kind: str, company_id: str = "") -> Iterator[Rows]:
    """Open the work of a kind: on one company's rows, or without a company on rows of many.

    A row that fails is told to the alarm log, the next ones are done all the same, and the first error is raised
    at the end, so that the job stands as failed. A database that is lost is no row's fault: it is raised at once.
    A company that somebody else holds is none either and passes by itself, but its other rows would wait as long.
    """
    rows = Rows(kind, company_id)
    yield rows
    if rows.failed:
        raise rows.failed[0]
