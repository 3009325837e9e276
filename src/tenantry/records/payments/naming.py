"""Names for what a history refers to by id."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Case, Model, OuterRef, QuerySet, Subquery, TextField, UUIDField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentIntent, Refund

_NUMBER_OF: Mapping[str, tuple[type[Model], str]] = {
    "invoice": (Invoice, "number"),
    "payment_intent": (PaymentIntent, "invoice__number"),
    "refund": (Refund, "intent__invoice__number"),
}
"""Of each kind of object that is about an invoice: where its number stands."""


def invoice_number() -> Combinable:
    """Name the invoice that an entry of the history is about: its number, or an empty text."""
    found = [
        When(object_kind=kind, then=Subquery(_beside(model).values(number)))
        for kind, (model, number) in _NUMBER_OF.items()
    ]
    return Coalesce(Case(*found), Value(""), output_field=TextField())


def _beside(model: type[Model]) -> QuerySet[Model]:
    # A CASE reads only the branch that fits, so that only ids are ever read as such.
    own = model._default_manager.filter(company_id=OuterRef("company_id"))
    return own.filter(id=Cast(OuterRef("object_id"), UUIDField()))
