"""Typed by a person, on the processor's page: no digit of it is sent to us, and none stays (M2, I-34)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Request, expect

from tenantry.project import embedded_postgres, postgres_files
from tests import clean_numbers
from tests.browser.people import Visitor, types_account, types_card
from tests.browser.product import Company, Product

CARD, DECLINED, ACCOUNT = "4000056655665556", "4000000000000002", "000123456789"


@pytest.fixture
def sent_to_us(newcomer: Visitor) -> list[bytes]:
    """Collect whatever the browser sends to our own origin: address, headers, body."""
    sent: list[bytes] = []

    def note(request: Request) -> None:
        if request.url.startswith(newcomer.product.url):
            said = f"{request.url}\n{json.dumps(request.headers)}\n{request.post_data or ''}"
            sent.append(said.encode())

    newcomer.page.context.on("request", note)
    return sent


# Last of all, so that whatever any test of this folder typed is searched for too.
@pytest.mark.usefixtures("moves_time")
def test_no_number_reaches_us_and_none_stays(newcomer: Visitor, new_company: Company, sent_to_us: list[bytes]) -> None:
    page = newcomer.comes_in(new_company.owner).goes(new_company.slug, "billing-methods/add").page
    newcomer.presses("Continue to the secure page")
    types_card(page, DECLINED)
    types_card(page, CARD)
    newcomer.presses("Save")
    newcomer.is_told("Visa •••• 5556 is on file and is the default. Nothing was charged.")
    newcomer.goes(new_company.slug, "billing-methods/add")
    page.get_by_label("Bank account (ACH)").check()
    page.get_by_role("group", name="Debit authorization").get_by_role("checkbox").check()
    newcomer.presses("Continue to the secure page")
    types_account(page, ACCOUNT)
    newcomer.presses("Save")
    expect(page.get_by_text("6789").first).to_be_visible()
    assert len(sent_to_us) > 10
    assert clean_numbers.found_in(b"\n".join(sent_to_us)) == []
    stays_clean(newcomer.product)


def stays_clean(product: Product) -> None:
    """Search everything that the demo keeps: books, logs, mails, the database's files, and a dump of it."""
    kept = json.loads((product.home / "secrets/postgres.json").read_text(encoding="utf-8"))
    assert (product.home / "logs/web.log").stat().st_size > 0
    assert list((product.home / "mails").iterdir())
    assert clean_numbers.found_below([product.home, Path(kept["data"])]) == []
    dump = _dump(product.home, kept["superuser_password"])
    assert b"5556" in dump
    assert clean_numbers.found_in(dump) == []


def _dump(home: Path, password: str) -> bytes:
    urls = embedded_postgres.running_urls(home)
    assert urls is not None
    url = re.sub(r"//[^@]+@", f"//postgres:{quote(password)}@", urls[1])
    program = postgres_files.programs(postgres_files.run_as()) / "pg_dump"
    return subprocess.run([str(program), url], capture_output=True, check=True).stdout
