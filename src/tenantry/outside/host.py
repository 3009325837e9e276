"""What the host product told us when it started: cards, permissions, add-ons and what disabling one stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tenantry.core.permissions import Level


@dataclass(frozen=True, slots=True)
class AdminCard:
    """A card of the Admin index. It shows to those who hold `level` on `subject` (empty: to every member).

    With `addon` it shows only while that add-on is on. `route` is a URL name that takes `company`.
    """

    section: str
    label: str
    description: str
    route: str
    icon: str
    subject: str = ""
    level: Level = Level.VIEW
    addon: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredPermission:
    """A subject that grants can stand on, with the levels it knows."""

    subject: str
    label: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class ConfigureLink:
    """A place where an add-on is set up; `route` is a URL name that takes `company`."""

    label: str
    route: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What disabling an add-on does to this company's data: sentences, counts already filled in."""

    stops: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddOnDeclaration:
    """An add-on as the host's code knows it (its words and prices stand in the database).

    `impact` is called with a company id inside that company's transaction. `stays_readable` names what can
    still be read while it is off (O7), empty where nothing can. `features` are further names by which the
    host's code asks for it; its own code always is one. `needs` are codes of add-ons that must be on with it,
    `excludes` codes of those that must not.
    """

    code: str
    unlocks: tuple[str, ...] = ()
    configure: tuple[ConfigureLink, ...] = ()
    stays_readable: str = ""
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    impact: Callable[[str], Impact] | None = None
    features: tuple[str, ...] = ()


_cards: list[AdminCard] = []
_permissions: dict[str, DeclaredPermission] = {}
_addons: dict[str, AddOnDeclaration] = {}
_links: dict[str, str] = {}


def add_card(card: AdminCard) -> None:
    """Keep a card; the order of a section is the order of registration."""
    if card not in _cards:
        _cards.append(card)


def add_permission(permission: DeclaredPermission) -> None:
    """Keep a subject of grants."""
    _permissions[permission.subject] = permission


def add_addon(declaration: AddOnDeclaration) -> None:
    """Keep what the host's code knows of an add-on."""
    _addons[declaration.code] = declaration


def add_link(name: str, route: str) -> None:
    """Keep where a thing of the host stands: `billing_admin` and `accounting` are shown in the area (A8)."""
    _links[name] = route


def cards() -> tuple[AdminCard, ...]:
    """List the host's cards in the order of registration."""
    return tuple(_cards)


def permissions() -> tuple[DeclaredPermission, ...]:
    """List the host's subjects."""
    return tuple(_permissions.values())


def addon(code: str) -> AddOnDeclaration:
    """Give what the host's code knows of an add-on; an undeclared one unlocks nothing and stops nothing."""
    return _addons.get(code, AddOnDeclaration(code))


def addon_of(feature: str) -> str:
    """Give the code of the add-on that turns a feature on: the one that declares it, else the name itself."""
    return next((found.code for found in _addons.values() if feature in found.features), feature)


def link(name: str) -> str | None:
    """Give the URL name that the host registered, or None."""
    return _links.get(name)
