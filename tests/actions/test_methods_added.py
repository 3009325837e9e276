"""Adding a card or a bank account: from the gateway's page to the file, once, without a charge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tenantry.actions.payments.add_payment_method import AddedMethod, add_payment_method
from tenantry.actions.payments.look_up_setup import look_up_setup
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.payments.start_method_setup import SetupForm, start_method_setup
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.gateway_reply import CancelIntent, ConfirmIntent, CreateIntent
from tenantry.core.money import Money
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.outside.gateway import chosen
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import Company
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.models import MethodSetup, PaymentMethod
from tests.builders import (
    ACH_FORM,
    ADDRESS,
    BANK_ACCOUNT,
    CARD_FORM,
    MICRO_DEPOSITS_MINOR,
    NOW,
    SECOND_CARD,
    Place,
    done,
    finish_setup,
    open_place,
    put_on_file,
)
from tests.faces.billing import billed_place, fault
from tests.faces.reviewing import pay
from tests.gateway.process import GatewayProcess
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

DEFAULT_CARD_FORM = SetupForm(kind="card", makes_default=True, billing_address=ADDRESS)


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


def on_file(place: Place) -> tuple[MethodFacts, ...]:
    """Read what is on file."""
    with tenancy.reading(place.id):
        return method_facts(place.id)


def start(place: Place, form: SetupForm = CARD_FORM, now: Any = NOW) -> Any:
    """Start a setup as the owner."""
    return start_method_setup(actor=place.owner.actor, form=form, return_url="http://testserver/back", now=now)


class TestStart:
    def test_a_viewer_may_not(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = start_method_setup(
                actor=place.viewer.actor, form=CARD_FORM, return_url="http://testserver/back", now=NOW
            )
        assert answer == Refusal("modify_required", {"subject": "account_management"})

    def test_the_customer_at_the_gateway_is_made_once(self, place: Place, gateway: Any) -> None:
        started = done(start(place))
        assert started.page_url.startswith("http://127.0.0.1:")
        with tenancy.reading(place.id):
            first = Company.objects.get().gateway_customer
        done(start(place))
        with tenancy.reading(place.id):
            assert Company.objects.get().gateway_customer == first
            assert first.startswith("cus_")
            assert MethodSetup.objects.count() == 2

    def test_what_was_chosen_is_kept_for_the_way_back(self, place: Place, gateway: Any) -> None:
        form = SetupForm(
            kind="ach",
            makes_default=True,
            billing_address=None,
            authorization="Debit us.",
            return_to="/acme/admin/account-management/add-ons",
        )
        started = done(start(place, form))
        with tenancy.reading(place.id):
            row = MethodSetup.objects.get()
        assert (row.setup_id, row.kind, row.make_default) == (started.setup_id, "ach", True)
        assert row.billing_address == {**ADDRESS, "address_line_2": ""}
        assert (row.debit_authorization, row.return_to) == ("Debit us.", "/acme/admin/account-management/add-ons")
        assert (row.user_id, row.address, row.started_at) == (place.owner.user_id, "::1", NOW)

    def test_a_bank_account_needs_the_authorization(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = start(place, SetupForm(kind="ach", makes_default=False, billing_address=ADDRESS))
        assert answer == Refusal("debit_authorization_required")

    def test_a_wrong_address_is_refused_by_field(self, place: Place, unchanged: Unchanged) -> None:
        address = {
            **ADDRESS,
            "address_line_1": " ",
            "city": "x" * 81,
            "country": "XYZ",
            "region": "4242 4242 4242 4242",
        }
        with unchanged():
            answer = start(place, SetupForm(kind="card", makes_default=False, billing_address=address))
        assert answer == {
            "address_line_1": Refusal("field_required"),
            "city": Refusal("too_long", {"most": 80}),
            "country": Refusal("country_unknown"),
            "region": Refusal("card_number_refused"),
        }

    def test_the_sixth_within_an_hour_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        for minute in range(5):
            done(start(place, now=NOW + timedelta(minutes=minute)))
        with unchanged():
            assert start(place, now=NOW + timedelta(minutes=59)) == Refusal("too_many_attempts")
        done(start(place, now=NOW + timedelta(minutes=60)))

    def test_an_unreachable_gateway_is_said(self, place: Place, settings: Any, unchanged: Unchanged) -> None:
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        with unchanged():
            assert start(place) == Refusal("gateway_unavailable")


class TestAdd:
    def test_the_first_card_becomes_the_default(self, place: Place, gateway: Any) -> None:
        setup_id = finish_setup(place, gateway, expiry="08/28")
        added = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        (method,) = on_file(place)
        assert added == AddedMethod(method.id, method, "", is_new=True)
        assert (method.kind, method.brand, method.last4) == ("card", "Visa", "4242")
        assert (method.expiry_month, method.expiry_year) == (8, 2028)
        assert (method.is_default, method.is_verified) == (True, True)
        with tenancy.reading(place.id):
            row = PaymentMethod.objects.get()
            entry = AuditEntry.objects.order_by("-sequence").first()
        assert row.billing_address == {**ADDRESS, "address_line_2": ""}
        assert row.remind_at is not None
        assert row.remind_at.isoformat() == "2028-08-01T06:00:00+00:00"  # 30 days before Aug 31, midnight in Denver
        assert entry is not None
        assert (entry.action, entry.actor_name, entry.object_id) == ("add_payment_method", "Olga Owner", method.id)
        assert gateway.charges(place.id) == []

    def test_a_second_card_stays_beside_the_default(self, place: Place, gateway: Any) -> None:
        first = put_on_file(place, gateway)
        second = put_on_file(place, gateway, number=SECOND_CARD)
        assert [(m.id, m.is_default) for m in on_file(place)] == [(first, True), (second, False)]

    def test_a_second_card_becomes_the_default_when_chosen(self, place: Place, gateway: Any) -> None:
        first = put_on_file(place, gateway)
        second = put_on_file(place, gateway, form=DEFAULT_CARD_FORM, number=SECOND_CARD)
        assert {m.id: m.is_default for m in on_file(place)} == {first: False, second: True}

    def test_the_same_setup_twice_gives_the_same_method(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        setup_id = finish_setup(place, gateway)
        first = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        with unchanged():
            again = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        assert (again.method_id, again.is_new) == (first.method_id, False)

    def test_the_same_setup_after_removal_is_not_usable(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        setup_id = finish_setup(place, gateway, number=SECOND_CARD)
        added = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        done(remove_payment_method(actor=place.owner.actor, method_id=added.method_id, now=NOW))
        answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("setup_not_usable")

    def test_a_card_on_file_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        put_on_file(place, gateway)
        setup_id = finish_setup(place, gateway)
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("duplicate_method")

    def test_a_removed_card_may_come_back(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        gone = put_on_file(place, gateway, number=SECOND_CARD)
        done(remove_payment_method(actor=place.owner.actor, method_id=gone, now=NOW))
        back = put_on_file(place, gateway, number=SECOND_CARD)
        assert back != gone
        assert len(on_file(place)) == 2

    def test_a_blocked_card_stays_blocked_when_it_comes_back(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway)
        gone = put_on_file(place, gateway, number=SECOND_CARD)
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=gone).update(blocked_because="stolen_card")
        done(remove_payment_method(actor=place.owner.actor, method_id=gone, now=NOW))
        back = put_on_file(place, gateway, form=DEFAULT_CARD_FORM, number=SECOND_CARD)
        found = {m.id: (m.blocked_because, m.is_default) for m in on_file(place)}
        assert found[back] == ("stolen_card", False)

    @pytest.mark.parametrize("setup_id", ["", "set_000000000000000000000000", "'; drop table", "x" * 500])
    def test_an_unknown_setup_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged, setup_id: str) -> None:
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("setup_not_usable")

    def test_an_unfinished_setup_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        started = done(start(place))
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=started.setup_id, now=NOW)
        assert answer == Refusal("setup_not_usable")

    def test_another_companys_setup_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        other = open_place("birch")
        setup_id = finish_setup(other, gateway)
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("setup_not_usable")

    def test_a_setup_for_another_customer_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        setup_id = finish_setup(place, gateway)
        with tenancy.phase(place.id):
            Company.objects.update(gateway_customer="cus_of_somebody_else")
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("setup_not_usable")

    def test_a_viewer_may_not(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        setup_id = finish_setup(place, gateway)
        with unchanged():
            answer = add_payment_method(actor=place.viewer.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("modify_required", {"subject": "account_management"})

    def test_no_answer_leaves_everything_for_another_try(
        self, place: Place, gateway: Any, settings: Any, unchanged: Unchanged
    ) -> None:
        setup_id = finish_setup(place, gateway)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, "http://127.0.0.1:9"
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("gateway_unavailable")
        settings.TENANTRY_GATEWAY_URL = url
        done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))

    def test_the_twenty_first_is_refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        first = put_on_file(place, gateway)
        with tenancy.phase(place.id):
            row = PaymentMethod.objects.get(id=first)
            row.is_default = False
            for number in range(19):
                row.id = f"00000000-0000-4000-8000-{number:012d}"
                row.token, row.fingerprint = f"pm_{number}", f"print {number}"
                row.save(force_insert=True)
        with unchanged():
            assert start(place, now=NOW) == Refusal("method_limit", {"most": 20})
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(token="pm_0").update(removed_at=NOW)
        setup_id = finish_setup(place, gateway, number=SECOND_CARD)
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(token="pm_0").update(removed_at=None)
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("method_limit", {"most": 20})


class TestRenewed:
    """The same number with a later expiry."""

    @pytest.fixture
    def old(self, place: Place, gateway: Any) -> str:
        """Put the card on file, as the default."""
        return put_on_file(place, gateway, expiry="12/26")

    def test_takes_the_place_of_the_card_and_stays_the_default(self, place: Place, gateway: Any, old: str) -> None:
        other = put_on_file(place, gateway, number=SECOND_CARD)
        (before, _) = on_file(place)
        setup_id = finish_setup(place, gateway, expiry="01/27")
        assert done(look_up_setup(actor=place.owner.actor, setup_id=setup_id, now=NOW)).renews == before
        added = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        assert (added.is_new, added.renewed) == (True, before)
        found = {m.id: (m.expiry_month, m.expiry_year, m.is_default) for m in on_file(place)}
        assert found == {added.method_id: (1, 2027, True), other: (12, 2030, False)}
        with tenancy.reading(place.id):
            gone, row = PaymentMethod.objects.get(id=old), PaymentMethod.objects.get(id=added.method_id)
            entry = AuditEntry.objects.order_by("-sequence").first()
        assert (gone.removed_at, gone.remind_at, gone.is_default, gone.token) == (NOW, None, False, before.token)
        assert row.remind_at is not None
        assert row.remind_at.isoformat() == "2027-01-01T07:00:00+00:00"  # 30 days before Jan 31, midnight in Denver
        assert row.token != gone.token
        assert entry is not None
        assert (entry.action, entry.object_id) == ("add_payment_method", added.method_id)
        assert entry.before == {
            "method": old, "expiry_month": 12, "expiry_year": 2026, "is_default": True, "blocked_because": "",
        }  # fmt: skip
        assert gateway.charges(place.id) == []
        assert self.declined_for(place, gateway, gone.token) == "method_detached"

    @staticmethod
    def declined_for(place: Place, gateway: Any, token: str) -> str:
        """Say why the processor charges nothing to a token: another payment than ours tries it."""
        with tenancy.reading(place.id):
            customer = Company.objects.get().gateway_customer
        port = chosen.gateway()
        made = port.create_intent(CreateIntent(f"of:{token}", customer, Money(100, "USD"), "NONE-1"))
        tried = port.confirm(ConfirmIntent(f"with:{token}", made.gateway_id, token, True))
        port.cancel(CancelIntent(f"no:{token}", made.gateway_id))
        return tried.code

    def test_one_that_is_not_the_default_stays_beside_it(self, place: Place, gateway: Any) -> None:
        first = put_on_file(place, gateway, number=SECOND_CARD)
        put_on_file(place, gateway, expiry="12/26")
        renewed = put_on_file(place, gateway)
        assert [(m.id, m.is_default) for m in on_file(place)] == [(first, True), (renewed, False)]

    def test_it_becomes_the_default_when_chosen(self, place: Place, gateway: Any) -> None:
        first = put_on_file(place, gateway, number=SECOND_CARD)
        put_on_file(place, gateway, expiry="12/26")
        renewed = put_on_file(place, gateway, form=DEFAULT_CARD_FORM)
        assert {m.id: m.is_default for m in on_file(place)} == {first: False, renewed: True}

    @pytest.mark.parametrize("expiry", ["12/26", "11/26"])
    def test_the_same_or_an_earlier_expiry_renews_nothing(
        self, place: Place, gateway: Any, old: str, unchanged: Unchanged, expiry: str
    ) -> None:
        setup_id = finish_setup(place, gateway, expiry=expiry)
        with unchanged():
            assert done(look_up_setup(actor=place.owner.actor, setup_id=setup_id, now=NOW)).renews is None
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("duplicate_method")

    @pytest.mark.parametrize(("code", "after"), [("expired_card", ""), ("stolen_card", "stolen_card")])
    def test_a_block_for_the_expiry_ends_and_another_stays(
        self, place: Place, gateway: Any, old: str, code: str, after: str
    ) -> None:
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=old).update(blocked_because=code)
        renewed = put_on_file(place, gateway)
        assert [(m.id, m.blocked_because, m.is_default) for m in on_file(place)] == [(renewed, after, True)]

    @pytest.mark.parametrize(("expiry", "blocked"), [("12/26", "expired_card"), ("12/30", "")])
    def test_a_removed_one_comes_back_without_its_block_only_if_it_is_renewed(
        self, place: Place, gateway: Any, expiry: str, blocked: str
    ) -> None:
        first = put_on_file(place, gateway, number=SECOND_CARD)
        gone = put_on_file(place, gateway, expiry="12/26")
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=gone).update(blocked_because="expired_card")
        done(remove_payment_method(actor=place.owner.actor, method_id=gone, now=NOW))
        back = put_on_file(place, gateway, expiry=expiry)
        assert {m.id: m.blocked_because for m in on_file(place)} == {first: "", back: blocked}

    def test_an_older_block_of_another_kind_is_not_forgotten(self, place: Place, gateway: Any) -> None:
        put_on_file(place, gateway, number=SECOND_CARD)
        for expiry, code in (("12/26", "stolen_card"), ("01/27", "expired_card")):
            gone = put_on_file(place, gateway, expiry=expiry)
            with tenancy.phase(place.id):
                PaymentMethod.objects.filter(id=gone).update(blocked_because=code)
            done(remove_payment_method(actor=place.owner.actor, method_id=gone, now=NOW))
        back = put_on_file(place, gateway)
        assert {m.id: m.blocked_because for m in on_file(place)}[back] == "stolen_card"

    def test_not_while_a_payment_with_the_card_is_under_way(
        self, database: str, gateway: Any, gateway_process: GatewayProcess, unchanged: Unchanged
    ) -> None:
        with clock.pinned(NOW):
            place = billed_place("busy")
            old = put_on_file(place, gateway, expiry="12/26")
            setup_id = finish_setup(place, gateway)
            with fault(gateway_process, place, "cut_before", operation="confirm_intent"):
                pay(place, old)
            with unchanged():
                answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("method_in_use", {"method_id": old})
        assert [(m.id, m.is_default) for m in on_file(place)] == [(old, True)]

    def test_it_counts_no_further_towards_the_limit(self, place: Place, gateway: Any, old: str) -> None:
        setup_id = finish_setup(place, gateway)
        with tenancy.phase(place.id):
            row = PaymentMethod.objects.get(id=old)
            row.is_default = False
            for number in range(19):
                row.id = f"00000000-0000-4000-8000-{number:012d}"
                row.token, row.fingerprint = f"pm_{number}", f"print {number}"
                row.save(force_insert=True)
        assert done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)).renewed is not None
        assert len(on_file(place)) == 20

    def test_twice_at_once_by_two_setups_it_is_renewed_once(self, place: Place, gateway: Any, old: str) -> None:
        setups = [finish_setup(place, gateway), finish_setup(place, gateway)]
        owner = place.owner.actor
        answers = at_once(*(lambda id_=id_: add_payment_method(actor=owner, setup_id=id_, now=NOW) for id_ in setups))
        assert [one for one in answers if isinstance(one, Refusal)] == [Refusal("duplicate_method")]
        (method,) = on_file(place)
        assert (method.expiry_year, method.is_default) == (2030, True)


class TestBankAccount:
    def test_it_waits_for_its_verification(self, place: Place, gateway: Any) -> None:
        added = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        (method,) = on_file(place)
        assert (method.id, method.kind, method.last4) == (added, "ach", "6789")
        assert (method.is_verified, method.is_default) == (False, False)
        with tenancy.reading(place.id):
            row = PaymentMethod.objects.get()
        assert (row.verify_tries_left, row.verify_until_at) == (3, NOW + timedelta(days=10))
        assert row.debit_authorization == "Debit my account."
        assert row.remind_at is None

    def test_again_while_it_waits_or_once_it_is_verified_it_is_on_file(
        self, place: Place, gateway: Any, unchanged: Unchanged
    ) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        self.refused(place, gateway, unchanged)
        verify = {"method_id": account, "amounts_minor": MICRO_DEPOSITS_MINOR, "now": NOW}
        done(verify_bank_account(actor=place.owner.actor, **verify))
        self.refused(place, gateway, unchanged)

    def refused(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        """Type the account again, in vain."""
        setup_id = finish_setup(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        with unchanged():
            answer = add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW)
        assert answer == Refusal("duplicate_account")

    @pytest.mark.parametrize("days", [0, 10])
    def test_again_once_its_verification_is_over_it_is_verified_anew(
        self, place: Place, gateway: Any, days: int
    ) -> None:
        now = NOW + timedelta(days=days)
        failed = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        for _try in range(0 if days else 3):
            verify_bank_account(actor=place.owner.actor, method_id=failed, amounts_minor=(1, 2), now=NOW)
        (before,) = on_file(place)
        setup_id = finish_setup(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        assert done(look_up_setup(actor=place.owner.actor, setup_id=setup_id, now=now)).renews == before
        added = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=now))
        (method,) = on_file(place)
        assert (method.id, added.is_new, added.renewed) == (added.method_id, True, before)
        assert (method.is_verified, method.verify_tries_left) == (False, 3)
        assert method.verify_until_at == now + timedelta(days=10)
        with tenancy.reading(place.id):
            gone = PaymentMethod.objects.get(id=failed)
        assert (gone.removed_at, gone.is_default) == (now, False)
        amounts = MICRO_DEPOSITS_MINOR
        verified = done(
            verify_bank_account(actor=place.owner.actor, method_id=added.method_id, amounts_minor=amounts, now=now)
        )
        assert (verified.is_verified, verified.is_default) == (True, True)
        assert gateway.charges(place.id) == []


class TestLookUp:
    def test_it_tells_what_was_typed_and_changes_nothing(
        self, place: Place, gateway: Any, unchanged: Unchanged
    ) -> None:
        setup_id = finish_setup(place, gateway)
        with unchanged():
            found = done(look_up_setup(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        assert (found.method.brand, found.method.last4, found.is_saved) == ("Visa", "4242", False)

    def test_it_tells_that_nothing_was_typed(self, place: Place, gateway: Any) -> None:
        started = done(start(place))
        assert done(look_up_setup(actor=place.owner.actor, setup_id=started.setup_id, now=NOW)).method is None

    def test_it_tells_that_it_is_saved(self, place: Place, gateway: Any) -> None:
        setup_id = finish_setup(place, gateway)
        done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=NOW))
        assert done(look_up_setup(actor=place.owner.actor, setup_id=setup_id, now=NOW)).is_saved

    def test_it_keeps_to_its_company(self, place: Place, gateway: Any) -> None:
        other = open_place("birch")
        setup_id = finish_setup(other, gateway)
        assert look_up_setup(actor=place.owner.actor, setup_id=setup_id, now=NOW) == Refusal("setup_not_usable")
