"""Add-ons in the portal: the grid, the confirmations, and what a person is told."""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.catalog.save_addon import AddOnWords, save_addon
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.actions.subscriptions.start_subscription import start_subscription
from tenantry.core.money import Money
from tenantry.core.permissions import INTEGRATIONS
from tenantry.outside import clock, host
from tenantry.outside.host import AddOnDeclaration, ConfigureLink, Impact
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.catalog.models import AddOn
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice
from tenantry.records.subscriptions.models import AddOnPeriod
from tests.actions.test_billing import billed
from tests.builders import (
    MODIFY,
    NOW,
    VENDOR,
    Place,
    add_member,
    change_member,
    done,
    offer,
    open_place,
    put_on_file,
    save_group,
    set_up_addon,
    set_up_plan,
    sign_in,
    subscribe,
)
from tests.faces.billing import collect, first_invoice, invoice_ids, pay_form, pay_url
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

NOV_1 = datetime(2026, 11, 1, 18, tzinfo=UTC)
WRITTEN = (
    "tenantry_subscriptions_addonperiod",
    "tenantry_base_auditentry",
    "tenantry_notices_notice",
    "procrastinate_jobs",
)
MISSING_MODIFY = "You need Account Management with Modify to do this."
HX = {"HX-Request": "true"}
ASKS = "4000002500003155"
DECLINES_LATER = "4000000000000341"


@pytest.fixture(autouse=True)
def at_noon_of_the_12th() -> Iterator[None]:
    """Stand on November 12: 19 of the 30 days are left."""
    with clock.pinned(NOW):
        yield


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
    """A company on a plan of $299.00 since November 1, with its invoice, offered a flat and a per-seat add-on."""
    set_up_plan(now=NOV_1)
    set_up_addon("credit-checks", amount_minor=1900, now=NOV_1)
    set_up_addon("invoice-plus", name="Invoice+", amount_minor=500, shape="per_seat", now=NOV_1)
    place = open_place("acme", now=NOV_1)
    subscribe(place, now=NOV_1)
    billed([place], NOV_1)
    for code in ("credit-checks", "invoice-plus"):
        offer(place, code, now=NOV_1)
    return place


prepared = prepared_by(furnished)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Begin with it."""
    return prepared.value


@pytest.fixture
def owner(place: Place) -> Client:
    """A browser in which the owner is signed in."""
    return sign_in(place.owner)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, AddOnDeclaration]:
    """Give a host that has declared nothing yet."""
    mine: dict[str, AddOnDeclaration] = {}
    monkeypatch.setattr(host, "_addons", mine)
    return mine


def text(response: Any) -> str:
    """Read the words of a page."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def text_in(html: str) -> str:
    """Read the words of a piece of a page."""
    return unescape(re.sub(r"<[^>]+>", " ", html))


def card(response: Any, code: str) -> str:
    """Read the markup of one card."""
    found = re.search(rf'<article[^>]*"add-on-{re.escape(code)}".*?</article>', response.content.decode(), re.S)
    assert found is not None
    return found.group()


