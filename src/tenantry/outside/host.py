"""What the host product told us when it started: cards, permissions, add-ons and what disabling one stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.utils.functional import Promise

from tenantry.core.addons import AddOnFacts
from tenantry.core.permissions import ACCOUNT_MANAGEMENT, PERMISSION_GROUPS, USER_ACCOUNTS, Actor, Level, holds

Words = str | Promise
"""What people read: a text, or a lazy one that is put into their language when it is shown."""


@dataclass(frozen=True, slots=True)
class AdminCard:
    """A card of the Admin index. It shows to those who hold `level` on `subject` (empty: to every member).

    With `addon` it shows only while that add-on is on. `route` is a URL name that takes `company`.
    """

    section: Words
    label: Words
    description: Words
    route: str
    icon: str
    subject: str = ""
    level: Level = Level.VIEW
    addon: str = ""


@dataclass(frozen=True, slots=True)
class HostLink:
    """A page of the host that the area names. It is a link to those who hold `level` on `subject` (empty: to all)."""

    route: str
    subject: str = ""
    level: Level = Level.VIEW


@dataclass(frozen=True, slots=True)
class DeclaredPermission:
    """A subject that grants can stand on, with the levels it knows."""

    subject: str
    label: Words
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class ConfigureLink:
    """A place where an add-on is set up; `route` is a URL name that takes `company`.

    `hint` is a line about it. Who does not hold `level` on `subject` (empty: nothing is asked) reads what is missing.
    """

    label: Words
    route: str
    hint: Words = ""
    subject: str = ""
    level: Level = Level.VIEW


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
    unlocks: tuple[Words, ...] = ()
    configure: tuple[ConfigureLink, ...] = ()
    stays_readable: Words = ""
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    impact: Callable[[str], Impact] | None = None
    features: tuple[str, ...] = ()


_cards: list[AdminCard] = []
_permissions: dict[str, DeclaredPermission] = {}
_addons: dict[str, AddOnDeclaration] = {}
_links: dict[str, HostLink] = {}


def add_card(card: AdminCard) -> None:
    """Keep a card; the order of a section is the order of registration."""
    if card not in _cards:
        _cards.append(card)


def add_permission(permission: DeclaredPermission) -> None:
    """Keep a subject of grants."""
    _permissions[permission.subject] = permission


def add_addon(declaration: AddOnDeclaration) -> None:
    """Keep what the host's code knows of an add-on.

    Raises:
        ValueError: it could never be switched on: it needs or excludes itself, or needs what it excludes.
    """
    needs, excludes = set(declaration.needs), set(declaration.excludes)
    if declaration.code in needs | excludes or needs & excludes:
        raise ValueError(f"{declaration.code} could never be switched on: see what it needs and excludes")
    _addons[declaration.code] = declaration


def add_link(name: str, link: HostLink) -> None:
    """Keep where a thing of the host stands: `billing_admin` and `accounting` are shown in the area (A8)."""
    _links[name] = link


def cards() -> tuple[AdminCard, ...]:
    """List the host's cards in the order of registration."""
    return tuple(_cards)


def may_administer(actor: Actor) -> bool:
    """Tell whether a person holds anything that leads from the Admin index, whichever add-ons are on."""
    own = any(holds(actor, subject, Level.VIEW) for subject in (PERMISSION_GROUPS, USER_ACCOUNTS, ACCOUNT_MANAGEMENT))
    return own or any(not card.subject or holds(actor, card.subject, card.level) for card in cards())


def permissions() -> tuple[DeclaredPermission, ...]:
    """List the host's subjects."""
    return tuple(_permissions.values())


def subject_label(subject: str) -> str:
    """Say what the host calls a subject; Tenantry's own stay codes, since the table of refusals has their words."""
    return next((str(found.label) for found in _permissions.values() if found.subject == subject), subject)


def addon(code: str) -> AddOnDeclaration:
    """Give what the host's code knows of an add-on; an undeclared one unlocks nothing and stops nothing."""
    return _addons.get(code, AddOnDeclaration(code))


def as_declared(facts: AddOnFacts) -> AddOnFacts:
    """Add to what is kept of an add-on what the host's code knows: what it needs, excludes, and can be configured.

    An exclusion holds both ways, whichever of the two declares it.
    """
    declared = addon(facts.code)
    excluded_by = tuple(found.code for found in _addons.values() if facts.code in found.excludes)
    excludes = tuple(dict.fromkeys((*declared.excludes, *excluded_by)))
    return replace(facts, needs=declared.needs, excludes=excludes, places=len(declared.configure))


def needing(code: str, among: Iterable[str]) -> tuple[str, ...]:
    """Name those among some add-ons that need this one."""
    return tuple(other for other in among if code in addon(other).needs)


def addon_of(feature: str) -> str:
    """Give the code of the add-on that turns a feature on: the one that declares it, else the name itself."""
    return next((found.code for found in _addons.values() if feature in found.features), feature)


def link(name: str) -> HostLink | None:
    """Give where the host said that it is, or None."""
    return _links.get(name)
