"""The words of an invoice's status and of the line that says why (I2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.invoice_states import Line, Shown, Status
from tenantry.core.money import Money
from tenantry.core.totals import Totals
from tenantry.ui import formats
from tenantry.ui.bank_return_words import why_returned
from tenantry.ui.parts import Badge, Tone

_BADGES: Mapping[Status, tuple[str | Promise, Tone, str]] = {
    Status.PAID: (gettext_lazy("Paid"), Tone.GOOD, "circle-check"),
    Status.PENDING: (gettext_lazy("Pending"), Tone.WARN, "clock"),
    Status.FAILED: (gettext_lazy("Failed"), Tone.BAD, "circle-alert"),
    Status.VOID: (gettext_lazy("Void"), Tone.NEUTRAL, "ban"),
}

_LINES: Mapping[Line, str | Promise] = {
    Line.PAID_WITH: gettext_lazy("Paid on %(at)s with %(method)s"),
    Line.SETTLED: gettext_lazy("Settled on %(at)s"),
    Line.WILL_BE_CHARGED: gettext_lazy("Will be charged on %(at)s to %(method)s"),
    Line.WAITING_FOR_METHOD: gettext_lazy("Waiting for a payment method"),
    Line.DEFAULT_UNUSABLE: gettext_lazy("%(method)s can't be charged: choose another method"),
    Line.NOT_SCHEDULED: gettext_lazy("Not paid yet"),
    Line.DUE_BY_INVOICE: gettext_lazy("Due %(on)s, by wire or check"),
    Line.CONFIRMING: gettext_lazy("We're confirming this payment. You don't need to pay again."),
    Line.AWAITING_PAYER: gettext_lazy("Your bank asks you to approve this payment."),
    Line.BANK_DEBIT: gettext_lazy("Bank debit, up to 4 business days"),
    Line.DECLINED: gettext_lazy("Card declined on %(at)s"),
    Line.DECLINED_RETRY: gettext_lazy("Card declined on %(at)s; we try again on %(retry_at)s"),
    Line.PAYER_NEEDED: gettext_lazy("Your bank wants you to approve this payment: pay it here, and approve it."),
    Line.PAYER_NEEDED_RETRY: gettext_lazy(
        "Your bank wants you to approve this payment: pay it here, and approve it. We try again on %(retry_at)s."
    ),
    Line.NOT_APPROVED: gettext_lazy("The payment was not approved at the bank on %(at)s."),
    Line.NOT_APPROVED_RETRY: gettext_lazy(
        "The payment was not approved at the bank on %(at)s. We try again on %(retry_at)s."
    ),
    Line.RETURNED: gettext_lazy("Payment returned by the bank: %(why)s (%(code)s)"),
    Line.RETURNED_RETRY: gettext_lazy("Payment returned by the bank: %(why)s (%(code)s); we try again on %(retry_at)s"),
    Line.NOT_COMPLETED: gettext_lazy("The payment was not completed."),
    Line.NOT_COMPLETED_RETRY: gettext_lazy("The payment was not completed; we try again on %(retry_at)s."),
    Line.CLOSED_BY_VENDOR: gettext_lazy("Closed by %(vendor)s"),
    Line.CANCELLED: gettext_lazy("Cancelled on %(at)s"),
}


SAYABLE_DECLINES: Mapping[str, str | Promise] = {
    "insufficient_funds": gettext_lazy("declined: insufficient funds"),
    "expired_card": gettext_lazy("declined: the card has expired"),
    "incorrect_cvc": gettext_lazy("declined: the CVC is not right"),
    "processing_error": gettext_lazy("declined: an error at the bank"),
    "authentication_required": gettext_lazy("declined: the bank wants the payer's approval"),
    "authentication_failed": gettext_lazy("not approved at the bank"),
}
"""Reasons that may be said to whoever looks; of lost, stolen and suspected cards only that it was declined."""


def decline_words(code: str) -> str:
    """Say that a payment was declined, and why where anybody may know."""
    return str(SAYABLE_DECLINES.get(code) or _("declined by the bank"))


def about_due(totals: Totals, credit: Money | None = None, locale: str = formats.DEFAULT_LOCALE) -> str:
    """Say about what a coming invoice will have charged, and what it does to the company's credit.

    `credit` is what the company has: it is said where this invoice leaves some of it.
    """
    return _("about %(due)s") % {"due": _due(totals, credit, locale)}


def due_before(before: Totals, after: Totals, locale: str = formats.DEFAULT_LOCALE) -> str:
    """Say what the same invoice would charge without a change; its credit too, where that is what the change moves."""
    moves_credit = (before.credit_used, before.credit_left_over) != (after.credit_used, after.credit_left_over)
    return _due(before, None, locale) if moves_credit else formats.money(before.amount_due, locale)


def _due(totals: Totals, credit: Money | None, locale: str) -> str:
    used, left = totals.credit_used, totals.credit_left_over
    said = {"amount": formats.money(totals.amount_due, locale), "used": formats.money(used, locale)}
    if left.minor:
        return _("%(amount)s with %(left)s kept as your credit") % {**said, "left": formats.money(left, locale)}
    if not used.minor:
        return said["amount"]
    if credit is not None and credit.minor > used.minor:
        words = _("%(amount)s after %(used)s of your %(credit)s credit")
        return words % {**said, "credit": formats.money(credit, locale)}
    return _("%(amount)s after %(used)s credit") % said


def status_badge(status: Status) -> Badge:
    """Give the badge of an invoice's status."""
    text, tone, icon = _BADGES[status]
    return Badge(str(text), tone, icon)


def line_words(
    shown: Shown,
    *,
    vendor: str,
    name_of_method: Callable[[object], str],
    zone: str,
    locale: str = formats.DEFAULT_LOCALE,
) -> str:
    """Give the line that says why an invoice stands as it does.

    `name_of_method` says a method's facts in words ("Visa •••• 4242"), and is only asked where there are some.
    """
    facts = dict(shown.facts)
    code = str(facts.get("code") or "")
    said: dict[str, object] = {"vendor": vendor, "code": code or _("no code"), "why": why_returned(code)}
    for name in ("at", "retry_at"):
        if facts.get(name):
            said[name] = formats.instant_text(facts[name], zone, locale)  # type: ignore[arg-type]
    if facts.get("on"):
        said["on"] = formats.day_text(facts["on"], locale)  # type: ignore[arg-type]
    method = facts.get("method")
    said["method"] = name_of_method(method) if method else _("a method that was removed")
    return str(_LINES[shown.line]) % said
