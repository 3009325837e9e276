"""Verifying, making default and removing what is on file; never a charge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tenantry.actions.payments.add_payment_method import add_payment_method
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.payments.start_method_setup import SetupForm
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.methods import RowsMoved, method_facts, swap_default
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, PaymentMethod
from tests.builders import (
    ACH_FORM,
    ADDRESS,
    BANK_ACCOUNT,
    MICRO_DEPOSITS_MINOR,
    NOW,
    SECOND_CARD,
    Place,
    done,
    finish_setup,
    open_place,
    put_on_file,
)
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

METHODS = "tenantry_payments_paymentmethod"
WRONG = (1, 2)


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


@pytest.fixture
def two(place: Place, gateway: Any) -> tuple[str, str]:
    """Put two cards on file: the default and another."""
    return put_on_file(place, gateway), put_on_file(place, gateway, number=SECOND_CARD)


def on_file(place: Place) -> dict[str, MethodFacts]:
    """Read what is on file."""
    with tenancy.reading(place.id):
        return {method.id: method for method in method_facts(place.id)}


def defaults(place: Place) -> list[str]:
    """Read which are the default."""
    return [id_ for id_, method in on_file(place).items() if method.is_default]


def actions(place: Place) -> list[str]:
    """Read the company's history, newest first."""
    with tenancy.reading(place.id):
        return list(AuditEntry.objects.order_by("-sequence").values_list("action", flat=True))


def change(place: Place, method_id: str, **values: Any) -> None:
    """Change a method behind the actions' back."""
    with tenancy.phase(place.id):
        assert PaymentMethod.objects.filter(id=method_id).update(**values) == 1


def put_in_use(place: Place, method_id: str) -> None:
    """Open a payment with this method."""
    invoice_id, intent_id = new_id(), new_id()
    with tenancy.phase(place.id):
        Invoice.objects.create(
            id=invoice_id, company_id=place.id, number="ACME-000001", sequence=1, subscription_id=new_id(),
            period_start=NOW.date(), period_end=NOW.date() + timedelta(days=30), issued_at=NOW, issue_date=NOW.date(),
            due_date=NOW.date(), currency="USD", subtotal_minor=100, discount_minor=0, tax_minor=0, total_minor=100,
            credit_used_minor=0, tax_facts=[], billed_to={}, sold_by={}, paid_how={}, recipients=[],
            state_moved_at=NOW,
        )  # fmt: skip
        PaymentIntent.objects.create(
            id=intent_id, company_id=place.id, invoice_id=invoice_id, generation=1, state="processing",
            amount_minor=100, currency="USD", gateway="sandbox", customer="cus", create_key="k", opened_at=NOW,
            moved_at=NOW,
        )  # fmt: skip
        PaymentAttempt.objects.create(
            id=new_id(), company_id=place.id, intent_id=intent_id, number=1, method_id=method_id, confirm_key="k:1",
            by_kind="clock", opened_at=NOW,
        )  # fmt: skip


