"""From the first typed digit to the receipt: no card or account number stays with us (M2, B30, I-34)."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.project import postgres_files
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import InvoiceDocument
from tenantry.records.payments.models import PaymentMethod
from tests import clean_numbers
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    CARD,
    MICRO_DEPOSITS_MINOR,
    NOW,
    SECOND_CARD,
    Place,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    sign_in,
    subscribe,
)
from tests.database import TestServer
from tests.faces.billing import first_invoice, pay_form, pay_url
from tests.paper.reading import pages_of

DECLINED_LATER = "4000000000000341"
AREA = "/acme/admin/account-management"


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


@pytest.fixture
def place(database: str, gateway: Any) -> Place:
    """A company that pays by card, has a bank account beside it, and was billed."""
    set_up_plan()
    set_up_addon("credit-checks")
    place = open_place()
    put_on_file(place, gateway, number=CARD)
    put_on_file(place, gateway, number=SECOND_CARD)
    put_on_file(place, gateway, number=DECLINED_LATER)
    account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
    first, second = (str(amount) for amount in MICRO_DEPOSITS_MINOR)
    owner = sign_in(place.owner)
    verified = owner.post(place.url(f"billing-methods/{account}/verify"), {"amount_1": first, "amount_2": second})
    assert verified.status_code == 303
    subscribe(place)
    work.run_everything_due()
    return place


def type_everywhere(place: Place, number: str) -> None:
    """Type a number wherever somebody may mistake a field of ours for the right one."""
    owner = sign_in(place.owner)
    spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    for typed in (number, spaced, f"my card is {spaced}, thanks"):
        for path, fields in FORMS.items():
            for field in fields:
                owner.post(f"/acme/admin/{path}", {**fields, field: typed})
        owner.post(f"{AREA}/billing-methods/add", f'{{"number": "{typed}"}}', content_type="application/json")
        for address in (f"{AREA}/add-ons?q={typed}", f"{AREA}/{typed}", f"/{typed}/admin", f"/acme/admin?{typed}"):
            owner.get(address)
            Client().get(address)
        owner.get("/acme/admin", headers={"User-Agent": typed, "Referer": f"http://testserver/{typed}"})
        Client().post("/accounts/login/", {"login": typed, "password": typed})
        Client().post("/accounts/login/", {"login": "owner@acme.test", "password": typed})


FORMS: dict[str, dict[str, str]] = {
    "account-management/billing-methods/add": {"kind": "card", "address_line_1": "1 Rd", "city": "Lehi", "note": ""},
    "account-management/billing-methods/save": {"setup": "x", "number": ""},
    "account-management/invoices/billing-details": {
        "legal_name": "A",
        "po_number": "1",
        "recipients": "",
        "tax_id": "",
    },
    "account-management/add-ons/credit-checks/enable": {"fingerprint": "x", "shown": "x", "terms": "1"},
    "users/new": {"name": "N", "email": "n@acme.test"},
    "permissions/new": {"name": "G", "description": ""},
    "billing-admin/billable-items/new": {"name": "I", "unit_price_minor": "1", "description": "", "status": "active"},
    "integrations/credit-bureaus/new/manual-entry": {"name": "B"},
}


def dump(server: TestServer, database: str) -> bytes:
    """Dump the whole database as text, as its superuser."""
    program = postgres_files.programs(postgres_files.run_as()) / "pg_dump"
    ran = subprocess.run([str(program), server.named(server.superuser_url, database)], capture_output=True, check=True)
    return ran.stdout


def test_no_number_stays_anywhere(
    place: Place, database: str, postgres: TestServer, gateway: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG):
        type_everywhere(place, CARD)
        owner, invoice = sign_in(place.owner), first_invoice(place)
        owner.post(pay_url(place, invoice), pay_form(owner, place, invoice))
        with clock.pinned(NOW + timedelta(days=31)):
            work.run_everything_due()
    with tenancy.reading(place.id):
        assert sorted(PaymentMethod.objects.values_list("last4", flat=True)) == ["0341", "4242", "4444", "6789"]
        papers = ["\n".join(pages_of(bytes(one.pdf))) for one in InvoiceDocument.objects.all()]
    assert len(papers) == 2
    assert len(mail.outbox) >= 4
    kept = {
        "database": dump(postgres, database),
        "logs": "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records).encode(),
        "mails": b"".join(message.message().as_bytes() for message in mail.outbox),
        "papers": "\n".join(papers).encode(),
    }
    assert b"Visa" in kept["database"]
    assert b"4242" in kept["mails"] + kept["papers"]
    assert {where: clean_numbers.found_in(data) for where, data in kept.items()} == {where: [] for where in kept}


@pytest.mark.parametrize("number", [CARD, BANK_ACCOUNT, "378282246310005"])
def test_the_search_itself_finds_every_spelling(number: str, tmp_path: Path) -> None:
    for at, spelling in enumerate(sorted(clean_numbers.spellings(number))):
        planted = b"x" * at + spelling + b"y"
        assert number in clean_numbers.found_in(planted), spelling
        (tmp_path / f"file-{at}").write_bytes(planted)
    below = {line.rsplit("/", 1)[1].split(":")[0] for line in clean_numbers.found_below([tmp_path])}
    two_bytes = sum(b"\0" in spelling for spelling in clean_numbers.spellings(number))
    assert len(below) == len(clean_numbers.spellings(number)) - two_bytes
    assert clean_numbers.found_in(b"Visa 4242, 6789 and 42424242-4242-4242-a424-424242424242") == []
