"""Invoices: the list with its picture, one invoice, paying one, and the billing details (I1 to I10)."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.portal.pages.history import RecentChanges
from tenantry.ui.chart import BarChart
from tenantry.ui.parts import ONE_PAGE, Badge, Choice, FilterLink, FormPart, Link, Notice, Pager, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """One invoice of the list. Status and `why` come from `ui.invoice_words`.

    `issued` is a `<time>` element; `moved` the line below it ("Charged Nov 3 · $412.50"); `why` the line below the
    status. `download_url` is empty until the PDF stands (the page says "Preparing…"). `pay_url` is empty where there
    is nothing to pay or the person may not.
    """

    number: str
    url: str
    issued: str
    amount: str
    status: Badge
    moved: tuple[str, ...] = ()
    why: str = ""
    download_url: str = ""
    pay_url: str = ""
    continue_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicesPage:
    """Template `portal/invoices.html`. `empty_text` says when the first invoice will come, or that the filter has none.

    `exports` are links like CSV. With `refresh_url` the list renews itself, and its download links with it.
    """

    invoices: tuple[InvoiceRow, ...]
    changes: RecentChanges
    status_filters: tuple[FilterLink, ...]
    year_filters: tuple[FilterLink, ...]
    billing_details_url: str
    refresh_url: str = ""
    pager: Pager = ONE_PAGE
    chart: BarChart | None = None
    exports: tuple[Link, ...] = ()
    empty_title: str = ""
    empty_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line of an invoice: what, which dates, how it was worked out, which click caused it."""

    what: str
    dates: str
    amount: str
    explanation: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class TotalRow:
    """One line below the lines: subtotal, tax, total, credit used, balance due."""

    label: str
    amount: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteRow:
    """One credit note of an invoice. `issued` is a `<time>` element; `download_url` is empty until its PDF stands."""

    number: str
    issued: str
    amount: str
    reason: str
    what_becomes_of_it: str
    download_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to an invoice: `at` is a `<time>` element, `icon` a lucide name."""

    at: str
    what: str
    detail: str = ""
    tone: Tone = Tone.NEUTRAL
    icon: str = "circle-dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """Template `portal/invoice.html`.

    `issued` and `due` are `<time>` elements. Where `pay_url` is empty, `pay_reason` may say why. `continue_url` leads
    the payer on to the bank's own step. With `refresh_url` the page looks again by itself. `problem_url` is
    "Something wrong with this invoice?" once tickets exist.
    """

    number: str
    amount: str
    status: Badge
    issued: str
    lines: tuple[LineRow, ...]
    totals: tuple[TotalRow, ...]
    timeline: tuple[TimelineEntry, ...]
    back_url: str
    credit_notes: tuple[CreditNoteRow, ...] = ()
    why: str = ""
    due: str = ""
    period: str = ""
    how_paid: str = ""
    po_number: str = ""
    tax_id: str = ""
    billed_to: tuple[str, ...] = ()
    download_url: str = ""
    pay_url: str = ""
    pay_amount: str = ""
    pay_reason: str = ""
    continue_url: str = ""
    refresh_url: str = ""
    problem_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePayPage:
    """Templates `portal/invoice_pay.html` and `portal/invoice_pay_dialog.html`.

    `methods` are posted as `method`, `request_key` as `request_key`. Without a usable method (`methods` all with a
    reason, or none) there is no button: `notice` says why and `add_method_url` leads on.
    """

    number: str
    amount: str
    action_url: str
    cancel_url: str
    request_key: str
    methods: tuple[Choice, ...] = ()
    add_method_url: str = ""
    notice: Notice | None = None
    can_pay: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingDetailsPage:
    """Template `portal/billing_details.html`.

    Fields of `form`: legal_name, address_line_1, address_line_2, city, region, postal_code, country (select), tax_id,
    po_number, recipients (textarea, one address on each line); hidden `version`. Where `action_url` is empty the
    values are shown for reading.
    """

    form: FormPart
    cancel_url: str
    action_url: str = ""
    notice: Notice | None = None
