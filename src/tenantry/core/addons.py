"""Add-on periods: what is on at an instant; may it be switched on, off, configured.

The same questions decide what a page shows and what a verb does.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tenantry.core.proration import Stretch
from tenantry.core.refusal import Refusal

_Stretch = TypeVar("_Stretch", bound=Stretch)


@dataclass(frozen=True, slots=True)
class OnPeriod:
    """An add-on, on in [started_at, ended_at); no end means until further notice."""

    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddOnFacts:
    """One add-on as one company has it.

    `needs` are codes of add-ons that must be on with it, `excludes` codes that must not; `terms_version` is
    zero where there is nothing to accept; `places` counts what can be configured.
    """

    code: str
    is_offered: bool
    periods: tuple[Stretch, ...] = ()
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    needs_method: bool = False
    terms_version: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class MayEnable:
    """It may be switched on now, once the terms of this version (none at zero) are accepted."""

    terms_version: int


@dataclass(frozen=True, slots=True)
class MayDisable:
    """It may be switched off now; it has been on since this instant."""

    since: datetime


@dataclass(frozen=True, slots=True)
class MayConfigure:
    """It is on, and there are places to configure."""

    places: int


def period_at(periods: Iterable[_Stretch], at: datetime) -> _Stretch | None:
    """Give the period that an instant belongs to: its start does, its end does not."""
    for period in periods:
        if period.started_at <= at and (period.ended_at is None or at < period.ended_at):
            return period
    return None


def is_on(periods: Iterable[Stretch], at: datetime) -> bool:
    """Tell whether a thing is on at an instant."""
    return period_at(periods, at) is not None


@dataclass(frozen=True, slots=True)
class Others:
    """The add-ons of a company by code: those that it is offered or has on, and which of them are on."""

    known_codes: AbstractSet[str] = frozenset()
    on_codes: AbstractSet[str] = frozenset()


def may_enable(addon: AddOnFacts, at: datetime, *, others: Others, has_usable_method: bool) -> MayEnable | Refusal:
    """Tell whether a company may switch an add-on on, beside the others that it has.

    An add-on that is not offered does not exist for the company, so that comes first. One that needs another
    which the company is not offered can't be switched on by the company alone.
    """
    running = period_at(addon.periods, at)
    if not addon.is_offered and running is None:
        return Refusal("not_offered", {"addon": addon.code})
    if running is not None:
        return Refusal("already_enabled", {"addon": addon.code, "since": running.started_at})
    missing = tuple(code for code in addon.needs if code not in others.on_codes)
    if missing:
        is_in_reach = others.known_codes >= set(missing)
        code = "addon_needs_another" if is_in_reach else "addon_needs_unoffered"
        return Refusal(code, {"addon": addon.code, "needs": missing})
    against = tuple(code for code in addon.excludes if code in others.on_codes)
    if against:
        return Refusal("addon_excludes_another", {"addon": addon.code, "excludes": against})
    if addon.needs_method and not has_usable_method:
        return Refusal("method_required", {"addon": addon.code})
    return MayEnable(addon.terms_version)


def may_confirm_enable(
    addon: AddOnFacts, at: datetime, *, others: Others, has_usable_method: bool, accepted_terms_version: int
) -> MayEnable | Refusal:
    """Tell the same when a person confirms: the terms in force must have been accepted (0: none were)."""
    may = may_enable(addon, at, others=others, has_usable_method=has_usable_method)
    if isinstance(may, MayEnable) and may.terms_version not in (0, accepted_terms_version):
        return Refusal("terms_required", {"addon": addon.code, "terms_version": may.terms_version})
    return may


def may_disable(addon: AddOnFacts, at: datetime, *, needed_by: Iterable[str] = ()) -> MayDisable | Refusal:
    """Tell whether a company may switch an add-on off; `needed_by` are add-ons on that need this one.

    One that is on can be switched off although it is no longer offered.
    """
    running = period_at(addon.periods, at)
    if running is None:
        was_on = any(period.started_at <= at for period in addon.periods)
        return Refusal("already_disabled" if addon.is_offered or was_on else "not_offered", {"addon": addon.code})
    others = tuple(needed_by)
    if others:
        return Refusal("addon_needed_by_another", {"addon": addon.code, "needed_by": others})
    return MayDisable(running.started_at)


def may_configure(addon: AddOnFacts, at: datetime) -> MayConfigure | Refusal:
    """Tell whether there is something to configure, and whether it is on."""
    running = period_at(addon.periods, at)
    if not addon.is_offered and running is None:
        return Refusal("not_offered", {"addon": addon.code})
    if addon.places == 0:
        return Refusal("nothing_to_configure", {"addon": addon.code})
    if running is None:
        return Refusal("not_enabled", {"addon": addon.code})
    return MayConfigure(addon.places)
