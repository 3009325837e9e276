"""What the vendor may put into the catalog, offer and open: what is out of bounds is refused, and nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.catalog.save_addon import AddOnWords, save_addon
from tenantry.actions.catalog.save_plan import save_plan
from tenantry.actions.companies.open_company import Opening, open_company
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.actions.subscriptions.start_subscription import start_subscription
from tenantry.core.currencies import CURRENCIES
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.records.base import tenancy
from tenantry.records.catalog.models import Offer, Price
from tenantry.records.subscriptions.models import Subscription
from tests.builders import NOW, VENDOR, Place, done, open_place, set_up_addon, set_up_plan, subscribe
from tests.untouched import Unchanged

PRICE = NewPrice("addon", "credit-checks", "flat", Money(1900, "USD"), date(2026, 11, 12))
OPENING = Opening("acme", "Acme", "ACME", "America/Denver", "USD", "owner@acme.test", "Olga Owner")
UNKNOWN = "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11"


def too_much(most_minor: int) -> Refusal:
    """Refuse a price because of its amount."""
    return Refusal("price_out_of_bounds", {"most": Money(most_minor, "USD")})


class TestPrices:
    @pytest.mark.parametrize(
        ("price", "refused"),
        [
            (replace(PRICE, amount=Money(-1, "USD")), too_much(10**11)),
            (replace(PRICE, amount=Money(10**11 + 1, "USD")), too_much(10**11)),
            (replace(PRICE, amount=Money(10**40, "USD")), too_much(10**11)),
            (replace(PRICE, shape="per_seat", amount=Money(-1, "USD")), too_much(10**6)),
            (replace(PRICE, shape="per_seat", amount=Money(10**6 + 1, "USD")), too_much(10**6)),
            (replace(PRICE, shape="per_seat", amount=Money(10**12, "USD")), too_much(10**6)),
            (replace(PRICE, amount=Money(1900, "XXX")), Refusal("currency_unknown", {"currency": "XXX"})),
            (replace(PRICE, amount=Money(1900, "XTS")), Refusal("currency_unknown", {"currency": "XTS"})),
            (replace(PRICE, shape="per_mile"), Refusal("shape_unknown")),
            (replace(PRICE, code="nothing"), Refusal("not_found")),
            (replace(PRICE, subject_kind="company"), Refusal("not_found")),
        ],
    )
    def test_out_of_bounds(self, database: str, unchanged: Unchanged, price: NewPrice, refused: Refusal) -> None:
        set_up_addon("credit-checks")
        with unchanged():
            assert publish_price(actor=VENDOR, price=price, now=NOW) == refused

    @pytest.mark.parametrize(("shape", "minor"), [("flat", 0), ("flat", 10**11), ("per_seat", 0), ("per_seat", 10**6)])
    def test_at_the_bounds(self, database: str, shape: str, minor: int) -> None:
        set_up_addon("credit-checks")
        price = replace(PRICE, shape=shape, amount=Money(minor, "JPY"))
        price_id = done(publish_price(actor=VENDOR, price=price, now=NOW))
        with tenancy.vendor_reading():
            row = Price.objects.get(id=price_id)
        assert (row.shape, row.amount_minor, row.currency) == (shape, minor, "JPY")

    @pytest.mark.parametrize(
        "amount", [(0.001, "USD"), ("19", "USD"), (True, "USD"), (19, "usd"), (19, "US"), (19, "")]
    )
    def test_what_is_no_money_cannot_be_made(self, amount: tuple[Any, str]) -> None:
        with pytest.raises((TypeError, ValueError)):
            Money(*amount)

    def test_the_currencies_are_those_in_use(self) -> None:
        assert {"USD", "EUR", "GBP", "JPY", "CAD", "CHF", "KWD"} <= CURRENCIES
        assert not {"XXX", "XTS", "XAU", "DEM", "FRF", "BTC"} & CURRENCIES


class TestWords:
    @pytest.mark.parametrize(
        ("code", "change", "refused"),
        [
            ("credit checks", {}, Refusal("code_invalid", {"code": "credit checks"})),
            ("../x", {}, Refusal("code_invalid", {"code": "../x"})),
            ("", {}, Refusal("code_invalid", {"code": ""})),
            ("x" * 5000, {}, Refusal("code_invalid", {"code": "x" * 60})),
            ("fine", {"name": "n" * 5000}, Refusal("name_length", {"most": 120})),
            ("fine", {"name": " "}, Refusal("name_length", {"most": 120})),
            ("fine", {"description": "d" * 20_001}, Refusal("too_long", {"most": 20_000})),
            ("fine", {"learn_more_url": "javascript:alert(1)"}, Refusal("link_invalid")),
            ("fine", {"learn_more_url": "http://docs.vendor.test"}, Refusal("link_invalid")),
        ],
    )
    def test_out_of_bounds(
        self, database: str, unchanged: Unchanged, code: str, change: dict[str, str], refused: Refusal
    ) -> None:
        words = replace(AddOnWords(name="Fine", description=""), **change)  # type: ignore[arg-type]
        with unchanged():
            assert save_addon(actor=VENDOR, code=code, words=words, now=NOW) == refused
            if "learn_more_url" not in change:
                plan = save_plan(actor=VENDOR, code=code, name=words.name, description=words.description, now=NOW)
                assert plan == refused


class TestOffers:
    def test_a_price_of_another_add_on_of_another_currency_or_of_nothing_is_nobodys_own(
        self, database: str, unchanged: Unchanged
    ) -> None:
        place = open_place()
        for code in ("credit-checks", "message-plus"):
            set_up_addon(code)
        anothers = done(publish_price(actor=VENDOR, price=replace(PRICE, code="message-plus"), now=NOW))
        euros = done(publish_price(actor=VENDOR, price=replace(PRICE, amount=Money(1900, "EUR")), now=NOW))
        plans = done(
            publish_price(actor=VENDOR, price=replace(PRICE, subject_kind="plan", code=set_up_plan()), now=NOW)
        )
        for price_id in (anothers, euros, plans, UNKNOWN):
            self._is_no_own_price(place, unchanged, price_id)
        own = done(publish_price(actor=VENDOR, price=replace(PRICE, is_listed=False), now=NOW))
        assert self._own_price(place, own) == own

    def test_a_price_of_another_interval_or_of_a_later_day_is_nobodys_own(
        self, database: str, unchanged: Unchanged
    ) -> None:
        place = open_place()
        set_up_addon("credit-checks")
        own = replace(PRICE, is_listed=False)
        yearly = done(publish_price(actor=VENDOR, price=replace(own, interval="year"), now=NOW))
        monthly = done(publish_price(actor=VENDOR, price=own, now=NOW))
        later = done(publish_price(actor=VENDOR, price=replace(own, from_date=date(2026, 11, 13)), now=NOW))
        self._is_no_own_price(place, unchanged, yearly)
        self._is_no_own_price(place, unchanged, later)
        midnight = datetime(2026, 11, 13, 7, tzinfo=UTC)
        self._is_no_own_price(place, unchanged, later, now=midnight - timedelta(microseconds=1))
        assert self._own_price(place, later, now=midnight) == later
        set_up_plan()
        subscribe(place)
        with tenancy.phase(place.id):
            Subscription.objects.update(interval="year")
        self._is_no_own_price(place, unchanged, monthly)
        assert self._own_price(place, yearly) == yearly

    @staticmethod
    def _is_no_own_price(place: Place, unchanged: Unchanged, price_id: str, *, now: datetime = NOW) -> None:
        with unchanged():
            answer = offer_addon(
                actor=place.vendor, addon_code="credit-checks", is_offered=True, own_price_id=price_id, now=now
            )
        assert answer == Refusal("price_missing", {"addon": "credit-checks"})

    @staticmethod
    def _own_price(place: Place, price_id: str, *, now: datetime = NOW) -> str:
        done(
            offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=True, own_price_id=price_id, now=now)
        )
        with tenancy.reading(place.id):
            return str(Offer.objects.get(withdrawn_at__isnull=True).own_price_id)

    def test_an_add_on_that_is_none(self, database: str, unchanged: Unchanged) -> None:
        place = open_place()
        with unchanged():
            answer = offer_addon(actor=place.vendor, addon_code="nothing", is_offered=True, now=NOW)
        assert answer == Refusal("not_found")


class TestCompanies:
    @pytest.mark.parametrize(
        ("change", "refused"),
        [
            ({"slug": "admin"}, Refusal("address_reserved", {"slug": "admin"})),
            ({"slug": "Acme"}, Refusal("address_invalid", {"slug": "Acme"})),
            ({"slug": "a" * 61}, Refusal("address_invalid", {"slug": "a" * 61})),
            ({"slug": "../x"}, Refusal("address_invalid", {"slug": "../x"})),
            ({"slug": "taken"}, Refusal("address_taken", {"slug": "taken"})),
            ({"time_zone": "Mars/Olympus"}, Refusal("time_zone_unknown", {"time_zone": "Mars/Olympus"})),
            ({"currency": "XXX"}, Refusal("currency_unknown", {"currency": "XXX"})),
        ],
    )
    def test_that_cannot_be_opened(
        self, database: str, unchanged: Unchanged, change: dict[str, str], refused: Refusal
    ) -> None:
        open_place("taken")
        with unchanged():
            assert open_company(actor=VENDOR, opening=replace(OPENING, **change), now=NOW) == refused  # type: ignore[arg-type]

    def test_seats_out_of_bounds(self, database: str, unchanged: Unchanged) -> None:
        place = open_place()
        with unchanged():
            for seats in (-1, 10**5 + 1, 10**9):
                answer = record_seats(actor=place.clock, seats=seats, source="host", now=NOW)
                assert answer == Refusal("seats_out_of_bounds", {"most": 10**5})

    def test_a_subscription_that_cannot_be_started(self, database: str, unchanged: Unchanged) -> None:
        place = open_place()
        set_up_plan("euros", currency="EUR")
        set_up_plan("core")
        with unchanged():
            for code, day, refused in (
                ("nothing", None, Refusal("not_found")),
                ("euros", None, Refusal("price_missing", {"plan": "euros"})),
                ("core", date(2026, 11, 11), Refusal("day_in_the_past", {"day": date(2026, 11, 11)})),
            ):
                answer = start_subscription(actor=place.vendor, plan_code=code, first_day=day, now=NOW)
                assert answer == refused
        subscribe(place)
        with unchanged():
            again = start_subscription(actor=place.vendor, plan_code="core", now=NOW)
        assert again == Refusal("already_subscribed")
