"""Add-ons as the host's code knows them: what they unlock, and what disabling one does to its data."""

from __future__ import annotations

from collections.abc import Callable

from tenantry.outside import host
from tenantry.outside.host import AddOnDeclaration, ConfigureLink, Impact, Words

__all__ = ["AddOnDeclaration", "ConfigureLink", "Impact", "declare_addon"]


def declare_addon(
    code: str,
    *,
    features: tuple[str, ...] = (),
    unlocks: tuple[Words, ...] = (),
    configure: tuple[ConfigureLink, ...] = (),
    stays_readable: Words = "",
    needs: tuple[str, ...] = (),
    excludes: tuple[str, ...] = (),
    impact: Callable[[str], Impact] | None = None,
) -> AddOnDeclaration:
    """Declare an add-on by its code; its words, prices and offers stand in the vendor's catalog.

    `features` are names by which code asks for it besides the code. `impact` is called with a company id
    inside that company's transaction, and gives the sentences of the Disable dialog with counts filled in.
    `stays_readable` names what can still be read while it is off; `needs` and `excludes` are codes of add-ons
    that must be on, or off, with it. Words may be lazy (`gettext_lazy`). Call it in `AppConfig.ready`.

    Raises:
        ValueError: it could never be switched on: it needs or excludes itself, or needs what it excludes.
    """
    declared = AddOnDeclaration(
        code=code,
        unlocks=unlocks,
        configure=configure,
        stays_readable=stays_readable,
        needs=needs,
        excludes=excludes,
        impact=impact,
        features=features,
    )
    host.add_addon(declared)
    return declared
