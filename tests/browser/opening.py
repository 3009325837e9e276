"""Opens companies in a running demo, each for one test: `python -m tests.browser.opening`, one request a line.

It runs in the demo's environment and calls what fills the demo: verbs, and the processor's own pages. Requests:

- `{"open": "slug", "steps": ["subscribe", "card 4242424242424242", "bill"]}`: a company; its id and open invoices
- `{"session": "owner@slug.test"}`: a session, as a sign-in would make it
- `{"hire": ["slug", "Ana Lima"]}`: one seat more
- `{"calm": "slug"}`: wait until the company's payments have come to an end
- `{"old_link": ["slug", "owner@slug.test", INVOICE]}`: a download link that was made ten minutes ago
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib import auth  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from tenantry.actions.companies.open_company import Opening  # noqa: E402
from tenantry.actions.companies.save_member import MemberForm, save_member  # noqa: E402
from tenantry.core.periods import local_date, nth_start  # noqa: E402
from tenantry.core.permissions import Level  # noqa: E402
from tenantry.jobs import work  # noqa: E402
from tenantry.outside import clock, signed_links  # noqa: E402
from tenantry.outside.sandbox_control import SandboxControl  # noqa: E402
from tenantry.portal.pages.invoices_built import PURPOSE  # noqa: E402
from tenantry.project.demo.companies import ALL, AUTHORIZATION, BANK  # noqa: E402
from tenantry.project.demo.story import STAFF, DemoCompany, Months, done  # noqa: E402
from tenantry.records.base import tenancy  # noqa: E402
from tenantry.records.invoices import queries as invoices  # noqa: E402
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent  # noqa: E402

ZONE = "America/Denver"
CALM_SECONDS = 150
"""Longer than the second question about a payment whose answer got lost takes to come: 10 seconds, then a minute."""
# Nobody types the passwords of these people: they come with a session. So theirs may be hashed in no time.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class RunningTime(Months):
    """The demo's time as it runs: nobody stops it here."""

    def __init__(self, control: SandboxControl) -> None:
        self.control = control

    @property
    def now(self) -> datetime:  # type: ignore[override]
        """Give the demo's present."""
        return clock.now()


def open_company(control: SandboxControl, slug: str, steps: list[str]) -> dict[str, Any]:
    """Open a company with an owner, a viewer and somebody who may nothing; then take the steps in turn."""
    opening = Opening(
        slug=slug,
        name=slug.replace("-", " ").title(),
        number_prefix=slug.upper().rpartition("-")[2],
        time_zone=ZONE,
        currency="USD",
        owner_email=f"owner@{slug}.test",
        owner_name="Olga Owner",
        details={
            "address_line_1": "12 Main Street",
            "city": "Lehi",
            "region": "UT",
            "postal_code": "84043",
            "country": "US",
        },
    )
    company = DemoCompany(RunningTime(control), opening, ALL)
    company.group("Bookkeepers", Level.VIEW)
    company.hire(f"viewer@{slug}.test", "Vic Viewer", "Bookkeepers")
    company.hire(f"nobody@{slug}.test", "Nora Nobody")
    for step in steps:
        name, _, more = step.partition(" ")
        STEPS[name](company, more)
    with tenancy.reading(company.id):
        return {"id": company.id, "invoices": invoices.open_invoices(company.id)}


def _subscribe(company: DemoCompany, when: str) -> None:
    today = local_date(clock.now(), ZONE)
    company.subscribe(nth_start(today.replace(day=1), 1) if when == "later" else None)


def _bank(company: DemoCompany, verified: str) -> None:
    method_id = company.add_bank_account(BANK, AUTHORIZATION)
    if verified:
        company.verify(method_id)


def _settle(company_id: str) -> None:
    """Do all that is due, together with the demo's own worker, until nothing is and no answer is awaited."""
    give_up_at = time.monotonic() + CALM_SECONDS
    while (due := _due(company_id)) or _is_paying(company_id):
        for kind in due:
            work.WORK[kind](company_id)
        if not due:
            time.sleep(0.05)
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"not calm; due: {due}; at {clock.now()}: {_payments(company_id)}")


def _due(company_id: str) -> list[str]:
    return [kind for kind in work.WORK if company_id in tenancy.companies_with_work(kind, clock.now())]


def _payments(company_id: str) -> list[dict[str, Any]]:
    with tenancy.reading(company_id):
        told = ("opened_at", "outcome", "code", "intent__state", "intent__next_ask_at", "intent__times_asked")
        return list(PaymentAttempt.objects.values(*told))


def _is_paying(company_id: str) -> bool:
    with tenancy.reading(company_id):
        return bool(PaymentIntent.objects.filter(state__in=("creating", "sending", "unknown")).exists())


STEPS: dict[str, Callable[[DemoCompany, str], object]] = {
    "subscribe": _subscribe,
    "card": lambda company, number: company.add_card(number, "12/30"),
    "bank": _bank,
    "enable": lambda company, code: company.enable(code),
    "bill": lambda company, more: _settle(company.id),
}


def session_of(email: str) -> dict[str, str]:
    """Sign a person in; give the cookie."""
    user = auth.get_user_model()._default_manager.get(email__iexact=email)
    store = SessionStore()
    store[auth.SESSION_KEY] = str(user.pk)
    store[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return {"name": settings.SESSION_COOKIE_NAME, "value": str(store.session_key)}


def hire(slug: str, name: str) -> dict[str, Any]:
    """Take somebody into a company: one seat more."""
    form = MemberForm(
        is_active=True, can_log_in=True, group_ids=(), email=f"{name.split()[0].lower()}@{slug}.test", name=name
    )
    staff = replace(STAFF, company_id=str(tenancy.company_at(slug)))
    return {"member": done(save_member(actor=staff, membership_id=None, form=form, now=clock.now()))}


def old_link(slug: str, email: str, invoice_id: str) -> dict[str, str]:
    """Sign a download link as a page did ten minutes ago."""
    user = auth.get_user_model()._default_manager.get(email__iexact=email)
    target = signed_links.LinkTarget(PURPOSE, str(tenancy.company_at(slug)), invoice_id, str(user.pk))
    return {"query": signed_links.make(target, clock.now() - timedelta(minutes=10))}


def main() -> None:
    """Answer requests until the input ends."""
    control = SandboxControl(settings.TENANTRY_GATEWAY_URL)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_answer(control, asked)), flush=True)


def _answer(control: SandboxControl, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        if "session" in asked:
            return session_of(asked["session"])
        if "calm" in asked:
            _settle(str(tenancy.company_at(asked["calm"])))
            return {}
        if "hire" in asked:
            return hire(*asked["hire"])
        if "old_link" in asked:
            return old_link(*asked["old_link"])
        return open_company(control, asked["open"], asked["steps"])
    except Exception:  # noqa: BLE001 - the test that asked shows it
        return {"failed": traceback.format_exc()}


if __name__ == "__main__":
    main()
