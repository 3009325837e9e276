"""The Admin index: cards in sections, each only for those who may open it (A4)."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.permissions import ACCOUNT_MANAGEMENT, PERMISSION_GROUPS, USER_ACCOUNTS, Level
from tenantry.outside import host
from tenantry.portal.entry import Visit, company_page
from tenantry.portal.pages.admin_index import AdminCard, AdminIndexPage, AdminSection
from tenantry.records.subscriptions.queries import addon_stretches

ORGANIZATION = "Organization"


@company_page(subject="")
def admin_index(visit: Visit) -> HttpResponse:
    """Show the cards that this person may open."""
    if not host.may_administer(visit.actor):
        return visit.nothing_to_administer()
    sections: dict[str, list[AdminCard]] = {ORGANIZATION: []}
    is_on = _addons_on(visit)
    for card in host.cards():
        may_open = not card.subject or visit.may(card.level, card.subject)
        if may_open and (not card.addon or card.addon in is_on):
            sections.setdefault(str(card.section), []).append(_host_card(visit, card))
    sections[ORGANIZATION] += _own_cards(visit)
    page = AdminIndexPage(tuple(AdminSection(title, tuple(cards)) for title, cards in sections.items() if cards))
    return visit.page("portal/admin_index.html", page)


def _host_card(visit: Visit, card: host.AdminCard) -> AdminCard:
    address = reverse(card.route, args=[visit.entered.slug])
    return AdminCard(str(card.label), str(card.description), address, card.icon)


def _addons_on(visit: Visit) -> set[str]:
    if not any(card.addon for card in host.cards()):
        return set()
    return {
        stretch.code
        for stretch in addon_stretches(visit.company_id)
        if stretch.started_at <= visit.now and (stretch.ended_at is None or stretch.ended_at > visit.now)
    }


def _own_cards(visit: Visit) -> list[AdminCard]:
    """Give ours, in the documented order: Account Management stands last."""
    own = (
        (PERMISSION_GROUPS, _("Permission Groups & Roles"), _("Who may see and change what."), "permissions", "shield"),
        (USER_ACCOUNTS, _("Users"), _("The people of your company, and who can log in."), "users", "users"),
        (
            ACCOUNT_MANAGEMENT,
            _("Account Management"),
            _("Your subscription: billing methods, invoices and add-ons."),
            "account-management",
            "credit-card",
        ),
    )
    return [
        AdminCard(label, description, visit.admin_url(name), icon)
        for subject, label, description, name, icon in own
        if visit.may(Level.VIEW, subject)
    ]
