"""A form that has expired changes nothing, and what was typed into it is still there (B12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tenantry.outside import clock
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    NOW,
    SECOND_CARD,
    Place,
    open_place,
    put_on_file,
    save_group,
    sign_in,
)
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

WORDS = "This form has expired. Reload the page and try again."
HERE = {"Origin": "http://testserver"}
ADDRESS = {"address_line_1": "1 Side Rd", "city": "Provo", "region": "UT", "postal_code": "84601", "country": "US"}
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "add": ("account-management/billing-methods/add", {"kind": "card", **ADDRESS}),
    "verify": ("account-management/billing-methods/{account}/verify", {"amount_1": "32", "amount_2": "45"}),
    "billing details": (
        "account-management/invoices/billing-details",
        {"legal_name": "Acme Alarms LLC", "po_number": "PO 7", "recipients": "ap@acme.test", "version": "1", **ADDRESS},
    ),
    "new user": ("users/new", {"email": "nia@acme.test", "name": "Nia New", "is_active": "on"}),
    "user": ("users/{member}", {"is_active": "on"}),
    "new group": ("permissions/new", {"name": "Clerks", "description": "They pay."}),
    "group": ("permissions/{group}", {"name": "Payers", "description": "They pay."}),
}
KEPT = {
    name: [f'value="{value}"' for value in form.values() if value not in ("card", "on", "US", "UT", "1")]
    for name, (_, form) in FORMS.items()
}
KEPT["billing details"] = [
    one.replace('value="ap@acme.test"', "ap@acme.test</textarea>") for one in KEPT["billing details"]
]
for named in ("new group", "group"):
    KEPT[named] = [one.replace('value="They pay."', "They pay.</textarea>") for one in KEPT[named]]
"""What a page must hold again, and what no page may hold that was not typed into it."""


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


@pytest.fixture
def urls(place: Place, gateway: Any) -> dict[str, str]:
    """Give the address of each form."""
    account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
    group = save_group(place.id, "Some")
    things = {"account": account, "member": place.nobody.membership_id, "group": group}
    return {name: f"/acme/admin/{path.format(**things)}" for name, (path, _) in FORMS.items()}


def token_of(response: Any) -> str:
    """Read the token of the form on a page."""
    found = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', response.content.decode())
    return str(found[-1])


def with_token_of(other: Client, url: str, name: str) -> dict[str, str]:
    """Give the form as it was opened in another session."""
    return {**FORMS[name][1], "csrfmiddlewaretoken": token_of(other.get(url))}


@pytest.mark.parametrize("name", FORMS)
class TestWhatWasTyped:
    def test_is_still_there_and_is_saved_by_the_next_click(
        self, place: Place, urls: dict[str, str], unchanged: Unchanged, gateway: Any, name: str
    ) -> None:
        before, now = (sign_in(place.owner, enforce_csrf_checks=True) for _ in range(2))
        form = with_token_of(before, urls[name], name)
        now.get(urls[name])
        with unchanged():
            response = now.post(urls[name], form, headers=HERE)
        body = unescape(response.content.decode())
        assert (response.status_code, WORDS in text_of(response)) == (403, True)
        assert [value for value in KEPT[name] if value not in body] == []
        saved = now.post(urls[name], {**form, "csrfmiddlewaretoken": token_of(response)}, headers=HERE)
        assert saved.status_code == 303

    def test_is_not_shown_to_who_may_not_change_it_or_where_it_comes_from_elsewhere(
        self, place: Place, urls: dict[str, str], unchanged: Unchanged, name: str
    ) -> None:
        owner, viewer = (sign_in(who, enforce_csrf_checks=True) for who in (place.owner, place.viewer))
        stranger = sign_in(open_place("birch").owner, enforce_csrf_checks=True)
        form = {**FORMS[name][1], "csrfmiddlewaretoken": "x" * 64}
        for browser in (owner, viewer):
            browser.get(urls[name])
        with unchanged():
            answers = [
                viewer.post(urls[name], form, headers=HERE),
                owner.post(urls[name], form),
                owner.post(urls[name], form, headers={"Origin": "https://evil.example"}),
                owner.post(urls[name], form, headers={"Origin": "null"}),
                stranger.post(urls[name], form, headers=HERE),
            ]
        assert [response.status_code for response in answers] == [403, 403, 403, 403, 404]
        for response in answers:
            body = unescape(response.content.decode())
            assert [value for value in KEPT[name] if value in body] == []

    def test_is_no_card_number(self, place: Place, urls: dict[str, str], unchanged: Unchanged, name: str) -> None:
        owner = sign_in(place.owner, enforce_csrf_checks=True)
        owner.get(urls[name])
        form = {**FORMS[name][1], "city": SECOND_CARD, "name": SECOND_CARD, "csrfmiddlewaretoken": "x" * 64}
        with unchanged():
            response = owner.post(urls[name], form, headers=HERE)
        assert (response.status_code, "Never send card numbers here." in text_of(response)) == (422, True)
        assert SECOND_CARD not in response.content.decode()
