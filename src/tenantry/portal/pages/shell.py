"""The frame of every page of a company: who is here, where they are, and what the company pays."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenantry.ui.parts import Crumb, Link, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The top bar. Empty addresses hide their links.

    `other_companies` are the person's other ones (the switcher shows only when there is one). In templates: `shell`.
    """

    company_name: str
    home_url: str
    user_name: str
    user_email: str
    sign_out_url: str
    admin_url: str = ""
    support_url: str = ""
    password_url: str = ""
    other_companies: tuple[Link, ...] = ()
    is_admin_current: bool = True


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry of the left navigation (the bottom bar on a phone). `icon` is a lucide name."""

    label: str
    url: str
    icon: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class SummaryPart:
    """One thing that is paid each month: the base plan or an add-on."""

    label: str
    amount: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The strip of A7. `notice` is what needs attention now, with one action.

    `monthly` is like "$412.50 / month", `with_tax` "plus tax" where some is added, `next_invoice_date` a `<time>`
    element, `next_invoice_about` "about $427.83", `charged_to` "Visa •••• 4242" or a sentence like "No payment method
    yet". Empty texts are shown as a dash.
    """

    monthly: str
    parts: tuple[SummaryPart, ...]
    with_tax: str = ""
    next_invoice_date: str = ""
    next_invoice_about: str = ""
    charged_to: str = ""
    charged_to_url: str = ""
    notice: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The frame of Account Management. In templates: `area`.

    `billing_admin` and `accounting` are the host's links of A8, each None where the host has none; without an address
    they are only named, for those who may not open them.
    `read_only_reason` is the sentence for people who may only look (A3), else empty.
    """

    crumbs: tuple[Crumb, ...]
    entries: tuple[NavEntry, ...]
    summary: Summary | None
    billing_admin: Link | None = None
    accounting: Link | None = None
    support_url: str = ""
    read_only_reason: str = ""


SECTIONS = ("billing-methods", "invoices", "add-ons")
"""The three sections in their order, by the last part of their address."""


def entries(urls: tuple[str, str, str], current: str) -> tuple[NavEntry, ...]:
    """Give the left navigation: exactly three entries in this order (A5). `current` is one of `SECTIONS`."""
    words = (
        (_("Billing Methods"), "credit-card"),
        (_("Invoices"), "receipt-text"),
        (_("Add-ons"), "blocks"),
    )
    return tuple(
        NavEntry(label, url, icon, is_current=section == current)
        for (label, icon), url, section in zip(words, urls, SECTIONS, strict=True)
    )


def crumbs(admin_url: str, area_url: str, *further: Crumb) -> tuple[Crumb, ...]:
    """Give the breadcrumb `Admin / Account Management`, then what lies below. The last step gets no address."""
    steps = [Crumb(_("Admin"), admin_url), Crumb(_("Account Management"), area_url), *further]
    return (*steps[:-1], Crumb(steps[-1].label))
