"""Cards and bank accounts as a page shows them, and the sentence of M6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from tenantry.core.forecast import summary
from tenantry.core.invoice_states import Line, Shown
from tenantry.core.payment_methods import (
    MethodFacts,
    MethodKind,
    becomes_default,
    default_of,
    is_expired,
    is_expiring,
    is_stopped,
    why_not_default,
    why_not_removable,
    why_not_verifiable,
)
from tenantry.core.periods import local_date
from tenantry.core.permissions import Level
from tenantry.core.refusal import Refusal
from tenantry.portal.pages.billing_methods import (
    DEFAULT,
    EXPIRED,
    EXPIRES_SOON,
    VERIFICATION_FAILED,
    VERIFICATION_PENDING,
    BillingMethodsPage,
    MethodRow,
    UnpaidRow,
)
from tenantry.portal.pages.history_built import recent
from tenantry.records.payments.next_charge import MOST_SHOWN, UnpaidInvoice, open_invoices, unpaid_invoices
from tenantry.ui import formats
from tenantry.ui.bank_return_words import why_blocked
from tenantry.ui.invoice_words import about_due, line_words, status_badge
from tenantry.ui.parts import Badge, Tone
from tenantry.ui.refusals import refusal_words

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

AUTOMATIC = "automatic"


def methods_page(visit: Visit) -> BillingMethodsPage:
    """Build the list. Needs an open reading."""
    may_change = visit.may(Level.MODIFY)
    rows = open_invoices(visit.company_id) if visit.standing else []
    shown_rows = rows[:MOST_SHOWN]
    unpaid = unpaid_invoices(shown_rows, visit.payment_facts(shown_rows))
    listed = tuple(_unpaid(visit, one) for one in unpaid)
    today = local_date(visit.now, visit.entered.time_zone)
    return BillingMethodsPage(
        methods=tuple(_row(visit, method, today) for method in visit.methods),
        changes=recent(visit, "billing-methods"),
        add_url=visit.url("billing-methods.add") if may_change else "",
        applies=applies(visit),
        unpaid=listed,
        unpaid_hint=_unpaid_hint(unpaid, can_pay=any(one.pay_url for one in listed)),
        more_unpaid_url=visit.url("invoices") if len(rows) > MOST_SHOWN else "",
    )


def method_name(method: MethodFacts) -> str:
    """Say a method within a sentence: Visa •••• 4242."""
    return formats.method_name(method.brand or method.bank_name, method.last4)


def expiry_text(method: MethodFacts) -> str:
    """Say when a card expires; nothing for a bank account."""
    if not method.expiry_year:
        return ""
    return _("Expires %(date)s") % {"date": formats.expiry(method.expiry_month, method.expiry_year)}


def words_of(visit: Visit, refusal: Refusal) -> str:
    """Say a refusal in one sentence."""
    return refusal_words(refusal, locale=visit.entered.locale, zone=visit.entered.time_zone).sentence


def becomes_words(visit: Visit, method: MethodFacts, *, is_chosen: bool = False) -> str:
    """Say of a method that can be charged from now on whether it becomes the default, and in whose place (M4)."""
    others = [other for other in visit.methods if other.id != method.id]
    before, today = default_of(others), local_date(visit.now, visit.entered.time_zone)
    if method.is_default:
        return _("It stays the default.")
    if not becomes_default(method, others, today, is_chosen=is_chosen):
        return _stays(before, today)
    if before is None:
        return _("It becomes the default.")
    return _("It becomes the default instead of %(method)s.") % {"method": method_name(before)}


def _stays(default: MethodFacts | None, today: date) -> str:
    if default is None:
        return _("It does not become the default: it can't be charged.")
    if why_not_default(default, today) is None:
        return _("Your default stays as it is.")
    return _("Your default stays %(method)s, which can't be charged.") % {"method": method_name(default)}


def applies(visit: Visit) -> str:
    """Say which charge comes next: a retry of an open invoice or the next one, when and how much (M6)."""
    here = visit.standing
    if here is None:
        return _("Nothing is charged now.")
    if here.company.way_of_paying != AUTOMATIC:
        return _("Nothing is charged by itself: your company pays by invoice.")
    first = visit.scheduled
    if first is not None and first.at <= here.subscription.next_issue_at:
        on = local_date(max(first.at, visit.now), visit.entered.time_zone)
        what = _("invoice %(number)s, %(amount)s") % {
            "number": first.number,
            "amount": formats.money(first.amount, visit.entered.locale),
        }
    else:
        said = summary(here.facts, visit.now, here.outlook)
        on = said.next_invoice_date
        about = about_due(said.next_invoice, here.outlook.credit_available, visit.entered.locale)
        what = _("the next invoice, %(about)s") % {"about": about}
    return _("Applies to the next scheduled billing date (%(date)s): %(what)s.") % {
        "date": formats.day_text(on, visit.entered.locale),
        "what": what,
    }


def _unpaid_hint(unpaid: Sequence[UnpaidInvoice], *, can_pay: bool) -> str:
    """Say what a change of methods does to what is unpaid: nothing now; what is charged later by itself takes it."""
    if any(one.shown.is_scheduled for one in unpaid):
        return _(
            "Changing methods pays none of these now. What is tried on a later date is charged to the default then."
        )
    if can_pay:
        return _("Changing methods pays none of these: pay them here.")
    return _("Changing methods pays none of these.")


def continue_url(visit: Visit, stands: Shown) -> str:
    """Give where the payer answers the bank's question; empty where none is open, or who looks may not pay."""
    is_asked = stands.line is Line.AWAITING_PAYER and visit.may(Level.MODIFY)
    return str(stands.facts.get("next_url", "")) if is_asked else ""


