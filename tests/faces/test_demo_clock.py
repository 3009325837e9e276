"""The demo's clock: one click goes to the next billing date and really runs what is due (D14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from tenantry.core.periods import local_date, nth_start
from tenantry.jobs import tasks, work
from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tests.builders import Place, add_staff, open_place, put_on_file, set_up_plan, sign_in, subscribe
from tests.faces.billing import taken
from tests.faces.pages import text_of
from tests.gateway.process import running_gateway
from tests.racing import at_once
from tests.untouched import Unchanged

FORWARD = "/demo/forward?company=acme"
ZONE = "America/Denver"


@pytest.fixture
def control(tmp_path: Path, settings: Any) -> Iterator[SandboxControl]:
    """Run a processor whose clock may be moved, and be the demo, in a home of its own."""
    (tmp_path / "home").mkdir()
    settings.TENANTRY_DEMO, settings.TENANTRY_HOME = True, tmp_path / "home"
    settings.ROOT_URLCONF = "tests.faces.all_routes"
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["context_processors"].append("tenantry.project.demo.strip.demo_strip")
    settings.TEMPLATES = templates
    with running_gateway(tmp_path) as process:
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
        found = SandboxControl(process.url)
        yield found
        found.close()


@pytest.fixture
def place(database: str, control: SandboxControl) -> Place:
    """A company since today, with a card, whose first invoice is due today."""
    now = datetime.now(UTC)
    place = open_place(now=now)
    set_up_plan(now=now)
    put_on_file(place, control, now=now, expiry="12/40")
    subscribe(place, now=now)
    return place


def form(client: Client, place: Place) -> dict[str, str]:
    """Read what the strip's button would send."""
    body = client.get(place.url("invoices")).content.decode()
    strip = body.split('class="demo"')[1].split("</section>")[0]
    assert 'action="/demo/forward?company=acme"' in strip
    return dict(re.findall(r'name="(seen|next)" value="([^"]*)"', strip))


def days_of_invoices(place: Place) -> list[str]:
    """List the first days of the periods that were billed, and what became of their invoices."""
    with tenancy.reading(place.id):
        rows = Invoice.objects.order_by("sequence").values_list("period_start", "state")
        return [f"{start} {state}" for start, state in rows]


def test_a_click_goes_to_the_next_billing_date_and_charges(place: Place, control: SandboxControl) -> None:
    owner, today = sign_in(place.owner), local_date(datetime.now(UTC), ZONE)
    for number in (1, 2):
        response = owner.post("/demo/forward?company=acme", form(owner, place))
        assert (response.status_code, response["Location"]) == (303, place.url("invoices"))
        assert "Everything due until then has run." in text_of(owner.get(response["Location"]))
        assert len(taken(control, place)) == number
    assert days_of_invoices(place) == [f"{today} paid", f"{nth_start(today, 1)} paid"]
    assert taken(control, place) == [29900, 29900]
    assert local_date(clock.now(), ZONE) == nth_start(today, 1)


def test_the_same_form_again_moves_nothing_more(place: Place, control: SandboxControl, unchanged: Unchanged) -> None:
    owner = sign_in(place.owner)
    sent = form(owner, place)
    owner.post(FORWARD, sent)
    owner.post(FORWARD, form(owner, place))
    at = clock.now()
    with unchanged():
        response = owner.post(FORWARD, sent)
    assert (clock.now() - at).total_seconds() < 60
    assert "The demo's clock has moved meanwhile: it is" in text_of(owner.get(response["Location"]))
    assert len(taken(control, place)) == 2


def test_the_vendor_reads_the_day_that_billing_runs_are_shown_in(place: Place, control: SandboxControl) -> None:
    """At midnight in New York it is still yesterday in Denver: the vendor's day is that of UTC, and it is said."""
    staff = Client()
    staff.force_login(add_staff())
    with clock.pinned(datetime(2027, 2, 1, 5, 30, tzinfo=UTC)):
        assert "Demo. Today is Feb 1, 2027 (UTC) ." in text_of(staff.get("/backoffice/"))
        assert "Demo. Today is Jan 31, 2027 ." in text_of(sign_in(place.owner).get(place.url("invoices")))
        said = staff.post(FORWARD.split("?")[0], {"seen": "2001-01-01", "next": "/backoffice/billing-runs"})
        runs = text_of(staff.get(said["Location"]))
    assert "The demo's clock has moved meanwhile: it is Feb 1, 2027 (UTC)." in runs
    assert "Days and times are in UTC: a run bills companies of every time zone." in runs


def test_two_clicks_at_once_are_one_step(place: Place, control: SandboxControl) -> None:
    owner = sign_in(place.owner)
    owner.post(FORWARD, form(owner, place))
    sent = form(owner, place)
    answers = at_once(*(lambda: sign_in(place.owner).post(FORWARD, sent) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(days_of_invoices(place)) == len(taken(control, place)) == 2


class SlowMail(EmailBackend):
    """Keeps the first mail on its way until time was moved on, or for three seconds where it isn't."""

    under_way, may_end, order = Event(), Event(), list[str]()

    def send_messages(self, messages: Any) -> int:
        """Wait, then send."""
        if not SlowMail.under_way.is_set():
            SlowMail.under_way.set()
            SlowMail.may_end.wait(3)
            SlowMail.order.append("sent")
        return super().send_messages(messages)


def test_time_stands_still_while_a_job_is_under_way_so_no_mail_goes_out_twice(place: Place, settings: Any) -> None:
    work.bill(place.id)
    work.print_papers(place.id)
    settings.EMAIL_BACKEND = "tests.faces.test_demo_clock.SlowMail"
    owner = sign_in(place.owner)
    sent = form(owner, place)

    def click() -> None:
        SlowMail.under_way.wait(60)
        assert owner.post(FORWARD, sent).status_code == 303
        SlowMail.order.append("moved")
        SlowMail.may_end.set()

    at_once(lambda: tasks.send_notices(company_id=place.id), click)
    assert SlowMail.order == ["sent", "moved"]
    keys = [str(one.extra_headers["Message-ID"]) for one in mail.outbox]
    assert len(keys) == len(set(keys)) > 1


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "x"])
def test_it_leads_back_within_the_product_only(place: Place, back: str) -> None:
    owner = sign_in(place.owner)
    sent = {"seen": "2001-01-01", "next": back}
    assert owner.post(FORWARD, sent)["Location"] == "/"
    assert Client().post(FORWARD, sent)["Location"] == "/accounts/login/?next=%2F"
