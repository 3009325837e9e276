"""Money, dates and periods as words, by locale. Instants become dates in the company's zone here and nowhere else."""

from __future__ import annotations

from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval, format_skeleton, format_time
from babel.numbers import NumberPattern, format_currency, format_decimal, format_percent
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.core.currencies import decimals
from tenantry.core.money import Money

DEFAULT_LOCALE = "en_US"


def money(amount: Money, locale: str = DEFAULT_LOCALE) -> str:
    """Say an amount with its currency: $412.50, -$4.20, ¥1,200."""
    digits = decimals(amount.currency)
    exact = Decimal(amount.minor).scaleb(-digits)
    return format_currency(exact, amount.currency, _pattern(locale, digits), locale, currency_digits=False)


@lru_cache(maxsize=256)
def _pattern(locale: str, digits: int) -> NumberPattern:
    """Give how a locale writes an amount, with these decimals instead of those that it leaves away."""
    pattern: NumberPattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


def per_month(amount: Money, locale: str = DEFAULT_LOCALE) -> str:
    """Say a flat monthly price: $49.00 / month."""
    return _("%(amount)s / month") % {"amount": money(amount, locale)}


def per_seat_per_month(unit_amount: Money, locale: str = DEFAULT_LOCALE) -> str:
    """Say a monthly price for each seat: $5.00 / seat / month."""
    return _("%(amount)s / seat / month") % {"amount": money(unit_amount, locale)}


def seats(count: int, locale: str = DEFAULT_LOCALE) -> str:
    """Say a number of seats: 1 seat, 14 seats."""
    number = format_decimal(count, locale=locale)
    return ngettext("%(number)s seat", "%(number)s seats", count) % {"number": number}


def seats_total(count: int, total: Money, locale: str = DEFAULT_LOCALE) -> str:
    """Say what the seats come to: 14 seats = $70.00 / month."""
    return _("%(seats)s = %(total)s") % {"seats": seats(count, locale), "total": per_month(total, locale)}


def days(count: int) -> str:
    """Say a number of days: 1 day, 19 days."""
    return ngettext("%(number)d day", "%(number)d days", count) % {"number": count}


def days_share(on_days: int, period_days: int) -> str:
    """Say a share of a period: 19 of 30 days."""
    return _("%(on)d of %(all)s") % {"on": on_days, "all": days(period_days)}


def percent(basis_points: int, locale: str = DEFAULT_LOCALE) -> str:
    """Say a rate given in basis points: 725 is 7.25%."""
    return format_percent(Decimal(basis_points).scaleb(-4), format="#,##0.##%", locale=locale)


def country(code: str, locale: str = DEFAULT_LOCALE) -> str:
    """Say a country by its name; one that is not known stays its code."""
    return str(Locale.parse(locale).territories.get(code, code))


def day_text(on: date, locale: str = DEFAULT_LOCALE) -> str:
    """Say a date, to stand within a sentence: Nov 22, 2026."""
    return format_date(on, format="medium", locale=locale)


def short_day_text(on: date, locale: str = DEFAULT_LOCALE) -> str:
    """Say a date without its year: Nov 3."""
    return format_skeleton("MMMd", datetime.combine(on, time()), locale=locale)


def month_text(on: date, locale: str = DEFAULT_LOCALE) -> str:
    """Say a month: Nov 2026."""
    return format_skeleton("yMMM", datetime.combine(on, time()), locale=locale)


def short_month_text(on: date, locale: str = DEFAULT_LOCALE) -> str:
    """Say a month without its year: Nov."""
    return format_date(on, format="LLL", locale=locale)


def period_text(start: date, end: date, locale: str = DEFAULT_LOCALE) -> str:
    """Say a half-open period by its first and last day: Nov 12 – 30, 2026."""
    last = end - timedelta(days=1)
    if last <= start:
        return day_text(start, locale)
    return format_interval(start, last, skeleton="yMMMd", locale=locale).replace("\N{THIN SPACE}", " ")


def day(on: date, locale: str = DEFAULT_LOCALE) -> SafeString:
    """Give a date as a `<time>` element: Nov 22, 2026."""
    return format_html('<time datetime="{}">{}</time>', on.isoformat(), day_text(on, locale))


def instant(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> SafeString:
    """Give an instant as its date in a zone, a `<time>` element with the exact instant on hover."""
    return _time(at, zone, day_text(at.astimezone(ZoneInfo(zone)).date(), locale), locale)


def moment(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> SafeString:
    """Give an instant as date and time of day in a zone, a `<time>` element: Nov 3, 2026, 9:05 AM."""
    return _time(at, zone, moment_text(at, zone, locale), locale)


def instant_text(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Say an instant as its date in a zone, to stand within a sentence: Nov 3, 2026."""
    return day_text(at.astimezone(ZoneInfo(zone)).date(), locale)


def moment_text(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Say an instant as date and time of day in a zone: Nov 3, 2026, 9:05 AM."""
    local = at.astimezone(ZoneInfo(zone))
    hour = format_time(local, format="short", locale=locale).replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
    return f"{day_text(local.date(), locale)}, {hour}"


def _time(at: datetime, zone: str, words: str, locale: str) -> SafeString:
    exact = format_datetime(at.astimezone(ZoneInfo(zone)), format="long", locale=locale)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, words)


def masked(last4: str) -> str:
    """Say the last digits of a number: •••• 4242."""
    return f"•••• {last4}"


def method_name(brand_or_bank: str, last4: str) -> str:
    """Say a payment method within a sentence: Visa •••• 4242."""
    return f"{brand_or_bank} {masked(last4)}"


def expiry(month: int, year: int) -> str:
    """Say when a card expires: 08/2028."""
    return f"{month:02d}/{year:04d}"
