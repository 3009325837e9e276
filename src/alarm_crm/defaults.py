"""The three catalogs of Billing Admin: what each is called, how it is listed, and which form it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from alarm_crm.forms import BillableItemForm, NamedForm, SalesTaxForm, TermForm
from alarm_crm.models import BillableItem, BillingTerm, SalesTaxRate
from tenantry.sdk.forms import Money, money_words, percent_words
from tenantry.sdk.isolation import CompanyOwned
from tenantry.sdk.pages import Page

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Catalog:
    """One catalog. `cells` gives the columns after the name; `fill` what a record (or None) fills a form with."""

    route: str
    model: type[CompanyOwned]
    title: Words
    lead: Words
    new: Words
    empty: Words
    delete: Words
    icon: str
    columns: tuple[Words, ...]
    cells: Callable[[Page, Any], tuple[str, ...]]
    form: Callable[..., NamedForm]
    fill: Callable[[Any], dict[str, object]]


def _item_cells(page: Page, row: Any) -> tuple[str, ...]:
    return (
        money_words(Money(row.unit_price_minor, page.currency), page.locale),
        _("Taxable") if row.is_taxable else _("Not taxable"),
        row.accounting_category or "—",
        _("Active") if row.is_active else _("Inactive"),
    )


def _item_form(page: Page, *args: Any, **options: Any) -> NamedForm:
    return BillableItemForm(*args, currency=page.currency, **options)


def _term_cells(page: Page, row: Any) -> tuple[str, ...]:
    return (ngettext("%(count)d day", "%(count)d days", row.days) % {"count": row.days},)


def _tax_cells(page: Page, row: Any) -> tuple[str, ...]:
    return (percent_words(row.rate_basis_points, page.locale), row.area)


CATALOGS: Mapping[str, Catalog] = {
    catalog.route: catalog
    for catalog in (
        Catalog(
            route="billable-items",
            model=BillableItem,
            title=lazy("Invoice Billable Items"),
            lead=lazy("What you sell to your customers, with its default price."),
            new=lazy("New Billable Item"),
            empty=lazy("No billable items yet"),
            delete=lazy("Delete this billable item"),
            icon="list",
            columns=(lazy("Default unit price"), lazy("Taxable"), lazy("Accounting category"), lazy("Status")),
            cells=_item_cells,
            form=_item_form,
            fill=BillableItemForm.filled,
        ),
        Catalog(
            route="terms",
            model=BillingTerm,
            title=lazy("Terms"),
            lead=lazy("How long your customers have to pay."),
            new=lazy("New Term"),
            empty=lazy("No terms yet"),
            delete=lazy("Delete this term"),
            icon="calendar-clock",
            columns=(lazy("Days"),),
            cells=_term_cells,
            form=lambda page, *args, **options: TermForm(*args, **options),
            fill=TermForm.filled,
        ),
        Catalog(
            route="sales-tax",
            model=SalesTaxRate,
            title=lazy("Sales Tax"),
            lead=lazy("The rates on your customers' invoices."),
            new=lazy("New Sales Tax"),
            empty=lazy("No sales taxes yet"),
            delete=lazy("Delete this sales tax"),
            icon="percent",
            columns=(lazy("Rate"), lazy("Area")),
            cells=_tax_cells,
            form=lambda page, *args, **options: SalesTaxForm(*args, **options),
            fill=SalesTaxForm.filled,
        ),
    )
}
"""Route → catalog."""
