"""Bank debits that come back: what the company reads, what it may do, and who else hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from tenantry.actions.payments import _driver
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.payment_effects import BlockMethod
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.payments.models import PaymentMethod, Review
from tests.builders import ACH_FORM, MICRO_DEPOSITS_MINOR, NOW, Place, done, put_on_file, sign_in
from tests.faces.billing import billed_place, first_invoice, state_of
from tests.faces.pages import text_of

BACK = NOW + timedelta(days=6)
"""NOW is a Thursday; the third business day after it is Tuesday, and this the day after that."""


def returned(processor: SandboxControl, code: str) -> tuple[Place, str]:
    """Let an invoice be collected from a bank account whose debits come back with this code."""
    number = {"R01": "000222222227", "R02": "000111111113", "R03": "000111111116", "R10": "000333333335"}.get(code)
    with clock.pinned(NOW):
        place = billed_place()
        account = put_on_file(place, processor, form=ACH_FORM, number=number or f"0009900000{code[1:]}")
        amounts = MICRO_DEPOSITS_MINOR
        done(verify_bank_account(actor=place.owner.actor, method_id=account, amounts_minor=amounts, now=NOW))
        work.run_everything_due()
    processor.move_clock(BACK)
    with clock.pinned(BACK):
        work.run_everything_due()
    return place, account


def read(browser: Client, place: Place, path: str) -> str:
    with clock.pinned(BACK):
        return text_of(browser.get(place.url(path)))


@pytest.mark.parametrize(
    ("code", "why", "badge"),
    [
        ("R02", "the account is closed", "Blocked: account closed"),
        ("R07", "the account's owner withdrew the authorization", "Blocked: authorization withdrawn"),
        ("R16", "the account is frozen", "Blocked: account frozen"),
        ("R23", "the bank gave another reason", ""),
    ],
)
def test_says_why_and_what_became_of_the_account(
    database: str, processor: SandboxControl, code: str, why: str, badge: str
) -> None:
    place, _ = returned(processor, code)
    browser = sign_in(place.owner)
    assert state_of(place, first_invoice(place)) == "open"
    assert f"Failed Payment returned by the bank: {why} ({code})" in read(browser, place, "invoices")
    methods = read(browser, place, "billing-methods")
    assert badge in methods
    assert ("Blocked" in methods) is bool(badge)
    assert "Allow debits again" not in methods
    with tenancy.reading(place.id):
        reviews = list(Review.objects.values_list("reason", "facts__code"))
    assert reviews == ([("bank_return", code)] if code in ("R16", "R23") else [])
    told = {one.subject: one for one in mail.outbox if code in f"{one.subject}{one.body}"}
    words = f"{why} ({code})"
    (own,) = [one for subject, one in told.items() if "was returned by the bank" in subject]
    assert (own.to, words in own.body) == (["owner@acme.test"], True)
    unauthorized = [one for subject, one in told.items() if "returned as unauthorized" in subject]
    assert [sorted(one.to) for one in unauthorized] == (
        [["billing@securitytrax.test", "owner@acme.test"]] if code == "R07" else []
    )


class TestStopped:
    """R08: blocked until a user confirms that the account may be debited again."""

    @pytest.fixture
    def stopped(self, database: str, processor: SandboxControl) -> tuple[Place, str]:
        return returned(processor, "R08")

    def test_the_owner_allows_debits_again_and_pays(self, stopped: tuple[Place, str]) -> None:
        place, account = stopped
        browser = sign_in(place.owner)
        methods = read(browser, place, "billing-methods")
        assert "Blocked: payment stopped" in methods
        assert "Payments from the account ending in 0008 were stopped by its owner." in methods
        url = place.url(f"billing-methods/{account}/allow")
        with clock.pinned(BACK):
            page = text_of(browser.get(url))
            assert "Acme authorizes SecurityTrax again to debit Test Bank •••• 0008, by ACH" in page
            assert "It stays the default." in page
            answer = browser.post(url)
        assert (answer.status_code, answer["Location"]) == (303, place.url("billing-methods"))
        methods = read(browser, place, "billing-methods")
        assert "can be debited again. Nothing was charged." in methods
        assert "Blocked" not in methods
        with tenancy.reading(place.id):
            row = PaymentMethod.objects.get()
            assert (row.blocked_because, row.is_default) == ("", True)
            entry = AuditEntry.objects.get(action="allow_debits")
            assert entry.before == {"blocked_because": "R08"}
            assert entry.words == row.debit_authorization
            assert entry.words.startswith("Acme authorizes SecurityTrax again to debit Test Bank •••• 0008")
        assert "Allowed debits from Test Bank •••• 0008 again" in read(browser, place, "history")
        assert "Pay $412.50" in read(browser, place, f"invoices/{first_invoice(place)}")

    def test_who_may_only_look_may_not(self, stopped: tuple[Place, str]) -> None:
        place, account = stopped
        viewer = sign_in(place.viewer)
        assert "Allow debits again" not in read(viewer, place, "billing-methods")
        url = place.url(f"billing-methods/{account}/allow")
        with clock.pinned(BACK):
            assert viewer.get(url).status_code == 403
            assert viewer.post(url).status_code == 403
        with tenancy.reading(place.id):
            assert PaymentMethod.objects.get().blocked_because == "R08"

    def test_twice_and_other_blocks_are_refused(self, stopped: tuple[Place, str]) -> None:
        place, account = stopped
        browser, url = sign_in(place.owner), place.url(f"billing-methods/{account}/allow")
        with clock.pinned(BACK):
            assert browser.post(url).status_code == 303
            again = browser.post(url)
            assert (again.status_code, "can be charged already" in text_of(again)) == (409, True)
            with tenancy.phase(place.id):
                PaymentMethod.objects.update(blocked_because="R10")
            other = browser.post(url)
            assert (other.status_code, "can't be charged any more" in text_of(other)) == (409, True)
            assert browser.get(place.url(f"billing-methods/{place.id}/allow")).status_code == 404
            assert browser.post(place.url(f"billing-methods/{place.id}/allow")).status_code == 404

    def test_a_later_stop_lifts_no_block_for_good(self, stopped: tuple[Place, str]) -> None:
        place, account = stopped
        with clock.pinned(BACK):
            for code in ("R10", "R08"):
                with tenancy.phase(place.id):
                    _driver.write([BlockMethod(account, code)], place.clock)
            answer = sign_in(place.owner).post(place.url(f"billing-methods/{account}/allow"))
        assert (answer.status_code, "can't be charged any more" in text_of(answer)) == (409, True)
        with tenancy.reading(place.id):
            assert PaymentMethod.objects.get().blocked_because == "R10"
