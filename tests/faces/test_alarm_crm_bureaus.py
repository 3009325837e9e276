"""Credit Bureaus: who may do what, what is stored, and the page while Credit Checks is off (O9)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import Client

from alarm_crm import sealing
from alarm_crm.bureaus import KINDS
from alarm_crm.models import CreditBureau
from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.core.permissions import INTEGRATIONS, Grant, Level
from tenantry.outside import clock
from tests.builders import NOW, VIEW, Place, change_member, sign_in
from tests.database import TestServer
from tests.faces.alarm_crm import dealer, person, rows, switch_off, switch_on
from tests.faces.pages import text_of, without_chances
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged, business_tables

LIST = "/acme/admin/integrations/credit-bureaus"
OFF = "Credit Checks is turned off."
TRANSUNION = {
    "name": "Main bureau",
    "subscriber_code": "0125a12345",
    "password": "open sesame 1",
    "addon_code": "",
    "product_code": "08000",
}
TABLE = "alarm_crm_creditbureau"
INTEGRATIONS_VIEW = Grant(INTEGRATIONS, Level.VIEW)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(dealer)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """A company with Credit Checks on."""
    return prepared.value


@pytest.fixture
def owner(place: Place) -> Client:
    """The browser of its owner."""
    return sign_in(place.owner)


def add(client: Client, kind: str = "transunion-us", **changed: str) -> Any:
    return client.post(f"{LIST}/new/{kind}", {**TRANSUNION, **changed})


def only(place: Place) -> CreditBureau:
    (row,) = rows(place, CreditBureau)
    return row


def secret_of(place: Place, row: CreditBureau, field: str) -> str:
    return sealing.opened(row.secrets[field], company_id=place.id, row_id=str(row.id), field=field)


class TestOn:
    def test_an_empty_list_says_what_to_do(self, owner: Client) -> None:
        page = owner.get(LIST)
        assert page.status_code == 200
        words = text_of(page)
        assert "No credit bureaus yet Add the first one to run credit checks." in words
        assert "New Credit Bureau" in words
        assert OFF not in words

    def test_each_type_is_offered_and_has_a_form(self, owner: Client) -> None:
        page = owner.get(f"{LIST}/new")
        for kind in KINDS.values():
            assert str(kind.label) in text_of(page)
            assert f'href="{LIST}/new/{kind.code}"' in page.content.decode()
            form = owner.get(f"{LIST}/new/{kind.code}")
            assert form.status_code == 200
            for field in kind.fields:
                assert f'name="{field.name}"' in form.content.decode()

    def test_an_unknown_type_is_not_found(self, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            assert owner.get(f"{LIST}/new/experian-xyz").status_code == 404
            assert add(owner, "experian-xyz").status_code == 404

    def test_saving_keeps_the_fields_and_seals_the_password(self, place: Place, owner: Client) -> None:
        answer = add(owner)
        assert (answer.status_code, answer["Location"]) == (303, LIST)
        row = only(place)
        assert (row.name, row.kind, row.version) == ("Main bureau", "transunion-us", 1)
        assert row.settings == {"subscriber_code": "0125A12345", "addon_code": "", "product_code": "08000"}
        assert set(row.secrets) == {"password"}
        assert "sesame" not in str(row.secrets)
        assert secret_of(place, row, "password") == "open sesame 1"
        shown = text_of(owner.get(LIST))
        assert "Saved Main bureau." in shown
        assert "Main bureau TransUnion (US)" in shown

    def test_a_type_without_fields_needs_a_name_only(self, place: Place, owner: Client) -> None:
        assert owner.post(f"{LIST}/new/manual-entry", {"name": "By hand"}).status_code == 303
        row = only(place)
        assert (row.kind, row.settings, row.secrets) == ("manual-entry", {}, {})

    def test_equifax_keeps_switch_and_choice(self, place: Place, owner: Client) -> None:
        sent = {
            "name": "Equifax",
            "member_number": "999ZB00001",
            "security_digits": "SDT",
            "service_name": "decision-power-test",
            "include_print_image": "on",
        }
        assert owner.post(f"{LIST}/new/equifax", sent).status_code == 303
        assert only(place).settings == {
            "member_number": "999ZB00001",
            "score_model": "",
            "service_name": "decision-power-test",
            "include_print_image": True,
        }

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"name": ""}, "Name: This can't be left empty."),
            ({"name": "x" * 101}, "Name: Ensure this value has at most 100 characters (it has 101)."),
            ({"password": ""}, "Password: This can't be left empty."),
            (
                {"subscriber_code": "12345"},
                "Subscriber Code: Market (2), submarket (2), industry (1) and member code, like 0125A12345.",
            ),
            (
                {"product_code": "09000"},
                "Product Code: Select a valid choice. 09000 is not one of the available choices.",
            ),
            ({"name": "\x00"}, "Name: Null characters are not allowed."),
        ],
    )
    def test_errors_keep_what_was_typed_but_never_the_secret(
        self, owner: Client, unchanged: Unchanged, changed: dict[str, str], words: str
    ) -> None:
        with unchanged():
            answer = add(owner, **{"password": "open sesame 1", **changed})
        assert answer.status_code == 422
        assert f"Please check: {words}" in text_of(answer)
        if "subscriber_code" not in changed:
            assert 'value="0125a12345"' in answer.content.decode()
        assert "open sesame" not in answer.content.decode()

    @pytest.mark.parametrize("field", ["name", "password", "addon_code"])
    def test_a_card_number_is_refused_and_never_shown(
        self, owner: Client, unchanged: Unchanged, caplog: pytest.LogCaptureFixture, field: str
    ) -> None:
        with unchanged(), caplog.at_level(logging.DEBUG):
            answer = add(owner, **{field: "card 4242 4242 4242 4242"})
        assert answer.status_code == 422
        assert "Never send card numbers here." in text_of(answer)
        assert "4242 4242" not in answer.content.decode()
        assert "4242 4242" not in caplog.text

    def test_a_name_is_taken_in_any_case_and_a_double_click_adds_one(self, place: Place, owner: Client) -> None:
        assert add(owner).status_code == 303
        again = add(owner, name="MAIN bureau")
        assert again.status_code == 409
        assert "Name: There is one named MAIN bureau already." in text_of(again)
        assert len(rows(place, CreditBureau)) == 1

    def test_editing_shows_no_secret_and_blank_keeps_it(self, place: Place, owner: Client) -> None:
        add(owner)
        here = f"{LIST}/{only(place).id}"
        form = owner.get(here).content.decode()
        assert "sesame" not in form
        assert only(place).secrets["password"] not in form
        assert 'type="password" name="password" id="id_password" value=""' in form
        assert "Stored. Leave it blank to keep it." in form
        changed = {**TRANSUNION, "name": "Second name", "password": "", "version": "1"}
        assert owner.post(here, changed).status_code == 303
        row = only(place)
        assert (row.name, row.version, secret_of(place, row, "password")) == ("Second name", 2, "open sesame 1")

    def test_typing_a_new_secret_replaces_it(self, place: Place, owner: Client) -> None:
        add(owner)
        owner.post(f"{LIST}/{only(place).id}", {**TRANSUNION, "password": "other", "version": "1"})
        assert secret_of(place, only(place), "password") == "other"

    def test_an_optional_secret_can_be_removed(self, place: Place, owner: Client) -> None:
        sent = {"name": "E", "member_number": "1", "security_digits": "S", "service_name": "acro"}
        form = text_of(owner.get(f"{LIST}/new/equifax"))
        assert "Transaction PIN (optional) Stored encrypted" in form
        assert "Security Digits Stored encrypted" in form
        owner.post(f"{LIST}/new/equifax", {**sent, "transaction_pin": "pin 7"})
        here = f"{LIST}/{only(place).id}"
        assert "Remove the stored Transaction PIN" in text_of(owner.get(here))
        kept = {**sent, "security_digits": "", "version": "1"}
        assert owner.post(here, kept).status_code == 303
        assert secret_of(place, only(place), "transaction_pin") == "pin 7"
        assert owner.post(here, {**kept, "version": "2", "remove_transaction_pin": "on"}).status_code == 303
        row = only(place)
        assert set(row.secrets) == {"security_digits"}
        assert "Remove the stored Transaction PIN" not in text_of(owner.get(here))

    def test_an_older_form_changes_nothing(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        add(owner)
        here = f"{LIST}/{only(place).id}"
        owner.post(here, {**TRANSUNION, "name": "By the first", "version": "1"})
        for version in ("1", "", "-1", "1e9", "9" * 30):
            with unchanged():
                late = owner.post(here, {**TRANSUNION, "name": "By the second", "version": version})
            assert late.status_code == 409
            assert "Changed by someone else. Reload." in text_of(late)
            assert 'value="By the second"' in late.content.decode()

    def test_deleting_asks_a_second_time_then_deletes(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        add(owner)
        here = f"{LIST}/{only(place).id}"
        assert f'href="{here}/delete"' in owner.get(here).content.decode()
        with unchanged():
            asked = owner.get(f"{here}/delete")
        assert "Delete Main bureau?" in text_of(asked)
        with unchanged(TABLE):
            answer = owner.post(f"{here}/delete")
        assert (answer.status_code, answer["Location"]) == (303, LIST)
        assert rows(place, CreditBureau) == []
        assert owner.post(f"{here}/delete").status_code == 404
        assert owner.get(here).status_code == 404


class TestWhoMay:
    def test_the_card_shows_to_those_who_may_open_it(self, place: Place, owner: Client) -> None:
        assert "Integrations Credit Bureaus" in text_of(owner.get("/acme/admin"))
        assert "Credit Bureaus" not in text_of(sign_in(place.viewer).get("/acme/admin"))

    def test_nobody_signed_in_goes_to_sign_in_with_a_way_back(self, place: Place) -> None:
        answer = Client().get(LIST)
        assert answer.status_code == 302
        assert answer["Location"] == "/accounts/login/?next=%2Facme%2Fadmin%2Fintegrations%2Fcredit-bureaus"

    def test_without_view_the_page_names_what_is_missing(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        with unchanged():
            answer = browser.get(LIST)
        assert answer.status_code == 403
        assert "You need Integrations with View to open this page." in text_of(answer)

    def test_view_looks_and_reads_why_it_cannot_change(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        add(owner)
        looker = sign_in(person(place, "looker", INTEGRATIONS_VIEW))
        page = looker.get(LIST)
        words = text_of(page)
        assert "Main bureau" in words
        assert "New Credit Bureau" not in words
        assert "Edit" not in words
        assert "You need Integrations with Create to do this." in words
        assert "You need Integrations with Modify to do this." in words
        here = f"{LIST}/{only(place).id}"
        with unchanged():
            for address, level in ((f"{LIST}/new", "Create"), (here, "Modify"), (f"{here}/delete", "Modify")):
                opened = looker.get(address)
                assert opened.status_code == 403
                assert f"You need Integrations with {level} to open this page." in text_of(opened)
            for address, level in (
                (f"{LIST}/new/manual-entry", "Create"),
                (here, "Modify"),
                (f"{here}/delete", "Modify"),
            ):
                sent = looker.post(address, {"name": "x", "version": "1"})
                assert sent.status_code == 403
                assert f"You need Integrations with {level} to do this." in text_of(sent)

    def test_create_adds_but_does_not_change(self, place: Place) -> None:
        maker = sign_in(person(place, "maker", INTEGRATIONS_VIEW, Grant(INTEGRATIONS, Level.CREATE)))
        assert add(maker).status_code == 303
        assert maker.post(f"{LIST}/{only(place).id}", {"version": "1"}).status_code == 403

    def test_another_company_sees_nothing_of_it(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        add(owner)
        id_ = only(place).id
        other = sign_in(dealer("cascade").owner)
        with unchanged():
            foreign, unknown = other.get(LIST), other.get(LIST.replace("acme", "nowhere"))
            assert (foreign.status_code, unknown.status_code) == (404, 404)
            assert without_chances(foreign) == without_chances(unknown)
            for address in (f"/cascade/admin/integrations/credit-bureaus/{one}" for one in (id_, uuid4())):
                assert other.get(address).status_code == 404
                assert other.post(address, {**TRANSUNION, "version": "1"}).status_code == 404
                assert other.post(f"{address}/delete").status_code == 404

    def test_a_person_who_is_switched_off_is_sent_to_sign_in(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        change_member(place.viewer, is_active=False)
        with unchanged():
            answer = browser.get(LIST)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")

    def test_a_list_takes_no_post(self, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            answer = owner.post(LIST, TRANSUNION)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")

    def test_a_form_of_elsewhere_changes_nothing(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner, enforce_csrf_checks=True)
        with unchanged():
            answer = add(browser)
        assert answer.status_code == 403
        assert "This form has expired. Reload the page and try again." in text_of(answer)


class TestOff:
    @pytest.fixture
    def off(self, place: Place, owner: Client) -> CreditBureau:
        """Credit Checks goes off with one bureau on file; the owner has read what was saved."""
        add(owner)
        owner.get(LIST)
        switch_off(place)
        return only(place)

    def test_the_page_opens_without_button_and_list(self, owner: Client, off: CreditBureau) -> None:
        page = owner.get(LIST)
        assert page.status_code == 200
        words = text_of(page)
        assert "Credit Bureaus" in words
        assert "New Credit Bureau" not in words
        assert "Main bureau" not in words
        assert "Main bureau" not in page.content.decode()
        assert f"{OFF} Go to Add-ons" in words
        assert 'href="/acme/admin/account-management/add-ons"' in page.content.decode()

    def test_people_who_may_not_enable_it_read_whom_to_ask(self, place: Place, off: CreditBureau) -> None:
        looker = sign_in(person(place, "looker", INTEGRATIONS_VIEW))
        page = looker.get(LIST)
        assert f"{OFF} Ask an administrator of your company to enable it in Add-ons." in text_of(page)
        assert "account-management/add-ons" not in page.content.decode()

    def test_direct_addresses_and_writes_are_refused(
        self, owner: Client, off: CreditBureau, unchanged: Unchanged
    ) -> None:
        here = f"{LIST}/{off.id}"
        with unchanged():
            answers = [
                owner.get(f"{LIST}/new"),
                owner.get(f"{LIST}/new/equifax"),
                owner.get(here),
                owner.get(f"{here}/delete"),
                add(owner, name="Another"),
                owner.post(here, {**TRANSUNION, "name": "Changed", "version": "1"}),
                owner.post(f"{here}/delete"),
            ]
        for answer in answers:
            assert answer.status_code == 403
            assert OFF in text_of(answer)
            assert "Go to Add-ons" in text_of(answer)

    def test_nothing_is_lost_while_it_is_off(
        self, postgres: TestServer, database: str, place: Place, owner: Client
    ) -> None:
        add(owner)
        with psycopg.connect(postgres.named(postgres.superuser_url, database), autocommit=True) as superuser:
            before = business_tables(superuser)[TABLE]
            switch_off(place)
            assert business_tables(superuser)[TABLE] == before
        switch_on(place)
        assert "Main bureau" in text_of(owner.get(LIST))
        assert secret_of(place, only(place), "password") == "open sesame 1"

    def test_a_company_that_is_not_offered_it_finds_no_such_address(self, database: str, unchanged: Unchanged) -> None:
        dealer(is_on=False)
        other = dealer("cascade", is_on=False)
        offer_addon(actor=other.vendor, addon_code="credit-checks", is_offered=False, now=NOW)
        browser = sign_in(other.owner)
        with unchanged():
            assert browser.get("/cascade/admin/integrations/credit-bureaus/new").status_code == 404
            sent = browser.post("/cascade/admin/integrations/credit-bureaus/new/manual-entry", {"name": "x"})
            assert sent.status_code == 404


class TestSealing:
    PLACE = {"company_id": "c", "row_id": "r", "field": "password"}

    def test_the_same_secret_never_looks_the_same(self) -> None:
        one, two = (sealing.seal("s", **self.PLACE) for _ in range(2))
        assert one != two
        assert sealing.opened(one, **self.PLACE) == sealing.opened(two, **self.PLACE) == "s"

    @pytest.mark.parametrize("elsewhere", ["company_id", "row_id", "field"])
    def test_it_opens_only_where_it_belongs(self, elsewhere: str) -> None:
        sealed = sealing.seal("s", **self.PLACE)
        with pytest.raises(sealing.CannotOpen):
            sealing.opened(sealed, **{**self.PLACE, elsewhere: "x"})

    def test_a_turned_key_still_opens_and_a_lost_one_does_not(self, settings: Any) -> None:
        old = settings.SECRET_KEY
        sealed = sealing.seal("s", **self.PLACE)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 4, [old]
        assert sealing.opened(sealed, **self.PLACE) == "s"
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(sealing.CannotOpen):
            sealing.opened(sealed, **self.PLACE)


def test_view_on_account_management_alone_opens_nothing_of_the_host(place: Place) -> None:
    books = sign_in(person(place, "books", VIEW))
    for path in ("integrations/credit-bureaus", "billing-admin", "accounting"):
        assert books.get(f"/acme/admin/{path}").status_code == 403
