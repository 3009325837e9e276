"""Billing Methods when it goes wrong: given up, too many, twice at once, in use, the processor away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.test import Client

from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.models import MethodSetup, PaymentMethod
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    MICRO_DEPOSITS_MINOR,
    NOW,
    SECOND_CARD,
    Place,
    done,
    finish_setup,
    open_place,
    put_on_file,
    sign_in,
)
from tests.faces.billing import billed_place, first_invoice, intents, pay_form, pay_url
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

FORM = {"kind": "card", "same_as_company": "on"}
NOWHERE = "http://127.0.0.1:9"
NOT_ADDABLE = "This payment method can't be added. Start again."
NOT_THERE = "This payment method is not there any more."
UNAVAILABLE = "Payment service is unavailable. Nothing was charged."
IN_USE = "A payment with this method is in progress."


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


def tokens(place: Place) -> dict[str, bool]:
    """Read what is on file: id → whether it is the default."""
    with tenancy.reading(place.id):
        return {method.id: method.is_default for method in method_facts(place.id)}


def written(place: Place, action: str) -> int:
    """Count how often the history says that something was done."""
    with tenancy.reading(place.id):
        return AuditEntry.objects.filter(action=action).count()


def clicks(place: Place, *paths: str) -> list[tuple[int, str]]:
    """Click each path at the same moment, each in a browser of its own; give the answers' statuses and words."""

    def click(path: str, browser: Client) -> tuple[int, str]:
        with clock.pinned(NOW):
            response = browser.post(place.url(path))
            return response.status_code, text_of(response)

    calls: list[Callable[[], tuple[int, str]]] = []
    for path in paths:
        browser = sign_in(place.owner)
        calls.append(lambda path=path, browser=browser: click(path, browser))  # type: ignore[misc]
    return at_once(*calls)


class TestGivenUp:
    def test_cancelled_at_the_processor_nothing_is_added(
        self, place: Place, gateway: Any, unchanged: Unchanged
    ) -> None:
        owner = sign_in(place.owner)
        page = owner.post(place.url("billing-methods/add"), FORM)["Location"]
        httpx.get(f"{page}/cancel", trust_env=False, verify=False)
        with tenancy.reading(place.id):
            setup_id = MethodSetup.objects.get().setup_id
        url = f"{place.url('billing-methods/save')}?setup={setup_id}"
        with unchanged():
            back = owner.get(url)
            again = owner.get(back["Location"])
            saved = owner.post(url)
        assert (back.status_code, back["Location"]) == (303, place.url("billing-methods/add"))
        assert "Nothing was added. You can start again." in text_of(again)
        assert (saved.status_code, NOT_ADDABLE in text_of(saved)) == (422, True)

    @pytest.mark.parametrize("setup_id", ["set_live_0123456789abcdef01234567", "seti_1PqLive", "pm_card_visa", "1" * 9])
    def test_an_id_of_elsewhere_is_refused_without_asking_anybody(
        self, place: Place, settings: Any, unchanged: Unchanged, setup_id: str
    ) -> None:
        """An id that this company was never given, of a live account or another processor: the books don't know it."""
        settings.TENANTRY_GATEWAY_URL = NOWHERE  # who asked it would hear that it is unavailable
        url = f"{place.url('billing-methods/save')}?setup={setup_id}"
        owner = sign_in(place.owner)
        with unchanged():
            for send in (owner.get, owner.post):
                response = send(url)
                assert (response.status_code, NOT_ADDABLE in text_of(response)) == (422, True)


class TestTooMany:
    def test_the_twenty_first_is_refused_before_and_after_the_number_was_typed(
        self, place: Place, gateway: Any, unchanged: Unchanged
    ) -> None:
        first, owner = put_on_file(place, gateway), sign_in(place.owner)
        setup_id = finish_setup(place, gateway, number=SECOND_CARD)
        with tenancy.phase(place.id):
            row = PaymentMethod.objects.get(id=first)
            row.is_default = False
            for number in range(19):
                row.id = f"00000000-0000-4000-8000-{number:012d}"
                row.token, row.fingerprint = f"pm_{number}", f"print {number}"
                row.save(force_insert=True)
        with unchanged():
            started = owner.post(place.url("billing-methods/add"), FORM)
            saved = owner.post(f"{place.url('billing-methods/save')}?setup={setup_id}")
        for response in (started, saved):
            assert response.status_code == 409
            assert "You have reached the limit of payment methods. Remove one you don't use first." in text_of(response)
        assert len(tokens(place)) == 20

    def test_the_sixth_within_an_hour_hears_when_to_come_again(self, place: Place, gateway: Any) -> None:
        owner = sign_in(place.owner)
        for _ in range(5):
            owner.post(place.url("billing-methods/add"), FORM)
        response = owner.post(place.url("billing-methods/add"), FORM)
        assert (response.status_code, response["Retry-After"]) == (429, "600")


