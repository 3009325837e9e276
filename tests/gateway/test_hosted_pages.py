"""The hosted pages: what may be typed, what comes back, where the browser goes."""

from __future__ import annotations

import pytest

from sandbox_gateway import numbers
from tests.gateway.caller import BACK, Caller, errors_on, value_of


class TestCard:
    def test_a_saved_card_sends_the_browser_back_with_the_setup(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer())
        answer = caller.type_card(setup["page_url"], "5555 5555 5555 4444", expiry="07 / 2031")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{BACK}&setup={setup['id']}")
        read = caller.http.get(f"/v1/setups/{setup['id']}").json()
        assert read["state"] == "succeeded"
        method = read["method"]
        facts = (method["kind"], method["brand"], method["last4"], method["expiry_month"], method["expiry_year"])
        assert facts == ("card", "Mastercard", "4444", 7, 2031)
        assert method["verified"] is True

    def test_a_double_click_makes_one_card(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer())
        first = caller.type_card(setup["page_url"])
        method = caller.http.get(f"/v1/setups/{setup['id']}").json()["method"]
        assert caller.type_card(setup["page_url"], "5555555555554444").headers["Location"] == first.headers["Location"]
        assert caller.http.get(f"/v1/setups/{setup['id']}").json()["method"] == method

    def test_the_same_card_has_the_same_fingerprint_and_another_one_has_not(self, caller: Caller) -> None:
        customer = caller.customer()
        cards = [caller.card(customer), caller.card(customer), caller.card(customer, "5555555555554444")]
        prints = [caller.http.get(f"/v1/methods/{card}").json()["fingerprint"] for card in cards]
        assert prints[0] == prints[1] != prints[2]

    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            ({"number": ""}, {"number": "Enter the card number."}),
            ({"number": "4242424242424241"}, {"number": "Check the card number."}),
            (
                {"number": "4111111111111111"},
                {"number": "Only the test numbers below work here. Never type the number of a real card."},
            ),
            ({"expiry": "13/30"}, {"expiry": "Enter the expiry date as MM/YY."}),
            ({"expiry": "soon"}, {"expiry": "Enter the expiry date as MM/YY."}),
            ({"expiry": "01/20"}, {"expiry": "This card has expired."}),
            ({"cvc": "12"}, {"cvc": "Enter the 3 digits of the CVC."}),
            ({"number": "378282246310005"}, {"cvc": "Enter the 4 digits of the CVC."}),
            ({"name": " "}, {"name": "Enter the name on the card."}),
            (
                {"expiry": "", "cvc": ""},
                {"expiry": "Enter the expiry date as MM/YY.", "cvc": "Enter the 3 digits of the CVC."},
            ),
        ],
    )
    def test_says_what_is_wrong_beside_the_field_and_on_top(
        self, caller: Caller, fields: dict[str, str], errors: dict[str, str]
    ) -> None:
        setup = caller.setup(caller.customer())
        answer = caller.type_card(setup["page_url"], **{"number": "4242424242424242", **fields})
        assert answer.status_code == 422
        assert errors_on(answer.text) == errors
        for field, sentence in errors.items():
            assert f'<li><a href="#{field}">{sentence}</a></li>' in answer.text
        assert "<title>Error: Add a card" in answer.text
        assert caller.http.get(f"/v1/setups/{setup['id']}").json()["state"] == "open"

    def test_keeps_what_was_typed_but_no_number(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer())
        page = caller.type_card(setup["page_url"], "4242424242424241", name='Ana "A" <Lima>', cvc="987").text
        assert value_of(page, "name") == "Ana &quot;A&quot; &lt;Lima&gt;"
        assert value_of(page, "expiry") == "12/30"
        assert (value_of(page, "number"), value_of(page, "cvc")) == ("", "")
        assert "4242424242424241" not in page

    def test_does_not_show_a_number_again_that_was_typed_into_the_wrong_field(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer())
        page = caller.type_card(setup["page_url"], "", name="4242 4242 4242 4242").text
        assert value_of(page, "name") == ""

    @pytest.mark.parametrize(
        ("number", "field", "sentence"),
        [
            ("4000000000000002", "number", "The bank declined it: generic decline."),
            ("4000000000009995", "number", "The bank declined it: insufficient funds."),
            ("4000000000000127", "cvc", "The bank declined it: incorrect cvc."),
            ("4000000000000069", "expiry", "The bank declined it: expired card."),
        ],
    )
    def test_a_declined_card_can_be_tried_again(self, caller: Caller, number: str, field: str, sentence: str) -> None:
        setup = caller.setup(caller.customer())
        answer = caller.type_card(setup["page_url"], number)
        assert (answer.status_code, errors_on(answer.text)) == (402, {field: sentence})
        assert caller.type_card(setup["page_url"]).status_code == 303

    def test_documents_every_test_number(self, caller: Caller) -> None:
        page = caller.http.get(caller.setup(caller.customer())["page_url"]).text.replace(" ", "")
        assert all(card.number in page for card in numbers.CARDS)
        assert all(f"{cvc}:" in page for cvc in numbers.DECLINE_BY_CVC)


