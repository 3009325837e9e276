"""What the books say of an invoice: what is still to pay, and what money moved for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from tenantry.core.money import Money
from tenantry.core.postings import Account, EntryKind
from tenantry.records.base.facts import Facts, instant
from tenantry.records.invoices.models import Invoice, Posting

_READ = (Account.RECEIVABLE, Account.RECOVERABLE, Account.GATEWAY_CLEARING)
_POSTED = Facts("account", "amount_minor", "currency", "entry__kind", "entry__occurred_at", "id", "entry__attempt_id")


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """Money that came in for an invoice (above zero) or went back (below). `kind` is that of the ledger entry."""

    kind: str
    at: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class Books:
    """The balances of one invoice in minor units, and its moves of money, oldest first.

    `overpaid` are the attempts whose money was booked as credit, since nothing was due.
    """

    due_minor: int = 0
    recoverable_minor: int = 0
    moves: tuple[MoneyMove, ...] = ()
    overpaid: frozenset[str] = frozenset()


NO_BOOKS = Books()


def with_books(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Read invoices together with their postings, so that `books_of` has nothing left to read."""
    posted = Posting.objects.filter(company_id=OuterRef("company_id"), invoice_id=OuterRef("id"), account__in=_READ)
    return rows.annotate(posted=ArraySubquery(posted.values_list(_POSTED, flat=True)))


def books_of(company_id: str, invoices: Sequence[Any]) -> dict[str, Books]:
    """Give what the books say of each invoice: invoice id → books. Rows of `with_books` cost no query."""
    posted = {str(row.id): row.posted for row in invoices if hasattr(row, "posted")}
    if unread := [row.id for row in invoices if str(row.id) not in posted]:
        posted |= _posted(company_id, unread)
    return {id_: _books(rows) for id_, rows in posted.items()}


def _posted(company_id: str, invoice_ids: Sequence[Any]) -> dict[str, list[Any]]:
    rows = Posting.objects.filter(company_id=company_id, account__in=_READ, invoice_id__in=invoice_ids)
    found: dict[str, list[Any]] = defaultdict(list)
    for invoice_id, row in rows.values_list("invoice_id", _POSTED):
        found[str(invoice_id)].append(row)
    return found


def _books(rows: Sequence[Any]) -> Books:
    moves = sorted(
        (instant(at), id_, kind, minor, currency)
        for account, minor, currency, kind, at, id_, _attempt in rows
        if account == Account.GATEWAY_CLEARING
    )
    return Books(
        due_minor=_balance(rows, Account.RECEIVABLE),
        recoverable_minor=_balance(rows, Account.RECOVERABLE),
        moves=tuple(MoneyMove(kind, at, Money(minor, currency)) for at, _id, kind, minor, currency in moves),
        overpaid=frozenset(str(row[-1]) for row in rows if row[3] == EntryKind.OVERPAID),
    )


def _balance(rows: Sequence[Any], account: Account) -> int:
    return sum(row[1] for row in rows if row[0] == account)
