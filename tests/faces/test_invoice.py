"""One invoice: its lines with the click behind them, totals, payments, how it is paid (I7)."""

from __future__ import annotations

import html
import logging
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenantry.actions.companies.change_billing_details import change_billing_details
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.billing_details import BillingDetailsForm
from tenantry.core.quote import QuotedAddOn, quote_disable, quote_enable
from tenantry.outside import clock, tax
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import billing_details, company
from tenantry.records.invoices.standing import standing
from tenantry.records.subscriptions.catalog import company_addons
from tests.builders import (
    MODIFY,
    NOW,
    VIEW,
    Place,
    add_member,
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
from tests.faces import rows
from tests.faces.billing import bill, billed_place, collect, first_invoice, invoice_ids, print_all, state_of
from tests.faces.pages import text_of, without_chances
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

NEXT = datetime(2026, 12, 12, 17, tzinfo=UTC)
UNKNOWN = "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11"


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time: 10 o'clock on Nov 12, 2026 in Denver."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company with one invoice of $412.50."""
    return prepared.value


def page(place: Place, invoice_id: str, member: str = "owner") -> Any:
    """Open an invoice."""
    return sign_in(getattr(place, member)).get(place.url(f"invoices/{invoice_id}"))


def lines(response: Any) -> list[str]:
    """Read the lines."""
    body = response.content.decode().split("<tbody>")[1].split("</tbody>")[0]
    return [_plain(row) for row in body.split("</tr>")[:-1]]


def totals(response: Any) -> list[str]:
    """Read the sums below the lines."""
    body = response.content.decode().split("<tfoot>")[1].split("</tfoot>")[0]
    return [_plain(row) for row in body.split("</tr>")[:-1]]


def timeline(response: Any) -> list[str]:
    """Read the payments."""
    body = response.content.decode().split('<ol class="timeline">')[1].split("</ol>")[0]
    return [_plain(re.sub(r"<svg.*?</svg>", "", one, flags=re.S)) for one in body.split("</li>")[:-1]]


def _plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def enable(place: Place, code: str, now: datetime) -> None:
    """Switch an add-on on, as the owner confirms it."""
    with tenancy.reading(place.id):
        here = standing(company(place.id), rates_for=tax.rates_for)
        assert here
        (addon,) = (one for one in company_addons(company(place.id), here.facts, now) if one.offer.code == code)
        assert addon.price
        quote = quote_enable(here.facts, QuotedAddOn(code, addon.offer.name, 0), addon.price, now, here.outlook)
    confirmed = Confirmation(quote.fingerprint)
    done(enable_addon(actor=place.owner.actor, addon_code=code, confirmed=confirmed, now=now))


def disable(place: Place, code: str, now: datetime) -> None:
    """Switch an add-on off, as the owner confirms it."""
    with tenancy.reading(place.id):
        here = standing(company(place.id), rates_for=tax.rates_for)
        assert here
        quote = quote_disable(here.facts, code, now, here.outlook)
    confirmed = Confirmation(quote.fingerprint)
    done(disable_addon(actor=place.owner.actor, addon_code=code, confirmed=confirmed, now=now))


class TestLines:
    def test_say_what_which_dates_how_much_and_who_subscribed(self, place: Place) -> None:
        response = page(place, first_invoice(place), "viewer")
        assert lines(response) == [
            "Plan-Acme $412.50 / month Subscribed by SecurityTrax on Nov 12, 2026 Nov 12 – Dec 11, 2026 $412.50"
        ]
        assert totals(response) == ["Subtotal $412.50", "Total $412.50", "Balance due $412.50"]

    def test_name_the_click_that_enabled_and_the_one_that_disabled(self, database: str) -> None:
        place = open_place()
        set_up_plan(amount_minor=29900)
        subscribe(place)
        for code, minor in (("message", 4900), ("invoice", 3000)):
            set_up_addon(code, name=f"{code.title()}+", amount_minor=minor)
            offer(place, code)
        enable(place, "invoice", NOW)
        bill(place, NOW)
        enable(place, "message", NOW + timedelta(days=8))
        disable(place, "invoice", NOW + timedelta(days=10))
        bill(place, NEXT)
        with clock.pinned(NEXT):
            found = lines(page(place, invoice_ids(place)[1]))
        # 30 days from Nov 12. Message+ is on from Nov 20: 22 days, 4,900 × 22 ÷ 30 = 3,593.33. Invoice+ was on until
        # Nov 22: 11 days, 3,000 × 11 ÷ 30 = 1,100 owed, 3,000 asked.
        assert sorted(found) == sorted(
            [
                "Core $299.00 / month Subscribed by SecurityTrax on Nov 12, 2026 Dec 12, 2026 – Jan 11, 2027 $299.00",
                "Message+ $49.00 / month Enabled by Olga Owner on Nov 20, 2026 Dec 12, 2026 – Jan 11, 2027 $49.00",
                "Message+ $49.00 / month × 22 of 30 days"
                " Enabled by Olga Owner on Nov 20, 2026 Nov 20 – Dec 11, 2026 $35.93",
                "Invoice+: unused days $30.00 / month × 11 of 30 days = $11.00, less $30.00 invoiced before"
                " Disabled by Olga Owner on Nov 22, 2026 Nov 23 – Dec 11, 2026 -$19.00",
            ]
        )

    def test_name_who_changed_the_seats(self, database: str) -> None:
        place = open_place()
        set_up_plan(amount_minor=1000, shape="per_seat")
        subscribe(place)
        bill(place, NOW)
        group = save_group(place.id, "Everybody")
        add_member(place.id, "tom@acme.test", "Tom Technician", group, now=NOW + timedelta(days=15))
        bill(place, NEXT)
        with clock.pinned(NEXT):
            found = [line for line in lines(page(place, invoice_ids(place)[1])) if "seats changed" in line]
        # Owner and nobody are seats, the viewer is none. From Nov 27 on there are three: 15 of 30 days.
        assert len(found) == 1
        assert "2 → 3 seats by SecurityTrax on Nov 27, 2026" in found[0]
        assert found[0].endswith("Nov 12 – Dec 11, 2026 $5.00")

    def test_a_count_that_nobody_caused_names_nobody(self, database: str) -> None:
        place = open_place()
        set_up_plan(amount_minor=1000, shape="per_seat")
        subscribe(place)
        bill(place, NOW)
        counted_at = NOW + timedelta(days=15)
        done(record_seats(actor=place.clock, seats=2, source="host", now=counted_at - timedelta(days=1)))
        done(record_seats(actor=place.clock, seats=5, source="host", now=counted_at))
        bill(place, NEXT)
        with clock.pinned(NEXT):
            found = [line for line in lines(page(place, invoice_ids(place)[1])) if "seats changed" in line]
        assert len(found) == 1
        assert "2 → 2" not in found[0]
        assert "2 → 5 seats, counted on Nov 27, 2026" in found[0]

    def test_tax_credit_and_what_is_left_to_pay(self, database: str) -> None:
        place = open_place()
        invoice_id = rows.write_invoices(place, 1, first_day=date(2026, 11, 3), credit_minor=10000)[0]
        assert totals(page(place, invoice_id)) == [
            "Subtotal $348.00",
            "Utah sales tax 7.25% $25.23",
            "Total $373.23",
            "Credit used -$100.00",
            "Balance due $273.23",
        ]

    @pytest.mark.parametrize(("state", "row"), [("paid", "Paid -$273.23"), ("uncollectible", "")])
    def test_the_sums_lead_from_the_total_to_the_balance(self, database: str, state: str, row: str) -> None:
        place = open_place()
        ids = rows.write_invoices(place, 1, first_day=date(2026, 11, 3), credit_minor=10000)
        rows.put_in_state(place, ids, state)
        left = "Balance due $0.00" if row else "Balance due $273.23"
        wanted = ["Total $373.23", "Credit used -$100.00", row, left]
        assert totals(page(place, ids[0]))[2:] == [one for one in wanted if one]

    def test_a_cancelled_one_says_what_became_of_its_sum(self, place: Place) -> None:
        cancelled = void_invoice(actor=place.vendor, invoice_id=first_invoice(place), reason="Billed twice", now=NOW)
        assert cancelled is None
        found = totals(page(place, first_invoice(place)))
        assert found == ["Subtotal $412.50", "Total $412.50", "Cancelled -$412.50", "Balance due $0.00"]

    def test_a_debt_stands_beside_the_total(self, database: str) -> None:
        place = open_place()
        invoice_id = rows.write_invoices(place, 1, first_day=date(2026, 11, 3), credit_minor=-10000)[0]
        assert totals(page(place, invoice_id)) == [
            "Subtotal $348.00",
            "Utah sales tax 7.25% $25.23",
            "Total $373.23",
            "Returned payments $100.00",
            "Balance due $473.23",
        ]

    def test_a_hostile_name_is_text(self, database: str) -> None:
        place = open_place(name='<img src=x onerror="alert(1)">')
        set_up_plan()
        subscribe(place)
        bill(place, NOW)
        body = page(place, first_invoice(place)).content.decode()
        assert "<img" not in body
        assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in body


class TestHowItIsPaid:
    def test_waits_for_a_method(self, place: Place) -> None:
        text = text_of(page(place, first_invoice(place)))
        assert "Pending Waiting" not in text
        assert "Waiting for a payment method. Add a payment method first." in text
        assert "It is charged on Nov 12, 2026 if there is a method by then that can be charged." in text
        assert "Pay $412.50" not in text

    def test_a_method_that_comes_too_late_is_not_charged_by_itself(self, place: Place, gateway: Any) -> None:
        invoice_id = first_invoice(place)
        collect(place, invoice_id, NOW)
        words = "It is not charged by itself, not even once there is a method: pay it then with the one you choose."
        assert words in text_of(page(place, invoice_id))
        browser = sign_in(place.owner)
        listed = text_of(browser.get(place.url("billing-methods")))
        assert "Not paid yet Changing methods pays none of these. ACME-000001" in listed
        assert "Invoice ACME-000001 is waiting for a payment method. Add one" in listed
        put_on_file(place, gateway)
        assert "Invoice ACME-000001 is not paid yet. Pay now" in text_of(browser.get(place.url("billing-methods")))
        assert "Pay it with a method of your choice." in text_of(page(place, invoice_id))
        collect(place, invoice_id, NOW + timedelta(days=9))
        assert (gateway.charges(place.id), state_of(place, invoice_id)) == ([], "open")

    def test_is_charged_to_the_default_method(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        text = text_of(page(place, first_invoice(place)))
        assert "Will be charged on Nov 12, 2026 to Visa •••• 4242" in text
        assert "Will be charged to Visa •••• 4242 on Nov 12, 2026, without your doing anything." in text
        assert "Pay $412.50" in text

    def test_by_wire_or_check(self, place: Place) -> None:
        with tenancy.phase(place.id):
            Company.objects.update(way_of_paying="by_invoice", net_days=30)
        assert "Due Nov 12, 2026, by wire or check" in text_of(page(place, first_invoice(place)))

    def test_a_viewer_reads_why_there_is_no_pay(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        text = text_of(page(place, first_invoice(place), "viewer"))
        assert "You need Account Management with Modify to pay it." in text
        assert "Pay $412.50" not in text

    def test_what_is_being_confirmed_says_so_and_looks_again_by_itself(self, database: str) -> None:
        place = open_place()
        invoice_id = rows.write_invoices(place, 1, first_day=date(2026, 11, 3))[0]
        rows.add_payment(place, invoice_id, rows.method_row(place), "unknown", "")
        response = page(place, invoice_id)
        text, body = text_of(response), response.content.decode()
        assert "We're confirming this payment. You don't need to pay again." in text
        again = f"{place.url('invoices/')}{invoice_id}?confirming=1"
        assert f'hx-get="{again}" hx-trigger="every 10s"' in body
        browser = sign_in(place.owner)
        assert browser.get(again, headers={"HX-Request": "true"}).status_code == 204
        rows.put_in_state(place, [invoice_id], "paid")
        assert "Paid" in text_of(browser.get(again, headers={"HX-Request": "true"}))
        assert f"{place.url('invoices/')}{invoice_id}/pay" not in body

    def test_what_the_bank_asks_leads_on_to_the_bank(self, database: str) -> None:
        from tenantry.records.payments.models import PaymentIntent

        place = open_place()
        invoice_id = rows.write_invoices(place, 1, first_day=date(2026, 11, 3))[0]
        rows.add_payment(place, invoice_id, rows.method_row(place), "awaiting_payer", "")
        with tenancy.phase(place.id):
            PaymentIntent.objects.update(next_url="http://gateway.test/approve/pi_1")
        assert (
            'href="http://gateway.test/approve/pi_1">Continue at your bank' in page(place, invoice_id).content.decode()
        )
        assert "gateway.test" not in page(place, invoice_id, "viewer").content.decode()


class TestTimeline:
    @pytest.mark.parametrize(
        ("state", "outcome", "code", "expected"),
        [
            ("ready", "declined", "insufficient_funds", "by Olga Owner · declined: insufficient funds"),
            ("ready", "declined", "stolen_card", "by Olga Owner · declined by the bank"),
            (
                "returned",
                "returned",
                "R10",
                "by Olga Owner · returned by the bank: it was not authorized by the account's owner (R10)",
            ),
            ("cancelled", "cancelled", "", "by Olga Owner · not completed; nothing was charged"),
            ("ready", "not_sent", "", "by Olga Owner · not sent; nothing was charged"),
            ("processing", "", "", "by Olga Owner · on its way, up to 4 business days"),
            ("unknown", "", "", "by Olga Owner · being confirmed"),
            ("succeeded", "succeeded", "", "by Olga Owner · succeeded"),
        ],
    )
    def test_tells_what_became_of_each_payment(
        self, database: str, state: str, outcome: str, code: str, expected: str
    ) -> None:
        from tenantry.records.payments.models import PaymentAttempt

        place = open_place()
        invoice_id = rows.write_invoices(place, 1, first_day=date(2026, 11, 3))[0]
        rows.add_payment(place, invoice_id, rows.method_row(place), state, outcome)
        with tenancy.phase(place.id):
            PaymentAttempt.objects.update(code=code)
        when = "Nov 3, 2026, 11:00 AM"
        assert timeline(page(place, invoice_id)) == [
            f"Issued {when}",
            f"Payment of $373.23 with Visa •••• 4242 {expected} {when}",
        ]

    @pytest.mark.parametrize(
        ("state", "outcome", "code", "expected"),
        [
            ("returned", "returned", "R01", "returned by the bank: there was not enough money in the account (R01)"),
            ("cancelled", "cancelled", "", "not completed; nothing was charged"),
            ("succeeded", "succeeded", "", "succeeded"),
        ],
    )
    def test_names_the_day_on_which_the_bank_answered_where_it_is_another(
        self, database: str, state: str, outcome: str, code: str, expected: str
    ) -> None:
        from tenantry.records.payments.models import PaymentAttempt

        place = open_place()
        invoice_id = rows.write_invoices(place, 1, first_day=date(2026, 11, 3))[0]
        rows.add_payment(place, invoice_id, rows.method_row(place), state, outcome)
        for answered_at, day in (
            (datetime(2026, 11, 7, 6, 59, tzinfo=UTC), " · Nov 6, 2026"),  # a minute before midnight in Denver
            (datetime(2026, 11, 4, 6, 59, tzinfo=UTC), ""),
        ):
            with tenancy.phase(place.id):
                PaymentAttempt.objects.update(code=code, decided_at=answered_at)
            assert timeline(page(place, invoice_id))[1] == (
                f"Payment of $373.23 with Visa •••• 4242 by Olga Owner · {expected}{day} Nov 3, 2026, 11:00 AM"
            )

    def test_tells_what_money_moved(self, database: str) -> None:
        place = open_place()
        ids = rows.write_invoices(place, 1, first_day=date(2026, 11, 3))
        rows.put_in_state(place, ids, "paid")
        assert timeline(page(place, ids[0]))[-1] == "Charged Nov 3 · $373.23 Nov 3, 2026, 11:00 AM"


class TestPaper:
    def test_billed_to_is_what_was_in_force_at_issue(self, place: Place) -> None:
        with tenancy.reading(place.id):
            version = billing_details(place.id).version
        form = BillingDetailsForm(
            "New Name Inc", "1 New St", "", "Provo", "UT", "84601", "US", "12-3456789", "PO-77", ()
        )
        done(change_billing_details(actor=place.owner.actor, form=form, version=version, now=NOW))
        text = text_of(page(place, first_invoice(place)))
        assert "Billed to Acme 12 Main St Lehi, UT 84043 United States" in text
        assert "PO-77" not in text
        assert "Tax ID" not in text
        bill(place, NEXT)
        with clock.pinned(NEXT):
            text = text_of(page(place, invoice_ids(place)[1]))
        assert "Billed to New Name Inc 1 New St Provo, UT 84601 United States Tax ID 12-3456789 PO number PO-77" in text

    def test_is_offered_once_it_is_stored(self, place: Place) -> None:
        assert "PDF: Preparing…" in text_of(page(place, first_invoice(place)))
        print_all(place)
        response = page(place, first_invoice(place))
        assert "Preparing…" not in text_of(response)
        assert f"invoices/{first_invoice(place)}/download?e=" in response.content.decode()


class TestWho:
    def test_another_companys_invoice_is_the_same_as_none(
        self, place: Place, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        other = billed_place("other")
        browser = sign_in(place.owner)
        with caplog.at_level(logging.WARNING, "tenantry.security"), unchanged():
            foreign = browser.get(place.url(f"invoices/{first_invoice(other)}"))
            missing = browser.get(place.url(f"invoices/{UNKNOWN}"))
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert without_chances(foreign) == without_chances(missing)
        assert "We can't find that page or record." in text_of(foreign)
        assert [record.event for record in caplog.records] == ["invoice_not_found"] * 2  # type: ignore[attr-defined]

    @pytest.mark.parametrize("name", ["ACME-000001", "1", "new", "..%2f..", UNKNOWN.upper() + "x"])
    def test_a_number_is_no_address(self, place: Place, name: str) -> None:
        assert sign_in(place.owner).get(place.url(f"invoices/{name}")).status_code == 404

    def test_without_view_there_is_none(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.nobody)
        with unchanged():
            response = browser.get(place.url(f"invoices/{first_invoice(place)}"))
        assert response.status_code == 403
        assert "412.50" not in response.content.decode()

    def test_view_taken_away_counts_from_the_next_request(self, place: Place) -> None:
        group = save_group(place.id, "Clerks", VIEW, MODIFY)
        clerk = add_member(place.id, "clerk@acme.test", "Clara Clerk", group)
        browser, address = sign_in(clerk), place.url(f"invoices/{first_invoice(place)}")
        assert browser.get(address).status_code == 200
        save_group(place.id, "Clerks", group_id=group)
        assert browser.get(address).status_code == 403
