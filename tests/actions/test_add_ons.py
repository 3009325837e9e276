"""Enabling and disabling: what is written, every refusal, and races; never a call to the gateway."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.catalog.save_addon import AddOnWords, save_addon
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.money import Money
from tenantry.core.permissions import Actor
from tenantry.core.quote import Quote
from tenantry.core.refusal import Refusal
from tenantry.outside import host
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.catalog.models import AddOn, Offer
from tenantry.records.invoices.models import InvoiceLine
from tenantry.records.notices.models import Notice
from tenantry.records.subscriptions.models import AddOnPeriod
from tenantry.sdk.impact import declare_addon
from tests.actions.test_billing import billed
from tests.builders import (
    MODIFY,
    NOW,
    VENDOR,
    Place,
    add_member,
    done,
    offer,
    open_place,
    put_on_file,
    save_group,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

NOV_1 = datetime(2026, 11, 1, 18, tzinfo=UTC)
"""Noon of the first day in Denver: November has 30 days, and on NOW, the 12th, 19 are left."""
PERIODS, AUDIT = "tenantry_subscriptions_addonperiod", "tenantry_base_auditentry"
WRITTEN = (PERIODS, AUDIT, "tenantry_notices_notice", "procrastinate_jobs")
MISSING_MODIFY = Refusal("modify_required", {"subject": "account_management"})


@pytest.fixture(autouse=True)
def nobody_calls_the_gateway(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """Put a listener in the gateway's place, and fail when anybody knocked (but in tests with a real one)."""
    if "gateway" in request.fixturenames:
        yield
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.TENANTRY_GATEWAY_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield
        assert select.select([listener], [], [], 0)[0] == []


def furnished() -> Place:
    """A company on a plan since November 1, with its invoice, offered a flat and a per-seat add-on."""
    set_up_plan(now=NOV_1)
    set_up_addon("credit-checks", amount_minor=1900, now=NOV_1)
    set_up_addon("invoice-plus", name="Invoice+", amount_minor=500, shape="per_seat", now=NOV_1)
    return opened("acme")


