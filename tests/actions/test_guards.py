"""The database's own guards, tried as the runtime role: isolation, kept rows, keys, balance (I-8, I-14, I-21, I-31)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.catalog.models import Price
from tenantry.records.companies.models import BillingDetails, Company, GroupGrant, PermissionGroup
from tenantry.records.invoices.models import Invoice, InvoiceLine, LedgerEntry, Posting
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, PaymentMethod
from tenantry.records.subscriptions.models import AddOnPeriod, Subscription
from tests.actions.test_billing import billed
from tests.builders import NOW, Place, offer, open_place, set_up_addon, set_up_plan, subscribe
from tests.prepared import Prepared, prepared_by


def both() -> tuple[Place, Place]:
    """Two companies, each with an issued invoice."""
    set_up_plan()
    set_up_addon("extra")
    places = (open_place("acme"), open_place("brink"))
    for place in places:
        subscribe(place)
        offer(place, "extra")
    billed(list(places), NOW)
    return places


prepared = prepared_by(both)


@pytest.fixture
def two(prepared: Prepared, database: str) -> tuple[Place, Place]:
    """Begin with it."""
    return prepared.value


def refused(change: Callable[[], Any], company_id: str, *, words: str) -> None:
    """Try a change in the company's transaction; it must fail with these words."""
    with pytest.raises(DatabaseError, match=words), tenancy.phase(company_id):
        change()


class TestIsolation:
    def test_without_a_company_there_are_no_rows_and_no_writes(self, two: tuple[Place, Place]) -> None:
        assert (Company.objects.count(), Invoice.objects.count(), AuditEntry.objects.count()) == (0, 0, 0)
        with pytest.raises(DatabaseError, match="row-level security"):
            PermissionGroup.objects.create(id=new_id(), company_id=two[0].id, name="Sneaky")

    def test_a_company_sees_its_own_rows_only(self, two: tuple[Place, Place]) -> None:
        for place in two:
            with tenancy.reading(place.id):
                assert list(Company.objects.values_list("slug", flat=True)) == [place.slug]
                assert {str(row.company_id) for row in Invoice.objects.all()} == {place.id}

    def test_the_setting_ends_with_its_transaction(self, two: tuple[Place, Place]) -> None:
        with tenancy.phase(two[0].id):
            pass
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(current_setting('app.company', true), '')")
            assert cursor.fetchone() == ("",)
        assert Company.objects.count() == 0

    def test_a_row_cannot_be_written_or_moved_to_another_company(self, two: tuple[Place, Place]) -> None:
        ours, theirs = two

        def write() -> None:
            PermissionGroup.objects.create(id=new_id(), company_id=theirs.id, name="Sneaky")

        def move() -> None:
            PermissionGroup.objects.filter(company_id=ours.id).update(company_id=theirs.id)

        refused(write, ours.id, words="row-level security")
        refused(move, ours.id, words="row-level security")

    def test_updates_of_foreign_rows_hit_nothing(self, two: tuple[Place, Place]) -> None:
        ours, theirs = two
        with tenancy.phase(ours.id):
            assert BillingDetails.objects.filter(company_id=theirs.id).update(legal_name="Stolen") == 0

    def test_a_reference_to_a_foreign_row_is_refused(self, two: tuple[Place, Place]) -> None:
        ours, theirs = two
        with tenancy.reading(theirs.id):
            foreign = PermissionGroup.objects.first()
        assert foreign is not None

        def refer() -> None:
            GroupGrant.objects.create(
                id=new_id(), company_id=ours.id, group_id=foreign.id, subject="canary", level="view"
            )

        refused(refer, ours.id, words="foreign key")

    def test_the_vendor_reads_across_and_writes_nothing(self, two: tuple[Place, Place]) -> None:
        with tenancy.vendor_reading():
            assert Company.objects.count() == 2
        with transaction.atomic():
            _run("default", "select set_config('app.vendor', 'reads', true)")
            assert Company.objects.count() == 2
            assert Company.objects.update(name="All mine") == 0
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                PermissionGroup.objects.create(id=new_id(), company_id=two[0].id, name="Sneaky")


class TestKeptRows:
    @pytest.mark.parametrize(
        ("model", "change"),
        [
            (Invoice, {"total_minor": 1}),
            (Invoice, {"number": "X-1"}),
            (InvoiceLine, {"amount_minor": 1}),
            (Posting, {"amount_minor": 1}),
            (LedgerEntry, {"kind": "x"}),
            (Price, {"amount_minor": 1}),
            (AuditEntry, {"words": "never said"}),
        ],
    )
    def test_what_is_written_stays(self, two: tuple[Place, Place], model: Any, change: dict[str, object]) -> None:
        refused(lambda: model.objects.update(**change), two[0].id, words="permission denied|kept as they were")
        refused(
            lambda: model.objects.all()._raw_delete("default"), two[0].id, words="permission denied|kept as they were"
        )

    def test_only_the_moving_columns_of_an_invoice_move(self, two: tuple[Place, Place]) -> None:
        with tenancy.phase(two[0].id):
            assert Invoice.objects.update(state="paid", collect_at=None) == 1

    def test_the_owner_is_refused_by_the_trigger(self, two: tuple[Place, Place]) -> None:
        with pytest.raises(DatabaseError, match="kept as they were"), transaction.atomic(using="owner"):
            Price.objects.using("owner").update(amount_minor=1)
        with pytest.raises(DatabaseError, match="kept as they were"), transaction.atomic(using="owner"):
            _run("owner", "truncate tenantry_invoices_posting")

    def test_audit_cannot_be_written_by_hand(self, two: tuple[Place, Place]) -> None:
        def write() -> None:
            with connection.cursor() as cursor:
                cursor.execute("insert into tenantry_base_auditentry (id) values (gen_random_uuid())")

        refused(write, two[0].id, words="permission denied")


