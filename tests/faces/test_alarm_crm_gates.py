"""The gates of the public API, on the reference host: no write is ever kept with the add-on off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.functional import Promise

from alarm_crm import add_ons
from alarm_crm.models import BillableItem, BillingTerm, CreditBureau
from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, host
from tenantry.outside.host import Impact
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import enter
from tenantry.records.subscriptions import entitlements
from tenantry.records.subscriptions.models import AddOnPeriod
from tenantry.sdk.entitlements import OutsideItsCompany, is_enabled
from tenantry.sdk.gates import AddOnOff, GatedChoice, only_enabled, require_addon, running_with, writing_with
from tenantry.sdk.impact import declare_addon
from tenantry.sdk.pages import company_page
from tests.builders import NOW, Place, done, open_place
from tests.database import TestServer
from tests.faces.alarm_crm import dealer, fingerprint, rows, switch_off, switch_on
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

FEATURE = "credit_checks"
OFF = Refusal("addon_off", {"addon": "Credit Checks"})


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(dealer)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """A company with Credit Checks on."""
    return prepared.value


def write(place: Place, name: str) -> str:
    """Write one bureau through the gate; say what came of it."""
    try:
        with writing_with(place.id, FEATURE):
            CreditBureau.objects.create(id=new_id(), company_id=place.id, name=name, kind="manual-entry")
    except AddOnOff as off:
        return "refused" if off.refusal == OFF else str(off.refusal)
    return "written"


class TestIsEnabled:
    def test_it_answers_by_feature_and_by_code_until_disable_commits(self, place: Place) -> None:
        assert (is_enabled(place.id, FEATURE), is_enabled(place.id, "credit-checks")) == (True, True)
        switch_off(place)
        assert (is_enabled(place.id, FEATURE), is_enabled(place.id, "credit-checks")) == (False, False)
        switch_on(place, now=NOW + timedelta(seconds=1))
        with clock.pinned(NOW + timedelta(seconds=1)):
            assert is_enabled(place.id, FEATURE)

    def test_unknown_features_and_other_companies_are_off(self, place: Place) -> None:
        other = open_place("cascade")
        assert not is_enabled(place.id, "time-travel")
        assert not is_enabled(other.id, FEATURE)

    def test_the_end_itself_is_off_and_the_start_is_on(self, place: Place) -> None:
        end = NOW + timedelta(minutes=5)
        with tenancy.phase(place.id):
            AddOnPeriod.objects.update(ended_at=end)
        moments = (NOW - timedelta(microseconds=1), NOW, end - timedelta(microseconds=1), end)
        with tenancy.reading(place.id):
            found = [entitlements.is_enabled(place.id, "credit-checks", at) for at in moments]
        assert found == [False, True, True, False]

    def test_inside_a_transaction_of_nobody_it_is_an_error_not_a_no(self, place: Place) -> None:
        with pytest.raises(OutsideItsCompany), tenancy.vendor_phase():
            is_enabled(place.id, FEATURE)
        other = open_place("cascade")
        with pytest.raises(OutsideItsCompany), tenancy.reading(other.id):
            is_enabled(place.id, FEATURE)

    def test_it_is_read_in_the_transaction_that_is_open(self, place: Place) -> None:
        with tenancy.reading(place.id):
            assert is_enabled(place.id, FEATURE)
            assert not is_enabled(place.id, "quickbooks")


class TestWritingWith:
    def test_on_it_writes_and_off_it_refuses(self, place: Place, unchanged: Unchanged) -> None:
        assert write(place, "Before") == "written"
        switch_off(place)
        with unchanged():
            assert write(place, "After") == "refused"
        assert [row.name for row in rows(place, CreditBureau)] == ["Before"]

    def test_never_enabled_is_refused(self, database: str, unchanged: Unchanged) -> None:
        place = dealer(is_on=False)
        with unchanged():
            assert write(place, "Any") == "refused"

    def test_an_error_in_the_write_takes_it_back(self, place: Place, unchanged: Unchanged) -> None:
        def fails() -> None:
            with writing_with(place.id, FEATURE):
                CreditBureau.objects.create(id=new_id(), company_id=place.id, name="x", kind="manual-entry")
                raise ZeroDivisionError

        with unchanged(), pytest.raises(ZeroDivisionError):
            fails()

    def test_disable_waits_for_a_write_that_came_first(self, postgres: TestServer, database: str, place: Place) -> None:
        confirmed, actor = fingerprint(disable_addon, place), place.owner.actor
        holds, goes_on, disabled = threading.Event(), threading.Event(), threading.Event()
        outcome: list[Any] = []

        def writer() -> None:
            with clock.pinned(NOW), writing_with(place.id, FEATURE):
                holds.set()
                assert goes_on.wait(10)
                assert not disabled.is_set()
                CreditBureau.objects.create(id=new_id(), company_id=place.id, name="First", kind="manual-entry")
            connections.close_all()

        def disabler() -> None:
            assert holds.wait(10)
            outcome.append(disable_addon(actor=actor, addon_code="credit-checks", confirmed=confirmed, now=NOW))
            disabled.set()
            connections.close_all()

        threads = [threading.Thread(target=writer), threading.Thread(target=disabler)]
        for thread in threads:
            thread.start()
        assert holds.wait(10)
        _until_somebody_waits(postgres, database)
        goes_on.set()
        for thread in threads:
            thread.join(20)
        assert not isinstance(outcome[0], Refusal)
        assert [row.name for row in rows(place, CreditBureau)] == ["First"]
        assert write(place, "Second") == "refused"

    def test_a_write_that_waited_for_disable_is_refused(
        self, postgres: TestServer, database: str, place: Place
    ) -> None:
        """The write began before the end that Disable writes: the time must be read after the row was waited for."""
        outcome: list[str] = []

        def writer() -> None:
            outcome.append(write(place, "Late"))
            connections.close_all()

        thread = threading.Thread(target=writer)
        with tenancy.phase(place.id):
            AddOnPeriod.objects.select_for_update(no_key=True).get()
            thread.start()
            _until_somebody_waits(postgres, database)
            AddOnPeriod.objects.update(ended_at=datetime.now(UTC))
        thread.join(20)
        assert outcome == ["refused"]
        assert rows(place, CreditBureau) == []

    def test_writes_do_not_wait_for_each_other(self, place: Place) -> None:
        meeting = threading.Barrier(2)

        def both(name: str) -> str:
            with clock.pinned(NOW), writing_with(place.id, FEATURE):
                meeting.wait(2)
                CreditBureau.objects.create(id=new_id(), company_id=place.id, name=name, kind="manual-entry")
            return name

        assert at_once(lambda: both("A"), lambda: both("B")) == ["A", "B"]

    def test_writes_against_disable_leave_no_row_written_while_off(self, place: Place) -> None:
        for turn in range(5):
            confirmed, actor = fingerprint(disable_addon, place), place.owner.actor

            def disable(confirmed: Any = confirmed, actor: Any = actor) -> Any:
                return disable_addon(actor=actor, addon_code="credit-checks", confirmed=confirmed, now=clock.now())

            def attempt(name: str) -> str:
                with clock.pinned(NOW):
                    return write(place, name)

            def pinned_disable() -> Any:
                with clock.pinned(NOW):
                    return disable()

            names = [f"{turn}-{number}" for number in range(4)]
            *said, closed = at_once(*(lambda name=name: attempt(name) for name in names), pinned_disable)
            assert not isinstance(closed, Refusal)
            kept = {row.name for row in rows(place, CreditBureau)}
            assert {name for name, word in zip(names, said, strict=True) if word == "written"} == kept & set(names)
            assert write(place, f"{turn}-after") == "refused"
            switch_on(place)


class TestOtherForms:
    def test_choices_are_limited_and_a_kept_one_stays_with_its_reason(self, place: Place) -> None:
        choices = [GatedChoice("fixed", "Fixed amount"), GatedChoice("score", "By score", FEATURE)]
        assert [(c.value, c.disabled_reason) for c in only_enabled(place.id, choices)] == [("fixed", ""), ("score", "")]
        switch_off(place)
        assert [c.value for c in only_enabled(place.id, choices)] == ["fixed"]
        kept = only_enabled(place.id, choices, kept="score")
        assert [(c.value, c.is_chosen, c.disabled_reason) for c in kept] == [
            ("fixed", False, ""),
            ("score", True, "Credit Checks is turned off."),
        ]

    def test_background_work_stops_between_two_rows(self, place: Place) -> None:
        done = []
        for row in running_with(place.id, FEATURE, range(5)):
            done.append(row)
            if row == 1:
                switch_off(place)
        assert done == [0, 1]

    def test_background_work_does_not_run_inside_a_transaction(self, place: Place) -> None:
        with tenancy.reading(place.id), pytest.raises(RuntimeError, match="not inside one"):
            next(running_with(place.id, FEATURE, [1]))

    def test_the_tag_has_an_else_and_hides_on_pages_of_no_company(self, place: Place) -> None:
        template = Template('{% load tenantry %}{% addon "credit_checks" %}on{% else %}off{% endaddon %}')
        request = RequestFactory().get("/")
        assert template.render(Context({"request": request})) == "off"
        assert template.render(Context({})) == "off"
        user = place.owner.user
        request.entered = enter(user=user, slug="acme", request_id="r", address="::1")  # type: ignore[attr-defined]
        assert template.render(Context({"request": request})) == "on"
        switch_off(place)
        assert template.render(Context({"request": request})) == "off"
        with pytest.raises(TemplateSyntaxError, match="one feature"):
            Template("{% load tenantry %}{% addon %}{% endaddon %}")


class TestStaysReadable:
    """O7: nothing can be read while an add-on is off, but what its declaration names."""

    @pytest.fixture
    def answer(self, place: Place) -> Any:
        """Give `answer(method, view)`: what a page of a company behind a gate answers to its owner."""

        def ask(method: str, view: Any) -> Any:
            request = getattr(RequestFactory(), method)("/acme/admin/log")
            request.user, request.request_id = place.owner.user, "r-1"
            return company_page("", posts=True)(view)(request, company="acme")

        return ask

    @staticmethod
    def _view(**options: Any) -> Any:
        @require_addon(FEATURE, **options)
        def log(page: Any) -> HttpResponse:
            return HttpResponse("the log, with a button" if is_enabled(page.company_id, FEATURE) else "the log")

        return log

    def test_without_a_declared_exception_nothing_can_be_read(self, place: Place, answer: Any) -> None:
        assert answer("get", self._view()).content == b"the log, with a button"
        switch_off(place)
        refused = answer("get", self._view())
        assert (refused.status_code, "Credit Checks is turned off." in text_of(refused)) == (403, True)

    def test_what_is_declared_can_be_read_but_not_written(
        self, place: Place, answer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(host, "_addons", dict(host._addons))
        declare_addon("credit-checks", features=(FEATURE,), stays_readable="The log stays readable.")
        view = self._view(stays_readable=True)
        assert answer("post", view).status_code == 200
        switch_off(place)
        assert answer("get", view).content == b"the log"
        assert answer("post", view).status_code == 403
        switch_on(place)
        assert answer("get", view).content == b"the log, with a button"

    def test_what_the_dialog_does_not_say_is_not_readable(self, place: Place, answer: Any) -> None:
        switch_off(place)
        with pytest.raises(ImproperlyConfigured, match="does not declare what stays readable"):
            answer("get", self._view(stays_readable=True))

    def test_what_is_not_offered_does_not_exist(self, place: Place, answer: Any) -> None:
        switch_off(place)
        done(offer_addon(actor=place.vendor, addon_code="credit-checks", is_offered=False, now=NOW))
        assert answer("get", self._view(stays_readable=True)).status_code == 404


class TestDeclarations:
    CODES = (
        "message-plus",
        "invoice-plus",
        "payable-plus",
        "inventory-plus",
        "edoc-plus",
        "consumer-financing",
        "credit-checks",
        "quickbooks",
    )

    def test_each_of_the_eight_unlocks_something_and_says_what_stops(self, place: Place) -> None:
        for code in self.CODES:
            declared = host.addon(code)
            assert declared.unlocks
            assert declared.impact is not None
            with tenancy.reading(place.id):
                impact = declared.impact(place.id)
            assert isinstance(impact, Impact)
            assert impact.stops

    def test_credit_checks_counts_the_bureaus(self, place: Place) -> None:
        assert host.addon("credit-checks").impact is add_ons._credit_checks
        assert self._kept(place, "credit-checks") == ()
        write(place, "One")
        assert self._kept(place, "credit-checks") == ("1 credit bureau is kept, with its password, and can't be used.",)
        write(place, "Two")
        assert self._kept(place, "credit-checks") == (
            "2 credit bureaus are kept, with their passwords, and can't be used.",
        )

    def test_invoice_plus_counts_what_goes_on(self, place: Place) -> None:
        with tenancy.phase(place.id):
            for name in ("A", "B"):
                BillableItem.objects.create(id=new_id(), company_id=place.id, name=name)
            BillingTerm.objects.create(id=new_id(), company_id=place.id, name="Net 30", days=30)
        assert self._kept(place, "invoice-plus") == ("2 billable items stay usable.", "1 payment term stays usable.")

    def test_configure_leads_only_where_a_page_is(self) -> None:
        found = {code: [link.route for link in host.addon(code).configure] for code in self.CODES}
        assert {code: routes for code, routes in found.items() if routes} == {
            "credit-checks": ["admin.credit-bureaus"],
            "invoice-plus": [
                "admin.billing-admin",
                "admin.billing-admin.billable-items",
                "admin.billing-admin.terms",
                "admin.billing-admin.sales-tax",
            ],
        }

    def test_every_word_can_be_translated(self) -> None:
        for code in self.CODES:
            declared = host.addon(code)
            places = [words for place in declared.configure for words in (place.label, place.hint)]
            for words in (*declared.unlocks, *places, *filter(None, [declared.stays_readable])):
                assert isinstance(words, Promise), words
        for card in host.cards():
            assert all(isinstance(words, Promise) for words in (card.section, card.label, card.description))
        assert all(isinstance(one.label, Promise) for one in host.permissions())

    def test_edoc_plus_needs_message_plus(self) -> None:
        assert {code: host.addon(code).needs for code in self.CODES if host.addon(code).needs} == {
            "edoc-plus": ("message-plus",)
        }

    def test_what_could_never_be_switched_on_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(host, "_addons", {})
        for wrong in ({"needs": ("a",)}, {"excludes": ("a",)}, {"needs": ("b",), "excludes": ("b",)}):
            with pytest.raises(ValueError, match="a could never be switched on"):
                declare_addon("a", **wrong)
        assert host._addons == {}

    @staticmethod
    def _kept(place: Place, code: str) -> tuple[str, ...]:
        impact = host.addon(code).impact
        assert impact is not None
        with tenancy.reading(place.id):
            return impact(place.id).kept


def _until_somebody_waits(server: TestServer, database: str) -> None:
    """Wait until a connection of this database waits for a lock; only the superuser sees that of others."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = %s"
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        for _ in range(1000):
            row = connection.execute(waiting, [database]).fetchone()
            if row and row[0]:
                return
            connection.execute("select pg_sleep(0.01)")
    raise AssertionError("nobody waits")
