"""The five forms of a gate: a page, a write, a part of a page, the choices of a form, background work.

A link that is only hidden is not a gate: `require_addon` refuses the address itself, `writing_with` the write.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils.translation import gettext as _

from tenantry.core.refusal import Refusal
from tenantry.outside import clock, host
from tenantry.records.base import tenancy
from tenantry.records.catalog.queries import addon_by_code
from tenantry.records.subscriptions import entitlements
from tenantry.sdk.entitlements import is_enabled
from tenantry.ui.parts import Choice

__all__ = ["AddOnOff", "GatedChoice", "off_words", "only_enabled", "require_addon", "running_with", "writing_with"]

Row = TypeVar("Row")


class AddOnOff(Exception):
    """A page or a write needs an add-on that is off. `company_page` answers it with 403, or 404 if not offered."""

    def __init__(self, refusal: Refusal, *, is_offered: bool) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.is_offered = is_offered


@dataclass(frozen=True, slots=True)
class GatedChoice:
    """A choice of a form that may need a feature (empty: none)."""

    value: str
    label: str
    feature: str = ""


def require_addon(feature: str, *, stays_readable: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Refuse a view's own address while the feature is off; stands below `company_page`.

    The page names the add-on and leads to Add-ons. An add-on that the company is not offered does not exist
    for it: 404. With `stays_readable` only POST is refused: the view is shown, and asks `is_enabled` to leave its
    buttons out. The add-on's declaration has to name what stays readable, so that the Disable dialog says it.

    Raises:
        ImproperlyConfigured: it is to stay readable, and the declaration does not say so.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def gated(page: Any, **kwargs: Any) -> Any:
            if is_enabled(page.company_id, feature):
                return view(page, **kwargs)
            code = host.addon_of(feature)
            off = _off(page.company_id, code)
            if not stays_readable or page.is_post or not off.is_offered:
                raise off
            if not host.addon(code).stays_readable:
                raise ImproperlyConfigured(f"{code} does not declare what stays readable")
            return view(page, **kwargs)

        return gated

    return decorate


@contextmanager
def writing_with(company_id: str, feature: str) -> Iterator[None]:
    """Open the durable transaction of a write that needs a feature, and hold the add-on until it ends.

    The write either commits before Disable does, or is refused: no row is ever written with the add-on off.

    Raises:
        AddOnOff: the feature is off; its `refusal` is `addon_off`, and nothing was written.
        tenantry.records.base.tenancy.Busy: a lock was not granted in time; answered with 503.
    """
    code = host.addon_of(feature)
    with tenancy.phase(company_id):
        held = entitlements.hold_addon(company_id, code)
        # The time is read after the row is held: Disable may have been waited for, and its end counts.
        if held is None or not held.is_on(clock.now()):
            raise _off(company_id, code)
        yield


def only_enabled(company_id: str, choices: Iterable[GatedChoice], *, kept: str = "") -> tuple[Choice, ...]:
    """Limit the choices of a form to those whose feature is on.

    `kept` is the value that is stored now: it stays visible although its feature is off, with the reason why
    it can't be chosen again. A form accepts the values without a `disabled_reason`, and `kept` unchanged.
    """
    found = []
    for choice in choices:
        is_on = not choice.feature or is_enabled(company_id, choice.feature)
        if is_on or choice.value == kept:
            reason = "" if is_on else off_words(choice.feature)
            found.append(Choice(choice.value, choice.label, is_chosen=choice.value == kept, disabled_reason=reason))
    return tuple(found)


def running_with(company_id: str, feature: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Give the rows of background work one by one, and stop between two of them once the feature is off.

    What is done for a row is its own transaction: `writing_with`, where it writes.

    Raises:
        RuntimeError: a transaction is open, whose snapshot might never see the add-on go off.
    """
    for row in rows:
        if connection.in_atomic_block:
            raise RuntimeError("running_with goes around transactions, not inside one")
        if not is_enabled(company_id, feature):
            return
        yield row


def off_words(feature: str) -> str:
    """Say that a feature is turned off, by the name of its add-on: "Credit Checks is turned off."."""
    return _("%(addon)s is turned off.") % {"addon": _name(host.addon_of(feature))}


def _off(company_id: str, code: str) -> AddOnOff:
    refusal = Refusal("addon_off", {"addon": _name(code)})
    if connection.in_atomic_block:
        return AddOnOff(refusal, is_offered=entitlements.is_offered(company_id, code))
    with tenancy.reading(company_id):
        return AddOnOff(refusal, is_offered=entitlements.is_offered(company_id, code))


def _name(code: str) -> str:
    addon = addon_by_code(code)
    return addon.name if addon else code
