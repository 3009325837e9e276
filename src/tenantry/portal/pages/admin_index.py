"""The Admin index: cards in sections (A4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdminCard:
    """One card; it is only there for those who may open it. `icon` is a lucide name."""

    label: str
    description: str
    url: str
    icon: str = "settings"


@dataclass(frozen=True, slots=True)
class AdminSection:
    """One topic with its cards."""

    title: str
    cards: tuple[AdminCard, ...]


@dataclass(frozen=True, slots=True)
class AdminIndexPage:
    """Template `portal/admin_index.html`. Empty sections are left out by the view."""

    sections: tuple[AdminSection, ...]