prepared = prepared_by(furnished)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Begin with it."""
    return prepared.value


def opened(slug: str) -> Place:
    """Open a company on the plan, with its invoice of November, that is offered both."""
    place = open_place(slug, now=NOV_1)
    subscribe(place, now=NOV_1)
    billed([place], NOV_1)
    offer(place, "credit-checks", now=NOV_1)
    offer(place, "invoice-plus", now=NOV_1)
    return place


def quoted(place: Place, code: str, *, verb: Any = enable_addon, terms: int = 0, now: datetime = NOW) -> Quote:
    """Ask for the quote: what the verb answers to somebody who saw none."""
    asked = Confirmation("", terms)
    refused = verb(actor=place.owner.actor, addon_code=code, confirmed=asked, now=now)
    assert refused.code == "confirm_required"
    quote = refused.facts["quote"]
    assert isinstance(quote, Quote)
    return quote


def shown(place: Place, code: str, *, verb: Any = enable_addon, terms: int = 0, now: datetime = NOW) -> Confirmation:
    """Give what a person confirms who saw the page now."""
    quote = quoted(place, code, verb=verb, terms=terms, now=now)
    return Confirmation(quote.fingerprint, terms, "What I saw.", "en")


def enable(place: Place, code: str, confirmed: Confirmation | None = None, *, now: datetime = NOW) -> Quote | Refusal:
    """Enable as the owner, with the quote of now where none is given."""
    confirmed = confirmed or shown(place, code, now=now)
    return enable_addon(actor=place.owner.actor, addon_code=code, confirmed=confirmed, now=now)


def disable(place: Place, code: str, confirmed: Confirmation | None = None, *, now: datetime = NOW) -> Quote | Refusal:
    """Disable as the owner, with the quote of now where none is given."""
    confirmed = confirmed or shown(place, code, verb=disable_addon, now=now)
    return disable_addon(actor=place.owner.actor, addon_code=code, confirmed=confirmed, now=now)


def stretches(place: Place) -> list[tuple[str, datetime, datetime | None]]:
    """Read when what was on."""
    with tenancy.reading(place.id):
        rows = AddOnPeriod.objects.order_by("started_at", "ended_at")
        return list(rows.values_list("addon__code", "started_at", "ended_at"))


def switches(place: Place) -> list[str]:
    """Read the switches of the history, oldest first."""
    with tenancy.reading(place.id):
        rows = AuditEntry.objects.filter(object_kind="addon_period").order_by("sequence")
        return list(rows.values_list("action", flat=True))


def what_is_on(place: Place, at: datetime = NOW) -> set[str]:
    """Read what is on at an instant."""
    with tenancy.reading(place.id):
        rows = AddOnPeriod.objects.filter(company_id=place.id, started_at__lte=at).exclude(ended_at__lte=at)
        return set(rows.values_list("addon__code", flat=True))


def second_admin(place: Place) -> Actor:
    """Let another person in who holds Modify."""
    group = save_group(place.id, "Billing", MODIFY)
    return add_member(place.id, f"second@{place.slug}.test", "Sam Second", group).actor


def new_price(code: str, amount_minor: int, *, now: datetime = NOW, is_listed: bool = True) -> str:
    """Publish a price from the 12th on."""
    price = NewPrice("addon", code, "flat", Money(amount_minor, "USD"), date(2026, 11, 12), is_listed=is_listed)
    return str(done(publish_price(actor=VENDOR, price=price, now=now)))


def count_seats(place: Place, seats: int, *, now: datetime = NOW) -> None:
    """Let the host say how many seats there are."""
    done(record_seats(actor=place.clock, seats=seats, source="host", now=now))


class TestEnable:
    def test_it_is_on_at_once_at_the_price_that_was_confirmed(self, place: Place, unchanged: Unchanged) -> None:
        confirmed = shown(place, "credit-checks")
        with unchanged(*WRITTEN):
            quote = done(enable(place, "credit-checks", confirmed))
        assert (quote.recurring, quote.this_period) == (Money(1900, "USD"), Money(1203, "USD"))  # 1900 × 19 ÷ 30
        assert what_is_on(place) == {"credit-checks"}
        with tenancy.reading(place.id):
            row = AddOnPeriod.objects.select_related("price").get()
        assert (row.started_at, row.ended_at, row.price.amount_minor) == (NOW, None, 1900)
        assert row.fingerprint == confirmed.fingerprint == quote.fingerprint

    def test_the_history_keeps_who_when_which_price_and_the_words(self, place: Place) -> None:
        quote = done(enable(place, "credit-checks"))
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.latest("sequence")
            period = AddOnPeriod.objects.get()
        assert (entry.action, entry.object_kind, entry.object_id) == ("enable_addon", "addon_period", str(period.id))
        assert (entry.at, entry.actor_kind, entry.actor_id) == (NOW, "member", place.owner.user_id)
        assert (entry.words, entry.language, entry.request_id, entry.address) == ("What I saw.", "en", "r-1", "::1")
        assert entry.after == {
            "addon": "credit-checks",
            "name": "Credit Checks",
            "price_id": quote.price_id,
            "unit_amount_minor": 1900,
            "currency": "USD",
            "seats": 0,
            "this_period_minor": 1203,
            "recurring_minor": 1900,
            "terms_version": 0,
            "fingerprint": quote.fingerprint,
        }

    def test_a_mail_is_due_once(self, place: Place) -> None:
        done(enable(place, "credit-checks"))
        with tenancy.reading(place.id):
            notice = Notice.objects.get(kind="addon_enabled")
        assert (notice.due_at, notice.sent_at, notice.facts["name"]) == (NOW, None, "Credit Checks")

    def test_per_seat_it_is_the_seats_counted_now(self, place: Place) -> None:
        count_seats(place, 14)
        quote = done(enable(place, "invoice-plus"))
        # 14 × 5.00 = 70.00; × 19 ÷ 30 = 44.33
        assert (quote.seats, quote.recurring.minor, quote.this_period.minor) == (14, 7000, 4433)

    def test_without_a_method_it_is_allowed(self, place: Place) -> None:
        assert isinstance(enable(place, "credit-checks"), Quote)

    def test_a_running_one_keeps_its_price_and_the_next_time_costs_the_new_one(self, place: Place) -> None:
        done(enable(place, "credit-checks"))
        new_price("credit-checks", 2500)
        assert quoted(place, "credit-checks", verb=disable_addon).unit_amount == Money(1900, "USD")
        done(disable(place, "credit-checks", now=NOW + timedelta(hours=1)))
        again = done(enable(place, "credit-checks", now=NOW + timedelta(hours=2)))
        assert again.unit_amount == Money(2500, "USD")

    def test_a_company_pays_its_own_price(self, place: Place) -> None:
        own = new_price("credit-checks", 1500, is_listed=False)
        done(offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=True, own_price_id=own, now=NOW))
        assert done(enable(place, "credit-checks")).price_id == own

    @pytest.mark.parametrize(
        "change", [{"interval": "year"}, {"from_date": date(2026, 11, 13)}, {"amount": Money(1500, "EUR")}]
    )
    def test_an_own_price_that_does_not_hold_yet_or_for_this_interval_is_not_charged(
        self, place: Place, change: dict[str, Any]
    ) -> None:
        price = NewPrice("addon", "credit-checks", "flat", Money(1500, "USD"), date(2026, 11, 12), is_listed=False)
        own = done(publish_price(actor=VENDOR, price=replace(price, **change), now=NOW))
        with tenancy.phase(place.id):
            assert Offer.objects.filter(addon__code="credit-checks").update(own_price_id=own) == 1
        quote = done(enable(place, "credit-checks"))
        assert (quote.recurring, quote.this_period) == (Money(1900, "USD"), Money(1203, "USD"))
        with tenancy.reading(place.id):
            row = AddOnPeriod.objects.select_related("price").get()
        assert (str(row.price_id), row.price.amount_minor, row.price.is_listed) == (quote.price_id, 1900, True)
        assert quote.price_id != own

    def test_an_own_price_holds_from_its_day_on_in_the_company_s_zone(self, place: Place) -> None:
        own = new_price("credit-checks", 1500, is_listed=False)
        done(offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=True, own_price_id=own, now=NOW))
        midnight = datetime(2026, 11, 12, 7, tzinfo=UTC)
        before = quoted(place, "credit-checks", now=midnight - timedelta(microseconds=1))
        assert before.unit_amount == Money(1900, "USD")
        assert quoted(place, "credit-checks", now=midnight).unit_amount == Money(1500, "USD")

    def test_terms_are_accepted_with_it(self, place: Place) -> None:
        words = AddOnWords(name="Credit Checks", description="", terms="Be fair.")
        done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        assert done(enable(place, "credit-checks", shown(place, "credit-checks", terms=1))).terms_version == 1


class TestEnableRefused:
    @pytest.mark.parametrize("who", ["viewer", "nobody"])
    def test_without_modify(self, place: Place, who: str, unchanged: Unchanged) -> None:
        confirmed = shown(place, "credit-checks")
        actor = getattr(place, who).actor
        with unchanged():
            answer = enable_addon(actor=actor, addon_code="credit-checks", confirmed=confirmed, now=NOW)
        assert answer == MISSING_MODIFY

    @pytest.mark.parametrize("who", ["vendor", "clock"])
    def test_for_others_than_members(self, place: Place, who: str, unchanged: Unchanged) -> None:
        confirmed = shown(place, "credit-checks")
        with unchanged():
            answer = enable_addon(actor=getattr(place, who), addon_code="credit-checks", confirmed=confirmed, now=NOW)
        assert answer == Refusal("not_allowed", {"action": "enable_addon"})

    def test_without_a_subscription(self, place: Place, unchanged: Unchanged) -> None:
        other = open_place("birch")
        offer(other, "credit-checks")
        confirmed = shown(place, "credit-checks")
        with unchanged():
            assert enable(other, "credit-checks", confirmed) == Refusal("not_subscribed")

    def test_what_is_not_offered_does_not_exist(self, place: Place, unchanged: Unchanged) -> None:
        set_up_addon("private")
        set_up_addon("withdrawn")
        set_up_addon("retired")
        offer(opened("birch"), "private")
        for code in ("withdrawn", "retired"):
            offer(place, code)
        done(offer_addon(actor=place.vendor, addon_code="withdrawn", is_offered=False, now=NOW))
        AddOn.objects.filter(code="retired").update(retired_at=NOW)
        confirmed = shown(place, "credit-checks")
        with unchanged():
            for code in ("unknown", "private", "withdrawn", "retired", "", "credit-checks'--"):
                assert enable(place, code, confirmed) == Refusal("not_offered", {"addon": code})

    def test_when_it_is_on(self, place: Place, unchanged: Unchanged) -> None:
        confirmed = shown(place, "credit-checks")
        done(enable(place, "credit-checks", confirmed))
        with unchanged():
            answer = enable(place, "credit-checks", confirmed, now=NOW + timedelta(minutes=1))
        assert answer == Refusal("already_enabled", {"addon": "credit-checks", "since": NOW})

    def test_with_the_quote_of_an_older_price(self, place: Place, unchanged: Unchanged) -> None:
        confirmed = shown(place, "credit-checks")
        new_price("credit-checks", 2500)
        with unchanged():
            answer = enable(place, "credit-checks", confirmed)
        assert isinstance(answer, Refusal)
        assert answer.code == "quote_changed"
        assert answer.facts["quote"] == quoted(place, "credit-checks")
        assert answer.facts["quote"].unit_amount == Money(2500, "USD")  # type: ignore[attr-defined]

    def test_when_the_seats_changed(self, place: Place, unchanged: Unchanged) -> None:
        confirmed = shown(place, "invoice-plus")
        count_seats(place, 3)
        with unchanged():
            answer = enable(place, "invoice-plus", confirmed)
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.facts["quote"].seats) == ("quote_changed", 3)  # type: ignore[attr-defined]

    def test_seats_don_t_matter_to_a_flat_price(self, place: Place) -> None:
        confirmed = shown(place, "credit-checks")
        count_seats(place, 3)
        done(enable(place, "credit-checks", confirmed))

    def test_when_the_company_s_day_is_over(self, place: Place, unchanged: Unchanged) -> None:
        confirmed = shown(place, "credit-checks")
        # Denver's 12th ends at 07:00 UTC.
        midnight = datetime(2026, 11, 13, 7, tzinfo=UTC)
        with unchanged():
            answer = enable(place, "credit-checks", confirmed, now=midnight)
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.facts["quote"].on_days) == ("quote_changed", 18)  # type: ignore[attr-defined]
        done(enable(place, "credit-checks", confirmed, now=midnight - timedelta(seconds=1)))

    def test_with_somebody_else_s_or_an_invented_fingerprint(self, place: Place, unchanged: Unchanged) -> None:
        other = shown(place, "invoice-plus")
        with unchanged():
            for fingerprint in (other.fingerprint, "x", "0" * 64, "\x00"):
                answer = enable(place, "credit-checks", Confirmation(fingerprint))
                assert isinstance(answer, Refusal)
                assert answer.code == "quote_changed"

    def test_without_the_confirmation(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            quote = quoted(place, "credit-checks")
        assert quote.recurring == Money(1900, "USD")

    def test_with_terms_that_were_not_accepted_or_older_ones(self, place: Place, unchanged: Unchanged) -> None:
        for terms in ("Be fair.", "Be fair and quick."):
            words = AddOnWords(name="Credit Checks", description="", terms=terms)
            done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        good = shown(place, "credit-checks", terms=2)
        with unchanged():
            for version in (0, 1, 3, -1):
                answer = enable(place, "credit-checks", replace(good, accepted_terms_version=version))
                assert answer == Refusal("terms_required", {"addon": "credit-checks", "terms_version": 2})
        done(enable(place, "credit-checks", good))

    def test_where_the_vendor_asks_for_a_method(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        set_up_addon("careful", needs_method=True)
        offer(place, "careful")
        with unchanged():
            answer = enable(place, "careful", Confirmation("x"))
        assert answer == Refusal("method_required", {"addon": "careful"})
        put_on_file(place, gateway)
        done(enable(place, "careful"))
        assert gateway.charges(place.id) == []

    def test_without_a_price_in_the_company_s_currency(self, place: Place, unchanged: Unchanged) -> None:
        set_up_addon("elsewhere", currency="EUR")
        offer(place, "elsewhere")
        with unchanged():
            answer = enable(place, "elsewhere", Confirmation("x"))
        assert answer == Refusal("price_missing", {"addon": "elsewhere"})


class TestDisable:
    def test_it_is_off_at_once_and_nothing_is_deleted(self, place: Place, unchanged: Unchanged) -> None:
        done(enable(place, "credit-checks"))
        later = NOW + timedelta(days=8)
        confirmed = shown(place, "credit-checks", verb=disable_addon, now=later)
        with unchanged(*WRITTEN):
            quote = done(disable(place, "credit-checks", confirmed, now=later))
        # Nothing of November was invoiced yet: 1203 would have been, for 9 days it is 1900 × 9 ÷ 30 = 570.
        assert (quote.this_period.minor, quote.on_days) == (570 - 1203, 10)
        assert stretches(place) == [("credit-checks", NOW, later)]
        assert what_is_on(place, later) == set()
        assert what_is_on(place, later - timedelta(microseconds=1)) == {"credit-checks"}

    def test_the_history_keeps_the_words(self, place: Place) -> None:
        done(enable(place, "credit-checks"))
        quote = done(disable(place, "credit-checks", now=NOW + timedelta(days=1)))
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.latest("sequence")
            period = AddOnPeriod.objects.get()
            assert Notice.objects.filter(kind="addon_disabled").count() == 1
        assert (entry.action, entry.object_id, entry.words) == ("disable_addon", str(period.id), "What I saw.")
        assert entry.after == {
            "addon": "credit-checks",
            "name": "Credit Checks",
            "this_period_minor": 127 - 1203,  # two days of 30: 1900 × 2 ÷ 30 = 126.7
            "given_back_minor": 0,  # nothing of it was invoiced yet
            "currency": "USD",
            "fingerprint": quote.fingerprint,
        }

    def test_one_that_is_not_offered_any_more_can_be_switched_off_but_not_on_again(
        self, place: Place, unchanged: Unchanged
    ) -> None:
        done(enable(place, "credit-checks"))
        done(offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=False, now=NOW))
        done(disable(place, "credit-checks"))
        with unchanged():
            answer = enable(place, "credit-checks", Confirmation("x"))
        assert answer == Refusal("not_offered", {"addon": "credit-checks"})

    def test_on_and_off_and_on_at_the_same_instant(self, place: Place) -> None:
        done(enable(place, "credit-checks"))
        done(disable(place, "credit-checks"))
        done(enable(place, "credit-checks"))
        assert stretches(place) == [("credit-checks", NOW, NOW), ("credit-checks", NOW, None)]
        assert switches(place) == ["enable_addon", "disable_addon", "enable_addon"]


class TestDisableRefused:
    @pytest.fixture
    def on(self, place: Place) -> Confirmation:
        """Enable Credit Checks; give what a person who would disable it now confirms."""
        done(enable(place, "credit-checks"))
        return shown(place, "credit-checks", verb=disable_addon)

    @pytest.mark.parametrize("who", ["viewer", "nobody"])
    def test_without_modify(self, place: Place, on: Confirmation, who: str, unchanged: Unchanged) -> None:
        actor = getattr(place, who).actor
        with unchanged():
            assert disable_addon(actor=actor, addon_code="credit-checks", confirmed=on, now=NOW) == MISSING_MODIFY

    def test_for_the_vendor(self, place: Place, on: Confirmation, unchanged: Unchanged) -> None:
        with unchanged():
            answer = disable_addon(actor=place.vendor, addon_code="credit-checks", confirmed=on, now=NOW)
        assert answer == Refusal("not_allowed", {"action": "disable_addon"})

    def test_when_it_is_off(self, place: Place, on: Confirmation, unchanged: Unchanged) -> None:
        done(disable(place, "credit-checks", on))
        with unchanged():
            answer = disable(place, "credit-checks", on, now=NOW + timedelta(minutes=1))
            never = disable(place, "invoice-plus", on)
        assert answer == Refusal("already_disabled", {"addon": "credit-checks"})
        assert never == Refusal("already_disabled", {"addon": "invoice-plus"})

    def test_what_is_not_offered(self, place: Place, on: Confirmation, unchanged: Unchanged) -> None:
        with unchanged():
            assert disable(place, "unknown", on) == Refusal("not_offered", {"addon": "unknown"})

    def test_another_company_s(self, place: Place, on: Confirmation, unchanged: Unchanged) -> None:
        other = opened("birch")
        with unchanged():
            assert disable(other, "credit-checks", on) == Refusal("already_disabled", {"addon": "credit-checks"})
        assert what_is_on(place) == {"credit-checks"}

    def test_with_the_quote_of_yesterday(self, place: Place, on: Confirmation, unchanged: Unchanged) -> None:
        with unchanged():
            answer = disable(place, "credit-checks", on, now=NOW + timedelta(days=1))
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.facts["quote"].on_days) == ("quote_changed", 17)  # type: ignore[attr-defined]

    def test_without_the_confirmation_or_with_the_one_of_enabling(
        self, place: Place, on: Confirmation, unchanged: Unchanged
    ) -> None:
        with tenancy.reading(place.id):
            of_enabling = AddOnPeriod.objects.get().fingerprint
        with unchanged():
            quoted(place, "credit-checks", verb=disable_addon)
            answer = disable(place, "credit-checks", Confirmation(of_enabling))
        assert isinstance(answer, Refusal)
        assert answer.code == "quote_changed"

    def test_without_a_subscription(self, place: Place, on: Confirmation, unchanged: Unchanged) -> None:
        other = open_place("birch")
        offer(other, "credit-checks")
        with unchanged():
            assert disable(other, "credit-checks", on) == Refusal("not_subscribed")


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give `declare(code, needs=…, excludes=…)`, for this test alone."""
    monkeypatch.setattr(host, "_addons", {})
    return declare_addon


