"""Add-ons: the grid, and enabling, disabling, configuring one after a confirmation (O1 to O8)."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.subscriptions import disable_addon as disabling
from tenantry.actions.subscriptions import enable_addon as enabling
from tenantry.core.addons import MayConfigure
from tenantry.core.permissions import Level
from tenantry.core.quote import Quote, QuotedAddOn, QuoteKind, quote_disable, quote_enable
from tenantry.core.refusal import Refusal
from tenantry.outside import security_log
from tenantry.portal.entry import Visit, company_page
from tenantry.portal.pages.add_ons import AddOnDisablePage, AddOnEnablePage
from tenantry.portal.pages.add_ons_built import (
    SECTION,
    add_ons_page,
    addons_of,
    configure_page,
    docs_page,
    why_configure,
    why_not_disable,
    why_not_enable,
    words_of,
)
from tenantry.portal.pages.add_ons_confirmed import (
    Seen,
    confirmation,
    disable_page,
    enable_page,
    read_seen,
    what_changed,
)
from tenantry.records.subscriptions.catalog import CompanyAddOn
from tenantry.ui import answers, formats
from tenantry.ui.parts import Link, Notice, Tone
from tenantry.ui.refusals import refusal_status

SHOWS_QUOTE = frozenset({"confirm_required", "quote_changed", "terms_required", "method_required"})
"""Refusals that are answered with the confirmation itself, fresh."""
DONE_ALREADY = frozenset({"already_enabled", "already_disabled"})


@company_page()
def add_ons(visit: Visit) -> HttpResponse:
    """Show the cards."""
    return visit.area("portal/add_ons.html", add_ons_page(visit), section=SECTION)


@company_page()
def learn_more(visit: Visit, addon: str) -> HttpResponse:
    """Show the documentation of one add-on."""
    addons = addons_of(visit)
    found = _one(addons, addon)
    if found is None:
        return _not_here(visit)
    return visit.area(
        "portal/add_on_docs.html", docs_page(visit, found, addons), section=SECTION, crumb=found.offer.name
    )


@company_page()
def configure(visit: Visit, addon: str) -> HttpResponse:
    """Show where an add-on is set up."""
    addons = addons_of(visit)
    found = _one(addons, addon)
    if found is None:
        return _not_here(visit)
    if not visit.may(Level.MODIFY):
        return _read_only(visit)
    may = why_configure(visit, found)
    if not isinstance(may, MayConfigure):
        return _no(visit, may, addons)
    crumb = _("Configure %(name)s") % {"name": found.offer.name}
    return visit.area("portal/add_on_configure.html", configure_page(visit, found), section=SECTION, crumb=crumb)


# Enable


@company_page(posts=True)
def enable(visit: Visit, addon: str) -> HttpResponse:
    """Say what it costs, then switch it on."""
    if visit.request.method != "POST":
        return _read_only(visit) if not visit.may(Level.MODIFY) else _confirm_enable(visit, addon)
    seen = read_seen(visit.request.POST)
    answer = enabling.enable_addon(
        actor=visit.actor, addon_code=addon, confirmed=confirmation(visit, QuoteKind.ENABLE, addon, seen), now=visit.now
    )
    with visit.reading():
        if isinstance(answer, Quote):
            return visit.go(SECTION, say=_enabled_words(visit, addon, answer))
        if answer.code in SHOWS_QUOTE:
            return _confirm_enable(visit, addon, answer, seen)
        return _no(visit, answer, addons_of(visit))


def _confirm_enable(visit: Visit, code: str, answer: Refusal | None = None, seen: Seen | None = None) -> HttpResponse:
    page = _enable_page(visit, code, answer, seen)
    if isinstance(page, Refusal):
        return _no(visit, page, addons_of(visit))
    crumb = _("Enable %(name)s") % {"name": page[0].name}
    status = refusal_status(page[1].code) if page[1] is not None and answer is not None else 200
    return visit.dialog("add_on_enable", page[0], section=SECTION, crumb=crumb, status=status)


def _enable_page(
    visit: Visit, code: str, answer: Refusal | None = None, seen: Seen | None = None
) -> tuple[AddOnEnablePage, Refusal | None] | Refusal:
    """Quote it anew: the page with what stands against it, or the refusal where there is nothing to quote."""
    addons = addons_of(visit)
    found, here = _one(addons, code), visit.standing
    if found is None:
        return Refusal("not_offered", {"addon": code})
    why_not = why_not_enable(visit, found, addons)
    if why_not is not None and why_not.code != "method_required":
        return why_not
    if here is None or found.price is None:
        return Refusal("not_subscribed")
    quoted = QuotedAddOn(code, found.offer.name, found.facts.terms_version)
    quote = quote_enable(here.facts, quoted, found.price, visit.now, here.outlook)
    refused = why_not or _refused(visit, quote, answer, seen)
    lacks_terms = refused is not None and refused.code in ("terms_required", "terms_changed")
    page = enable_page(
        visit,
        found,
        quote,
        here,
        notice=_notice(visit, refused, addons),
        terms_error=_("Accept the terms to continue.") if lacks_terms else "",
        accepted_version=seen.terms_version if seen else 0,
        can_confirm=why_not is None,
    )
    return page, refused


def _enabled_words(visit: Visit, code: str, quote: Quote) -> str:
    said = _named(visit, code, quote)
    return _("%(name)s is enabled. Nothing was charged now: the invoice of %(date)s carries it.") % said


# Disable


@company_page(posts=True)
def disable(visit: Visit, addon: str) -> HttpResponse:
    """Say what stops and what stays, then switch it off."""
    if visit.request.method != "POST":
        return _read_only(visit) if not visit.may(Level.MODIFY) else _confirm_disable(visit, addon)
    seen = read_seen(visit.request.POST)
    answer = disabling.disable_addon(
        actor=visit.actor,
        addon_code=addon,
        confirmed=confirmation(visit, QuoteKind.DISABLE, addon, seen),
        now=visit.now,
    )
    with visit.reading():
        if isinstance(answer, Quote):
            return visit.go(SECTION, say=_disabled_words(visit, addon, answer))
        if answer.code in SHOWS_QUOTE:
            return _confirm_disable(visit, addon, answer, seen)
        return _no(visit, answer, addons_of(visit))


def _confirm_disable(visit: Visit, code: str, answer: Refusal | None = None, seen: Seen | None = None) -> HttpResponse:
    page = _disable_page(visit, code, answer, seen)
    if isinstance(page, Refusal):
        return _no(visit, page, addons_of(visit))
    crumb = _("Disable %(name)s") % {"name": page[0].name}
    status = refusal_status(page[1].code) if page[1] is not None else 200
    return visit.dialog("add_on_disable", page[0], section=SECTION, crumb=crumb, status=status)


def _disable_page(
    visit: Visit, code: str, answer: Refusal | None = None, seen: Seen | None = None
) -> tuple[AddOnDisablePage, Refusal | None] | Refusal:
    """Quote it anew: the page with what changed, or the refusal where there is nothing to switch off."""
    addons = addons_of(visit)
    found, here = _one(addons, code), visit.standing
    if found is None:
        return Refusal("not_offered", {"addon": code})
    why_not = why_not_disable(visit, found, addons)
    if why_not is not None:
        return why_not
    if here is None:
        return Refusal("not_subscribed")
    quote = quote_disable(here.facts, code, visit.now, here.outlook)
    refused = _refused(visit, quote, answer, seen)
    return disable_page(visit, found, quote, here, notice=_notice(visit, refused, addons)), refused


def _disabled_words(visit: Visit, code: str, quote: Quote) -> str:
    said = _named(visit, code, quote)
    if quote.given_back.minor:
        return _("%(name)s is disabled. Your data is kept. The invoice of %(date)s gives back %(credit)s.") % said
    return _("%(name)s is disabled. Your data is kept.") % said


# Both


def _one(addons: Sequence[CompanyAddOn], code: str) -> CompanyAddOn | None:
    return next((one for one in addons if one.offer.code == code), None)


def _refused(visit: Visit, quote: Quote, answer: Refusal | None, seen: Seen | None) -> Refusal | None:
    """Say why a confirmation was refused: what changed since it was shown, else what the verb said."""
    if answer is None or seen is None:
        return None
    return answer if seen.fingerprint == quote.fingerprint else what_changed(seen, quote)


def _notice(visit: Visit, refused: Refusal | None, addons: Sequence[CompanyAddOn]) -> Notice | None:
    return Notice(words_of(visit, refused, addons).sentence, Tone.WARN) if refused is not None else None


def _named(visit: Visit, code: str, quote: Quote) -> dict[str, str]:
    found = _one(addons_of(visit), code)
    return {
        "name": found.offer.name if found else code,
        "date": formats.day_text(quote.invoice_date, visit.entered.locale),
        "credit": formats.money(quote.given_back, visit.entered.locale),
    }


def _back(visit: Visit) -> Link:
    return Link(_("Back to Add-ons"), visit.url(SECTION))


def _read_only(visit: Visit) -> HttpResponse:
    return visit.refuse(Refusal("modify_required", {"subject": "account_management"}), link=_back(visit))


def _no(visit: Visit, refused: Refusal, addons: Sequence[CompanyAddOn]) -> HttpResponse:
    """Answer a refusal without a confirmation: done already is said on the next page, the rest has its own."""
    if refused.code == "not_offered":
        return _not_here(visit)
    words = words_of(visit, refused, addons)
    if refused.code in DONE_ALREADY:
        return visit.go(SECTION, say=words.sentence)
    return answers.refused_words(visit.request, words, link=_back(visit))


def _not_here(visit: Visit) -> HttpResponse:
    """Answer 404: what the company is not offered does not exist for it."""
    security_log.refused(
        event="not_offered",
        user=visit.actor.user_id,
        route=visit.request.path,
        address=visit.actor.address,
        request_id=visit.actor.request_id,
        company=visit.entered.slug,
    )
    return answers.not_found(visit.request)
