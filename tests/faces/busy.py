"""A company in which everything has happened once, so that each page has all that it can show; and every page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from alarm_crm.defaults import CATALOGS
from alarm_crm.models import CreditBureau
from tenantry.actions.companies.change_billing_details import change_billing_details
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.core.billing_details import BillingDetailsForm
from tenantry.core.permissions import INTEGRATIONS, PERMISSION_GROUPS, Grant, Level
from tenantry.outside import signed_links
from tenantry.outside.ids import new_id
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import Company, VendorStaff
from tenantry.records.invoices.models import CreditNote, CreditNoteDocument, InvoiceDocument
from tenantry.records.payments.models import PaymentIntent, PaymentMethod, Review
from tests.builders import (
    NOW,
    Member,
    Place,
    add_member,
    change_member,
    done,
    finish_setup,
    offer,
    open_place,
    save_group,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.faces import rows
from tests.faces.alarm_crm import CREDIT_CHECKS, NOV_1, switch_off, switch_on
from tests.faces.billing import bill, invoice_ids

OCT_1 = datetime(2026, 10, 1, 18, tzinfo=UTC)
EMAIL = "vera@vendor.test"


@dataclass(frozen=True)
class Busy:
    """The company, and one of each thing that an address can name."""

    place: Place
    outsider: Member
    failed: str
    paid: str
    credit_note: str
    review: str
    method: str
    setup: str
    member: str
    group: str
    bureau: str
    records: Mapping[str, str]


def busy_company(slug: str, invoices: int, control: SandboxControl) -> Busy:
    """Make the company with so many invoices. The newest has all that one can have, and its payment failed."""
    place = _subscribed(slug)
    setup = finish_setup(place, control)
    method_id = _first_method(place)
    ids = rows.write_invoices(place, invoices - 2, first_day=date(2020, 2, 1))
    rows.put_in_state(place, ids[:-1], "paid")
    for invoice_id in ids[-22:-1]:
        rows.add_payment(place, invoice_id, method_id, "succeeded", "succeeded")
    rows.add_payment(place, ids[-1], method_id, "processing", "")
    bill(place, OCT_1)
    group = _people(place)
    bill(place, NOV_1)
    failed = invoice_ids(place)[-1]
    note = _credit_note(place, failed)
    rows.add_payment(place, failed, method_id, "ready", "declined")
    review = _history(place, failed)
    return Busy(
        place=place,
        outsider=add_member(place.id, f"outsider@{slug}.test", "Otto Outsider", now=NOV_1),
        failed=failed,
        paid=_printed(place, ids[-2]),
        credit_note=note,
        review=review,
        method=_second_method(place),
        setup=setup,
        member=place.viewer.membership_id,
        group=group,
        bureau=_bureau(place),
        records={route: _record(place, route) for route in CATALOGS},
    )


def _subscribed(slug: str) -> Place:
    """Open a company with add-ons on, off, switched off again and never offered."""
    place = open_place(slug, now=OCT_1)
    set_up_plan(f"plan-{slug}", shape="per_seat", amount_minor=1900, now=OCT_1)
    for code, options in (
        (CREDIT_CHECKS, {"name": "Credit Checks"}),
        ("edoc", {"shape": "per_seat", "amount_minor": 500}),
        ("inventory", {"terms": "Count with care.", "needs_method": True}),
    ):
        set_up_addon(code, now=OCT_1, **options)  # type: ignore[arg-type]
        offer(place, code, now=OCT_1)
    subscribe(place, f"plan-{slug}", now=OCT_1)
    for code in (CREDIT_CHECKS, "edoc"):
        switch_on(place, code, now=OCT_1 + timedelta(days=3))
    switch_off(place, "edoc", now=OCT_1 + timedelta(days=5))
    return place


def _people(place: Place) -> str:
    """Take in people by groups in October, and change one; give a group."""
    group = save_group(place.id, "Field crew", Grant(INTEGRATIONS, Level.VIEW), now=OCT_1)
    for number in range(6):
        joined_at = OCT_1 + timedelta(days=10 + number)
        add_member(place.id, f"tech-{number}@{place.slug}.test", f"Tech {number}", group, now=joined_at)
    save_group(place.id, "Office", Grant(PERMISSION_GROUPS, Level.VIEW), now=OCT_1)
    change_member(place.nobody, group, can_log_in=False, now=NOW)
    return group


def _history(place: Place, invoice_id: str) -> str:
    """Note what was done to invoices and payments, and change the billing details; give the payment's review."""
    details = BillingDetailsForm(
        legal_name="Acme LLC", address_line_1="12 Main St", address_line_2="", city="Lehi", region="UT",
        postal_code="84043", country="US", tax_id="", po_number="PO-1", recipients=("books@acme.test",),
    )  # fmt: skip
    done(change_billing_details(actor=place.owner.actor, form=details, version=1, now=NOW))
    with tenancy.phase(place.id):
        intent = PaymentIntent.objects.get(invoice_id=invoice_id)
        for kind, id_, action, after in (
            ("invoice", invoice_id, "store_document", {"sha256": "0" * 64}),
            ("payment_intent", str(intent.id), "pay_invoice", {}),
            ("payment_intent", str(intent.id), "settle_payment", {"outcome": "declined", "code": "insufficient_funds"}),
        ):
            audit.record(place.clock, action, kind, id_, now=NOW, after=after)
        review = Review.objects.create(
            id=new_id(), company_id=place.id, intent=intent, reason="amounts_differ", facts={}, opened_at=NOW
        )
    return str(review.id)