class TestAddOnsThatNeedOrExcludeOthers:
    """B112, in the verbs: `credit-checks` and `invoice-plus` are offered to everybody here."""

    def test_it_is_refused_by_name_until_the_other_is_on(
        self, place: Place, declare: Any, unchanged: Unchanged
    ) -> None:
        confirmed = shown(place, "credit-checks")
        declare("credit-checks", needs=("invoice-plus",))
        with unchanged():
            answer = enable(place, "credit-checks", confirmed)
        assert answer == Refusal("addon_needs_another", {"addon": "credit-checks", "needs": ("invoice-plus",)})
        done(enable(place, "invoice-plus"))
        done(enable(place, "credit-checks", confirmed))
        assert what_is_on(place) == {"credit-checks", "invoice-plus"}

    def test_one_that_the_company_is_not_offered_is_out_of_its_reach(
        self, place: Place, declare: Any, unchanged: Unchanged
    ) -> None:
        set_up_addon("elsewhere")
        confirmed = shown(place, "credit-checks")
        declare("credit-checks", needs=("elsewhere",))
        with unchanged():
            answer = enable(place, "credit-checks", confirmed)
        assert answer == Refusal("addon_needs_unoffered", {"addon": "credit-checks", "needs": ("elsewhere",)})

    def test_one_that_another_needs_stays_on(self, place: Place, declare: Any, unchanged: Unchanged) -> None:
        declare("credit-checks", needs=("invoice-plus",))
        done(enable(place, "invoice-plus"))
        confirmed = shown(place, "invoice-plus", verb=disable_addon)
        done(enable(place, "credit-checks"))
        with unchanged():
            answer = disable(place, "invoice-plus", confirmed)
        needed = {"addon": "invoice-plus", "needed_by": ("credit-checks",)}
        assert answer == Refusal("addon_needed_by_another", needed)
        done(disable(place, "credit-checks"))
        done(disable(place, "invoice-plus"))
        assert what_is_on(place) == set()

    @pytest.mark.parametrize("declares", ["credit-checks", "invoice-plus"])
    def test_an_exclusion_holds_both_ways(
        self, place: Place, declare: Any, unchanged: Unchanged, declares: str
    ) -> None:
        codes = {"credit-checks", "invoice-plus"}
        for first in sorted(codes):
            (second,) = codes - {first}
            confirmed = shown(place, second)
            done(enable(place, first))
            declare(declares, excludes=tuple(codes - {declares}))
            with unchanged():
                answer = enable(place, second, confirmed)
            assert answer == Refusal("addon_excludes_another", {"addon": second, "excludes": (first,)})
            done(disable(place, first))
            host._addons.clear()

    def test_at_once_none_is_ever_on_without_what_it_needs(self, place: Place, declare: Any) -> None:
        declare("credit-checks", needs=("invoice-plus",))
        for number in range(5):
            racer = opened(f"racer-{number}")
            done(enable(racer, "invoice-plus"))
            on, off = shown(racer, "credit-checks"), shown(racer, "invoice-plus", verb=disable_addon)
            enabled, disabled = at_once(
                lambda racer=racer, on=on: enable(racer, "credit-checks", on),
                lambda racer=racer, off=off: disable(racer, "invoice-plus", off),
            )
            (refused,) = [answer.code for answer in (enabled, disabled) if isinstance(answer, Refusal)]
            left = {"addon_needs_another": set(), "addon_needed_by_another": {"credit-checks", "invoice-plus"}}
            assert what_is_on(racer) == left[refused]