class TestMakeDefault:
    def test_it_swaps(self, place: Place, two: tuple[str, str], gateway: Any) -> None:
        done(make_default(actor=place.owner.actor, method_id=two[1], now=NOW))
        assert defaults(place) == [two[1]]
        assert actions(place)[0] == "make_default"
        assert gateway.charges(place.id) == []

    def test_the_default_stays_the_default(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        with unchanged():
            assert done(make_default(actor=place.owner.actor, method_id=two[0], now=NOW)).id == two[0]

    def test_an_expired_card_is_refused(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        change(place, two[1], expiry_month=10, expiry_year=2026)
        with unchanged():
            answer = make_default(actor=place.owner.actor, method_id=two[1], now=NOW)
        assert isinstance(answer, Refusal)
        assert answer.code == "method_expired"

    def test_a_card_is_good_until_its_last_local_day(self, place: Place, two: tuple[str, str]) -> None:
        change(place, two[1], expiry_month=11, expiry_year=2026)
        # Dec 1, 06:59 UTC is still Nov 30 in Denver.
        last = NOW.replace(month=12, day=1, hour=6, minute=59)
        done(make_default(actor=place.owner.actor, method_id=two[1], now=last))
        assert defaults(place) == [two[1]]
        done(make_default(actor=place.owner.actor, method_id=two[0], now=last))
        answer = make_default(actor=place.owner.actor, method_id=two[1], now=last + timedelta(minutes=1))
        assert isinstance(answer, Refusal)
        assert answer.code == "method_expired"

    def test_a_blocked_method_is_refused(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        change(place, two[1], blocked_because="R02")
        with unchanged():
            answer = make_default(actor=place.owner.actor, method_id=two[1], now=NOW)
        assert answer == Refusal("method_blocked", {"method_id": two[1], "last4": "4444", "code": "R02"})

    def test_an_unverified_account_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        put_on_file(place, gateway)
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        with unchanged():
            answer = make_default(actor=place.owner.actor, method_id=account, now=NOW)
        assert answer == Refusal("method_unverified", {"method_id": account, "last4": "6789"})

    def test_an_unknown_removed_or_foreign_one_is_not_found(
        self, place: Place, two: tuple[str, str], gateway: Any, unchanged: Unchanged
    ) -> None:
        other = open_place("birch")
        foreign = put_on_file(other, gateway)
        done(remove_payment_method(actor=place.owner.actor, method_id=two[1], now=NOW))
        with unchanged():
            for id_ in (new_id(), "nonsense", two[1], foreign):
                answer = make_default(actor=place.owner.actor, method_id=id_, now=NOW)
                assert answer == Refusal("method_not_found", {"method_id": id_})

    def test_a_viewer_may_not(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        with unchanged():
            answer = make_default(actor=place.viewer.actor, method_id=two[1], now=NOW)
        assert answer == Refusal("modify_required", {"subject": "account_management"})

    def test_two_different_ones_at_once_leave_exactly_one(self, place: Place, two: tuple[str, str]) -> None:
        owner = place.owner.actor
        for _ in range(10):
            at_once(*(lambda id_=id_: make_default(actor=owner, method_id=id_, now=NOW) for id_ in two))
            assert len(defaults(place)) == 1

    def test_rows_that_moved_roll_back(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        with unchanged(), pytest.raises(RowsMoved), tenancy.phase(place.id):
            swap_default(place.id, new_id())


class TestRemove:
    def test_it_is_gone_here_and_at_the_gateway(self, place: Place, two: tuple[str, str], gateway: Any) -> None:
        done(remove_payment_method(actor=place.owner.actor, method_id=two[1], now=NOW))
        assert list(on_file(place)) == [two[0]]
        with tenancy.reading(place.id):
            row = PaymentMethod.objects.get(id=two[1])
        assert (row.removed_at, row.remind_at) == (NOW, None)
        assert actions(place)[0] == "remove_payment_method"
        assert gateway.charges(place.id) == []

    def test_the_second_time_it_is_not_found(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        done(remove_payment_method(actor=place.owner.actor, method_id=two[1], now=NOW))
        with unchanged():
            answer = remove_payment_method(actor=place.owner.actor, method_id=two[1], now=NOW)
        assert answer == Refusal("method_not_found", {"method_id": two[1]})

    def test_twice_at_once_removes_once(self, place: Place, two: tuple[str, str]) -> None:
        owner = place.owner.actor
        answers = at_once(*[lambda: remove_payment_method(actor=owner, method_id=two[1], now=NOW)] * 2)
        assert sorted(isinstance(answer, Refusal) for answer in answers) == [False, True]
        assert actions(place).count("remove_payment_method") == 1

    def test_the_default_is_refused(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        with unchanged():
            answer = remove_payment_method(actor=place.owner.actor, method_id=two[0], now=NOW)
        assert answer == Refusal("default_method", {"method_id": two[0]})

    def test_one_in_use_is_refused(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        put_in_use(place, two[1])
        with unchanged():
            answer = remove_payment_method(actor=place.owner.actor, method_id=two[1], now=NOW)
        assert answer == Refusal("method_in_use", {"method_id": two[1]})

    def test_remove_against_make_default_never_removes_the_default(self, place: Place, two: tuple[str, str]) -> None:
        owner = place.owner.actor
        removed, made = at_once(
            lambda: remove_payment_method(actor=owner, method_id=two[1], now=NOW),
            lambda: make_default(actor=owner, method_id=two[1], now=NOW),
        )
        assert isinstance(removed, Refusal) != isinstance(made, Refusal)
        assert len(defaults(place)) == 1

    def test_an_unreachable_gateway_does_not_keep_it(self, place: Place, two: tuple[str, str], settings: Any) -> None:
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        done(remove_payment_method(actor=place.owner.actor, method_id=two[1], now=NOW))
        assert list(on_file(place)) == [two[0]]

    def test_a_viewer_may_not(self, place: Place, two: tuple[str, str], unchanged: Unchanged) -> None:
        with unchanged():
            answer = remove_payment_method(actor=place.viewer.actor, method_id=two[1], now=NOW)
        assert answer == Refusal("modify_required", {"subject": "account_management"})


class TestVerify:
    def verify(self, place: Place, method_id: str, amounts: tuple[int, int], now: Any = NOW) -> Any:
        return verify_bank_account(actor=place.owner.actor, method_id=method_id, amounts_minor=amounts, now=now)

    def test_the_first_usable_one_becomes_the_default(self, place: Place, gateway: Any) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        done(self.verify(place, account, MICRO_DEPOSITS_MINOR[::-1]))
        method = on_file(place)[account]
        assert (method.is_verified, method.is_default) == (True, True)
        assert actions(place)[0] == "verify_bank_account"

    def test_another_default_stays(self, place: Place, gateway: Any) -> None:
        card = put_on_file(place, gateway)
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        done(self.verify(place, account, MICRO_DEPOSITS_MINOR))
        assert defaults(place) == [card]

    def test_one_that_was_added_to_be_the_default_becomes_it(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        form = SetupForm(kind="ach", makes_default=True, billing_address=ADDRESS, authorization="Yes.")
        account = put_on_file(place, gateway, form=form, number=BANK_ACCOUNT)
        done(self.verify(place, account, MICRO_DEPOSITS_MINOR))
        assert defaults(place) == [account]

    def test_three_wrong_tries_end_it(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        with unchanged(METHODS):
            assert self.verify(place, account, WRONG) == Refusal("amounts_dont_match", {"tries_left": 2})
            assert self.verify(place, account, WRONG) == Refusal("amounts_dont_match", {"tries_left": 1})
            assert self.verify(place, account, WRONG) == Refusal("verification_failed")
        with unchanged():
            assert self.verify(place, account, MICRO_DEPOSITS_MINOR) == Refusal("verification_failed")
        assert not on_file(place)[account].is_verified

    def test_after_ten_days_it_is_too_late(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        with unchanged():
            answer = self.verify(place, account, MICRO_DEPOSITS_MINOR, NOW + timedelta(days=10))
        assert answer == Refusal("verification_expired")
        done(self.verify(place, account, MICRO_DEPOSITS_MINOR, NOW + timedelta(days=9, hours=23)))

    def test_a_verified_one_or_a_card_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        card = put_on_file(place, gateway)
        done(self.verify(place, account, MICRO_DEPOSITS_MINOR))
        with unchanged():
            for method_id in (account, card):
                answer = self.verify(place, method_id, MICRO_DEPOSITS_MINOR)
                assert answer == Refusal("method_already_verified")

    def test_twice_at_once_is_verified_once(self, place: Place, gateway: Any) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        owner = place.owner.actor
        call = lambda: verify_bank_account(  # noqa: E731
            actor=owner, method_id=account, amounts_minor=MICRO_DEPOSITS_MINOR, now=NOW
        )
        at_once(call, call)
        assert on_file(place)[account].is_verified
        assert actions(place).count("verify_bank_account") == 1

    def test_no_answer_costs_no_try(self, place: Place, gateway: Any, settings: Any, unchanged: Unchanged) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        with unchanged():
            assert self.verify(place, account, WRONG) == Refusal("gateway_unavailable")

    def test_a_foreign_one_is_not_found(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        other = open_place("birch")
        account = put_on_file(other, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        with unchanged():
            answer = self.verify(place, account, MICRO_DEPOSITS_MINOR)
        assert answer == Refusal("method_not_found", {"method_id": account})


class TestAddingAtOnce:
    def test_the_same_setup_twice_makes_one_row(self, place: Place, gateway: Any) -> None:
        setup_id = finish_setup(place, gateway)
        owner = place.owner.actor
        answers = at_once(*[lambda: add_payment_method(actor=owner, setup_id=setup_id, now=NOW)] * 3)
        assert len({done(answer).method_id for answer in answers}) == 1
        assert len(on_file(place)) == 1
        assert actions(place).count("add_payment_method") == 1

    def test_the_same_card_by_two_setups_is_on_file_once(self, place: Place, gateway: Any) -> None:
        setups = [finish_setup(place, gateway), finish_setup(place, gateway)]
        owner = place.owner.actor
        answers = at_once(*(lambda id_=id_: add_payment_method(actor=owner, setup_id=id_, now=NOW) for id_ in setups))
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        assert refused == [Refusal("duplicate_method")]
        assert len(on_file(place)) == 1
