"""Add-ons as a page shows them: the cards with their prices, the documentation, the places to configure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.addons import MayConfigure, MayEnable, may_configure, may_disable, may_enable
from tenantry.core.payment_methods import usable_methods
from tenantry.core.periods import local_date
from tenantry.core.permissions import Level
from tenantry.core.prices import FlatPrice, Price, monthly
from tenantry.core.proration import seats_at
from tenantry.core.refusal import Refusal
from tenantry.outside import host
from tenantry.portal.pages.add_ons import (
    DISABLED,
    ENABLED,
    AddOnCard,
    AddOnConfigurePage,
    AddOnDocsPage,
    AddOnsPage,
    documentation_blocks,
)
from tenantry.portal.pages.history_built import recent
from tenantry.records.catalog.queries import addon_names
from tenantry.records.subscriptions.catalog import CompanyAddOn, company_addons, others_of
from tenantry.ui import formats
from tenantry.ui.parts import FilterLink, Link
from tenantry.ui.refusals import RefusalWords, refusal_words

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

SECTION = "add-ons"
ALL, ON, AVAILABLE = "", "enabled", "available"
SEARCH_FROM = 12
"""With more add-ons than this there is a search."""


def addons_of(visit: Visit) -> list[CompanyAddOn]:
    """List the add-ons that the company is offered or has on. Needs an open reading."""
    here = visit.standing
    return company_addons(visit.company, here.facts if here else None, visit.now)


def why_not_enable(visit: Visit, addon: CompanyAddOn, addons: Sequence[CompanyAddOn]) -> Refusal | None:
    """Tell why the company can't switch it on now, or None when it can. Needs an open reading."""
    today = local_date(visit.now, visit.entered.time_zone)
    may = may_enable(
        host.as_declared(addon.facts),
        visit.now,
        others=others_of(addons),
        has_usable_method=not addon.facts.needs_method or bool(usable_methods(visit.methods, today)),
    )
    if not isinstance(may, MayEnable):
        return may
    if visit.standing is None:
        return Refusal("not_subscribed")
    return None if addon.price else Refusal("price_missing", {"addon": addon.offer.code})


def why_not_disable(visit: Visit, addon: CompanyAddOn, addons: Sequence[CompanyAddOn]) -> Refusal | None:
    """Tell why the company can't switch it off now, or None when it can."""
    on_codes = [other.offer.code for other in addons if other.is_on]
    may = may_disable(addon.facts, visit.now, needed_by=host.needing(addon.offer.code, on_codes))
    return may if isinstance(may, Refusal) else None


def words_of(visit: Visit, refusal: Refusal, addons: Sequence[CompanyAddOn]) -> RefusalWords:
    """Say a refusal, with the names of the add-ons that it is about."""
    names = {addon.offer.code: addon.offer.name for addon in addons}
    if refusal.code == "addon_needs_unoffered":
        names |= addon_names(refusal.facts["needs"])  # type: ignore[arg-type]
    return refusal_words(refusal, locale=visit.entered.locale, zone=visit.entered.time_zone, names=names)


def price_text(price: Price | None, locale: str) -> str:
    """Say a price: $49.00 / month, $5.00 / seat / month."""
    if price is None:
        return _("No price yet")
    if isinstance(price, FlatPrice):
        return formats.per_month(price.unit_amount, locale)
    return formats.per_seat_per_month(price.unit_amount, locale)


def add_ons_page(visit: Visit) -> AddOnsPage:
    """Build the grid, as the address filters it. Needs an open reading."""
    addons = addons_of(visit)
    show = visit.request.GET.get("show", "")
    show = show if show in (ON, AVAILABLE) else ALL
    searched = visit.request.GET.get("q", "").strip()[:100]
    shown = [one for one in addons if _is_shown(one, show, searched)]
    return AddOnsPage(
        add_ons=tuple(_card(visit, one, addons) for one in shown),
        filters=_filters(visit, show, searched),
        changes=recent(visit, SECTION),
        has_search=len(addons) > SEARCH_FROM,
        search_url=visit.url(SECTION),
        search_text=searched,
        search_show=show,
    )


def _is_shown(addon: CompanyAddOn, show: str, searched: str) -> bool:
    if (show == ON and not addon.is_on) or (show == AVAILABLE and addon.is_on):
        return False
    return searched.casefold() in f"{addon.offer.name}\n{addon.offer.description}".casefold()


