"""Lets months pass: a clock that is pinned and stepped, and what people of a company do in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model

from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.actions.companies.open_company import Opening, open_company
from tenantry.actions.companies.save_member import MemberForm, save_member
from tenantry.actions.companies.save_permission_group import GroupForm, save_permission_group
from tenantry.actions.payments.add_payment_method import add_payment_method
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.payments.start_method_setup import SetupForm, StartedSetup, start_method_setup
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.actions.subscriptions.start_subscription import start_subscription
from tenantry.core.permissions import ACCOUNT_MANAGEMENT, Actor, ActorKind, Grant, Level
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.project.demo.catalog import PLAN
from tenantry.project.demo.forward import step_to
from tenantry.project.demo.on_the_page import confirm
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.invoices import queries as invoices
from tenantry.records.subscriptions import entitlements

T = TypeVar("T")
PASSWORD = "tenantry-demo"  # noqa: S105 - public, and refused outside the demo
STAFF = Actor(ActorKind.VENDOR, "", "", "Sam Staff")
DEPOSITS = (32, 45)
BACK = "https://demo.invalid/back"


def done(answer: T | Refusal | dict[str, Refusal]) -> T:
    """Give what a verb gave; stop the filling where it refused."""
    if isinstance(answer, Refusal) or (isinstance(answer, dict) and answer):
        raise RuntimeError(f"the demo was refused: {answer}")
    return answer  # type: ignore[return-value]


class Months:
    """The demo's time while it is filled: it stands still until it is told to go on."""

    def __init__(self, start: datetime, control: SandboxControl) -> None:
        self.now = start
        self.control = control
        self._pin: Any = None
        self._set(start)

    def go_to(self, at: datetime) -> None:
        """Let everything due until then happen, each thing at its own instant."""
        if at > self.now:
            step_to(at, self._set)

    def _set(self, at: datetime) -> None:
        if self._pin is not None:
            self._pin.__exit__(None, None, None)
        self.now = max(at, self.now)
        self._pin = clock.pinned(self.now)
        self._pin.__enter__()
        self.control.freeze_clock(self.now)

    def end(self) -> None:
        """Let our time go again."""
        if self._pin is not None:
            self._pin.__exit__(None, None, None)
            self._pin = None