class TestAtOnce:
    def test_the_same_one_is_made_default_once(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        other = put_on_file(place, gateway, number=SECOND_CARD)
        answers = clicks(place, *[f"billing-methods/{other}/make-default"] * 3)
        assert [status for status, _ in answers] == [303] * 3
        assert [id_ for id_, is_default in tokens(place).items() if is_default] == [other]
        assert written(place, "make_default") == 1

    def test_of_two_different_ones_exactly_one_is_the_default(self, place: Place, gateway: Any) -> None:
        first, second = put_on_file(place, gateway), put_on_file(place, gateway, number=SECOND_CARD)
        third = put_on_file(place, gateway, number="6011111111111117")
        answers = clicks(place, *(f"billing-methods/{one}/make-default" for one in (second, third)))
        for status, words in answers:
            assert status == 303 or (status, "Changed by someone else. Reload." in words) == (409, True)
        on_file = tokens(place)
        assert list(on_file.values()).count(True) == 1
        assert not on_file[first]

    def test_one_is_removed_once_and_the_other_click_hears_that_it_is_gone(self, place: Place, gateway: Any) -> None:
        first, other = put_on_file(place, gateway), put_on_file(place, gateway, number=SECOND_CARD)
        answers = clicks(place, *[f"billing-methods/{other}/remove"] * 3)
        assert sorted(status for status, _ in answers) == [303, 404, 404]
        assert all(NOT_THERE in words for status, words in answers if status == 404)
        assert tokens(place) == {first: True}
        assert written(place, "remove_payment_method") == 1


class TestInUse:
    def test_an_account_whose_debit_is_on_its_way_stays(
        self, database: str, gateway: Any, unchanged: Unchanged
    ) -> None:
        place = billed_place()
        put_on_file(place, gateway)
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        done(
            verify_bank_account(actor=place.owner.actor, method_id=account, amounts_minor=MICRO_DEPOSITS_MINOR, now=NOW)
        )
        owner, invoice_id = sign_in(place.owner), first_invoice(place)
        owner.post(pay_url(place, invoice_id), {**pay_form(owner, place, invoice_id), "method": account})
        assert intents(place) == ["processing"]
        url = place.url(f"billing-methods/{account}/remove")
        with unchanged():
            asked, sent = owner.get(url), owner.post(url)
        assert (asked.status_code, sent.status_code) == (200, 409)
        for response in (asked, sent):
            assert f"{IN_USE} Try again when the payment is done." in text_of(response)
            assert 'type="submit">Remove' not in response.content.decode()
        assert account in tokens(place)
        assert intents(place) == ["processing"]


class TestTheProcessorIsAway:
    def test_saving_can_be_done_later(self, place: Place, gateway: Any, settings: Any, unchanged: Unchanged) -> None:
        setup_id, owner = finish_setup(place, gateway), sign_in(place.owner)
        url, there = f"{place.url('billing-methods/save')}?setup={setup_id}", settings.TENANTRY_GATEWAY_URL
        settings.TENANTRY_GATEWAY_URL = NOWHERE
        with unchanged():
            for response in (owner.get(url), owner.post(url)):
                assert (response.status_code, response["Retry-After"]) == (503, "2")
                assert UNAVAILABLE in text_of(response)
        settings.TENANTRY_GATEWAY_URL = there
        assert owner.post(url).status_code == 303
        assert len(tokens(place)) == 1

    def test_verifying_costs_no_try_and_keeps_the_amounts(
        self, place: Place, gateway: Any, settings: Any, unchanged: Unchanged
    ) -> None:
        account, owner = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT), sign_in(place.owner)
        url, there = place.url(f"billing-methods/{account}/verify"), settings.TENANTRY_GATEWAY_URL
        settings.TENANTRY_GATEWAY_URL = NOWHERE
        with unchanged():
            response = owner.post(url, {"amount_1": "32", "amount_2": "45"})
        assert (response.status_code, response["Retry-After"]) == (503, "2")
        assert UNAVAILABLE in text_of(response)
        assert "3 tries left." in text_of(response)
        assert 'value="32"' in response.content.decode()
        settings.TENANTRY_GATEWAY_URL = there
        assert owner.post(url, {"amount_1": "32", "amount_2": "45"}).status_code == 303

    def test_removing_and_making_default_need_nobody(self, place: Place, gateway: Any, settings: Any) -> None:
        first, other = put_on_file(place, gateway), put_on_file(place, gateway, number=SECOND_CARD)
        owner, settings.TENANTRY_GATEWAY_URL = sign_in(place.owner), NOWHERE
        assert owner.post(place.url(f"billing-methods/{other}/make-default")).status_code == 303
        assert owner.post(place.url(f"billing-methods/{first}/remove")).status_code == 303
        assert tokens(place) == {other: True}
