"""The whole product as `tenantry serve --with-worker` runs it, beside a processor, while its processes are killed."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import psycopg
from django.conf import settings

from sandbox_gateway import codec
from sandbox_gateway.values import Charge
from tenantry.outside import clock
from tenantry.outside.gateway import chosen
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.project.demo.forward import step_to
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tests import database as databases
from tests.builders import CARD, SECOND_CARD, Place, open_place, put_on_file, set_up_plan, sign_in, subscribe
from tests.faces.billing import bill, first_invoice
from tests.gateway.process import running_gateway
from tests.invariants.check import violations_at_rest
from tests.invariants.rows import CompanyRows, read
from tests.operations.processes import free_ports, python, read_until, running

COMPANIES = 4
PATIENCE_SECONDS = 60
LATEST_KILL_SECONDS = 0.4
VICTIMS = ("granian", "tenantry worker")
ANSWERS = (303, 202, 402, 409)
PORTAL = "/{slug}/admin/account-management/invoices/{invoice}/pay"


@dataclass(frozen=True)
class Payer:
    """A person of one company in front of the Pay page, in a browser of their own."""

    place: Place
    invoice_id: str
    browser: httpx.Client
    form: dict[str, str]

    def click(self) -> int:
        """Press Pay; give the status, or 0 where no answer came."""
        try:
            return self.browser.post(_pay_path(self.place, self.invoice_id), data=self.form).status_code
        except httpx.HTTPError:
            return 0


class Whole:
    """A running product and its processor."""

    def __init__(
        self, server: databases.TestServer, database: str, pid: int, url: str, control: SandboxControl
    ) -> None:
        self.server, self.database, self.pid, self.url, self.control = server, database, pid, url, control
        self.kills = 0
        self._opened = 0

    def company(self) -> Place:
        """Open a company on the plan."""
        now = datetime.now(UTC)
        if not self._opened:
            set_up_plan(now=now)
        self._opened += 1
        place = open_place(f"whole-{self._opened}", now=now)
        subscribe(place, now=now)
        return place

    def put_cards(self, place: Place) -> None:
        """Put two cards on file."""
        now = datetime.now(UTC)
        for number in (CARD, SECOND_CARD):
            put_on_file(place, self.control, number=number, expiry=f"12/{now.year % 100 + 4}", now=now)

    def payer(self, place: Place) -> Payer:
        """Sign the owner in and open the Pay page."""
        name = settings.SESSION_COOKIE_NAME
        cookie = sign_in(place.owner).cookies[name].value
        port = self.url.rsplit(":", 1)[1]
        browser = httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False)
        browser.cookies.set(f"tenantry_session_{port}", cookie)
        invoice_id = first_invoice(place)
        page = browser.get(_pay_path(place, invoice_id))
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|request_key)" value="([^"]+)"', page.text))
        method = re.search(r'name="method" value="([^"]+)" checked', page.text)
        assert method, page.text[:500]
        assert len(fields) == 2, page.text[:500]
        return Payer(place, invoice_id, browser, {**fields, "method": method.group(1)})

    def kill(self, what: str) -> None:
        """Kill the processes of one kind: all that listen, or the worker."""
        for pid in _below(self.pid):
            if what in _command(pid):
                os.kill(pid, signal.SIGKILL)
                self.kills += 1

    def wait_until_there(self) -> None:
        """Wait until the supervisor has brought the pages back."""
        _wait_for(lambda: _is_there(self.url))

    def charges(self) -> list[Charge]:
        """List every charge in the processor's own records."""
        return [codec.loads(Charge, json.dumps(one)) for one in self.control.charges()]