class TestAtOnce:
    def test_enable_twice_is_one_change(self, place: Place) -> None:
        confirmed = shown(place, "credit-checks")
        answers = at_once(*[lambda: enable(place, "credit-checks", confirmed)] * 4)
        refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
        assert refused == ["already_enabled"] * 3
        assert stretches(place) == [("credit-checks", NOW, None)]
        assert switches(place) == ["enable_addon"]

    def test_two_admins_enable_once(self, place: Place) -> None:
        confirmed = shown(place, "credit-checks")
        both = (place.owner.actor, second_admin(place))
        answers = at_once(
            *(
                lambda who=who: enable_addon(actor=who, addon_code="credit-checks", confirmed=confirmed, now=NOW)
                for who in both
            )
        )
        assert sorted(isinstance(answer, Refusal) for answer in answers) == [False, True]
        winner = both[[isinstance(answer, Quote) for answer in answers].index(True)]
        with tenancy.reading(place.id):
            entries = AuditEntry.objects.filter(action="enable_addon")
            assert [entry.actor_id for entry in entries] == [winner.user_id]
            assert Notice.objects.filter(kind="addon_enabled").count() == 1

    def test_disable_twice_is_one_change(self, place: Place) -> None:
        done(enable(place, "credit-checks"))
        later = NOW + timedelta(hours=1)
        confirmed = shown(place, "credit-checks", verb=disable_addon, now=later)
        answers = at_once(*[lambda: disable(place, "credit-checks", confirmed, now=later)] * 4)
        refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
        assert refused == ["already_disabled"] * 3
        assert stretches(place) == [("credit-checks", NOW, later)]
        assert switches(place) == ["enable_addon", "disable_addon"]

    def test_enable_against_disable_leaves_what_the_last_commit_says(self, place: Place) -> None:
        """A company's fingerprint fits every company that stands the same, so a twin gives the second one."""
        twin, later = opened("twin"), NOW + timedelta(hours=1)
        done(enable(twin, "credit-checks"))
        done(disable(twin, "credit-checks", now=later))
        on = shown(twin, "credit-checks", now=later)
        for number in range(6):
            racer = opened(f"racer-{number}")
            done(enable(racer, "credit-checks"))
            off = shown(racer, "credit-checks", verb=disable_addon, now=later)
            enabled, disabled = at_once(
                lambda racer=racer: enable(racer, "credit-checks", on, now=later),
                lambda racer=racer, off=off: disable(racer, "credit-checks", off, now=later),
            )
            assert isinstance(disabled, Quote)
            if isinstance(enabled, Refusal):
                assert enabled == Refusal("already_enabled", {"addon": "credit-checks", "since": NOW})
                assert switches(racer) == ["enable_addon", "disable_addon"]
                assert what_is_on(racer, later) == set()
            else:
                assert switches(racer) == ["enable_addon", "disable_addon", "enable_addon"]
                assert what_is_on(racer, later) == {"credit-checks"}

    def test_enable_against_the_run_is_billed_in_this_invoice_or_the_next_once(self, place: Place) -> None:
        december, january = datetime(2026, 12, 1, 18, tzinfo=UTC), datetime(2027, 1, 1, 18, tzinfo=UTC)
        for number in range(5):
            racer = opened(f"racer-{number}")
            confirmed = shown(racer, "credit-checks", now=december)
            at_once(
                lambda racer=racer, confirmed=confirmed: done(enable(racer, "credit-checks", confirmed, now=december)),
                lambda racer=racer: billed([racer], december),
            )
            billed([racer], january)
            with tenancy.reading(racer.id):
                lines = InvoiceLine.objects.filter(code="credit-checks").order_by("period_start")
                asked = list(lines.values_list("period_start", "amount_minor"))
            assert asked == [(date(2026, 12, 1), 1900), (date(2027, 1, 1), 1900)]

    def test_two_add_ons_at_once_are_both_on(self, place: Place) -> None:
        confirmed = {code: shown(place, code) for code in ("credit-checks", "invoice-plus")}
        at_once(*(lambda code=code: done(enable(place, code, confirmed[code])) for code in confirmed))
        assert what_is_on(place) == {"credit-checks", "invoice-plus"}
