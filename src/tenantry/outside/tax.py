"""The tax port: which rates a company pays, by where it is billed.

`TENANTRY_TAX` chooses: `{"kind": "none"}`, or `{"kind": "fixed", "rates": [{"country": "US", "region": "UT",
"name": "Utah sales tax", "basis_points": 725}, …]}`. A region may be a list of its spellings (`["UT", "Utah"]`);
a rate without one holds for its whole country, beside those of a region. With `"reverse_charge": true` a company
that gives a tax id owes that country's tax itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tenantry.core.tax_rates import NO_TAX, TaxRate, TaxRates

EXEMPT = "exempt"
REVERSE_CHARGE = "reverse_charge"
_FIELDS = frozenset({"country", "region", "name", "basis_points", "reverse_charge"})


@dataclass(frozen=True, slots=True)
class FixedRate:
    """One rate of the settings; `regions` are the spellings of its region, none for the whole country."""

    country: str
    regions: frozenset[str]
    rate: TaxRate
    is_reverse_charged: bool

    def applies_in(self, country: str, region: str) -> bool:
        """Tell whether the rate holds in a place."""
        return self.country == country and (not self.regions or region in self.regions)


def rates_for(*, country: str, region: str, tax_id: str = "", is_exempt: bool = False) -> TaxRates:
    """Return the rates for a company that is billed at this place (ISO 3166 country code, region as it is written).

    Where nothing is taken although rates are known, they stand there with the reason.

    Raises:
        ImproperlyConfigured: the setting can't be read.
    """
    chosen = settings.TENANTRY_TAX
    kind = chosen.get("kind")
    if kind == "none":
        return NO_TAX
    if kind != "fixed":
        raise ImproperlyConfigured(f"TENANTRY_TAX: kind is none or fixed, not {kind!r}.")
    place = (_folded(country), _folded(region))
    applying = [each for each in map(_read_rate, chosen.get("rates", [])) if each.applies_in(*place)]
    exemption = EXEMPT if is_exempt else ""
    if not exemption and applying and tax_id.strip() and all(each.is_reverse_charged for each in applying):
        exemption = REVERSE_CHARGE
    return TaxRates("fixed", tuple(each.rate for each in applying), exemption)


def _read_rate(row: Mapping[str, Any]) -> FixedRate:
    unknown = set(row) - _FIELDS
    if unknown:
        raise ImproperlyConfigured(f"TENANTRY_TAX: a rate has no {', '.join(sorted(unknown))}.")
    points = row.get("basis_points")
    if not row.get("country") or not row.get("name") or type(points) is not int:
        raise ImproperlyConfigured("TENANTRY_TAX: a rate has a country, a name and whole basis_points.")
    try:
        rate = TaxRate(row["name"], points)
    except ValueError as error:
        raise ImproperlyConfigured(f"TENANTRY_TAX: {error}.") from error
    return FixedRate(
        _folded(row["country"]), _spellings(row.get("region", "")), rate, row.get("reverse_charge", False) is True
    )


def _spellings(region: str | list[str]) -> frozenset[str]:
    spellings = [region] if isinstance(region, str) else region
    return frozenset(folded for folded in map(_folded, spellings) if folded)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
