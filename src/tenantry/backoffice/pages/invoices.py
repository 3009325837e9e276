"""One invoice as the vendor sees it, and the forms that credit or refund it."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.backoffice.pages.companies import Stat
from tenantry.ui.parts import Badge, FormPart, Link, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBackRow:
    """One credit note or refund. `at` is a `<time>` element."""

    what: str
    at: str
    amount: str
    detail: str = ""
    outcome: Badge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """Template `backoffice/invoice.html`. `actions` are what may be done; `reasons` say why something may not."""

    number: str
    company: Link
    stats: tuple[Stat, ...]
    badges: tuple[Badge, ...]
    why: str = ""
    credit_notes: tuple[GivenBackRow, ...] = ()
    refunds: tuple[GivenBackRow, ...] = ()
    actions: tuple[Link, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBackPage:
    """Template `backoffice/give_back.html`: type amount and reason, then confirm what they do.

    `facts` say how it stands, or, to be confirmed, what will happen. Where `submit_label` is empty there is nothing
    to do: `notice` says why.
    """

    title: str
    action_url: str
    cancel_url: str
    form: FormPart
    facts: tuple[Stat, ...]
    lead: str = ""
    submit_label: str = ""
    is_danger: bool = False
    notice: Notice | None = None
