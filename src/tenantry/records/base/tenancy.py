"""The only place that sets whose rows a transaction may touch.

The setting is transaction-local, always: the connection pool does not reset a session. Unset means no rows
and no writes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from tenantry.core.breach import MoneyBreach

P = ParamSpec("P")
T = TypeVar("T")

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT = "40001", "40P01", "55P03"
MAX_TRIES = 3
SNAPSHOT = "set transaction isolation level repeatable read, read only"


UNBALANCED = "do not balance"
"""What the database says of an entry whose postings don't sum to zero, when it is to be committed."""


class Busy(Exception):
    """Somebody else holds the company for longer than we wait; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Door:
    """Whom an address lets in: to which company (None: to none), and to how many companies in all."""

    company_id: str | None
    companies: int


@contextmanager
def phase(company_id: str) -> Iterator[None]:
    """Open one durable transaction of a verb, for one company.

    Raises:
        Busy: a lock was not granted in time.
        RuntimeError: a transaction is open already (a phase is never nested).
    """
    with _breaches_told([company_id]), _locks_answered(), transaction.atomic(durable=True):
        _set("app.company", company_id)
        yield


@contextmanager
def batch_phase(company_ids: Sequence[str]) -> Iterator[None]:
    """Open one durable transaction for a batch of companies (the billing run)."""
    with _breaches_told(company_ids), _locks_answered(), transaction.atomic(durable=True):
        _set("app.company", ",".join(company_ids))
        yield


@contextmanager
def vendor_phase() -> Iterator[None]:
    """Open one durable transaction on tables that belong to no company: the catalog, users, runs."""
    with _locks_answered(), transaction.atomic(durable=True):
        yield


@contextmanager
def reading(company_id: str) -> Iterator[None]:
    """Open a read-only snapshot of one company for a page."""
    with transaction.atomic():
        _run(f"{SNAPSHOT}; select set_config('app.company', %s, true)", [company_id])
        yield


@contextmanager
def reading_for(slug: str, user_id: str) -> Iterator[Door]:
    """Open a read-only snapshot of the company at this address, if the user is an active member who can log in.

    Who is let in and whose rows are read is one statement, so that nothing can come between the two. For
    anybody else the snapshot has no rows.
    """
    with transaction.atomic():
        let_in = "set_config('app.company', coalesce(company_of_member(%s, %s)::text, ''), true)"
        found, companies = _row(
            f"{SNAPSHOT}; select {let_in}, (select count(*) from companies_of_user(%s))",  # noqa: S608 - no value in it
            [slug, user_id, user_id],
        )
        yield Door(found or None, companies)


@contextmanager
def vendor_reading() -> Iterator[None]:
    """Open a read-only snapshot across companies, for the vendor."""
    with transaction.atomic():
        _run(f"{SNAPSHOT}; select set_config('app.vendor', 'reads', true)")
        yield


@contextmanager
def vendor_reading_for(user_id: str) -> Iterator[bool]:
    """Open a read-only snapshot across companies if the user works for the vendor; tell whether they do.

    For anybody else the snapshot has no rows.
    """
    with transaction.atomic():
        is_staff = "exists (select 1 from tenantry_companies_vendorstaff where user_id::text = %s)"
        (found,) = _row(
            f"{SNAPSHOT}; select set_config('app.vendor', case when {is_staff} then 'reads' else '' end, true)",
            [user_id],
        )
        yield bool(found)


def tried_again(verb: Callable[P, T]) -> Callable[P, T]:
    """Run a verb again, at most three times in all, when the database undid it for concurrency.

    Only for verbs that call nobody outside between their phases.
    """

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(MAX_TRIES - 1):
            try:
                return verb(*args, **kwargs)
            except OperationalError as error:
                if _code(error) not in (SERIALIZATION_FAILURE, DEADLOCK):
                    raise
        return verb(*args, **kwargs)

    return run


def is_lost(error: Exception) -> bool:
    """Tell whether the database went away under a transaction: no row of it is to blame, and trying later helps."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = str(getattr(error.__cause__, "sqlstate", None) or "")
    return not code or code.startswith(("08", "57P"))


def tell_of_breaches(listener: Callable[[str, Exception], object]) -> None:
    """Let somebody hear of each breach of money of a company, after its phase was undone: company id, error.

    A batch of several companies tells nobody: whoever runs it halves it until the company at fault stands alone.
    """
    _listeners[:] = [listener]


_listeners: list[Callable[[str, Exception], object]] = []


@contextmanager
def _breaches_told(company_ids: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except (MoneyBreach, IntegrityError) as error:
        is_breach = isinstance(error, MoneyBreach) or UNBALANCED in str(error)
        if is_breach and len(company_ids) == 1:
            for listener in _listeners:
                listener(company_ids[0], error)
        raise


def company_of_member(slug: str, user_id: str) -> str | None:
    """Give the id of the company at this address if the user is an active member who can log in."""
    return _one("select company_of_member(%s, %s)", [slug, user_id])


def company_at(slug: str) -> str | None:
    """Give the id of the company at this address, whoever asks: for the vendor and for commands."""
    return _one("select company_at(%s)", [slug])


def companies_of_user(user_id: str) -> list[str]:
    """Give the ids of the companies where the user is an active member who can log in."""
    return _many("select companies_of_user(%s)", [user_id])


def companies_of_customers(customers: Sequence[str]) -> dict[str, str]:
    """Give the ids of the companies that a gateway's customers are: customer → company id."""
    with connection.cursor() as cursor:
        cursor.execute("select customer, company_id from companies_of_customers(%s)", [list(customers)])
        return {customer: str(company_id) for customer, company_id in cursor.fetchall()}


def company_of_gateway_object(gateway: str, object_id: str) -> str | None:
    """Give the id of the company that a gateway's object belongs to, by the object's own id."""
    return _one("select company_of_gateway_object(%s, %s)", [gateway, object_id])


def all_companies() -> list[str]:
    """Give the ids of all companies, in the order of their addresses."""
    return _many("select all_companies()", [])


def companies_with_work(kind: str, now: Any) -> list[str]:
    """Give the ids of the companies for which something of this kind is due."""
    return _many("select companies_with_work(%s, %s)", [kind, now])


def companies_to_reconcile(now: Any) -> list[str]:
    """Give the ids of the companies whose books wait to be compared with the gateway's: daily, and in a recovery."""
    return _many("select companies_to_reconcile(%s)", [now])


def companies_in_recovery() -> list[str]:
    """Give the ids of the companies for which a recovery waits: until they are reconciled they are not charged."""
    return _many("select companies_in_recovery()", [])


def next_work_at(after: Any) -> Any:
    """Give the first instant after `after` at which anything of any company is due, or None."""
    with connection.cursor() as cursor:
        cursor.execute("select next_work_at(%s)", [after])
        return cursor.fetchone()[0]


@contextmanager
def _locks_answered() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if _code(error) == LOCK_TIMEOUT:
            raise Busy from error
        raise


def _code(error: OperationalError) -> str:
    return str(getattr(error.__cause__, "sqlstate", ""))


def _set(name: str, value: str) -> None:
    _run("select set_config(%s, %s, true)", [name, value])


def _run(statement: str, values: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def _row(statements: str, values: Sequence[Any]) -> Any:
    """Give the row that the last of several statements in one string gives."""
    with connection.cursor() as cursor:
        cursor.execute(statements, values)
        while cursor.nextset():
            pass
        return cursor.fetchone()


def _one(statement: str, values: Sequence[Any]) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return str(row[0]) if row and row[0] is not None else None


def _many(statement: str, values: Sequence[Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [str(row[0]) for row in cursor.fetchall()]
