"""Billing Methods as people see and use them: from the empty page to a card that is charged next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.actions.billing.bill_company import bill_company
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.models import MethodSetup, PaymentIntent, PaymentMethod
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    CARD,
    CARD_FORM,
    NOW,
    SECOND_CARD,
    Place,
    done,
    finish_setup,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    sign_in,
    subscribe,
)
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

FORM = {"kind": "card", "same_as_company": "on"}
ADDRESS = {
    "address_line_1": "1 Side Rd", "address_line_2": "", "city": "Provo", "region": "UT", "postal_code": "84601",
    "country": "US", "next": "",
}  # fmt: skip
DIALOG = {"HX-Request": "true"}


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


@pytest.fixture
def owner(place: Place) -> Client:
    """Sign the owner in."""
    return sign_in(place.owner)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def on_file(place: Place) -> dict[str, Any]:
    """Read what is on file."""
    with tenancy.reading(place.id):
        return {method.id: method for method in method_facts(place.id)}


def shown(client: Client, place: Place) -> str:
    """Read the list."""
    response = client.get(place.url("billing-methods"))
    assert response.status_code == 200
    return text_of(response)


def rows(client: Client, place: Place) -> list[str]:
    """Read the rows of the list, as words."""
    body = client.get(place.url("billing-methods")).content.decode()
    listed = body.split('<ul class="methods">')[1].split("</ul>")[0]
    return [text_of(_Body(row)) for row in listed.split("<li>")[1:]]


class _Body:
    def __init__(self, text: str) -> None:
        self.content = text.encode()


def save_url(place: Place, setup_id: str) -> str:
    """Give the address where the browser comes back to."""
    return place.url("billing-methods/save") + f"?setup={setup_id}"


class TestEmpty:
    def test_says_what_it_is_for(self, place: Place, owner: Client) -> None:
        text = shown(owner, place)
        assert "No payment method yet" in text
        assert "Adding one charges nothing." in text
        assert "Nothing has changed yet." in text


class TestAdd:
    def test_from_the_form_to_the_list(self, place: Place, owner: Client, gateway: Any) -> None:
        page = text_of(owner.get(place.url("billing-methods/add")))
        assert "Make this the default" in page
        assert "Same as the company's address 12 Main St, Lehi, UT 84043, United States" in page

        started = owner.post(place.url("billing-methods/add"), FORM)
        assert started.status_code == 303
        page_url = started["Location"]
        assert page_url.startswith(gateway_url())
        gateway.type_card(page_url, number=CARD, expiry="08/28", cvc="123", name="Olga Owner")

        with tenancy.reading(place.id):
            setup_id = MethodSetup.objects.get().setup_id
        back = owner.get(save_url(place, setup_id))
        assert "Save Visa •••• 4242?" in text_of(back)
        assert "Expires 08/2028" in text_of(back)
        assert "It becomes the default." in text_of(back)
        assert on_file(place) == {}

        saved = owner.post(save_url(place, setup_id))
        assert (saved.status_code, saved["Location"]) == (303, place.url("billing-methods"))
        text = shown(owner, place)
        assert "Visa •••• 4242 is on file and is the default. Nothing was charged." in text
        assert "Credit card · Visa ending in 4242 Default Expires 08/2028" in text.replace("•••• ", "")
        assert "Added Visa •••• 4242 and made it the default · Olga Owner" in text
        assert gateway.charges(place.id) == []

    def test_the_gateway_sends_the_browser_back_here(
        self, place: Place, owner: Client, gateway: Any, settings: Any
    ) -> None:
        import httpx

        started = owner.post(place.url("billing-methods/add"), FORM)
        fields = {"number": CARD, "expiry": "08/28", "cvc": "123", "name": "Olga Owner"}
        back = httpx.post(started["Location"], data=fields, trust_env=False, verify=False)
        parts = urlsplit(back.headers["Location"])
        assert f"{parts.scheme}://{parts.netloc}" == settings.TENANTRY_PUBLIC_URL
        assert parts.path == place.url("billing-methods/save")
        with tenancy.reading(place.id):
            assert parse_qs(parts.query) == {"setup": [MethodSetup.objects.get().setup_id]}

    def test_another_address_is_kept(self, place: Place, owner: Client, gateway: Any) -> None:
        owner.post(place.url("billing-methods/add"), {"kind": "card", **ADDRESS})
        with tenancy.reading(place.id):
            kept = MethodSetup.objects.get().billing_address
        assert kept == {name: value for name, value in ADDRESS.items() if name != "next"}

    def test_a_wrong_form_keeps_what_was_typed(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(place.url("billing-methods/add"), {"kind": "card", **ADDRESS, "city": " "})
        body = response.content.decode()
        assert response.status_code == 422
        assert 'value="1 Side Rd"' in body
        assert "City: This can't be left empty." in text_of(response)

    @pytest.mark.parametrize("kind", ["", "paypal", "card\x00"])
    def test_an_unknown_kind_is_refused(self, place: Place, owner: Client, unchanged: Unchanged, kind: str) -> None:
        with unchanged():
            response = owner.post(place.url("billing-methods/add"), {**FORM, "kind": kind})
        assert response.status_code == 422

    def test_a_bank_account_needs_the_authorization(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(place.url("billing-methods/add"), {**ADDRESS, "kind": "ach"})
        assert response.status_code == 422
        assert "Accept the debit authorization to continue." in text_of(response)
        assert 'value="1 Side Rd"' in response.content.decode()

    def test_the_authorization_is_kept_word_for_word(self, place: Place, owner: Client, gateway: Any) -> None:
        form = {**FORM, "kind": "ach", "debit_authorized": "on"}
        assert owner.post(place.url("billing-methods/add"), form).status_code == 303
        with tenancy.reading(place.id):
            kept = MethodSetup.objects.get().debit_authorization
        assert kept.startswith("Acme authorizes SecurityTrax to debit the bank account")
        assert kept in text_of(owner.get(place.url("billing-methods/add")))

    @pytest.mark.parametrize(
        ("address", "kept"),
        [
            ("/acme/admin/account-management/add-ons/x/enable", "/acme/admin/account-management/add-ons/x/enable"),
            ("https://evil.example/acme/", ""),
            ("//evil.example/acme/", ""),
            ("/birch/admin", ""),
            ("/acme/../birch/admin", ""),
            ("javascript:alert(1)", ""),
        ],
    )
    def test_the_way_back_stays_within_the_company(
        self, place: Place, owner: Client, gateway: Any, address: str, kept: str
    ) -> None:
        owner.post(place.url("billing-methods/add"), {**FORM, "next": address})
        with tenancy.reading(place.id):
            setup = MethodSetup.objects.get()
        assert setup.return_to == kept

    def test_after_saving_it_goes_on_where_they_came_from(self, place: Place, owner: Client, gateway: Any) -> None:
        address = place.url("history")
        started = owner.post(place.url("billing-methods/add"), {**FORM, "next": address})
        gateway.type_card(started["Location"], number=CARD, expiry="08/28", cvc="123", name="O")
        with tenancy.reading(place.id):
            setup_id = MethodSetup.objects.get().setup_id
        assert owner.post(save_url(place, setup_id))["Location"] == address

    def test_an_unreachable_payment_service_is_said(
        self, place: Place, owner: Client, settings: Any, unchanged: Unchanged
    ) -> None:
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        with unchanged():
            response = owner.post(place.url("billing-methods/add"), {"kind": "card", **ADDRESS})
        assert response.status_code == 503
        assert "Payment service is unavailable. Nothing was charged." in text_of(response)
        assert 'value="1 Side Rd"' in response.content.decode()

    def test_the_sixth_within_an_hour_is_refused(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged
    ) -> None:
        for _ in range(5):
            assert owner.post(place.url("billing-methods/add"), FORM).status_code == 303
        with unchanged():
            response = owner.post(place.url("billing-methods/add"), FORM)
        assert response.status_code == 429
        assert "Too many attempts. Try again later." in text_of(response)


def gateway_url() -> str:
    """Give where the gateway is."""
    from django.conf import settings

    return str(settings.TENANTRY_GATEWAY_URL)


class TestSave:
    def test_pressed_twice_it_says_the_same(self, place: Place, owner: Client, gateway: Any) -> None:
        setup_id = finish_setup(place, gateway)
        first, second = owner.post(save_url(place, setup_id)), owner.post(save_url(place, setup_id))
        assert (first.status_code, second.status_code) == (303, 303)
        assert first["Location"] == second["Location"]
        assert len(on_file(place)) == 1

    def test_pressed_twice_at_once_it_saves_once(self, place: Place, gateway: Any) -> None:
        setup_id = finish_setup(place, gateway)
        clients = [sign_in(place.owner), sign_in(place.owner)]
        found = at_once(*(lambda client=client: client.post(save_url(place, setup_id)) for client in clients))
        assert [response.status_code for response in found] == [303, 303]
        assert len(on_file(place)) == 1

    @pytest.mark.parametrize("setup_id", ["", "set_000000000000000000000000", "%00", "../x"])
    def test_an_unknown_setup_is_refused(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged, setup_id: str
    ) -> None:
        for send in (owner.get, owner.post):
            with unchanged():
                response = send(save_url(place, setup_id))
            assert response.status_code == 422
            assert "This payment method can't be added. Start again." in text_of(response)
            assert place.url("billing-methods/add") in response.content.decode()

    def test_coming_back_without_a_number_starts_again(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged
    ) -> None:
        owner.post(place.url("billing-methods/add"), FORM)
        with tenancy.reading(place.id):
            setup_id = MethodSetup.objects.get().setup_id
        with unchanged():
            response = owner.get(save_url(place, setup_id))
            assert (response.status_code, response["Location"]) == (303, place.url("billing-methods/add"))
            assert "Nothing was added. You can start again." in text_of(owner.get(response["Location"]))
            assert owner.post(save_url(place, setup_id)).status_code == 422

    def test_a_card_on_file_is_refused(self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged) -> None:
        put_on_file(place, gateway)
        setup_id = finish_setup(place, gateway)
        with unchanged():
            response = owner.post(save_url(place, setup_id))
        assert response.status_code == 409
        assert "This card is already on file." in text_of(response)

    def test_forged_fields_change_nothing(self, place: Place, owner: Client, gateway: Any) -> None:
        setup_id = finish_setup(place, gateway)
        forged = {"last4": "0000", "brand": "Gold", "expiry_year": "2099", "is_default": "0", "company_id": "1"}
        owner.post(save_url(place, setup_id), forged)
        (method,) = on_file(place).values()
        assert (method.last4, method.brand, method.expiry_year) == ("4242", "Visa", 2030)

    def test_another_companys_setup_is_refused(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged
    ) -> None:
        setup_id = finish_setup(open_place("birch"), gateway)
        with unchanged():
            assert owner.post(save_url(place, setup_id)).status_code == 422


class TestAddBesideADefaultThatCannotBeCharged:
    @pytest.fixture
    def expired(self, place: Place, gateway: Any) -> Place:
        method = put_on_file(place, gateway)
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=method).update(expiry_month=10, expiry_year=2026)
        return place

    def test_the_switch_is_on(self, expired: Place, owner: Client) -> None:
        body = owner.get(expired.url("billing-methods/add")).content.decode()
        assert re.search(r'<input[^>]*name="make_default"[^>]* checked', body)

    def test_with_a_default_that_can_be_charged_it_is_off(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        body = owner.get(place.url("billing-methods/add")).content.decode()
        assert not re.search(r'<input[^>]*name="make_default"[^>]* checked', body)

    def test_who_leaves_it_the_default_is_told(self, expired: Place, owner: Client, gateway: Any) -> None:
        page = text_of(owner.get(save_url(expired, finish_setup(expired, gateway, number=SECOND_CARD))))
        assert "Your default stays Visa •••• 4242, which can't be charged." in page


class TestList:
    def test_each_says_what_it_is_and_what_can_be_done(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        put_on_file(place, gateway, number=SECOND_CARD, expiry="12/26", now=NOW + timedelta(minutes=1))
        put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT, now=NOW + timedelta(minutes=2))
        first, second, third = rows(owner, place)
        assert first.startswith("Credit card · Visa •••• ending in 4242 Default Expires 12/2030")
        assert first.endswith("Make another method the default first.")
        assert second.startswith("Credit card · Mastercard •••• ending in 4444 Expires soon Expires 12/2026")
        assert "Make Default" in second
        assert "Remove" in second
        assert third.startswith("ACH · ")
        assert "Verification pending" in third
        assert "is not verified yet." in third
        assert "Verify" in third
        assert "Make Default" not in third

    def test_an_expired_and_a_blocked_one_say_so(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        other = put_on_file(place, gateway, number=SECOND_CARD)
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=other).update(expiry_month=10, expiry_year=2026)
        expired = rows(owner, place)[1]
        assert "Expired" in expired
        assert "The card ending in 4444 has expired." in expired
        assert "Make Default" not in expired
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=other).update(expiry_year=2030, blocked_because="R02")
        blocked = rows(owner, place)[1]
        assert "Blocked: account closed" in blocked
        assert "The payment method ending in 4444 can't be charged any more." in blocked
        assert "Make Default" not in blocked

    def test_a_viewer_sees_everything_and_no_control(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        put_on_file(place, gateway, number=SECOND_CARD)
        body = sign_in(place.viewer).get(place.url("billing-methods")).content.decode()
        assert "4242" in body
        assert "4444" in body
        for word in ("make-default", "/remove", "billing-methods/add"):
            assert word not in body

    @pytest.mark.parametrize("query", ["page=-1", "page=0", "page=1e9", "page=abc", "per_page=100000"])
    def test_odd_queries_change_nothing(self, place: Place, owner: Client, query: str) -> None:
        assert owner.get(place.url("billing-methods") + f"?{query}").status_code == 200

    def test_the_work_does_not_grow_with_what_is_on_file(self, place: Place, owner: Client, gateway: Any) -> None:
        set_up_plan()
        subscribe(place)
        first = put_on_file(place, gateway)
        with CaptureQueriesContext(connection) as few:
            shown(owner, place)
        with tenancy.phase(place.id):
            row = PaymentMethod.objects.get(id=first)
            row.is_default = False
            for number in range(12):
                row.id = f"00000000-0000-4000-8000-{number:012d}"
                row.token, row.fingerprint = f"pm_{number}", f"print {number}"
                row.save(force_insert=True)
        with CaptureQueriesContext(connection) as many:
            shown(owner, place)
        assert len(many) == len(few)
        assert len(few) <= 22


class TestMakeDefault:
    def test_asks_then_does_it(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        other = put_on_file(place, gateway, number=SECOND_CARD)
        url = place.url(f"billing-methods/{other}/make-default")
        asked = owner.get(url)
        assert "Make Mastercard •••• 4444 the default?" in text_of(asked)
        assert "Making it the default charges nothing now." in text_of(asked)
        assert owner.post(url)["Location"] == place.url("billing-methods")
        assert on_file(place)[other].is_default
        text = shown(owner, place)
        assert "Mastercard •••• 4444 is the default now. Nothing was charged." in text
        assert "Made Mastercard •••• 4444 the default instead of Visa •••• 4242 · Olga Owner" in text

    def test_the_second_time_nothing_changes(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged
    ) -> None:
        url = place.url(f"billing-methods/{put_on_file(place, gateway)}/make-default")
        with unchanged():
            assert owner.post(url).status_code == 303
            assert "Visa •••• 4242 is the default already." in shown(owner, place)

    def test_one_that_cannot_be_says_why(self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged) -> None:
        put_on_file(place, gateway)
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        url = place.url(f"billing-methods/{account}/make-default")
        with unchanged():
            asked, sent = owner.get(url), owner.post(url, headers=DIALOG)
        assert (asked.status_code, sent.status_code) == (200, 409)
        for response in (asked, sent):
            assert "The bank account ending in 6789 is not verified yet." in text_of(response)
            assert 'type="submit">Make Default' not in response.content.decode()

    def test_the_dialog_is_a_part_the_page_is_whole(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        other = put_on_file(place, gateway, number=SECOND_CARD)
        url = place.url(f"billing-methods/{other}/make-default")
        dialog, page = owner.get(url, headers=DIALOG), owner.get(url)
        assert "<!doctype html>" not in dialog.content.decode()
        assert "<!doctype html>" in page.content.decode()
        for response in (dialog, page):
            assert f'action="{url}"' in response.content.decode()


class TestRemove:
    def test_asks_then_does_it(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        other = put_on_file(place, gateway, number=SECOND_CARD)
        url = place.url(f"billing-methods/{other}/remove")
        assert "Remove Mastercard •••• 4444?" in text_of(owner.get(url))
        assert owner.post(url).status_code == 303
        assert list(on_file(place)) != []
        assert other not in on_file(place)
        assert "Mastercard •••• 4444 was removed." in shown(owner, place)

    def test_the_default_is_refused(self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged) -> None:
        url = place.url(f"billing-methods/{put_on_file(place, gateway)}/remove")
        with unchanged():
            asked, sent = owner.get(url), owner.post(url)
        assert (asked.status_code, sent.status_code) == (200, 409)
        for response in (asked, sent):
            assert "Make another method the default first." in text_of(response)
            assert 'type="submit">Remove' not in response.content.decode()

    def test_the_second_time_it_is_gone(self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged) -> None:
        put_on_file(place, gateway)
        url = place.url(f"billing-methods/{put_on_file(place, gateway, number=SECOND_CARD)}/remove")
        assert owner.post(url).status_code == 303
        with unchanged():
            assert owner.post(url).status_code == 404

    @pytest.mark.parametrize("verb", ["remove", "make-default", "verify"])
    def test_another_companys_is_not_found(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged, verb: str
    ) -> None:
        foreign = put_on_file(open_place("birch"), gateway)
        url = place.url(f"billing-methods/{foreign}/{verb}")
        unknown = place.url(f"billing-methods/00000000-0000-4000-8000-000000000000/{verb}")
        form = {"amount_1": "32", "amount_2": "45"}
        with unchanged():
            for send in (lambda at: owner.get(at), lambda at: owner.post(at, form)):
                assert (send(url).status_code, send(unknown).status_code) == (404, 404)
                assert len(send(url).content) == len(send(unknown).content)


class TestVerify:
    def test_both_amounts_in_any_way_of_writing(self, place: Place, owner: Client, gateway: Any) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        url = place.url(f"billing-methods/{account}/verify")
        asked = text_of(owner.get(url))
        assert "Two small deposits were sent to" in asked
        assert "3 tries left." in asked
        assert "First amount Like 0.32 Second amount Like 0.45" in asked
        assert owner.post(url, {"amount_1": "$0.45", "amount_2": "32"}).status_code == 303
        assert "is verified and is the default." in shown(owner, place)

    @pytest.mark.parametrize(
        ("has_default", "is_chosen", "blocked", "words"),
        [
            (False, False, "", "It becomes the default."),
            (True, False, "", "Your default stays as it is."),
            (True, True, "", "It becomes the default instead of Visa •••• 4242."),
            (True, True, "R02", "Your default stays as it is."),
            (False, True, "R02", "It does not become the default: it can't be charged."),
        ],
    )
    def test_says_beforehand_whether_it_becomes_the_default(
        self, place: Place, owner: Client, gateway: Any, has_default: bool, is_chosen: bool, blocked: str, words: str
    ) -> None:
        if has_default:
            put_on_file(place, gateway)
        account = put_on_file(place, gateway, form=replace(ACH_FORM, makes_default=is_chosen), number=BANK_ACCOUNT)
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=account).update(blocked_because=blocked)
        before = {id_ for id_, method in on_file(place).items() if method.is_default}
        url = place.url(f"billing-methods/{account}/verify")
        assert f"from your bank statement, in any order. {words} First amount" in text_of(owner.get(url))
        assert owner.post(url, {"amount_1": "32", "amount_2": "45"}).status_code == 303
        after = {id_ for id_, method in on_file(place).items() if method.is_default}
        assert after == ({account} if words.startswith("It becomes") else before)

    def test_wrong_amounts_count_down(self, place: Place, owner: Client, gateway: Any) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        url = place.url(f"billing-methods/{account}/verify")
        for words in (
            "Amounts don't match. 2 tries left.",
            "Amounts don't match. 1 try left.",
            "Add the account again.",
        ):
            response = owner.post(url, {"amount_1": "1", "amount_2": "2"})
            assert response.status_code == 422
            assert words in text_of(response)
        response = owner.post(url, {"amount_1": "32", "amount_2": "45"})
        assert response.status_code == 422
        assert "Add the account again." in text_of(response)
        assert not on_file(place)[account].is_verified
        assert "Verification failed Add the account again. It could not be verified. Remove" in shown(owner, place)

    @pytest.mark.parametrize("amount", ["", "0", "0.00", "abc", "0.5", "-3", "320", "1e1", "٣٢.٣"])
    def test_what_is_no_amount_costs_no_try(
        self, place: Place, owner: Client, gateway: Any, unchanged: Unchanged, amount: str
    ) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        url = place.url(f"billing-methods/{account}/verify")
        with unchanged():
            response = owner.post(url, {"amount_1": amount, "amount_2": "45"})
        assert response.status_code == 422
        assert 'value="45"' in response.content.decode()

    def test_after_ten_days_it_has_to_be_added_again(self, place: Place, owner: Client, gateway: Any) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        url = place.url(f"billing-methods/{account}/verify")
        assert "Verification pending" in shown(owner, place)
        with clock.pinned(NOW + timedelta(days=10)):
            response = owner.post(url, {"amount_1": "32", "amount_2": "45"})
            page = shown(owner, place)
        assert response.status_code == 422
        assert "Add the account again." in text_of(response)
        assert "Verification failed Add the account again. The amounts were not entered in time. Remove" in page

    def test_added_again_it_is_verified_anew(self, place: Place, owner: Client, gateway: Any) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        setup_id = finish_setup(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        refused = owner.post(save_url(place, setup_id))
        assert (refused.status_code, "This bank account is already on file." in text_of(refused)) == (409, True)
        for _try in range(3):
            owner.post(place.url(f"billing-methods/{account}/verify"), {"amount_1": "1", "amount_2": "2"})
        setup_id = finish_setup(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        asked = text_of(owner.get(save_url(place, setup_id)))
        assert "It takes the place of the same account, which could not be verified." in asked
        assert owner.post(save_url(place, setup_id)).status_code == 303
        page = shown(owner, place)
        assert "Test Bank •••• 6789 is on file: Verification pending. Nothing was charged." in page
        assert "Added Test Bank •••• 6789 again, to be verified anew · Olga Owner" in page
        assert "Verification failed" not in page
        (again,) = on_file(place)
        verified = owner.post(place.url(f"billing-methods/{again}/verify"), {"amount_1": "32", "amount_2": "45"})
        assert verified.status_code == 303
        assert "is verified and is the default." in shown(owner, place)


class TestBlockedBefore:
    """What was blocked and removed stays blocked when it is added again: nobody is told that it becomes the default."""

    @pytest.mark.parametrize(
        ("has_default", "default"),
        [
            (False, "It does not become the default: it can't be charged."),
            (True, "Your default stays as it is."),
        ],
    )
    def test_is_said_before_it_is_saved(
        self, place: Place, owner: Client, gateway: Any, has_default: bool, default: str
    ) -> None:
        gone = put_on_file(place, gateway, number=SECOND_CARD)
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=gone).update(
                blocked_because="stolen_card", is_default=False, remind_at=None, removed_at=NOW
            )
        if has_default:
            put_on_file(place, gateway)
        before = on_file(place)
        setup_id = finish_setup(place, gateway, form=replace(CARD_FORM, makes_default=True), number=SECOND_CARD)
        asked = text_of(owner.get(save_url(place, setup_id)))
        words = "The payment method ending in 4444 can't be charged any more."
        assert f"{words} {default} Saving charges nothing." in asked
        assert owner.post(save_url(place, setup_id)).status_code == 303
        assert "Mastercard •••• 4444 is on file, but can't be charged. Nothing was charged." in shown(owner, place)
        (added,) = [method for id_, method in on_file(place).items() if id_ not in before]
        assert (added.blocked_because, added.is_default) == ("stolen_card", False)

    @pytest.mark.parametrize(
        ("is_chosen", "then"),
        [(True, "It becomes the default instead of Visa •••• 4242."), (False, "Your default stays as it is.")],
    )
    def test_what_an_account_becomes_is_said_too(
        self, place: Place, owner: Client, gateway: Any, is_chosen: bool, then: str
    ) -> None:
        put_on_file(place, gateway)
        form = replace(ACH_FORM, makes_default=is_chosen)
        setup_id = finish_setup(place, gateway, form=form, number=BANK_ACCOUNT)
        asked = text_of(owner.get(save_url(place, setup_id)))
        assert f"that were sent to it. Once that is done: {then} Saving charges nothing." in asked


class TestNextCharge:
    def test_names_the_next_invoice_and_its_amount(self, place: Place, owner: Client) -> None:
        set_up_plan(amount_minor=29900)
        subscribe(place)
        done(bill_company(actor=place.clock, now=NOW))
        with tenancy.phase(place.id):
            Invoice.objects.update(collect_at=None, state="paid")
        words = "Applies to the next scheduled billing date (Dec 12, 2026): the next invoice, about $299.00."
        assert words in shown(owner, place)
        assert words in text_of(owner.get(place.url("billing-methods/add")))

    def test_names_a_retry_that_comes_first_and_offers_to_pay(self, place: Place, owner: Client, gateway: Any) -> None:
        set_up_plan(amount_minor=29900)
        subscribe(place)
        done(bill_company(actor=place.clock, now=NOW))
        put_on_file(place, gateway)
        with tenancy.phase(place.id):
            Invoice.objects.update(collect_at=NOW + timedelta(days=2))
            invoice = Invoice.objects.get()
        text = shown(owner, place)
        words = f"Applies to the next scheduled billing date (Nov 14, 2026): invoice {invoice.number}, $299.00."
        assert words in text
        assert f"{invoice.number} $299.00 Pending" in text
        pay = place.url(f"invoices/{invoice.id}/pay")
        assert f'href="{pay}"' in owner.get(place.url("billing-methods")).content.decode()
        viewer = sign_in(place.viewer).get(place.url("billing-methods"))
        assert f"{invoice.number} $299.00 Pending" in text_of(viewer)
        assert pay not in viewer.content.decode()
        assert gateway.charges(place.id) == []

    def test_lists_the_oldest_unpaid_ones_and_leads_to_the_others(self, place: Place, owner: Client) -> None:
        set_up_plan(amount_minor=29900)
        subscribe(place)
        for month in range(13):
            if month == 12:
                assert "There are more" not in shown(owner, place)
            done(bill_company(actor=place.clock, now=NOW + timedelta(days=31 * month)))
        page = shown(owner, place)
        assert "ACME-000012" in page
        assert "ACME-000013" not in page
        assert "There are more: see Invoices" in page

    def test_says_where_to_pay_only_to_whom_it_offers_to(self, place: Place, owner: Client, gateway: Any) -> None:
        set_up_plan(amount_minor=29900)
        subscribe(place)
        done(bill_company(actor=place.clock, now=NOW))
        put_on_file(place, gateway)
        with tenancy.phase(place.id):
            Invoice.objects.update(collect_at=None)
        assert "Changing methods pays none of these: pay them here." in shown(owner, place)
        looking = shown(sign_in(place.viewer), place)
        assert "Changing methods pays none of these. " in looking

    def test_no_change_of_methods_charges_what_is_unpaid(self, place: Place, owner: Client, gateway: Any) -> None:
        """B51: adding, making default, removing and verifying move no money, although an invoice waits for it."""
        set_up_plan(amount_minor=29900)
        subscribe(place)
        done(bill_company(actor=place.clock, now=NOW))
        first = put_on_file(place, gateway)
        second = put_on_file(place, gateway, number=SECOND_CARD)
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        verified = owner.post(place.url(f"billing-methods/{account}/verify"), {"amount_1": "32", "amount_2": "45"})
        made_default = owner.post(place.url(f"billing-methods/{second}/make-default"))
        removed = owner.post(place.url(f"billing-methods/{first}/remove"))
        assert [answer.status_code for answer in (verified, made_default, removed)] == [303, 303, 303]
        assert gateway.charges(place.id) == []
        with tenancy.reading(place.id):
            assert PaymentIntent.objects.count() == 0
            assert Invoice.objects.get().state == "open"

    def test_says_that_nothing_is_charged_by_itself_to_who_pays_by_invoice(self, place: Place, owner: Client) -> None:
        from tenantry.records.companies.models import Company

        set_up_plan()
        subscribe(place)
        with tenancy.phase(place.id):
            Company.objects.update(way_of_paying="by_invoice")
        assert "Nothing is charged by itself: your company pays by invoice." in shown(owner, place)


class TestNotVerifiedYet:
    """A bank account that waits for its two amounts is on file: no page says that there is none."""

    @pytest.fixture
    def account(self, place: Place, gateway: Any) -> str:
        """Put one on file; the company is offered an add-on, and has an invoice."""
        set_up_plan(amount_minor=29900)
        subscribe(place)
        set_up_addon("credit-checks", name="Credit Checks")
        offer(place, "credit-checks")
        done(bill_company(actor=place.clock, now=NOW))
        return put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)

    def test_the_summary_says_so_and_leads_to_verify(self, place: Place, owner: Client, account: str) -> None:
        page = owner.get(place.url("billing-methods"))
        name = on_file(place)[account].bank_name + " •••• " + on_file(place)[account].last4
        assert f"Charged to {name}, not verified yet" in text_of(page)
        assert f"{name} is not verified yet and can't be charged. Verify" in text_of(page)
        assert "payment method yet" not in text_of(page)
        verify = place.url(f"billing-methods/{account}/verify")
        assert f'<a class="button button-small" href="{verify}">Verify</a>' in page.content.decode()
        viewer = sign_in(place.viewer).get(place.url("billing-methods"))
        assert f"{name} is not verified yet and can't be charged." in text_of(viewer)
        assert verify not in viewer.content.decode()

    def test_an_invoice_that_waits_for_it_says_so(self, place: Place, owner: Client, account: str) -> None:
        with tenancy.phase(place.id):
            Invoice.objects.update(collect_at=None)
        text = shown(owner, place)
        assert "-000001 is not paid yet: " in text
        assert " is not verified. Verify" in text

    def test_the_quote_says_so_and_leads_to_verify(self, place: Place, owner: Client, account: str) -> None:
        page = owner.get(place.url("add-ons/credit-checks/enable"), headers=DIALOG)
        assert "is not verified yet. The next invoice will wait for a payment method. Verify" in text_of(page)
        assert f'href="{place.url(f"billing-methods/{account}/verify")}">Verify' in page.content.decode()
        assert "There is no payment method yet" not in text_of(page)


class TestHistory:
    def test_every_change_can_be_read_with_what_they_saw(self, place: Place, owner: Client, gateway: Any) -> None:
        put_on_file(place, gateway)
        put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        text = text_of(sign_in(place.viewer).get(place.url("history")))
        assert "Added Visa •••• 4242 and made it the default · Olga Owner" in text
        assert "Accepted the debit authorization and went to add a bank account" in text
        assert "Debit my account." in text
        assert "Opened the company · Vera Vendor of SecurityTrax" in text
        assert "Added the user Vic Viewer" in text
        only = text_of(owner.get(place.url("history") + "?show=people"))
        assert "Added the user Vic Viewer" in only
        assert "Added Visa" not in only

    def test_pages_through_by_keyset(self, place: Place, owner: Client, gateway: Any) -> None:
        first, second = put_on_file(place, gateway), put_on_file(place, gateway, number=SECOND_CARD)
        for number in range(30):
            owner.post(place.url(f"billing-methods/{(second, first)[number % 2]}/make-default"))
        newest = owner.get(place.url("history")).content.decode()
        older_url = newest.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        older = owner.get(older_url)
        assert older.status_code == 200
        assert "Opened the company" in text_of(older)
        assert "Opened the company" not in newest
        newer_url = older.content.decode().split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0]
        back = owner.get(newer_url.replace("&amp;", "&")).content.decode()
        changes = '<ul class="changes">'
        assert back.split(changes)[1].split("</ul>")[0] == newest.split(changes)[1].split("</ul>")[0]

    @pytest.mark.parametrize("query", ["older=abc", "older=-1", "newer=9999999999999999999999", "show=nothing"])
    def test_a_bad_cursor_or_filter_gives_the_first_page(self, place: Place, owner: Client, query: str) -> None:
        response = owner.get(place.url("history") + f"?{query}")
        assert response.status_code == 200
        assert "Opened the company" in text_of(response)