def kill_while_paying(whole: Whole, victim: str, random: Random) -> list[str]:
    """Let half of the companies pay by hand and half by the worker; kill meanwhile; click again; give what is wrong."""
    by_hand = [whole.company() for _ in range(COMPANIES // 2)]
    for place in by_hand:
        bill(place, datetime.now(UTC))  # without a card: it waits for a person
    _wait_for(lambda: not any(map(_is_to_be_collected, by_hand)))
    by_worker = [whole.company() for _ in range(COMPANIES // 2)]
    for place in (*by_hand, *by_worker):
        whole.put_cards(place)
    payers = [whole.payer(place) for place in by_hand]
    clicks = [threading.Thread(target=payer.click) for payer in payers]
    for place in by_worker:
        bill(place, datetime.now(UTC))  # the worker hears of it at once, and charges the default card
    for click in clicks:
        click.start()
    time.sleep(random.uniform(0, LATEST_KILL_SECONDS))
    whole.kill(victim)
    for click in clicks:
        click.join(PATIENCE_SECONDS)
    whole.wait_until_there()
    said = [(payer.place.slug, payer.click()) for payer in payers]
    for payer in payers:
        payer.browser.close()
    return [f"{slug} was answered {status} when {victim} was back" for slug, status in said if status not in ANSWERS]


def _is_to_be_collected(place: Place) -> bool:
    with tenancy.reading(place.id):
        return Invoice.objects.filter(collect_at__isnull=False).exists()


def judge(whole: Whole) -> list[str]:
    """Do what is due in the next three days, then hold the rows against the processor's records."""
    pins = []

    def set_clock(at: datetime) -> None:
        pins.append(clock.pinned(at))
        pins[-1].__enter__()

    start = datetime.now(UTC)
    set_clock(start + timedelta(minutes=2))
    step_to(start + timedelta(days=3), set_clock)
    for pin in reversed(pins):
        pin.__exit__(None, None, None)
    with psycopg.connect(whole.server.named(whole.server.superuser_url, whole.database)) as reader:
        companies = read(reader)
    found = violations_at_rest(companies, whole.charges(), start + timedelta(days=3))
    return [*found, *(wrong for rows in companies for wrong in _unpaid(rows))]


def _unpaid(rows: CompanyRows) -> Iterator[str]:
    """Name each invoice that is not paid, but for one whose payment died unsent: a person can pay it again."""
    for invoice in rows.invoices:
        outcomes = {row.outcome for row in rows.of_invoice("attempts", invoice.id)}
        if invoice.state != "paid" and outcomes != {"not_sent"}:
            yield f"{invoice.number} is {invoice.state} after {outcomes}"


@contextmanager
def serving(server: databases.TestServer, database: str, directory: Path) -> Iterator[Whole]:
    """Run `tenantry serve --with-worker` and a processor beside it."""
    port = free_ports()
    with running_gateway(directory / "gateway") as processor:
        before = settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = processor.url, processor.key
        command = python("-m", "tenantry", "serve", "--with-worker", "--workers", "1", "--port", str(port))
        ours = {name: value for name, value in os.environ.items() if name.startswith("TENANTRY_")}
        chosen_now = {
            "DATABASE_URL": server.named(server.app_url, database),
            "TENANTRY_HOME": str(directory / "home"),
            "TENANTRY_POOL": "1",
            "TENANTRY_GATEWAY_URL": processor.url,
            "TENANTRY_GATEWAY_KEY": processor.key,
        }
        try:
            with running(command, **{**ours, **chosen_now}) as product:
                read_until(product, "Ready: ")
                control = SandboxControl(processor.url)
                yield Whole(server, database, product.pid, f"http://127.0.0.1:{port}", control)
                control.close()
        finally:
            settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = before
            chosen.forget()


def _pay_path(place: Place, invoice_id: str) -> str:
    return PORTAL.format(slug=place.slug, invoice=invoice_id)


def _below(pid: int) -> Sequence[int]:
    """List the processes that descend from one, the youngest generation last."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found, added = [pid], True
    while added:
        fresh = [child for child, parent in parents.items() if parent in found and child not in found]
        added = bool(fresh)
        found += fresh
    return found[1:]


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _is_there(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _wait_for(condition: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at, "it did not come true in time"
        time.sleep(0.05)
