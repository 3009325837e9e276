"""A bank account whose owner stopped a payment: let it be debited again, on their word (M1)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.payments.allow_debits import allow_debits
from tenantry.core.payment_methods import MethodFacts, why_not_allowed_again
from tenantry.core.permissions import Level
from tenantry.core.refusal import Refusal
from tenantry.portal.entry import Visit, company_page
from tenantry.portal.pages.billing_methods_built import applies, becomes_words, method_name
from tenantry.portal.pages.confirm import ConfirmPage
from tenantry.ui.parts import Link, Notice, Tone
from tenantry.ui.refusals import refusal_status, refusal_words

SECTION = "billing-methods"


@company_page(posts=True, view=Level.MODIFY)
def allow(visit: Visit, method: UUID) -> HttpResponse:
    """Show what is authorized, then lift the block."""
    if visit.request.method != "POST":
        return _page(visit, str(method))
    with visit.reading():
        facts = _facts(visit, str(method))
        authorization = authorization_text(visit, facts) if facts else ""
    if facts is None:
        return _gone(visit, str(method))
    answer = allow_debits(actor=visit.actor, method_id=str(method), authorization=authorization, now=visit.now)
    if isinstance(answer, MethodFacts):
        said = {"method": method_name(answer)}
        return visit.go(SECTION, say=_("%(method)s can be debited again. Nothing was charged.") % said)
    with visit.reading():
        return _page(visit, str(method), answer)


def _page(visit: Visit, method_id: str, refused: Refusal | None = None) -> HttpResponse:
    facts = _facts(visit, method_id)
    if facts is None:
        return _gone(visit, method_id)
    page = ConfirmPage(
        title=_("Allow debits from %(method)s again?") % {"method": method_name(facts)},
        action_url=visit.url("billing-methods.allow", method_id),
        cancel_url=visit.url(SECTION),
        sentences=(
            _("The bank was told to stop a payment from this account. Debits are tried again only if you allow them."),
            authorization_text(visit, facts),
            becomes_words(visit, replace(facts, blocked_because="")),
            applies(visit),
        ),
        submit_label=_("Allow debits again"),
    )
    why_not = refused or why_not_allowed_again(facts)
    if why_not is not None:
        words = refusal_words(why_not, locale=visit.entered.locale, zone=visit.entered.time_zone)
        notice = Notice(f"{words.sentence} {words.next_step}".strip(), Tone.BAD)
        page = replace(page, submit_label="", sentences=(), notice=notice)
    status = refusal_status(refused.code) if refused is not None else 200
    return visit.dialog("confirm", page, section=SECTION, crumb=page.title, status=status)


def _facts(visit: Visit, method_id: str) -> MethodFacts | None:
    return next((one for one in visit.methods if one.id == method_id), None)


def _gone(visit: Visit, method_id: str) -> HttpResponse:
    back = Link(_("Back to Billing Methods"), visit.url(SECTION))
    return visit.refuse(Refusal("method_not_found", {"method_id": method_id}), link=back)


def authorization_text(visit: Visit, method: MethodFacts) -> str:
    """Give the debit authorization, word for word as it is kept."""
    return _(
        "%(company)s authorizes %(vendor)s again to debit %(account)s, by ACH, for the amounts of its invoices on "
        "their billing dates, and to credit it where a debit was wrong. This authorization holds until the account is "
        "removed from Billing Methods. A debit that was not authorized can be disputed with the bank within 60 days."
    ) % {"company": visit.entered.name, "vendor": settings.TENANTRY_VENDOR["name"], "account": method_name(method)}