def _unpaid(visit: Visit, one: UnpaidInvoice) -> UnpaidRow:
    why = line_words(
        one.shown,
        vendor=settings.TENANTRY_VENDOR["name"],
        name_of_method=lambda method: method_name(method) if isinstance(method, MethodFacts) else "",
        zone=visit.entered.time_zone,
        locale=visit.entered.locale,
    )
    may_pay = one.shown.may_pay and visit.may(Level.MODIFY)
    return UnpaidRow(
        number=one.number,
        url=visit.url("invoices.invoice", one.id),
        amount=formats.money(one.amount, visit.entered.locale),
        status=status_badge(one.shown.status),
        why=why,
        pay_url=visit.url("invoices.pay", one.id) if may_pay else "",
        continue_url=continue_url(visit, one.shown),
    )


def _row(visit: Visit, method: MethodFacts, today: date) -> MethodRow:
    may_change = visit.may(Level.MODIFY)
    no_default, no_removal = why_not_default(method, today), why_not_removable(method)
    no_verifying = why_not_verifiable(method, visit.now)
    if not method.is_verified and no_verifying is not None:
        no_default = no_verifying  # what has to be done instead
    offers_default = may_change and not method.is_default and no_default is None
    return MethodRow(
        id=method.id,
        kind=method.kind.value,
        type_text=_type(method),
        last4=method.last4,
        expires=expiry_text(method),
        badges=_badges(method, today, may_verify=no_verifying is None),
        make_default_url=visit.url("billing-methods.make-default", method.id) if offers_default else "",
        remove_url=visit.url("billing-methods.remove", method.id) if may_change and no_removal is None else "",
        verify_url=visit.url("billing-methods.verify", method.id) if may_change and no_verifying is None else "",
        allow_url=visit.url("billing-methods.allow", method.id) if may_change and is_stopped(method) else "",
        reasons=_reasons(visit, no_default, no_removal if may_change else None),
    )


def _type(method: MethodFacts) -> str:
    if method.kind is MethodKind.CARD:
        return _("Credit card · %(brand)s") % {"brand": method.brand}
    return _("ACH · %(bank)s") % {"bank": method.bank_name}


def _badges(method: MethodFacts, today: date, *, may_verify: bool) -> tuple[Badge, ...]:
    found = [DEFAULT] if method.is_default else []
    if not method.is_verified:
        found.append(VERIFICATION_PENDING if may_verify else VERIFICATION_FAILED)
    if method.blocked_because:
        found.append(Badge(_("Blocked: %(why)s") % {"why": why_blocked(method.blocked_because)}, Tone.BAD, "ban"))
    if is_expired(method, today):
        found.append(EXPIRED)
    elif is_expiring(method, today):
        found.append(EXPIRES_SOON)
    return tuple(found)


def _reasons(visit: Visit, no_default: Refusal | None, no_removal: Refusal | None) -> tuple[str, ...]:
    found = []
    if no_default is not None:
        words = refusal_words(no_default, locale=visit.entered.locale, zone=visit.entered.time_zone)
        is_unverified = no_default.code in ("method_unverified", "verification_failed", "verification_expired")
        found.append(f"{words.sentence} {words.next_step}" if is_unverified else words.sentence)
    if no_removal is not None:
        found.append(words_of(visit, no_removal))
    return tuple(found)
