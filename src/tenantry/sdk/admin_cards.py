"""Cards of the Admin index, and the two things that Account Management is not."""

from __future__ import annotations

from tenantry.core.permissions import Level
from tenantry.outside import host
from tenantry.outside.host import AdminCard, HostLink, Words

__all__ = ["ACCOUNTING", "BILLING_ADMIN", "AdminCard", "register_card", "register_link"]

BILLING_ADMIN = "billing_admin"
ACCOUNTING = "accounting"


def register_card(
    section: Words,
    label: Words,
    description: Words,
    *,
    route: str,
    icon: str = "settings",
    subject: str = "",
    level: Level = Level.VIEW,
    addon: str = "",
) -> AdminCard:
    """Add a card to a section; sections and cards stand in the order of registration.

    It shows to those who hold `level` on `subject` (empty: to every member), and with `addon`, the code of an
    add-on, only while that is on. `route` is a URL name that takes the company's address; `icon` a lucide
    name. Words may be lazy (`gettext_lazy`). Call it in `AppConfig.ready`.
    """
    card = AdminCard(section, label, description, route, icon, subject, level, addon)
    host.add_card(card)
    return card


def register_link(name: str, route: str, *, subject: str = "", level: Level = Level.VIEW) -> None:
    """Say where `BILLING_ADMIN` or `ACCOUNTING` is: the area names both as what it is not, and links there.

    It is a link to those who hold `level` on `subject` (empty: to every member); to others it is only named. `route` is
    a URL name that takes the company's address.

    Raises:
        ValueError: the name is neither of the two.
    """
    if name not in (BILLING_ADMIN, ACCOUNTING):
        raise ValueError(name)
    host.add_link(name, HostLink(route, subject, level))
