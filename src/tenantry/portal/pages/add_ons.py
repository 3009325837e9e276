"""Add-ons: the cards, and the confirmations that say what they cost (O1 to O6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tenantry.portal.pages.history import RecentChanges
from tenantry.ui.parts import Badge, FilterLink, Link, Notice, Tone

ENABLED = Badge(_("Enabled"), Tone.GOOD, "circle-check")  # type: ignore[arg-type]
DISABLED = Badge(_("Disabled"), Tone.NEUTRAL, "circle-dashed")  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnCard:
    """One add-on.

    `price` is "$49.00 / month" or "$5.00 / seat / month"; `price_total` is "14 seats = $70.00 / month" for a price
    per seat. `since` is "Enabled since Mar 4, 2026". A missing address hides its button; `reason` then may say why.
    """

    code: str
    name: str
    description: str
    price: str
    state: Badge
    price_total: str = ""
    since: str = ""
    learn_more_url: str = ""
    enable_url: str = ""
    disable_url: str = ""
    configure_url: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnsPage:
    """Template `portal/add_ons.html`. The search stands there when `has_search` is set (more than 12 add-ons)."""

    add_ons: tuple[AddOnCard, ...]
    filters: tuple[FilterLink, ...]
    changes: RecentChanges
    has_search: bool = False
    search_url: str = ""
    search_text: str = ""
    search_show: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms to accept: posted as `terms` with the version as its value."""

    text: str
    version: str
    error: str = ""
    is_accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnEnablePage:
    """Templates `portal/add_on_enable.html`, `…_dialog.html`, which hands its words out for the history, with `about`.

    `price` is "$19.00 / month" or "$5.00 / seat / month", `seats` "14 seats" for a price per seat. `charge_now`
    is "$12.03" for `charge_dates` "Nov 12 – 30, 2026" at `charge_share` "19 of 30 days". From `monthly_from`
    ("Dec 1, 2026") it is `monthly` "$19.00 / month". The next invoice: `invoice_date` "Dec 1, 2026",
    `invoice_about` "about $458.86", `invoice_before` "$427.83", both with the credit that they use or leave.
    `charged_to` is "Visa •••• 4242", or empty with `no_method` ("The next invoice will wait for a payment method.")
    and `get_method`. `unlocks` are sentences.
    `notice` says why a confirmation was refused, `unpaid` which invoices are open all the while.
    `total_monthly` is what all of it comes to then ("$431.50 / month"), `total_monthly_before` what without it.
    `fingerprint`, `shown` and `request_key` are posted under these names; `shown` is what the fingerprint was made
    of in the eyes of the person, so that a later answer can say what changed.
    """

    name: str
    price: str
    charge_now: str
    charge_dates: str
    charge_share: str
    monthly: str
    monthly_from: str
    invoice_date: str
    invoice_about: str
    invoice_before: str
    action_url: str
    cancel_url: str
    fingerprint: str
    about: tuple[str, ...]
    shown: str = ""
    request_key: str = ""
    seats: str = ""
    total_monthly: str = ""
    total_monthly_before: str = ""
    charged_to: str = ""
    no_method: str = ""
    get_method: Link | None = None
    unlocks: tuple[str, ...] = ()
    terms: Terms | None = None
    notice: Notice | None = None
    unpaid: Notice | None = None
    can_confirm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnDisablePage:
    """Templates `portal/add_on_disable.html`, `…_dialog.html`, which hands its words out for the history, with `about`.

    `stops` are sentences on what stops now; `kept` on what stays readable besides the sentence that everything is
    kept; `again` tells where enabling again is not what it was (another price, not offered any more); `affected` the
    host's counts. `credit` is "$4.80" for `credit_share` "8 of 30 days" on the invoice of
    `invoice_date` (empty `credit`: no credit). Where nothing was invoiced yet, so that there is nothing to give back,
    `charge` is what the days until today cost ("$5.70"). `invoice_about` and `invoice_before` as in `AddOnEnablePage`.
    """

    name: str
    stops: tuple[str, ...]
    action_url: str
    cancel_url: str
    fingerprint: str
    about: tuple[str, ...]
    shown: str = ""
    request_key: str = ""
    kept: tuple[str, ...] = ()
    again: str = ""
    affected: tuple[str, ...] = ()
    credit: str = ""
    credit_share: str = ""
    charge: str = ""
    invoice_date: str = ""
    invoice_about: str = ""
    invoice_before: str = ""
    notice: Notice | None = None
    can_confirm: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnConfigurePage:
    """Template `portal/add_on_configure.html`: the places where the add-on is set up, each with a line about it."""

    name: str
    links: tuple[Link, ...]
    back_url: str


@dataclass(frozen=True, slots=True)
class DocumentationBlock:
    """A piece of documentation: `kind` is heading, paragraph or list; `lines` are its texts."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnDocsPage:
    """Template `portal/add_on_docs.html`: the page behind `Learn More`. `reason` says why it can't be switched."""

    name: str
    description: str
    price: str
    state: Badge
    blocks: tuple[DocumentationBlock, ...]
    back_url: str
    price_total: str = ""
    enable_url: str = ""
    reason: str = ""


def documentation_blocks(text: str) -> tuple[DocumentationBlock, ...]:
    """Read documentation: blocks between empty lines; `# ` starts a heading, `- ` each line of a list."""
    blocks = []
    for piece in text.replace("\r\n", "\n").split("\n\n"):
        lines = tuple(line.strip() for line in piece.splitlines() if line.strip())
        if not lines:
            continue
        if all(line.startswith("- ") for line in lines):
            blocks.append(DocumentationBlock("list", tuple(line[2:] for line in lines)))
        elif len(lines) == 1 and lines[0].startswith("# "):
            blocks.append(DocumentationBlock("heading", (lines[0][2:],)))
        else:
            blocks.append(DocumentationBlock("paragraph", (" ".join(lines),)))
    return tuple(blocks)