def hidden(response: Any) -> dict[str, str]:
    """Read what the confirmation would send."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode()))
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


def open_form(client: Client, place: Place, path: str) -> dict[str, str]:
    """Open a confirmation; give what its form would send."""
    response = client.get(place.url(path))
    assert response.status_code == 200
    return hidden(response)


def after(client: Client, response: HttpResponse) -> str:
    """Follow the redirect of a success; give the words of the page."""
    assert response.status_code == 303
    return text(client.get(response["Location"]))


def is_on(place: Place) -> list[str]:
    """Read the add-ons whose last stretch is open."""
    with tenancy.reading(place.id):
        rows = AddOnPeriod.objects.filter(ended_at__isnull=True).order_by("addon__code")
        return list(rows.values_list("addon__code", flat=True))


def new_price(amount_minor: int, code: str = "credit-checks", shape: str = "flat", at: datetime = NOW) -> None:
    """Change what an add-on costs. Of two prices from the same date the one that was published later counts."""
    price = NewPrice("addon", code, shape, Money(amount_minor, "USD"), date(2026, 11, 12))
    done(publish_price(actor=VENDOR, price=price, now=at))


def count_seats(place: Place, seats: int) -> None:
    """Let the host say how many seats there are."""
    done(record_seats(actor=place.clock, seats=seats, source="host", now=clock.now()))


def switch_on(client: Client, place: Place, code: str = "credit-checks") -> None:
    """Enable by the form."""
    response = client.post(place.url(f"add-ons/{code}/enable"), open_form(client, place, f"add-ons/{code}/enable"))
    assert response.status_code == 303


def switch_off(client: Client, place: Place, code: str = "credit-checks") -> None:
    """Disable by the form."""
    response = client.post(place.url(f"add-ons/{code}/disable"), open_form(client, place, f"add-ons/{code}/disable"))
    assert response.status_code == 303


class TestGrid:
    def test_each_card_says_what_it_costs_this_company(self, place: Place, owner: Client) -> None:
        count_seats(place, 14)
        page = owner.get(place.url("add-ons"))
        assert "$19.00 / month" in card(page, "credit-checks")
        per_seat = card(page, "invoice-plus")
        assert "$5.00 / seat / month" in per_seat
        assert "14 seats = $70.00 / month" in per_seat
        assert "Disabled" in per_seat

    def test_an_enabled_one_says_since_when_and_offers_disable_only(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        mine = card(owner.get(place.url("add-ons")), "credit-checks")
        assert "Enabled since Nov 12, 2026" in mine
        assert place.url("add-ons/credit-checks/disable") in mine
        assert place.url("add-ons/credit-checks/enable") not in mine
        assert place.url("add-ons/credit-checks/configure") not in mine

    def test_a_viewer_sees_everything_and_reads_why_there_is_no_button(self, place: Place) -> None:
        page = sign_in(place.viewer).get(place.url("add-ons"))
        assert page.status_code == 200
        mine = card(page, "credit-checks")
        assert "$19.00 / month" in mine
        assert "Learn More" in mine
        assert "/enable" not in mine
        assert "You need Account Management with Modify to" in text(page)

    def test_without_view_there_is_no_page(self, place: Place) -> None:
        page = sign_in(place.nobody).get(place.url("add-ons"))
        assert page.status_code == 403
        assert "You need Account Management with View to open this page." in text(page)

    def test_anonymous_goes_to_sign_in(self, place: Place) -> None:
        response = Client().get(place.url("add-ons"))
        assert (response.status_code, response["Location"]) == (
            302, "/accounts/login/?next=%2Facme%2Fadmin%2Faccount-management%2Fadd-ons",
        )  # fmt: skip

    def test_filters(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)

        def codes(query: str) -> list[str]:
            page = owner.get(place.url(f"add-ons{query}")).content.decode()
            return re.findall(r'aria-labelledby="add-on-([\w-]+)"', page)

        assert codes("") == codes("?show=nonsense") == ["credit-checks", "invoice-plus"]
        assert codes("?show=enabled") == ["credit-checks"]
        assert codes("?show=available") == ["invoice-plus"]
        assert codes("?q=INVOICE%2B") == ["invoice-plus"]
        assert codes("?q=nothing%00like%3Cscript%3E") == []

    def test_search_stands_there_with_more_than_twelve(self, place: Place, owner: Client) -> None:
        for number in range(10):
            set_up_addon(f"more-{number}")
            offer(place, f"more-{number}")
        assert 'role="search"' not in owner.get(place.url("add-ons")).content.decode()
        set_up_addon("thirteenth")
        offer(place, "thirteenth")
        page = owner.get(place.url("add-ons?q=thirteen&show=available")).content.decode()
        assert 'role="search"' in page
        assert re.findall(r'aria-labelledby="add-on-([\w-]+)"', page) == ["thirteenth"]

    def test_what_others_are_offered_is_not_there(self, place: Place, owner: Client) -> None:
        set_up_addon("private")
        other = open_place("birch")
        subscribe(other)
        offer(other, "private")
        page = owner.get(place.url("add-ons"))
        assert "add-on-private" not in page.content.decode()
        assert "add-on-private" in sign_in(other.owner).get(other.url("add-ons")).content.decode()

    def test_one_that_is_on_stays_there_when_its_offer_is_withdrawn(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        done(offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=False, now=NOW))
        mine = card(owner.get(place.url("add-ons")), "credit-checks")
        assert "Enabled since" in mine
        switch_off(owner, place)
        assert "add-on-credit-checks" not in owner.get(place.url("add-ons")).content.decode()
        assert owner.get(place.url("add-ons/credit-checks/enable")).status_code == 404

    def test_without_a_subscription_the_prices_are_there_and_the_reason(self, place: Place) -> None:
        other = open_place("birch")
        offer(other, "credit-checks")
        client = sign_in(other.owner)
        mine = card(client.get(other.url("add-ons")), "credit-checks")
        assert "$19.00 / month" in mine
        assert "This company has no subscription yet." in mine
        assert "/enable" not in mine
        assert client.get(other.url("add-ons/credit-checks/enable")).status_code == 409

    def test_few_queries_whatever_there_is(self, place: Place, owner: Client) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert owner.get(place.url("add-ons")).status_code == 200
            # A transaction's own begin, commit and setting are not reads of anything.
            return len([q for q in captured if not re.match(r"(?i)begin|commit|rollback|set |savepoint", q["sql"])])

        few = queries()
        for number in range(30):
            set_up_addon(f"more-{number}", shape="per_seat")
            offer(place, f"more-{number}")
        many = queries()
        assert few == many
        assert many <= 22


class TestLearnMore:
    def test_it_is_our_own_page(self, place: Place, owner: Client) -> None:
        words = AddOnWords(
            name="Credit Checks",
            description="Run them.",
            documentation="# What it does\n\nA <b>lot</b>.\n\n- one\n- two",
        )
        done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        assert place.url("add-ons/credit-checks") in card(owner.get(place.url("add-ons")), "credit-checks")
        page = owner.get(place.url("add-ons/credit-checks"))
        html = page.content.decode()
        assert "<h2>What it does</h2>" in html
        assert "<p>A &lt;b&gt;lot&lt;/b&gt;.</p>" in html
        assert "<li>two</li>" in html
        assert "$19.00 / month" in html
        assert place.url("add-ons/credit-checks/enable") in html

    def test_a_link_of_the_vendor_stands_instead(self, place: Place, owner: Client) -> None:
        words = AddOnWords(name="Credit Checks", description="", learn_more_url="https://docs.vendor.test/cc")
        done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        assert 'href="https://docs.vendor.test/cc"' in card(owner.get(place.url("add-ons")), "credit-checks")

    def test_a_viewer_reads_it_without_the_button(self, place: Place) -> None:
        page = sign_in(place.viewer).get(place.url("add-ons/credit-checks"))
        assert page.status_code == 200
        assert "/enable" not in page.content.decode()


class TestEnable:
    def test_the_page_says_what_it_costs(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            page = owner.get(place.url("add-ons/credit-checks/enable"))
        words = text(page)
        assert "Enable Credit Checks?" in words
        # 19.00 × 19 ÷ 30 = 12.03; the next invoice: 299.00 + 19.00 + 12.03 = 330.03
        assert "Nov 12 – 30, 2026 $12.03 (19 of 30 days)" in words
        assert "From Dec 1, 2026 $19.00 / month in all $318.00 / month (was $299.00)" in words
        assert "Next invoice Dec 1, 2026 about $330.03 (was $299.00)" in words
        assert "The next invoice will wait for a payment method." in words

    def test_again_on_the_same_day_at_another_price_can_be_recomputed(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        december = datetime(2026, 12, 1, 18, tzinfo=UTC)
        billed([place], december)
        with clock.pinned(december + timedelta(days=9)):
            client = sign_in(place.owner)
            new_price(2500)
            switch_off(client, place)
            words = text(client.get(place.url("add-ons/credit-checks/enable")))
            # 25.00 × 22 ÷ 31 = 17.74; at 19.00 nine days (5.52) and not ten (6.13); 17.74 - 0.61 = 17.13
            assert "Dec 10 – 31, 2026 $17.13 (22 of 31 days, less $0.61 for Dec 10, 2026 at the earlier price)" in words
            switch_on(client, place)
        january = datetime(2027, 1, 1, 18, tzinfo=UTC)
        billed([place], january)
        with tenancy.reading(place.id):
            invoice_id = Invoice.objects.latest("issued_at").id
        with clock.pinned(january):
            lines = text(sign_in(place.owner).get(place.url(f"invoices/{invoice_id}")))
        # 19.00 was invoiced for December, and 5.52 is owed for its first nine days at that price.
        assert "Enabled by Olga Owner on Dec 10, 2026 Dec 10 – 31, 2026 $17.74" in lines
        assert "Disabled by Olga Owner on Dec 10, 2026 Dec 1 – 9, 2026 -$13.48" in lines

    def test_per_seat_with_tax(self, place: Place, owner: Client, settings: Any) -> None:
        rate = {"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 1000}
        settings.TENANTRY_TAX = {"kind": "fixed", "rates": [rate]}
        count_seats(place, 14)
        words = text(owner.get(place.url("add-ons/invoice-plus/enable")))
        # 14 × 5.00 × 19 ÷ 30 = 44.33; (299.00 + 70.00 + 44.33) × 1.1 = 454.66
        assert "$5.00 / seat / month for 14 seats." in words
        assert "$44.33 (19 of 30 days, plus tax)" in words
        assert "$70.00 / month, plus tax" in words
        assert "about $454.66 (was $328.90)" in words

    def test_before_the_plan_begins_the_monthly_total_has_it_already(self, place: Place) -> None:
        other = open_place("birch")
        done(start_subscription(actor=other.vendor, plan_code="core", first_day=date(2026, 12, 1), now=NOW))
        offer(other, "credit-checks")
        client = sign_in(other.owner)
        words = text(client.get(other.url("add-ons/credit-checks/enable")))
        assert "Nov 12 – 30, 2026 $12.03 (19 of 30 days)" in words
        assert "From Dec 1, 2026 $19.00 / month in all $318.00 / month (was $299.00)" in words

    def test_a_script_gets_the_dialog_alone(self, place: Place, owner: Client) -> None:
        part = owner.get(place.url("add-ons/credit-checks/enable"), headers=HX)
        html = part.content.decode()
        assert "<html" not in html
        assert f'hx-post="{place.url("add-ons/credit-checks/enable")}"' in html
        assert "HX-Request" in part["Vary"]
        page = owner.get(place.url("add-ons/credit-checks/enable"))
        assert hidden(part) == hidden(page)

    def test_confirm_switches_it_on_and_says_so(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        with unchanged(*WRITTEN):
            response = owner.post(place.url("add-ons/credit-checks/enable"), form)
        words = after(owner, response)
        assert response["Location"] == place.url("add-ons")
        assert "Credit Checks is enabled. Nothing was charged now: the invoice of Dec 1, 2026 carries it." in words
        assert "Enabled since Nov 12, 2026" in words
        assert "Enabled Credit Checks, $19.00 / month" in words
        assert is_on(place) == ["credit-checks"]

    def test_the_history_keeps_the_text_that_they_saw(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="enable_addon")
        assert entry.words.splitlines() == [
            "Enable Credit Checks?",
            "It is on as soon as you confirm. Nothing is charged now; the charge stands on the next invoice.",
            "Nov 12 – 30, 2026: $12.03 (19 of 30 days)",
            "From Dec 1, 2026: $19.00 / month in all $318.00 / month (was $299.00)",
            "Next invoice Dec 1, 2026: about $330.03 (was $299.00)",
            "Charged to: —",
            "There is no payment method yet. The next invoice will wait for a payment method.",
            "Add one",
        ]
        assert entry.language == "en-us"
        assert "Nov 12 – 30, 2026: $12.03 (19 of 30 days)" in text(sign_in(place.viewer).get(place.url("history")))

    def test_no_word_of_the_confirmation_is_missing_in_the_history(
        self, place: Place, owner: Client, gateway: Any, declared: dict[str, AddOnDeclaration]
    ) -> None:
        put_on_file(place, gateway, number=DECLINES_LATER)
        with tenancy.reading(place.id):
            invoice_id = str(Invoice.objects.get().id)
        collect_invoice(actor=place.clock, invoice_id=invoice_id)
        said = AddOnWords(name="Invoice+", description="", terms="Be <fair>.")
        done(save_addon(actor=VENDOR, code="invoice-plus", words=said, now=NOW))
        declared["invoice-plus"] = AddOnDeclaration(
            "invoice-plus",
            unlocks=("Recurring invoices",),
            stays_readable="Old ones stay readable.",
            impact=lambda _: Impact(stops=("Reminders stop.",), kept=("The log.",), affected=("2 schedules",)),
        )
        count_seats(place, 14)
        for verb in ("enable", "disable"):
            page = owner.get(place.url(f"add-ons/invoice-plus/{verb}"), headers=HX)
            form = {**hidden(page), "terms": "1"}
            assert owner.post(place.url(f"add-ons/invoice-plus/{verb}"), form).status_code == 303
            with tenancy.reading(place.id):
                kept = AuditEntry.objects.get(action=f"{verb}_addon").words
            # Word for word, but for the colon between a term and what is said of it.
            dialog = page.content.decode().split('<div class="dialog-foot">')[0]
            assert kept.replace(":", "").split() == text_in(dialog.replace("</dt>", " ")).replace(":", "").split()
            assert verb == "disable" or "Invoice ACME-000001 is not paid." in kept

    def test_the_history_keeps_what_was_seen_and_not_what_it_would_say_by_now(
        self, place: Place, owner: Client, declared: dict[str, AddOnDeclaration]
    ) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        switch_on(sign_in(place.owner), place, "invoice-plus")  # the next invoice is another one now
        declared["credit-checks"] = AddOnDeclaration("credit-checks", unlocks=("The Credit tab",))
        page = owner.post(place.url("add-ons/credit-checks/enable"), form, headers={"Accept-Language": "es"})
        assert page.status_code == 303
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="enable_addon", after__addon="credit-checks")
        assert "Next invoice Dec 1, 2026: about $330.03 (was $299.00)" in entry.words
        assert "The Credit tab" not in entry.words
        assert entry.language == "en-us"

    def test_the_history_keeps_what_a_refusal_said_before_the_second_try(self, place: Place, owner: Client) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        new_price(2500)
        page = owner.post(place.url("add-ons/credit-checks/enable"), form)
        assert owner.post(place.url("add-ons/credit-checks/enable"), hidden(page)).status_code == 303
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="enable_addon")
        assert entry.words.splitlines()[:2] == [
            "Enable Credit Checks?",
            "The price changed to $25.00. Review and confirm.",
        ]

    def test_a_second_confirm_changes_nothing_and_says_the_truth(
        self, place: Place, owner: Client, unchanged: Unchanged
    ) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        owner.post(place.url("add-ons/credit-checks/enable"), form)
        owner.get(place.url("add-ons"))
        with unchanged():
            response = owner.post(place.url("add-ons/credit-checks/enable"), form)
            looked = owner.get(place.url("add-ons/credit-checks/enable"))
        assert "Credit Checks is enabled already." in after(owner, response)
        assert looked.status_code == 303
        assert is_on(place) == ["credit-checks"]

    def test_a_double_click_is_one_change(self, place: Place, owner: Client) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")

        def click() -> int:
            browser = Client()
            browser.cookies = owner.cookies
            with clock.pinned(NOW):
                return browser.post(place.url("add-ons/credit-checks/enable"), form).status_code

        assert at_once(click, click, click) == [303, 303, 303]
        with tenancy.reading(place.id):
            assert AuditEntry.objects.filter(action="enable_addon").count() == 1
            assert AddOnPeriod.objects.count() == 1

    def test_with_an_invoice_that_failed_it_says_so(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway, number=DECLINES_LATER)
        with tenancy.reading(place.id):
            invoice_id = str(Invoice.objects.get().id)
        collect_invoice(actor=place.clock, invoice_id=invoice_id)
        words = text(owner.get(place.url("add-ons/credit-checks/enable")))
        assert "Invoice ACME-000001 is not paid. You can enable this all the same; that invoice stays open." in words
        switch_on(owner, place)
        assert is_on(place) == ["credit-checks"]

    def test_one_that_waits_for_the_bank_hides_no_other(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway, number=ASKS)
        invoice_id = first_invoice(place)
        assert owner.post(pay_url(place, invoice_id), pay_form(owner, place, invoice_id)).status_code == 303
        shown = text(owner.get(place.url("add-ons/credit-checks/enable")))
        assert "Invoice ACME-000001 is not paid. You can enable this all the same; that invoice stays open." in shown
        december = datetime(2026, 12, 1, 18, tzinfo=UTC)
        billed([place], december)
        collect(place, invoice_ids(place)[1], december)
        with clock.pinned(december):
            shown = text(sign_in(place.owner).get(place.url("add-ons/credit-checks/enable")))
        words = "2 invoices are not paid, the oldest is ACME-000001. You can enable this all the same; they stay open."
        assert words in shown

    def test_one_that_waits_for_a_method_is_said_beside_the_reason_against(self, place: Place, owner: Client) -> None:
        collect(place, first_invoice(place), NOW)
        set_up_addon("careful", needs_method=True)
        offer(place, "careful")
        needed = "Careful needs a payment method that can be charged."
        words = "Invoice ACME-000001 is not paid. You can enable this all the same; that invoice stays open."
        assert words in text(owner.get(place.url("add-ons/credit-checks/enable")))
        shown = text(owner.get(place.url("add-ons/careful/enable")))
        assert needed in shown
        assert words not in shown
        assert "Invoice ACME-000001 is not paid." in shown

    def test_by_invoice_one_is_said_once_it_is_overdue(self, place: Place, owner: Client) -> None:
        words = "Invoice ACME-000001 is not paid. You can enable this all the same; that invoice stays open."
        with tenancy.phase(place.id):
            Company.objects.update(way_of_paying="by_invoice")
        with clock.pinned(NOV_1):  # the day on which it is due
            assert "not paid" not in text(sign_in(place.owner).get(place.url("add-ons/credit-checks/enable")))
        assert words in text(owner.get(place.url("add-ons/credit-checks/enable")))

    def test_what_it_unlocks(self, place: Place, owner: Client, declared: dict[str, AddOnDeclaration]) -> None:
        declared["credit-checks"] = AddOnDeclaration("credit-checks", unlocks=("The Credit tab", "<i>Run</i>"))
        html = owner.get(place.url("add-ons/credit-checks/enable")).content.decode()
        assert "<span>The Credit tab</span>" in html
        assert "&lt;i&gt;Run&lt;/i&gt;" in html

    def test_with_a_method_it_names_it(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        words = text(owner.get(place.url("add-ons/credit-checks/enable")))
        assert "Charged to Visa •••• 4242" in words
        assert "will wait" not in words
        switch_on(owner, place)
        assert gateway.charges(place.id) == []

    def test_without_one_it_leads_to_adding_one_and_back(self, place: Place, owner: Client) -> None:
        html = owner.get(place.url("add-ons/credit-checks/enable")).content.decode()
        found = re.search(r'href="([^"]+billing-methods/add[^"]*)"', html.split("dialog-page")[1])
        assert found is not None
        query = parse_qs(urlsplit(unescape(found.group(1))).query)
        assert query == {"next": [place.url("add-ons/credit-checks/enable")]}

    def test_a_card_that_has_expired_is_said(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway, expiry="12/26")
        with clock.pinned(datetime(2027, 1, 2, 18, tzinfo=UTC)):
            client = sign_in(place.owner)
            words = text(client.get(place.url("add-ons/credit-checks/enable")))
        assert "Visa •••• 4242 can't be charged. The next invoice will wait for another payment method." in words


class TestEnableRefused:
    def test_a_changed_price(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        new_price(2500)
        with unchanged():
            page = owner.post(place.url("add-ons/credit-checks/enable"), form)
        assert page.status_code == 409
        words = text(page)
        assert "The price changed to $25.00. Review and confirm." in words
        assert "$15.83 (19 of 30 days)" in words  # 25.00 × 19 ÷ 30
        again = owner.post(place.url("add-ons/credit-checks/enable"), hidden(page))
        assert again.status_code == 303
        assert is_on(place) == ["credit-checks"]

    def test_changed_seats(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with clock.pinned(NOW - timedelta(days=1)):
            count_seats(place, 14)
        form = open_form(owner, place, "add-ons/invoice-plus/enable")
        count_seats(place, 15)
        with unchanged():
            page = owner.post(place.url("add-ons/invoice-plus/enable"), form)
        assert page.status_code == 409
        assert "The number of seats changed to 15. Review and confirm." in text(page)
        assert "The price changed" not in text(page)

    def test_another_day(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        with clock.pinned(NOW + timedelta(days=1)), unchanged():
            page = owner.post(place.url("add-ons/credit-checks/enable"), form)
        assert page.status_code == 409
        words = text(page)
        assert "It is Nov 13, 2026 now, so the charge for the rest of this period changed. Review and confirm." in words
        assert "$11.40 (18 of 30 days)" in words  # 19.00 × 18 ÷ 30

    def test_without_the_text_that_was_shown_for_it(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        second = add_member(place.id, "second@acme.test", "Sam Second", save_group(place.id, "Billing", MODIFY))
        mine = open_form(owner, place, "add-ons/credit-checks/enable")
        texts = {
            "none": "",
            "invented": "Enable Credit Checks?",
            "altered": mine["words"][:-1],
            "somebody else's": open_form(sign_in(second), place, "add-ons/credit-checks/enable")["words"],
            "another add-on's": open_form(owner, place, "add-ons/invoice-plus/enable")["words"],
        }
        with unchanged():
            for which, words in texts.items():
                page = owner.post(place.url("add-ons/credit-checks/enable"), {**mine, "words": words})
                assert page.status_code == 409, which
                assert "Read what it costs, then confirm." in text(page), which
        assert is_on(place) == []

    @pytest.mark.parametrize("form", [{}, {"fingerprint": ""}, {"terms": "1"}, {"shown": "price1.seats0"}])
    def test_without_the_confirmation_step(
        self, place: Place, owner: Client, unchanged: Unchanged, form: dict[str, str]
    ) -> None:
        with unchanged():
            page = owner.post(place.url("add-ons/credit-checks/enable"), form)
        assert page.status_code == 409
        assert "Read what it costs, then confirm." in text(page)
        assert "$12.03 (19 of 30 days)" in text(page)

    @pytest.mark.parametrize("fingerprint", ["x", "0" * 64, "é\u202e", "a" * 5000])
    def test_an_invented_fingerprint(self, place: Place, owner: Client, unchanged: Unchanged, fingerprint: str) -> None:
        with unchanged():
            page = owner.post(place.url("add-ons/credit-checks/enable"), {"fingerprint": fingerprint})
        assert page.status_code == 409
        assert "What it costs changed since this page was shown. Review and confirm." in text(page)

    def test_terms_have_to_be_accepted(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        words = AddOnWords(name="Credit Checks", description="", terms="Be <fair>.")
        done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        with unchanged():
            page = owner.post(place.url("add-ons/credit-checks/enable"), form)
        assert page.status_code == 422
        html = page.content.decode()
        assert "Accept the terms to continue." in html
        assert "Be &lt;fair&gt;." in html
        assert 'aria-describedby="terms-error"' in html
        response = owner.post(place.url("add-ons/credit-checks/enable"), {**hidden(page), "terms": "1"})
        assert response.status_code == 303
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="enable_addon")
        assert (entry.after["terms_version"], "Terms\nBe <fair>." in entry.words) == (1, True)

    def test_terms_that_changed_are_shown_anew(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        for terms in ("Be fair.", "Be quick."):
            words = AddOnWords(name="Credit Checks", description="", terms=terms)
            done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
            if terms == "Be fair.":
                form = open_form(owner, place, "add-ons/credit-checks/enable")
        with unchanged():
            page = owner.post(place.url("add-ons/credit-checks/enable"), {**form, "terms": "1"})
        assert page.status_code == 409
        assert "The terms changed. Read and accept them to continue." in text(page)
        assert "Be quick." in text(page)
        assert " checked" not in page.content.decode()

    def test_a_changed_price_keeps_the_accepted_terms(self, place: Place, owner: Client) -> None:
        words = AddOnWords(name="Credit Checks", description="", terms="Be fair.")
        done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        new_price(2500)
        page = owner.post(place.url("add-ons/credit-checks/enable"), {**form, "terms": "1"})
        assert page.status_code == 409
        assert 'value="1" checked' in page.content.decode()

    def test_a_changed_price_is_said_also_where_the_terms_were_forgotten(self, place: Place, owner: Client) -> None:
        words = AddOnWords(name="Credit Checks", description="", terms="Be fair.")
        done(save_addon(actor=VENDOR, code="credit-checks", words=words, now=NOW))
        form = open_form(owner, place, "add-ons/credit-checks/enable")
        new_price(2500)
        page = owner.post(place.url("add-ons/credit-checks/enable"), form)
        assert page.status_code == 409
        assert "The price changed to $25.00. Review and confirm." in text(page)

    def test_where_the_vendor_asks_for_a_method(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        set_up_addon("careful", needs_method=True)
        offer(place, "careful")
        page = owner.get(place.url("add-ons/careful/enable"))
        assert page.status_code == 200
        assert "Careful needs a payment method that can be charged." in text(page)
        assert ">Confirm<" not in page.content.decode()
        with unchanged():
            refused = owner.post(place.url("add-ons/careful/enable"), hidden(page))
        assert refused.status_code == 409
        assert "Careful needs a payment method that can be charged." in text(refused)

    def test_without_a_price_there_is_a_reason(self, place: Place, owner: Client) -> None:
        set_up_addon("elsewhere", currency="EUR")
        offer(place, "elsewhere")
        mine = card(owner.get(place.url("add-ons")), "elsewhere")
        assert "No price yet" in mine
        assert "/enable" not in mine
        assert owner.get(place.url("add-ons/elsewhere/enable")).status_code == 409

    @pytest.mark.parametrize("path", ["", "/enable", "/disable", "/configure"])
    def test_what_is_not_offered_is_not_found(
        self, place: Place, owner: Client, unchanged: Unchanged, path: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        for code in ("private", "withdrawn", "retired"):
            set_up_addon(code)
        offer(open_place("birch"), "private")
        for code in ("withdrawn", "retired"):
            offer(place, code)
        done(offer_addon(actor=place.vendor, addon_code="withdrawn", is_offered=False, now=NOW))
        AddOn.objects.filter(code="retired").update(retired_at=NOW)
        caplog.clear()
        with unchanged():
            for code in ("private", "withdrawn", "retired", "unknown"):
                page = owner.get(place.url(f"add-ons/{code}{path}"))
                assert page.status_code == 404
                assert "We can't find that page or record." in text(page)
                if path in ("/enable", "/disable"):
                    form = {"fingerprint": "x"}
                    assert owner.post(place.url(f"add-ons/{code}{path}"), form).status_code == 404
        assert {getattr(record, "event", "") for record in caplog.records} == {"not_offered"}

    @pytest.mark.parametrize("verb", ["enable", "disable"])
    def test_a_viewer_may_not(self, place: Place, owner: Client, unchanged: Unchanged, verb: str) -> None:
        if verb == "disable":
            switch_on(owner, place)
        form = open_form(owner, place, f"add-ons/credit-checks/{verb}")
        viewer = sign_in(place.viewer)
        with unchanged():
            for response in (
                viewer.post(place.url(f"add-ons/credit-checks/{verb}"), form),
                viewer.get(place.url(f"add-ons/credit-checks/{verb}")),
                viewer.get(place.url(f"add-ons/credit-checks/{verb}"), headers=HX),
            ):
                assert response.status_code == 403
                assert MISSING_MODIFY in text(response)

    def test_modify_taken_away_while_the_form_is_open(self, place: Place, unchanged: Unchanged) -> None:
        group = save_group(place.id, "Billing", MODIFY)
        second = add_member(place.id, "second@acme.test", "Sam Second", group)
        client = sign_in(second)
        form = open_form(client, place, "add-ons/credit-checks/enable")
        change_member(second)
        with unchanged():
            response = client.post(place.url("add-ons/credit-checks/enable"), form)
        assert response.status_code == 403
        assert MISSING_MODIFY in text(response)

    def test_another_company_s_address(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        other = open_place("birch")
        subscribe(other)
        offer(other, "credit-checks")
        with unchanged():
            for address in (other.url("add-ons"), other.url("add-ons/credit-checks/enable")):
                assert owner.get(address).status_code == 404
            form = {"fingerprint": "x"}
            assert owner.post(other.url("add-ons/credit-checks/enable"), form).status_code == 404

    def test_a_form_without_its_token(self, place: Place, unchanged: Unchanged) -> None:
        strict = sign_in(place.owner, enforce_csrf_checks=True)
        form = open_form(strict, place, "add-ons/credit-checks/enable")
        with unchanged():
            response = strict.post(place.url("add-ons/credit-checks/enable"), form)
        assert response.status_code == 403
        assert "This form has expired. Reload the page and try again." in text(response)

    @pytest.mark.parametrize("path", ["add-ons", "add-ons/credit-checks", "add-ons/credit-checks/configure"])
    def test_pages_that_only_show_take_no_post(self, place: Place, owner: Client, path: str) -> None:
        response = owner.post(place.url(path), {})
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
        assert owner.delete(place.url("add-ons/credit-checks/enable")).status_code == 405


class TestOthers:
    """B112: an add-on that needs or excludes another says so on its card, and its address refuses by name."""

    NEEDS = "Credit Checks needs Invoice+."

    @pytest.fixture
    def needs(self, declared: dict[str, AddOnDeclaration]) -> None:
        declared["credit-checks"] = AddOnDeclaration("credit-checks", needs=("invoice-plus",))

    def test_one_that_it_needs_comes_first(
        self, place: Place, owner: Client, needs: None, unchanged: Unchanged
    ) -> None:
        shown = card(owner.get(place.url("add-ons")), "credit-checks")
        assert f"{self.NEEDS} Enable Invoice+ first." in shown
        assert "/enable" not in shown
        documented = text(owner.get(place.url("add-ons/credit-checks")))
        assert f"$19.00 / month {self.NEEDS} Enable Invoice+ first." in documented
        url = place.url("add-ons/credit-checks/enable")
        with unchanged():
            for response in (owner.get(url), owner.post(url), owner.get(url, headers=HX)):
                assert response.status_code == 409
                assert self.NEEDS in text(response)
        switch_on(owner, place, "invoice-plus")
        switch_on(owner, place)
        assert is_on(place) == ["credit-checks", "invoice-plus"]

    def test_one_that_another_needs_goes_last(
        self, place: Place, owner: Client, needs: None, unchanged: Unchanged
    ) -> None:
        switch_on(owner, place, "invoice-plus")
        form = open_form(owner, place, "add-ons/invoice-plus/disable")
        switch_on(owner, place)
        shown = card(owner.get(place.url("add-ons")), "invoice-plus")
        assert f"{self.NEEDS} Disable Credit Checks first." in shown
        assert "/disable" not in shown
        url = place.url("add-ons/invoice-plus/disable")
        with unchanged():
            for response in (owner.get(url), owner.post(url, form)):
                assert response.status_code == 409
                assert self.NEEDS in text(response)
        assert f"{self.NEEDS} Disable Credit Checks first." in card(
            sign_in(place.viewer).get(place.url("add-ons")), "invoice-plus"
        )

    def test_one_that_it_excludes_is_named(
        self, place: Place, owner: Client, declared: dict[str, AddOnDeclaration], unchanged: Unchanged
    ) -> None:
        declared["invoice-plus"] = AddOnDeclaration("invoice-plus", excludes=("credit-checks",))
        switch_on(owner, place, "invoice-plus")
        words = "Credit Checks can't be on together with Invoice+."
        assert f"{words} Disable Invoice+ first." in unescape(card(owner.get(place.url("add-ons")), "credit-checks"))
        with unchanged():
            response = owner.post(place.url("add-ons/credit-checks/enable"))
        assert (response.status_code, words in text(response)) == (409, True)

    def test_one_that_is_not_offered_is_asked_for_at_the_vendor(
        self, place: Place, owner: Client, declared: dict[str, AddOnDeclaration], unchanged: Unchanged
    ) -> None:
        set_up_addon("elsewhere", name="Else & where")
        declared["credit-checks"] = AddOnDeclaration("credit-checks", needs=("elsewhere",))
        words = "Credit Checks needs Else & where, which your company is not offered."
        assert f"{words} Ask the vendor to offer it." in unescape(
            card(owner.get(place.url("add-ons")), "credit-checks")
        )
        with unchanged():
            response = owner.post(place.url("add-ons/credit-checks/enable"))
        assert (response.status_code, words in text(response)) == (409, True)


class TestDisable:
    def test_before_anything_was_invoiced_only_the_days_until_today_are_charged(
        self, place: Place, owner: Client, unchanged: Unchanged
    ) -> None:
        switch_on(owner, place)
        with clock.pinned(NOW + timedelta(days=8)):
            client = sign_in(place.owner)
            with unchanged():
                page = client.get(place.url("add-ons/credit-checks/disable"))
            words = text(page)
            # On the 12th to the 20th: 19.00 × 9 ÷ 30 = 5.70
            assert "Only the days until today are charged: $5.70 on the next invoice, Dec 1, 2026." in words
            assert "Next invoice: about $304.70 (was $330.03)" in words
            assert "Your data is kept. Enable again to see it." in words
            response = client.post(place.url("add-ons/credit-checks/disable"), hidden(page))
            assert "Credit Checks is disabled. Your data is kept." in after(client, response)
        assert is_on(place) == []

    def test_what_was_invoiced_comes_back_for_the_unused_days(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        december = datetime(2026, 12, 1, 18, tzinfo=UTC)
        billed([place], december)
        with clock.pinned(december + timedelta(days=9)):
            client = sign_in(place.owner)
            page = client.get(place.url("add-ons/credit-checks/disable"))
            # Dec 10 counts: 21 of 31 days are left, 19.00 - 19.00 × 10 ÷ 31 = 19.00 - 6.13 = 12.87
            words = text(page)
            assert "$12.87 credit for the unused days (21 of 31 days) on the next invoice, Jan 1, 2027." in words
            response = client.post(place.url("add-ons/credit-checks/disable"), hidden(page))
            assert "The invoice of Jan 1, 2027 gives back $12.87." in after(client, response)
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="disable_addon")
        assert "$12.87 credit for the unused days (21 of 31 days) on the next invoice, Jan 1, 2027." in entry.words
        assert entry.words.startswith("Disable Credit Checks?\nStops now: ")

    def test_the_host_s_words_are_asked_within_the_company(
        self, place: Place, owner: Client, declared: dict[str, AddOnDeclaration]
    ) -> None:
        switch_on(owner, place)

        def impact(company_id: str) -> Impact:
            mine = AddOnPeriod.objects.filter(company_id=company_id).count()
            return Impact(stops=("The sync stops.",), kept=("The log.",), affected=(f"{mine} connected account",))

        declared["credit-checks"] = AddOnDeclaration(
            "credit-checks", stays_readable="Old checks stay readable.", impact=impact
        )
        words = text(owner.get(place.url("add-ons/credit-checks/disable")))
        for sentence in ("The sync stops.", "Old checks stay readable.", "The log.", "1 connected account"):
            assert sentence in words
        switch_off(owner, place)
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="disable_addon")
        assert "Affected: 1 connected account" in entry.words

    def test_what_enabling_again_costs_is_said_where_the_price_is_another(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        switch_on(owner, place, "invoice-plus")
        assert "Enabling again" not in text(owner.get(place.url("add-ons/credit-checks/disable")))
        new_price(2500)
        new_price(600, "invoice-plus", "per_seat")
        flat, per_seat = (
            text(owner.get(place.url(f"add-ons/{code}/disable"))) for code in ("credit-checks", "invoice-plus")
        )
        assert "Enable again to see it. Enabling again costs $25.00 / month (now $19.00)." in flat
        assert "Enabling again costs $6.00 / seat / month (now $5.00)." in per_seat
        new_price(700, "invoice-plus", at=NOW + timedelta(seconds=1))
        other_shape = text(owner.get(place.url("add-ons/invoice-plus/disable")))
        assert "Enabling again costs $7.00 / month (now $5.00 / seat / month)." in other_shape
        switch_off(owner, place)
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="disable_addon")
        assert "Enable again to see it.\nEnabling again costs $25.00 / month (now $19.00)." in entry.words
        assert "$25.00 / month" in card(owner.get(place.url("add-ons")), "credit-checks")

    def test_one_that_is_not_offered_any_more_says_that_there_is_no_way_back(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        done(offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=False, now=NOW))
        words = text(owner.get(place.url("add-ons/credit-checks/disable")))
        assert "It is not offered to your company any more: once it is off, you can't enable it again." in words

    def test_twice_is_one_change_and_the_truth(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        switch_on(owner, place)
        form = open_form(owner, place, "add-ons/credit-checks/disable")
        owner.post(place.url("add-ons/credit-checks/disable"), form)
        owner.get(place.url("add-ons"))
        with unchanged():
            response = owner.post(place.url("add-ons/credit-checks/disable"), form)
        assert "Credit Checks is disabled already." in after(owner, response)

    def test_the_quote_of_yesterday(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        switch_on(owner, place)
        form = open_form(owner, place, "add-ons/credit-checks/disable")
        with clock.pinned(NOW + timedelta(days=1)), unchanged():
            page = owner.post(place.url("add-ons/credit-checks/disable"), form)
        assert page.status_code == 409
        assert "It is Nov 13, 2026 now" in text(page)

    def test_without_the_confirmation_step(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        switch_on(owner, place)
        with unchanged():
            page = owner.post(place.url("add-ons/credit-checks/disable"))
        assert page.status_code == 409
        assert "Disable Credit Checks?" in text(page)

    def test_on_and_off_again_on_the_same_day(self, place: Place, owner: Client) -> None:
        switch_on(owner, place)
        with clock.pinned(NOW + timedelta(hours=1)):
            switch_off(owner, place)
        with clock.pinned(NOW + timedelta(hours=2)):
            words = text(owner.get(place.url("add-ons/credit-checks/enable")))
        # Today counts once, whatever happens: 19.00 × 19 ÷ 30 less 19.00 × 1 ÷ 30 = 12.03 - 0.63
        assert "Nov 13 – 30, 2026 $11.40 (18 of 30 days)" in words


class TestConfigure:
    @pytest.fixture
    def places(self, declared: dict[str, AddOnDeclaration]) -> None:
        links = (ConfigureLink("Terms & more", "admin"), ConfigureLink("Items", "admin.users"))
        declared["credit-checks"] = AddOnDeclaration("credit-checks", configure=links)

    def test_it_lists_the_places(self, place: Place, owner: Client, places: None) -> None:
        switch_on(owner, place)
        assert place.url("add-ons/credit-checks/configure") in card(owner.get(place.url("add-ons")), "credit-checks")
        html = owner.get(place.url("add-ons/credit-checks/configure")).content.decode()
        assert 'href="/acme/admin"' in html
        assert 'href="/acme/admin/users"' in html
        assert "Terms &amp; more" in html

    def test_a_place_that_a_person_may_not_open_says_why(
        self, place: Place, declared: dict[str, AddOnDeclaration]
    ) -> None:
        """Modify on Account Management is enough to configure, but not to open every page of the host."""
        bureaus = ConfigureLink("Credit Bureaus", "admin.credit-bureaus", "The bureaus.", subject=INTEGRATIONS)
        declared["credit-checks"] = AddOnDeclaration("credit-checks", configure=(bureaus,))
        owner = sign_in(place.owner)
        switch_on(owner, place)
        url = place.url("add-ons/credit-checks/configure")
        assert "Credit Bureaus The bureaus." in text(owner.get(url))
        payer = sign_in(add_member(place.id, "payer@acme.test", "Pat", save_group(place.id, "Payers", MODIFY)))
        page = payer.get(url)
        assert "Credit Bureaus You need Integrations with View to open this page." in text(page)
        assert "/acme/admin/integrations" not in page.content.decode()

    def test_while_it_is_off(self, place: Place, owner: Client, places: None, unchanged: Unchanged) -> None:
        with unchanged():
            page = owner.get(place.url("add-ons/credit-checks/configure"))
        assert page.status_code == 409
        assert "Credit Checks is turned off." in text(page)

    def test_without_modify(self, place: Place, owner: Client, places: None) -> None:
        switch_on(owner, place)
        page = sign_in(place.viewer).get(place.url("add-ons/credit-checks/configure"))
        assert page.status_code == 403
        assert MISSING_MODIFY in text(page)

    def test_where_there_is_nothing(self, place: Place, owner: Client, declared: dict[str, AddOnDeclaration]) -> None:
        switch_on(owner, place)
        page = owner.get(place.url("add-ons/credit-checks/configure"))
        assert page.status_code == 404
        assert "There is nothing to configure for Credit Checks." in text(page)
