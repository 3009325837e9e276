"""The picture of what was paid: twelve months, plan, add-ons, tax; and the same numbers as a table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tests.builders import NOW, Place, done, open_place, put_on_file, sign_in
from tests.faces import rows
from tests.faces.billing import billed_place, collect, first_invoice
from tests.faces.pages import text_of


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def numbers(place: Place) -> dict[str, list[str]]:
    """Read the table below the picture: month → amounts; `Month` → headings."""
    body = sign_in(place.viewer).get(place.url("invoices")).content.decode()
    rows_ = body.split('aria-labelledby="chart-title"')[-1].split("<table")[1].split("</table>")[0].split("</tr>")
    cells = [re.findall(r"<t[hd][^>]*>(?:<strong>)?([^<]+)<", row) for row in rows_]
    # The total stands beside the month, where no number of add-ons can push it out of sight.
    return {row[0]: [*row[2:], row[1]] for row in cells if row}


def paid(place: Place, day: date) -> str:
    """Write a paid invoice of a day."""
    ids = rows.write_invoices(place, 1, first_day=day)
    rows.put_in_state(place, ids, "paid")
    return ids[0]


class TestThePicture:
    def test_adds_up_to_what_was_paid_month_by_month(self, database: str) -> None:
        place = open_place()
        paid(place, date(2026, 11, 3))
        paid(place, date(2026, 9, 1))
        paid(place, date(2026, 9, 15))
        found = numbers(place)
        assert list(found) == [
            "Month", "Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026", "May 2026", "Jun 2026", "Jul 2026",
            "Aug 2026", "Sep 2026", "Oct 2026", "Nov 2026",
        ]  # fmt: skip
        assert found["Month"] == ["Core", "Message+", "Tax", "Total"]
        # 29,900 + 4,900 = 34,800; 7.25 % tax = 2,523; together 37,323. September has two.
        assert found["Nov 2026"] == ["$299.00", "$49.00", "$25.23", "$373.23"]
        assert found["Sep 2026"] == ["$598.00", "$98.00", "$50.46", "$746.46"]
        assert found["Oct 2026"] == ["$0.00", "$0.00", "$0.00", "$0.00"]

    def test_counts_the_month_in_which_it_was_paid_in_the_companys_zone(self, database: str) -> None:
        place = open_place()
        invoice_id = paid(place, date(2026, 9, 1))
        with tenancy.phase(place.id):
            # 05:30 on 1 October in UTC is still 30 September in Denver.
            Invoice.objects.filter(id=invoice_id).update(state_moved_at=datetime(2026, 10, 1, 5, 30, tzinfo=UTC))
        assert numbers(place)["Sep 2026"][-1] == "$373.23"
        with tenancy.phase(place.id):
            Invoice.objects.filter(id=invoice_id).update(state_moved_at=datetime(2026, 10, 1, 6, 30, tzinfo=UTC))
        assert (numbers(place)["Sep 2026"][-1], numbers(place)["Oct 2026"][-1]) == ("$0.00", "$373.23")

    def test_leaves_out_what_is_not_paid_and_what_is_older(self, database: str) -> None:
        place = open_place()
        rows.write_invoices(place, 1, first_day=date(2026, 11, 3))
        paid(place, date(2025, 11, 30))
        assert "What you paid" not in text_of(sign_in(place.viewer).get(place.url("invoices")))
        paid(place, date(2025, 12, 1))
        assert numbers(place)["Dec 2025"][-1] == "$373.23"
        assert numbers(place)["Nov 2026"][-1] == "$0.00"

    def test_shows_only_this_companys_money(self, database: str) -> None:
        mine, other = open_place("acme"), open_place("other")
        paid(mine, date(2026, 11, 3))
        paid(other, date(2026, 11, 4))
        assert numbers(mine)["Nov 2026"][-1] == "$373.23"

    def test_credit_that_was_used_is_taken_off(self, database: str) -> None:
        place = open_place()
        ids = rows.write_invoices(place, 1, first_day=date(2026, 11, 3), credit_minor=10000)
        rows.put_in_state(place, ids, "paid")
        found = numbers(place)
        assert found["Month"] == ["Core", "Message+", "Tax", "Discounts and credit", "Total"]
        # 37,323 − 10,000 of credit = 27,323.
        assert found["Nov 2026"] == ["$299.00", "$49.00", "$25.23", "-$100.00", "$273.23"]

    def test_a_month_that_credit_paid_has_no_bar(self, database: str) -> None:
        place = open_place()
        [invoice_id] = rows.write_invoices(place, 1, first_day=date(2026, 11, 3), credit_minor=37323)
        with tenancy.phase(place.id):
            Invoice.objects.filter(id=invoice_id).update(state="paid", state_moved_at=NOW)
        assert numbers(place)["Nov 2026"] == ["$299.00", "$49.00", "$25.23", "-$373.23", "$0.00"]
        page = sign_in(place.viewer).get(place.url("invoices")).content.decode()
        assert "<title>Nov 2026: $0.00</title></svg>" in page
        assert "chart-block" not in page

    def test_what_a_credit_note_took_off_is_taken_off(self, database: str) -> None:
        place = open_place()
        [invoice_id] = rows.write_invoices(place, 1, first_day=date(2026, 11, 3))
        issued = issue_credit_note(
            actor=place.vendor, invoice_id=invoice_id, form=CreditNoteForm("A week without service", 10000), now=NOW
        )
        assert not isinstance(issued, Refusal)
        with tenancy.phase(place.id):
            Invoice.objects.filter(id=invoice_id).update(state="paid", state_moved_at=NOW)
        assert numbers(place)["Nov 2026"] == ["$299.00", "$49.00", "$25.23", "-$100.00", "$273.23"]

    def test_a_credit_note_after_the_payment_changes_nothing_about_the_month(self, database: str) -> None:
        place = open_place()
        invoice_id = paid(place, date(2026, 11, 3))
        issued = issue_credit_note(
            actor=place.vendor, invoice_id=invoice_id, form=CreditNoteForm("A week without service", 10000), now=NOW
        )
        # All of it is company credit now: the invoice that uses it shows it.
        assert not isinstance(issued, Refusal)
        assert numbers(place)["Nov 2026"] == ["$299.00", "$49.00", "$25.23", "$373.23"]

    def test_what_was_sent_back_is_taken_off_in_its_month(self, database: str, gateway: Any) -> None:
        place = billed_place()
        put_on_file(place, gateway)
        collect(place, first_invoice(place), NOW)
        form = CreditNoteForm("A week without service", 10000)
        done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=form, now=NOW))
        dec_3 = datetime(2026, 12, 3, 17, tzinfo=UTC)
        with clock.pinned(dec_3):
            back = RefundForm("As agreed", Money(4000, "USD"))
            done(refund_payment(actor=place.vendor, invoice_id=first_invoice(place), form=back))
            found = numbers(place)
            page = sign_in(place.viewer).get(place.url("invoices")).content.decode()
        assert found["Month"] == ["Plan-Acme", "Refunds", "Total"]
        assert found["Nov 2026"] == ["$412.50", "$0.00", "$412.50"]
        assert found["Dec 2026"] == ["$0.00", "-$40.00", "-$40.00"]
        scale = re.findall("<span>([^<]+)</span>", page.split('class="chart-scale">')[1].split("</div>")[0])
        assert scale == ["$500.00", "$250.00", "$0.00", "-$250.00"]
        assert "<title>Dec 2026 · Refunds: -$40.00</title>" in page
