"""Billing Methods: the list, adding one, verifying a bank account (M1 to M7)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tenantry.portal.pages.history import RecentChanges
from tenantry.ui.parts import Badge, FormPart, Notice, Tone

DEFAULT = Badge(_("Default"), Tone.INFO, "check")  # type: ignore[arg-type]
EXPIRES_SOON = Badge(_("Expires soon"), Tone.WARN, "clock")  # type: ignore[arg-type]
EXPIRED = Badge(_("Expired"), Tone.BAD, "circle-x")  # type: ignore[arg-type]
VERIFICATION_PENDING = Badge(_("Verification pending"), Tone.WARN, "clock")  # type: ignore[arg-type]
VERIFICATION_FAILED = Badge(_("Verification failed"), Tone.BAD, "ban")  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRow:
    """One card or bank account.

    `kind` is "card" or "ach"; `type_text` is "Credit card · Visa" or "ACH · Test Bank". A missing address hides its
    button; `reasons` then say why ("Make another method the default first.").
    """

    id: str
    kind: str
    type_text: str
    last4: str
    expires: str = ""
    badges: tuple[Badge, ...] = ()
    make_default_url: str = ""
    remove_url: str = ""
    verify_url: str = ""
    allow_url: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaidRow:
    """An open invoice and why it is; `pay_url` is empty where it can't be paid now, or not by this person.

    `continue_url` leads to the bank's page where the payer's answer is waited for.
    """

    number: str
    url: str
    amount: str
    status: Badge
    why: str
    pay_url: str = ""
    continue_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingMethodsPage:
    """Template `portal/billing_methods.html`.

    `applies` is the sentence of M6 ("Applies to the next scheduled billing date (Dec 1, 2026): invoice …"). `unpaid`
    lists the open invoices, each with its `Pay`; `unpaid_hint` says what a change of methods does to them,
    `more_unpaid_url` leads to those beyond. `add_url` is empty for those who may not add.
    """

    methods: tuple[MethodRow, ...]
    changes: RecentChanges
    add_url: str = ""
    applies: str = ""
    unpaid: tuple[UnpaidRow, ...] = ()
    unpaid_hint: str = ""
    more_unpaid_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodAddPage:
    """Template `portal/method_add.html` (a page; it ends with a redirect to the gateway).

    Fields of `form`: make_default (switch), kind (radio: card, ach), same_as_company (checkbox), address_line_1,
    address_line_2, city, region, postal_code, country (select), debit_authorized (checkbox); hidden ones as needed.
    `company_address` is shown below "same as the company's address".
    """

    action_url: str
    cancel_url: str
    form: FormPart
    authorization_text: str
    company_address: tuple[str, ...] = ()
    applies: str = ""
    notice: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodVerifyPage:
    """Templates `portal/method_verify.html` and `portal/method_verify_dialog.html`.

    Fields of `form`: amount_1, amount_2 (in the currency's smallest unit, like cents). Without `may_verify` the
    notice says why there is nothing to enter. `becomes` says what it is then: the default, or not.
    """

    action_url: str
    cancel_url: str
    form: FormPart
    method: str
    may_verify: bool
    becomes: str = ""
    tries_left: str = ""
    notice: Notice | None = None