def _run(alias: str, statement: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


class TestMoney:
    def test_an_entry_that_does_not_balance_is_refused_at_commit(self, two: tuple[Place, Place]) -> None:
        place = two[0]

        def write() -> None:
            entry = LedgerEntry.objects.create(id=new_id(), company_id=place.id, kind="x", occurred_at=NOW)
            for account, amount in (("receivable", 100), ("revenue", -99)):
                Posting.objects.create(
                    id=new_id(),
                    company_id=place.id,
                    entry=entry,
                    account=account,
                    amount_minor=amount,
                    currency="USD",
                )

        refused(write, place.id, words="do not balance")

    def test_one_invoice_for_each_period(self, two: tuple[Place, Place]) -> None:
        place = two[0]

        def write() -> None:
            row = Invoice.objects.get()
            row.pk, row.number, row.sequence = new_id(), "ACME-000002", 2
            row.save(force_insert=True)

        refused(write, place.id, words="one_invoice_per_period")

    def test_one_default_one_live_intent_one_open_attempt(self, two: tuple[Place, Place]) -> None:
        place = two[0]
        with tenancy.reading(place.id):
            invoice_id = Invoice.objects.get().id
        method = _method(place, "a", is_default=True)
        refused(lambda: _method(place, "b", is_default=True, save=True), place.id, words="one_default_method")
        with tenancy.phase(place.id):
            method.save(force_insert=True)
            intent = _intent(place, invoice_id, 1, "unknown")
            intent.save(force_insert=True)
            _attempt(place, intent, method, 1).save(force_insert=True)
        refused(
            lambda: _intent(place, invoice_id, 2, "creating").save(force_insert=True),
            place.id,
            words="one_live_intent_per_invoice",
        )
        refused(
            lambda: _attempt(place, intent, method, 2).save(force_insert=True),
            place.id,
            words="one_open_attempt_per_intent",
        )

    def test_a_payment_is_above_zero(self, two: tuple[Place, Place]) -> None:
        place = two[0]
        with tenancy.reading(place.id):
            invoice_id = Invoice.objects.get().id

        def write() -> None:
            intent = _intent(place, invoice_id, 1, "creating")
            intent.amount_minor = 0
            intent.save(force_insert=True)

        refused(write, place.id, words="payment_amount_positive")

    def test_add_on_periods_never_overlap(self, two: tuple[Place, Place]) -> None:
        place = two[0]
        with tenancy.reading(place.id):
            subscription = Subscription.objects.get()
        price = Price.objects.get(addon__code="extra")

        def write(started_at: Any, ended_at: Any) -> None:
            AddOnPeriod.objects.create(
                id=new_id(),
                company_id=place.id,
                subscription=subscription,
                addon_id=price.addon_id,
                price=price,
                started_at=started_at,
                ended_at=ended_at,
                fingerprint="",
            )

        with tenancy.phase(place.id):
            write(NOW, NOW + timedelta(days=1))
            write(NOW + timedelta(days=1), None)
        refused(lambda: write(NOW + timedelta(days=9), None), place.id, words="addon_on_once_at_a_time")


def _method(place: Place, token: str, *, is_default: bool, save: bool = False) -> PaymentMethod:
    row = PaymentMethod(
        id=new_id(),
        company_id=place.id,
        kind="card",
        gateway="sandbox",
        token=token,
        fingerprint=token,
        last4="4242",
        is_verified=True,
        is_default=is_default,
        billing_address={},
        added_at=NOW,
        added_by="",
    )
    if save:
        PaymentMethod(**{**_values(row), "id": new_id(), "token": "x", "fingerprint": "x"}).save(force_insert=True)
        row.save(force_insert=True)
    return row


def _values(row: PaymentMethod) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _intent(place: Place, invoice_id: Any, generation: int, state: str) -> PaymentIntent:
    return PaymentIntent(
        id=new_id(),
        company_id=place.id,
        invoice_id=invoice_id,
        generation=generation,
        state=state,
        amount_minor=100,
        currency="USD",
        gateway="sandbox",
        customer="cus",
        create_key=new_id(),
        opened_at=NOW,
        moved_at=NOW,
    )


def _attempt(place: Place, intent: PaymentIntent, method: PaymentMethod, number: int) -> PaymentAttempt:
    return PaymentAttempt(
        id=new_id(),
        company_id=place.id,
        intent=intent,
        number=number,
        method=method,
        confirm_key=new_id(),
        by_kind="member",
        opened_at=NOW,
    )


class TestAudit:
    def test_entries_of_a_company_form_a_chain(self, two: tuple[Place, Place]) -> None:
        for place in two:
            with tenancy.reading(place.id):
                rows = list(AuditEntry.objects.order_by("sequence"))
            assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
            assert bytes(rows[0].previous_hash) == b""
            for earlier, later in itertools.pairwise(rows):
                assert bytes(later.previous_hash) == bytes(earlier.entry_hash)
            assert len({bytes(row.entry_hash) for row in rows}) == len(rows)

    def test_a_number_is_never_used_twice(self, two: tuple[Place, Place]) -> None:
        def again() -> None:
            with connection.cursor() as cursor:
                cursor.execute("update tenantry_companies_company set last_invoice_number = 0")
            row = Invoice.objects.get()
            row.pk, row.period_start = new_id(), row.period_start + timedelta(days=40)
            row.period_end = row.period_end + timedelta(days=40)
            row.save(force_insert=True)

        with pytest.raises(IntegrityError, match="invoice_number_once"), tenancy.phase(two[0].id):
            again()