def _filters(visit: Visit, show: str, searched: str) -> tuple[FilterLink, ...]:
    labels = {ALL: _("All"), ON: _("Enabled"), AVAILABLE: _("Available")}
    found = []
    for value, label in labels.items():
        query = urlencode({name: text for name, text in (("show", value), ("q", searched)) if text})
        address = visit.url(SECTION) + (f"?{query}" if query else "")
        found.append(FilterLink(label, address, is_current=value == show))
    return tuple(found)


def _card(visit: Visit, addon: CompanyAddOn, addons: Sequence[CompanyAddOn]) -> AddOnCard:
    offer, code, locale = addon.offer, addon.offer.code, visit.entered.locale
    may_change = visit.may(Level.MODIFY)
    why_not = (why_not_disable if addon.is_on else why_not_enable)(visit, addon, addons)
    reason = ""
    if why_not is not None:
        words = words_of(visit, why_not, addons)
        reason = f"{words.sentence} {words.next_step}".strip()
    # Where only a payment method is missing, the confirmation shows the way to one.
    can_enable = not addon.is_on and (why_not is None or why_not.code == "method_required")
    can_disable = addon.is_on and why_not is None
    return AddOnCard(
        code=code,
        name=offer.name,
        description=offer.description,
        price=price_text(addon.price, locale),
        state=ENABLED if addon.is_on else DISABLED,
        price_total=seats_total(visit, addon),
        since=_since(visit, addon),
        learn_more_url=offer.learn_more_url or visit.url("add-ons.learn-more", code),
        enable_url=visit.url("add-ons.enable", code) if may_change and can_enable else "",
        disable_url=visit.url("add-ons.disable", code) if may_change and can_disable else "",
        configure_url=visit.url("add-ons.configure", code) if may_change and _can_configure(visit, addon) else "",
        reason=reason,
    )


def seats_total(visit: Visit, addon: CompanyAddOn) -> str:
    """Say what the company's seats come to (14 seats = $70.00 / month); nothing for a flat price."""
    here = visit.standing
    if here is None or addon.price is None or isinstance(addon.price, FlatPrice):
        return ""
    count = seats_at(here.facts.seat_counts, addon.offer.code, visit.now)
    return formats.seats_total(count, monthly(addon.price, count), visit.entered.locale)


def _since(visit: Visit, addon: CompanyAddOn) -> str:
    if addon.since is None:
        return ""
    day = formats.instant_text(addon.since, visit.entered.time_zone, visit.entered.locale)
    return _("Enabled since %(date)s") % {"date": day}


def _can_configure(visit: Visit, addon: CompanyAddOn) -> bool:
    return isinstance(why_configure(visit, addon), MayConfigure)


def why_configure(visit: Visit, addon: CompanyAddOn) -> MayConfigure | Refusal:
    """Tell whether there is something to configure, as far as the host declared places."""
    return may_configure(host.as_declared(addon.facts), visit.now)


def configure_page(visit: Visit, addon: CompanyAddOn) -> AddOnConfigurePage:
    """Build the list of places where an add-on is set up."""
    places = host.addon(addon.offer.code).configure
    return AddOnConfigurePage(
        name=addon.offer.name,
        links=tuple(_place(visit, place) for place in places),
        back_url=visit.url(SECTION),
    )


def _place(visit: Visit, place: host.ConfigureLink) -> Link:
    """Give a place, without its address for people who may not open it: then the line says what they need."""
    if place.subject and not visit.may(place.level, place.subject):
        missing = Refusal(f"{place.level.value}_required", {"subject": host.subject_label(place.subject)})
        return Link(str(place.label), "", refusal_words(missing).sentence)
    return Link(str(place.label), reverse(place.route, args=[visit.entered.slug]), str(place.hint))


def docs_page(visit: Visit, addon: CompanyAddOn, addons: Sequence[CompanyAddOn]) -> AddOnDocsPage:
    """Build the page behind Learn More. Needs an open reading."""
    card = _card(visit, addon, addons)
    return AddOnDocsPage(
        name=card.name,
        description=card.description,
        price=card.price,
        state=card.state,
        blocks=documentation_blocks(addon.offer.documentation),
        back_url=visit.url(SECTION),
        price_total=card.price_total,
        enable_url=card.enable_url,
        reason=card.reason,
    )