class DemoCompany:
    """One company of the demo and what its people do; every change goes through a verb."""

    def __init__(self, months: Months, opening: Opening, add_ons: tuple[str, ...]) -> None:
        self.months = months
        self.slug = opening.slug
        self.zone = ZoneInfo(opening.time_zone)
        self.id = done(open_company(actor=STAFF, opening=opening, now=months.now))
        self.staff = replace(STAFF, company_id=self.id)
        self.owner_email = opening.owner_email
        self.first_card = ""
        self.group_ids = {group.name: str(group.id) for group in self._groups()}
        give_password(opening.owner_email)
        for code in add_ons:
            done(offer_addon(actor=self.staff, addon_code=code, is_offered=True, now=months.now))

    def _groups(self) -> list[Any]:
        with tenancy.reading(self.id):
            return companies.groups(self.id)

    @property
    def owner(self) -> Actor:
        """Give the owner as they are now."""
        user = get_user_model()._default_manager.get(email__iexact=self.owner_email)
        with tenancy.reading(self.id):
            return companies.member_actor(user=user, company_id=self.id)

    def at(self, day: date, hour: int = 10, minute: int = 0) -> None:
        """Go on to an hour of a company-local day."""
        self.months.go_to(datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC))

    def subscribe(self, first_day: date | None = None) -> None:
        """Start the subscription."""
        done(start_subscription(actor=self.staff, plan_code=PLAN, first_day=first_day, now=self.months.now))

    def group(self, name: str, *levels: Level) -> None:
        """Make a permission group on Account Management."""
        grants = frozenset(Grant(ACCOUNT_MANAGEMENT, level) for level in levels)
        form = GroupForm(name=name, description="", is_assignable=True, grants=grants)
        self.group_ids[name] = done(
            save_permission_group(actor=self.staff, group_id=None, form=form, now=self.months.now)
        )

    def hire(self, email: str, name: str, *groups: str, password: bool = False) -> str:
        """Take a person in; give the membership's id."""
        form = MemberForm(
            is_active=True,
            can_log_in=True,
            group_ids=tuple(self.group_ids[group] for group in groups),
            email=email,
            name=name,
        )
        membership_id = done(save_member(actor=self.staff, membership_id=None, form=form, now=self.months.now))
        if password:
            give_password(email)
        return membership_id

    def let_go(self, membership_id: str) -> None:
        """Switch a person off."""
        form = MemberForm(is_active=False, can_log_in=False, group_ids=())
        done(save_member(actor=self.staff, membership_id=membership_id, form=form, now=self.months.now))

    def add_card(self, number: str, expiry: str, *, as_default: bool = False) -> str:
        """Put a card on file through the processor's own page."""
        started = self._start_setup(SetupForm(kind="card", makes_default=as_default, billing_address=None))
        name = self.owner.name
        self.months.control.type_card(started.page_url, number=number, expiry=expiry, cvc="123", name=name)
        return self._add(started)

    def add_bank_account(self, account: str, words: str) -> str:
        """Put a bank account on file, and verify it two days later by its micro-deposits."""
        form = SetupForm(kind="ach", makes_default=False, billing_address=None, authorization=words)
        started = self._start_setup(form)
        self.months.control.type_bank_account(started.page_url, account=account, holder="Summit Alarm LLC")
        return self._add(started)

    def verify(self, method_id: str) -> None:
        """Enter the two amounts."""
        first, second = DEPOSITS
        done(
            verify_bank_account(
                actor=self.owner, method_id=method_id, amounts_minor=(first, second), now=self.months.now
            )
        )

    def _start_setup(self, form: SetupForm) -> StartedSetup:
        return done(start_method_setup(actor=self.owner, form=form, return_url=BACK, now=self.months.now))

    def _add(self, started: StartedSetup) -> str:
        return done(add_payment_method(actor=self.owner, setup_id=started.setup_id, now=self.months.now)).method_id

    def remove(self, method_id: str) -> None:
        """Take a method off file."""
        done(remove_payment_method(actor=self.owner, method_id=method_id, now=self.months.now))

    def make_default(self, method_id: str) -> None:
        """Swap the default."""
        done(make_default(actor=self.owner, method_id=method_id, now=self.months.now))

    def enable(self, code: str) -> None:
        """Read the confirmation, accept its terms, confirm."""
        self._confirm("enable", code)

    def disable(self, code: str) -> None:
        """Read the confirmation, confirm."""
        self._confirm("disable", code)

    def _confirm(self, action: str, code: str) -> None:
        user = get_user_model()._default_manager.get(email__iexact=self.owner_email)
        confirm(user, self.slug, action, code)
        with tenancy.reading(self.id):
            is_on = entitlements.is_enabled(self.id, code, self.months.now)
        if is_on != (action == "enable"):
            raise RuntimeError(f"the demo was refused: {action} {code}")

    def pay_oldest_open(self, method_id: str) -> object:
        """Pay the oldest open invoice with a method; give the answer, a decline included."""
        return self._pay(method_id, at=0)

    def pay_latest_open(self, method_id: str) -> object:
        """Pay the newest open invoice with a method; give the answer."""
        return self._pay(method_id, at=-1)

    def _pay(self, method_id: str, *, at: int) -> object:
        with tenancy.reading(self.id):
            invoice_id = invoices.open_invoices(self.id)[at]
        return pay_invoice(actor=self.owner, invoice_id=invoice_id, method_id=method_id, request_key=new_id())


def give_password(email: str) -> None:
    """Let a person of the demo sign in."""
    user = get_user_model()._default_manager.get(email__iexact=email)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
