"""Read, lock and move the cards and bank accounts on file, as rules see them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from tenantry.core.payment_methods import MethodFacts, MethodKind
from tenantry.records.base.facts import instant_or_none
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import MethodSetup, PaymentAttempt, PaymentMethod


class RowsMoved(Exception):
    """A change found other rows than those that were locked; the transaction is rolled back."""


def lock_methods(company_id: str) -> list[PaymentMethod]:
    """Lock the methods on file, after the company, by id."""
    rows = PaymentMethod.objects.select_for_update(no_key=True).filter(company_id=company_id, removed_at__isnull=True)
    return list(rows.order_by("id"))


def lock_setup(company_id: str, setup_id: str) -> MethodSetup | None:
    """Lock a setup that this company started, after the company."""
    return setups(company_id).select_for_update(no_key=True).filter(setup_id=_readable(setup_id)).first()


_FACTS = (
    "id", "kind", "token", "brand", "bank_name", "last4", "expiry_month", "expiry_year", "is_verified", "is_default",
    "removed_at", "blocked_because", "verify_tries_left", "verify_until_at", "fingerprint",
)  # fmt: skip


def setup(company_id: str, setup_id: str) -> Any:
    """Read a setup that this company started, with its `customer` at the gateway and the `known` methods of ever.

    All in one statement: which of them is the same is known only once the gateway was asked (`same_as`).
    """
    customer = Company.objects.filter(id=OuterRef("company_id")).values("gateway_customer")
    known = PaymentMethod.objects.filter(company_id=OuterRef("company_id")).order_by("-removed_at", "id")
    facts = ArraySubquery(known.values(facts=JSONObject(**{name: name for name in _FACTS})))
    rows = setups(company_id).annotate(customer=Subquery(customer), known=facts)
    return rows.filter(setup_id=_readable(setup_id)).first()


def same_as(known: Collection[dict[str, Any]], fingerprint: str) -> tuple[MethodFacts | None, tuple[MethodFacts, ...]]:
    """Give the same card or account: as it is on file, and as it was blocked when it was removed, the last first."""
    rows = [
        PaymentMethod(**{**one, "verify_until_at": instant_or_none(one["verify_until_at"])})
        for one in known
        if one["fingerprint"] == fingerprint
    ]
    on_file = [as_facts(row, is_in_use=False) for row in rows if row.removed_at is None]
    blocked = [as_facts(row, is_in_use=False) for row in rows if row.removed_at is not None and row.blocked_because]
    return (on_file[0] if on_file else None), tuple(blocked)


def _readable(setup_id: str) -> str:
    # The id comes from an address; PostgreSQL has no text with a NUL in it.
    return setup_id.replace("\x00", "")


def setup_of_method(company_id: str, method_id: str) -> MethodSetup | None:
    """Read the setup that a method came from."""
    return setups(company_id).filter(method_id=method_id).first()


def setups_started_since(company_id: str, since: datetime) -> int:
    """Count the setups that the company started after an instant."""
    return setups(company_id).filter(started_at__gt=since).count()


def setups(company_id: str) -> QuerySet[MethodSetup]:
    """Give the company's setups."""
    return MethodSetup.objects.filter(company_id=company_id)


def is_token_known(company_id: str, token: str) -> bool:
    """Tell whether the gateway's token belongs to a method that is, or was, on file."""
    return PaymentMethod.objects.filter(company_id=company_id, token=token).exists()


def ids_of_tokens(company_id: str, tokens: Collection[str]) -> dict[str, str]:
    """Give the methods that are, or were, on file under these tokens of the gateway: token → id."""
    rows = PaymentMethod.objects.filter(company_id=company_id, token__in=list(tokens))
    return {token: str(id_) for token, id_ in rows.values_list("token", "id")}


def blocked_before(company_id: str, fingerprint: str) -> tuple[MethodFacts, ...]:
    """Give the same card or account as it was blocked when it was removed, the last first."""
    rows = PaymentMethod.objects.filter(company_id=company_id, fingerprint=fingerprint, removed_at__isnull=False)
    found = rows.exclude(blocked_because="").order_by("-removed_at", "id")
    return tuple(as_facts(row, is_in_use=False) for row in found)


def take_off_file(company_id: str, method_id: str, now: datetime) -> None:
    """Take a method off file, the default too. Needs the locks of `lock_methods`.

    Raises:
        RowsMoved: it is not on file any more.
    """
    rows = PaymentMethod.objects.filter(company_id=company_id, id=method_id, removed_at__isnull=True)
    if rows.update(removed_at=now, remind_at=None, is_default=False) != 1:
        raise RowsMoved(method_id)


def swap_default(company_id: str, method_id: str) -> None:
    """Make one method the default instead of whichever is. Needs the locks of `lock_methods`.

    Raises:
        RowsMoved: more than one was the default, or the method is not on file any more.
    """
    rows = PaymentMethod.objects.filter(company_id=company_id, removed_at__isnull=True)
    if rows.filter(is_default=True).exclude(id=method_id).update(is_default=False) > 1:
        raise RowsMoved("several defaults")
    if rows.filter(id=method_id).update(is_default=True) != 1:
        raise RowsMoved(method_id)


def methods_on_file(company_id: str) -> list[PaymentMethod]:
    """List the methods on file, the default first, then by the day they were added."""
    rows = PaymentMethod.objects.filter(company_id=company_id, removed_at__isnull=True)
    return list(rows.order_by("-is_default", "added_at", "id"))


def methods_in_use(company_id: str) -> set[str]:
    """Give the ids of the methods that a payment under way uses."""
    rows = PaymentAttempt.objects.filter(company_id=company_id, outcome="").values_list("method_id", flat=True)
    return {str(id_) for id_ in rows}


def method_facts(company_id: str, *, also: Collection[str] = ()) -> tuple[MethodFacts, ...]:
    """Give the methods on file as facts, and those of these ids, though they were removed."""
    rows = _with_use().filter(Q(removed_at__isnull=True) | Q(id__in=also), company_id=company_id)
    return tuple(as_facts(row, is_in_use=row.is_in_use) for row in rows)


@cache
def _with_use() -> QuerySet[Any]:
    """Read methods with whether a payment under way uses them, those on file first. Made once: that takes its time."""
    uses = PaymentAttempt.objects.filter(company_id=OuterRef("company_id"), method_id=OuterRef("id"), outcome="")
    rows = PaymentMethod.objects.annotate(is_in_use=Exists(uses))
    return rows.order_by(F("removed_at").asc(nulls_first=True), "-is_default", "added_at", "id")


def as_facts(row: PaymentMethod, *, is_in_use: bool) -> MethodFacts:
    """Read a row as facts."""
    return MethodFacts(
        id=str(row.id),
        kind=MethodKind(row.kind),
        token=row.token,
        brand=row.brand,
        bank_name=row.bank_name,
        last4=row.last4,
        expiry_month=row.expiry_month,
        expiry_year=row.expiry_year,
        is_verified=row.is_verified,
        is_default=row.is_default,
        is_removed=row.removed_at is not None,
        is_in_use=is_in_use,
        blocked_because=row.blocked_because,
        verify_tries_left=row.verify_tries_left,
        verify_until_at=row.verify_until_at,
    )


def default_methods(company_ids: Collection[str]) -> dict[str, MethodFacts]:
    """Give the default method of each company of a batch that has one: company id → method."""
    rows = PaymentMethod.objects.filter(company_id__in=company_ids, is_default=True, removed_at__isnull=True)
    return {str(row.company_id): as_facts(row, is_in_use=False) for row in rows}
