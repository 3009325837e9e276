"""The tax port answers by country and region, and says why nothing is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from tenantry.core.tax_rates import NO_TAX, TaxRate, TaxRates
from tenantry.outside.tax import rates_for

UTAH = TaxRate("Utah sales tax", 725)
QUEBEC = (TaxRate("GST", 500), TaxRate("QST", 998))
GERMAN = TaxRate("Umsatzsteuer", 1900)
FIXED = {
    "kind": "fixed",
    "rates": [
        {"country": "US", "region": ["UT", "Utah"], "name": "Utah sales tax", "basis_points": 725},
        {"country": "CA", "name": "GST", "basis_points": 500},
        {"country": "CA", "region": "Quebec", "name": "QST", "basis_points": 998},
        {"country": "DE", "name": "Umsatzsteuer", "basis_points": 1900, "reverse_charge": True},
    ],
}


def test_none_takes_nothing_anywhere() -> None:
    with override_settings(TENANTRY_TAX={"kind": "none"}):
        assert rates_for(country="US", region="UT") == NO_TAX


class TestFixed:
    @pytest.fixture(autouse=True)
    def fixed(self) -> Iterator[None]:
        with override_settings(TENANTRY_TAX=FIXED):
            yield

    @pytest.mark.parametrize(
        ("country", "region", "rates"),
        [
            ("US", "UT", (UTAH,)),
            ("us", " ut ", (UTAH,)),
            ("US", "utah", (UTAH,)),
            ("US", "Uta", ()),
            ("US", "NV", ()),
            ("US", "", ()),
            ("CA", "Quebec", QUEBEC),
            ("CA", "Ontario", QUEBEC[:1]),
            ("DE", "", (GERMAN,)),
            ("FR", "UT", ()),
            ("", "", ()),
        ],
    )
    def test_answers_by_country_and_region(self, country: str, region: str, rates: tuple[TaxRate, ...]) -> None:
        assert rates_for(country=country, region=region) == TaxRates("fixed", rates)

    def test_an_exempt_company_has_its_rates_and_the_reason(self) -> None:
        assert rates_for(country="US", region="UT", is_exempt=True) == TaxRates("fixed", (UTAH,), "exempt")

    @pytest.mark.parametrize(
        ("country", "tax_id", "exemption"),
        [
            ("DE", "DE123456789", "reverse_charge"),
            ("DE", "", ""),
            ("DE", "  ", ""),
            ("CA", "12345", ""),
            ("FR", "1", ""),
        ],
    )
    def test_a_tax_id_reverses_the_charge_where_the_rate_says_so(
        self, country: str, tax_id: str, exemption: str
    ) -> None:
        assert rates_for(country=country, region="", tax_id=tax_id).exemption == exemption

    def test_exempt_goes_before_reverse_charge(self) -> None:
        assert rates_for(country="DE", region="", tax_id="DE1", is_exempt=True).exemption == "exempt"


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({}, "none or fixed"),
        ({"kind": "magic"}, "'magic'"),
        ({"kind": "fixed", "rates": [{"country": "US", "name": "x", "basis_points": 7.25}]}, "whole basis_points"),
        ({"kind": "fixed", "rates": [{"country": "US", "name": "x", "basis_points": True}]}, "whole basis_points"),
        ({"kind": "fixed", "rates": [{"country": "US", "name": "x", "basis_points": "725"}]}, "whole basis_points"),
        ({"kind": "fixed", "rates": [{"country": "US", "name": "", "basis_points": 725}]}, "a name"),
        ({"kind": "fixed", "rates": [{"name": "x", "basis_points": 725}]}, "a country"),
        ({"kind": "fixed", "rates": [{"country": "US", "name": "x", "basis_points": 10_001}]}, "10001"),
        ({"kind": "fixed", "rates": [{"country": "US", "name": "x", "percent": 7}]}, "percent"),
    ],
)
def test_a_wrong_setting_is_named(setting: dict[str, Any], named: str) -> None:
    with override_settings(TENANTRY_TAX=setting), pytest.raises(ImproperlyConfigured, match=named):
        rates_for(country="US", region="UT")