class TestBankAccount:
    def test_a_saved_account_waits_for_its_micro_deposits(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer(), "ach")
        answer = caller.type_account(setup["page_url"])
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{BACK}&setup={setup['id']}")
        method = caller.http.get(f"/v1/setups/{setup['id']}").json()["method"]
        facts = (method["kind"], method["bank_name"], method["last4"], method["brand"], method["expiry_year"])
        assert facts == ("ach", "Test Bank", "6789", "", 0)
        assert method["verified"] is False
        verify = f"/v1/methods/{method['id']}/verify"
        assert caller.post(verify, {"amounts_minor": [1, 2]}).json() == {"verified": False, "tries_left": 2}
        assert caller.post(verify, {"amounts_minor": [45, 32]}).json() == {"verified": True, "tries_left": 0}

    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            ({"holder": ""}, {"holder": "Enter the account holder."}),
            ({"routing": "021000021"}, {"routing": "Use the test routing number 110000000."}),
            ({"account": "123456789"}, {"account": "Enter one of the test account numbers below."}),
            ({"account_type": ""}, {"account_type": "Choose the account type."}),
        ],
    )
    def test_says_what_is_wrong(self, caller: Caller, fields: dict[str, str], errors: dict[str, str]) -> None:
        setup = caller.setup(caller.customer(), "ach")
        answer = caller.type_account(setup["page_url"], **{"account": "000123456789", **fields})
        assert (answer.status_code, errors_on(answer.text)) == (422, errors)

    def test_keeps_holder_and_type_but_no_account_number(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer(), "ach")
        page = caller.type_account(setup["page_url"], "000123456788", account_type="savings").text
        assert (value_of(page, "holder"), value_of(page, "account")) == ("Acme Alarm", "")
        assert 'value="savings" checked' in page

    def test_documents_every_test_number(self, caller: Caller) -> None:
        page = caller.http.get(caller.setup(caller.customer(), "ach")["page_url"]).text
        assert all(account.number in page for account in numbers.ACCOUNTS)
        assert numbers.ROUTING_NUMBER in page


class TestLeaving:
    def test_cancel_sends_the_browser_back_with_the_setup(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer())
        answer = caller.http.get(f"{setup['page_url']}/cancel")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{BACK}&setup={setup['id']}")
        assert caller.http.get(f"/v1/setups/{setup['id']}").json()["state"] == "cancelled"
        assert caller.type_card(setup["page_url"]).headers["Location"] == f"{BACK}&setup={setup['id']}"
        assert caller.http.get(f"/v1/setups/{setup['id']}").json()["method"] is None

    def test_a_setup_in_the_query_is_replaced(self, caller: Caller) -> None:
        setup = caller.setup(caller.customer(), return_url="http://127.0.0.1:9/back?setup=forged&a=b%20c")
        answer = caller.type_card(setup["page_url"])
        assert answer.headers["Location"] == f"http://127.0.0.1:9/back?a=b+c&setup={setup['id']}"

    def test_an_unknown_page_is_404(self, caller: Caller) -> None:
        for path in ("/setup/set_000000000000000000000000", "/setup/x", "/approve/int_000000000000000000000000", "/x"):
            assert caller.http.get(path).status_code == 404

    def test_pages_carry_strict_headers(self, caller: Caller) -> None:
        page = caller.http.get(caller.setup(caller.customer())["page_url"])
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
            "form-action 'self' http://127.0.0.1:9"
        )
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert caller.http.get("/assets/page.css").headers["Content-Type"] == "text/css; charset=utf-8"


class TestApproval:
    def ask(self, caller: Caller, return_url: str) -> tuple[str, str]:
        customer = caller.customer()
        intent = caller.intent(customer).json()["id"]
        asked = caller.confirm(intent, caller.card(customer, "4000002500003155"), return_url=return_url).json()
        assert (asked["state"], asked["next_url"]) == ("asks_payer", f"{caller.url}/approve/{intent}")
        return intent, asked["next_url"]

    @pytest.mark.parametrize(
        ("answer", "state", "outcome"), [("approve", "succeeded", "succeeded"), ("refuse", "open", "declined")]
    )
    def test_the_payer_decides_and_goes_back(self, caller: Caller, answer: str, state: str, outcome: str) -> None:
        intent, url = self.ask(caller, BACK)
        page = caller.http.get(url)
        assert "USD 412.50" in page.text
        assert "ACME-000001" in page.text
        assert "form-action 'self' http://127.0.0.1:9" in page.headers["Content-Security-Policy"]
        back = caller.type(url, answer=answer)
        assert (back.status_code, back.headers["Location"]) == (303, BACK)
        read = caller.http.get(f"/v1/intents/{intent}").json()
        assert (read["state"], read["attempt"]["outcome"], read["next_url"]) == (state, outcome, "")
        assert caller.type(url, answer="approve").headers["Location"] == BACK
        assert caller.http.get(f"/v1/intents/{intent}").json() == read

    def test_without_a_way_back_it_says_so(self, caller: Caller) -> None:
        _, url = self.ask(caller, "")
        assert "You can close this page." in caller.type(url, answer="approve").text

    def test_another_answer_changes_nothing(self, caller: Caller) -> None:
        intent, url = self.ask(caller, BACK)
        assert caller.type(url, answer="perhaps").status_code == 400
        assert caller.http.get(f"/v1/intents/{intent}").json()["state"] == "asks_payer"
