"""The log lines that have to wake somebody: ids and codes, never what a person or a gateway wrote."""

from __future__ import annotations

import logging

_log = logging.getLogger("tenantry.alarm")


def review_opened(*, company: str, reason: str, about: str) -> None:
    """Tell that a payment stands before a person of the vendor."""
    _log.error("review opened", extra={"event": "review_opened", "company": company, "code": reason, "about": about})


def billing_held(*, company: str, reason: str) -> None:
    """Tell that nothing of this company is charged until a person has looked."""
    _log.error("billing held", extra={"event": "billing_held", "company": company, "code": reason})


def company_set_aside(*, company: str, error: str) -> None:
    """Tell that a company could not be billed, by the kind of error; its words stand with the billing run."""
    _log.error("company set aside", extra={"event": "company_set_aside", "company": company, "code": error})


def row_failed(*, kind: str, company: str, about: str, error: str) -> None:
    """Tell that one row of due work raised an error, by its kind; its words stand in the log beside this line."""
    facts = {"event": "row_failed", "work": kind, "company": company, "code": error, "about": about}
    _log.error("row failed", extra=facts)


def comparison_overdue(*, company: str, companies: int) -> None:
    """Tell that the books of so many companies were not compared with the gateway's for too long; one is named."""
    _log.error("comparison overdue", extra={"event": "comparison_overdue", "company": company, "count": companies})


def payouts_unread() -> None:
    """Tell that the gateway did not say, or not in a way that can be read, what it paid out."""
    _log.error("payouts unread", extra={"event": "payouts_unread", "code": "gateway_unavailable"})


def recovery_began(*, recovery: str, because: str) -> None:
    """Tell that no company is charged until its books were compared with the gateway's."""
    _log.error("recovery began", extra={"event": "recovery_began", "about": recovery, "code": because})
