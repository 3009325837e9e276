"""Companies as the vendor sees them: the list, and one of them."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.ui.parts import ONE_PAGE, Badge, Link, Notice, Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """One company of the list. `next_invoice` is a `<time>` element."""

    name: str
    url: str
    plan: str
    seats: str
    monthly: str
    next_invoice: str
    open_amount: str = ""
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True, slots=True)
class Stat:
    """One number on top of a page."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompaniesPage:
    """Template `backoffice/companies.html`. The search posts nothing: it is a GET to `search_url` with `q`."""

    companies: tuple[CompanyRow, ...]
    search_url: str
    search_text: str = ""
    stats: tuple[Stat, ...] = ()
    pager: Pager = ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyAddOnRow:
    """One offered add-on of a company. `price` is what it pays or would pay."""

    name: str
    price: str
    state: Badge
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyInvoiceRow:
    """One invoice of a company; `issued` is a `<time>` element."""

    number: str
    url: str
    issued: str
    amount: str
    status: Badge
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPaymentRow:
    """One try to collect; `at` is a `<time>` element."""

    at: str
    invoice: str
    amount: str
    method: str
    outcome: Badge
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPersonRow:
    """One person of a company."""

    name: str
    email: str
    groups: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPage:
    """Template `backoffice/company.html`. `facts` are label and value pairs of the subscription."""

    name: str
    back_url: str
    stats: tuple[Stat, ...]
    facts: tuple[Stat, ...]
    add_ons: tuple[CompanyAddOnRow, ...]
    invoices: tuple[CompanyInvoiceRow, ...]
    payments: tuple[CompanyPaymentRow, ...]
    people: tuple[CompanyPersonRow, ...] = ()
    invoices_pager: Pager = ONE_PAGE
    payments_pager: Pager = ONE_PAGE
    badges: tuple[Badge, ...] = ()
    links: tuple[Link, ...] = ()
    notice: Notice | None = None
