"""The words on paper and in mails: what a stored invoice says, as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tenantry.core.invoice_lines import LineFacts
from tenantry.core.money import Money
from tenantry.core.rating import Reason
from tenantry.ui import formats


def line_name(line: LineFacts) -> str:
    """Say what a line is: the plan's or add-on's name, and that it is a correction where it is one."""
    if line.reason == Reason.DISABLED_MID_PERIOD and line.amount.minor < 0:
        return _("%(name)s: unused days") % {"name": line.name}
    if line.reason == Reason.SEATS_CHANGED:
        return _("%(name)s: seats changed") % {"name": line.name}
    if line.reason == Reason.PRICE_CHANGED:
        return _("%(name)s: price changed") % {"name": line.name}
    if line.reason == Reason.CORRECTED:
        return _("%(name)s: corrected") % {"name": line.name}
    return line.name


def tax_label(tax: Mapping[str, Any], currency: str, locale: str = formats.DEFAULT_LOCALE) -> str:
    """Name a tax with its rate, and what it is taken of where that is not all of the invoice."""
    words = {"name": tax["name"], "rate": formats.percent(tax["basis_points"], locale)}
    if "of_minor" not in tax:
        return f"{words['name']} {words['rate']}"
    words["amount"] = formats.money(Money(abs(tax["of_minor"]), currency), locale)
    if tax["of_minor"] < 0:
        return _("%(name)s %(rate)s of %(amount)s given back") % words
    return _("%(name)s %(rate)s of %(amount)s") % words


def line_explanation(line: LineFacts, locale: str = formats.DEFAULT_LOCALE) -> str:
    """Say how a line's amount came about: seats × price × share of the period, less what was invoiced before."""
    price = _price(line, locale)
    parts = [_seats_or_price(line, price, locale)]
    if line.on_days != line.period_days and not _is_full(line):
        parts.append(formats.days_share(line.on_days, line.period_days))
    words = " × ".join(parts)
    if not line.already.minor:
        return words
    return _("%(words)s = %(owed)s, less %(already)s invoiced before") % {
        "words": words,
        "owed": formats.money(line.owed, locale),
        "already": formats.money(line.already, locale),
    }


MOST_DAYS_OF_A_MONTH = 31


def _price(line: LineFacts, locale: str) -> str:
    """Say the price of a period: $30.00 / month, where a period is one and the price is not for each seat."""
    is_monthly = line.period_days <= MOST_DAYS_OF_A_MONTH and not line.is_per_seat
    return (formats.per_month if is_monthly else formats.money)(line.unit_amount, locale)


def _is_full(line: LineFacts) -> bool:
    """Tell whether the whole price is asked for, as one without proration does for a part of the period, too."""
    return line.owed.minor == line.unit_amount.minor * line.quantity


def _seats_or_price(line: LineFacts, price: str, locale: str) -> str:
    if not line.is_per_seat:
        return price
    if line.on_days and line.seat_days != line.quantity * line.on_days and not _is_full(line):
        return _("%(seat_days)d seat-days of %(days)d × %(price)s") % {
            "seat_days": line.seat_days,
            "days": line.period_days,
            "price": price,
        }
    return f"{formats.seats(line.quantity, locale)} × {price}"


def how_paid(facts: Mapping[str, Any], locale: str = formats.DEFAULT_LOCALE) -> str:
    """Say how an invoice will be paid, as it was fixed at issue: paper never changes."""
    kind = facts.get("kind")
    if kind == "nothing_due":
        return _("Nothing to pay.")
    if kind == "by_invoice":
        return _("Due %(date)s, by wire or check") % {
            "date": formats.day_text(date.fromisoformat(facts["due"]), locale)
        }
    if kind in ("card", "ach"):
        return _("Charged to %(method)s on %(date)s") % {
            "method": formats.method_name(facts["name"], facts["last4"]),
            "date": formats.day_text(date.fromisoformat(facts["on"]), locale),
        }
    if kind == "default_unusable":
        method = formats.method_name(facts["name"], facts["last4"])
        return _("%(method)s can't be charged: choose another method") % {"method": method}
    return _("Waiting for a payment method")


def credit_line_name(kind: str, line: LineFacts | None, number: str) -> str:
    """Say what a line of a credit note takes back: a line of the invoice, its discount, or a part of the whole."""
    if line is not None:
        return line_name(line)
    if kind == "discount":
        return _("Discount")
    return _("Part of invoice %(number)s") % {"number": number}


def what_becomes_of_credit(
    to_receivable: Money, to_credit: Money, locale: str = formats.DEFAULT_LOCALE, *, to_vendor: bool = False
) -> str:
    """Say what a credit note did: what came off the invoice, what is kept as credit; to the company, or the vendor."""
    said = {"off": formats.money(to_receivable, locale), "kept": formats.money(to_credit, locale)}
    if not to_credit.minor:
        return _("%(off)s taken off what was due on this invoice.") % said
    if not to_receivable.minor:
        words = _("%(kept)s kept as the company's credit.") if to_vendor else _("%(kept)s kept as your credit.")
        return words % said
    if to_vendor:
        return _("%(off)s taken off what was due on this invoice, %(kept)s kept as the company's credit.") % said
    return _("%(off)s taken off what was due on this invoice, %(kept)s kept as your credit.") % said


def address_lines(facts: Mapping[str, Any], locale: str = formats.DEFAULT_LOCALE) -> tuple[str, ...]:
    """Give an address as lines, empty ones left out."""
    place = " ".join(part for part in (facts.get("region", ""), facts.get("postal_code", "")) if part)
    town = ", ".join(part for part in (facts.get("city", ""), place) if part)
    country = formats.country(facts.get("country", ""), locale)
    lines = (facts.get("address_line_1", ""), facts.get("address_line_2", ""), town, country)
    return tuple(line for line in lines if line)