def _printed(place: Place, invoice_id: str) -> str:
    with tenancy.phase(place.id):
        InvoiceDocument.objects.create(
            id=new_id(), company_id=place.id, invoice_id=invoice_id, pdf=b"%PDF", sha256="0" * 64, rendered_at=NOW
        )
    return invoice_id


def _credit_note(place: Place, invoice_id: str) -> str:
    form = CreditNoteForm("Two days without service", 1000)
    note = done(issue_credit_note(actor=place.vendor, invoice_id=invoice_id, form=form, now=NOW))
    with tenancy.phase(place.id):
        CreditNote.objects.update(paper_due_at=None)
        CreditNoteDocument.objects.create(
            id=new_id(), company_id=place.id, credit_note_id=note.id, pdf=b"%PDF", sha256="0" * 64, rendered_at=NOW
        )
    return str(note.id)


def _first_method(place: Place) -> str:
    with tenancy.reading(place.id):
        customer = Company.objects.get().gateway_customer
    method_id = rows.method_row(place)
    with tenancy.phase(place.id):
        Company.objects.update(gateway_customer=customer)
    return method_id


def _second_method(place: Place) -> str:
    method_id = new_id()
    with tenancy.phase(place.id):
        PaymentMethod.objects.create(
            id=method_id, company_id=place.id, kind="ach", gateway="sandbox", token=new_id(), fingerprint=new_id(),
            bank_name="First Bank", last4="6789", is_verified=False, verify_tries_left=2, billing_address={},
            added_at=NOW, added_by="",
        )  # fmt: skip
    return method_id


def _bureau(place: Place) -> str:
    bureau_id = new_id()
    with tenancy.phase(place.id):
        CreditBureau.objects.create(id=bureau_id, company_id=place.id, name="TransUnion", kind="transunion-us")
    return bureau_id


def _record(place: Place, route: str) -> str:
    record_id = new_id()
    values = {"terms": {"days": 30}, "sales-tax": {"rate_basis_points": 725, "area": "UT"}}.get(route, {})
    with tenancy.phase(place.id):
        CATALOGS[route].model._default_manager.create(id=record_id, company_id=place.id, name="One", **values)
    return record_id


def staff_member() -> Any:
    """Give a person of the vendor."""
    user: Any = get_user_model()(email=EMAIL, name="Vera Vendor", joined_at=NOV_1)
    user.set_unusable_password()
    user.save()
    VendorStaff.objects.create(user=user, since_at=NOV_1)
    return user


@dataclass(frozen=True)
class Route:
    """A leaf of the URL map: its name, what it takes, and what it hands to its view."""

    name: str
    takes: tuple[str, ...]
    given: Mapping[str, object]

    def address(self, busy: Busy, query: str = "") -> str:
        """Give its address with what this company has; a route that takes something new fails here."""
        address = reverse(self.name, kwargs={name: self._value(busy, name) for name in self.takes})
        return f"{address}?{query}" if query else address

    def _value(self, busy: Busy, name: str) -> str:
        if name == "record":
            return busy.records[str(self.given["catalog"])]
        paid = self.name.endswith((".download", ".approved"))
        return {
            "company": busy.place.slug,
            "invoice": busy.paid if paid else busy.failed,
            "credit_note": busy.credit_note,
            "review": busy.review,
            "gateway": "sandbox",
            "method": busy.method,
            "addon": "inventory" if self.name.endswith(".enable") else CREDIT_CHECKS,
            "member": busy.member,
            "group": busy.group,
            "bureau": busy.bureau,
            "kind": "transunion-us",
            "uidb36": "1",
            "key": "key",
        }[name]


def every_route() -> list[Route]:
    """List the whole URL map."""
    return list(_leaves(get_resolver().url_patterns, (), {}))


def _leaves(patterns: list[Any], takes: tuple[str, ...], given: Mapping[str, object]) -> Iterator[Route]:
    for pattern in patterns:
        taken = (*takes, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns, taken, {**given, **pattern.default_kwargs})
        else:
            assert isinstance(pattern, URLPattern)
            assert pattern.name, f"a route without a name: {pattern}"
            yield Route(pattern.name, taken, {**given, **pattern.default_args})


def query_of(route: Route, busy: Busy, member: Member) -> str:
    """Give what an address needs behind it: a download its signed link, coming back from the gateway its setup."""
    if route.name.endswith("billing-methods.save"):
        return urlencode({"setup": busy.setup})
    kinds = {
        "invoice.download": ("invoice-pdf", busy.paid),
        "credit-note.download": ("credit-note-pdf", busy.credit_note),
    }
    for name, (purpose, id_) in kinds.items():
        if route.name.endswith(name):
            return signed_links.make(signed_links.LinkTarget(purpose, busy.place.id, id_, member.user_id), NOW)
    return ""
