"""Companies, people and prices for tests, made through the real actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from tenantry.actions.catalog.offer_addon import offer_addon
from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.catalog.save_addon import AddOnWords, save_addon
from tenantry.actions.catalog.save_plan import save_plan
from tenantry.actions.companies.open_company import Opening, open_company
from tenantry.actions.companies.save_member import MemberForm, save_member
from tenantry.actions.companies.save_permission_group import GroupForm, save_permission_group
from tenantry.actions.payments.add_payment_method import add_payment_method
from tenantry.actions.payments.start_method_setup import SetupForm, start_method_setup
from tenantry.actions.subscriptions.start_subscription import start_subscription
from tenantry.core.money import Money
from tenantry.core.permissions import ACCOUNT_MANAGEMENT, Actor, ActorKind, Grant, Level
from tenantry.core.refusal import Refusal
from tenantry.outside import identity
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.companies import queries
from tenantry.records.companies.models import VendorStaff

NOW = datetime(2026, 11, 12, 17, 0, tzinfo=UTC)
VENDOR = Actor(ActorKind.VENDOR, "", "vendor", "Vera Vendor")
CLOCK = Actor(ActorKind.CLOCK, "")
PASSWORD = "correct horse battery"
ADDRESS = {
    "address_line_1": "12 Main St",
    "city": "Lehi",
    "region": "UT",
    "postal_code": "84043",
    "country": "US",
}
VIEW = Grant(ACCOUNT_MANAGEMENT, Level.VIEW)
MODIFY = Grant(ACCOUNT_MANAGEMENT, Level.MODIFY)


@dataclass(frozen=True)
class Member:
    """A person of a company; `actor` asks the database for the grants they hold now."""

    company_id: str
    user_id: str
    email: str
    membership_id: str

    @property
    def user(self) -> Any:
        """Read the user."""
        return get_user_model()._default_manager.get(pk=self.user_id)

    @property
    def actor(self) -> Actor:
        """Give who they are now."""
        with tenancy.reading(self.company_id):
            return queries.member_actor(
                user=self.user,
                company_id=self.company_id,
                request_id="r-1",
                address="::1",
                name=identity.name_of(self.user),
            )


@dataclass(frozen=True)
class Place:
    """A company: its owner holds everything, its viewer View only, its nobody no grant at all."""

    id: str
    slug: str
    owner: Member
    viewer: Member
    nobody: Member

    @property
    def clock(self) -> Actor:
        """Give the clock, for this company."""
        return replace(CLOCK, company_id=self.id)

    @property
    def vendor(self) -> Actor:
        """Give the vendor's staff, for this company."""
        return replace(VENDOR, company_id=self.id)

    def url(self, path: str = "") -> str:
        """Give an address in Account Management."""
        return f"/{self.slug}/admin/account-management/{path}"


def done(outcome: Any) -> Any:
    """Give what an action gave; fail when it refused."""
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def open_place(
    slug: str = "acme",
    *,
    name: str = "",
    time_zone: str = "America/Denver",
    currency: str = "USD",
    now: datetime = NOW,
) -> Place:
    """Open a company with an owner, a viewer and somebody without any grant, all able to sign in."""
    opening = Opening(
        slug=slug,
        name=name or slug.title(),
        number_prefix=slug.upper()[:12],
        time_zone=time_zone,
        currency=currency,
        owner_email=f"owner@{slug}.test",
        owner_name="Olga Owner",
        details=ADDRESS,
    )
    company_id = done(open_company(actor=VENDOR, opening=opening, now=now))
    viewers = save_group(company_id, "Viewers", VIEW, now=now)
    place = Place(
        id=company_id,
        slug=slug,
        owner=_owner(company_id, f"owner@{slug}.test"),
        viewer=add_member(company_id, f"viewer@{slug}.test", "Vic Viewer", viewers, now=now),
        nobody=add_member(company_id, f"nobody@{slug}.test", "Nora Nobody", now=now),
    )
    for member in (place.owner, place.viewer, place.nobody):
        give_password(member)
    return place


def save_group(company_id: str, name: str, *grants: Grant, group_id: str | None = None, now: datetime = NOW) -> str:
    """Save a permission group that holds exactly these grants; give its id."""
    form = GroupForm(name=name, description="", is_assignable=True, grants=frozenset(grants))
    vendor = replace(VENDOR, company_id=company_id)
    return str(done(save_permission_group(actor=vendor, group_id=group_id, form=form, now=now)))


def add_member(company_id: str, email: str, name: str, *group_ids: str, now: datetime = NOW) -> Member:
    """Take a person into the company."""
    form = MemberForm(is_active=True, can_log_in=True, group_ids=group_ids, email=email, name=name)
    vendor = replace(VENDOR, company_id=company_id)
    membership_id = done(save_member(actor=vendor, membership_id=None, form=form, now=now))
    return Member(company_id, str(_user(email).pk), email, membership_id)


def change_member(
    member: Member, *group_ids: str, is_active: bool = True, can_log_in: bool = True, now: datetime = NOW
) -> None:
    """Set a person's switches and groups."""
    form = MemberForm(is_active=is_active, can_log_in=can_log_in, group_ids=group_ids)
    vendor = replace(VENDOR, company_id=member.company_id)
    done(save_member(actor=vendor, membership_id=member.membership_id, form=form, now=now))


def give_password(member: Member) -> None:
    """Let the person sign in with `PASSWORD`."""
    user = member.user
    user.set_password(PASSWORD)
    user.save()


def add_staff(email: str = "vera@vendor.test", name: str = "Vera Vendor", *, now: datetime = NOW) -> Any:
    """Let a person work for the vendor; give the user."""
    user_id = identity.person_for(email=email, name=name, now=now)
    VendorStaff.objects.create(user_id=user_id, since_at=now)
    return get_user_model()._default_manager.get(pk=user_id)


def sign_in(member: Member, **options: Any) -> Client:
    """Give a browser in which this person is signed in. Options as for Django's test client."""
    client = Client(**options)
    client.force_login(member.user)
    return client


def _owner(company_id: str, email: str) -> Member:
    user = _user(email)
    with tenancy.reading(company_id):
        row = next(row for row in queries.members(company_id) if row.user_id == user.pk)
    return Member(company_id, str(user.pk), email, str(row.id))


def _user(email: str) -> Any:
    model: Any = get_user_model()
    return model._default_manager.get(**{f"{model.get_email_field_name()}__iexact": email})


def set_up_plan(
    code: str = "core", *, amount_minor: int = 29900, shape: str = "flat", currency: str = "USD", now: datetime = NOW
) -> str:
    """Put a plan with a price into the catalog; give its code."""
    done(save_plan(actor=VENDOR, code=code, name=code.title(), description="The base plan.", now=now))
    _publish("plan", code, shape, Money(amount_minor, currency), now)
    return code


def set_up_addon(
    code: str,
    *,
    name: str = "",
    amount_minor: int = 4900,
    shape: str = "flat",
    currency: str = "USD",
    terms: str = "",
    needs_method: bool = False,
    now: datetime = NOW,
) -> str:
    """Put an add-on with a price into the catalog; give its code."""
    words = AddOnWords(
        name=name or code.replace("-", " ").title(),
        description="Does one thing well.",
        terms=terms,
        needs_method=needs_method,
    )
    done(save_addon(actor=VENDOR, code=code, words=words, now=now))
    _publish("addon", code, shape, Money(amount_minor, currency), now)
    return code


def _publish(kind: str, code: str, shape: str, amount: Money, now: datetime) -> None:
    price = NewPrice(subject_kind=kind, code=code, shape=shape, amount=amount, from_date=date(2020, 1, 1))
    done(publish_price(actor=VENDOR, price=price, now=now))


def offer(place: Place, code: str, *, now: datetime = NOW) -> None:
    """Offer an add-on to a company at its listed price."""
    done(offer_addon(actor=place.vendor, addon_code=code, is_offered=True, now=now))


def subscribe(place: Place, plan_code: str = "core", *, now: datetime = NOW) -> None:
    """Start the company's subscription today."""
    done(start_subscription(actor=place.vendor, plan_code=plan_code, now=now))


CARD = "4242424242424242"
SECOND_CARD = "5555555555554444"
BANK_ACCOUNT = "000123456789"
MICRO_DEPOSITS_MINOR = (32, 45)
CARD_FORM = SetupForm(kind="card", makes_default=False, billing_address=ADDRESS)
ACH_FORM = SetupForm(kind="ach", makes_default=False, billing_address=ADDRESS, authorization="Debit my account.")


def finish_setup(
    place: Place,
    control: SandboxControl,
    *,
    form: SetupForm = CARD_FORM,
    number: str = CARD,
    expiry: str = "12/30",
    now: datetime = NOW,
) -> str:
    """Start a setup and type a number on the gateway's page; give the setup's id."""
    started = done(start_method_setup(actor=place.owner.actor, form=form, return_url="http://testserver/back", now=now))
    if form.kind == "card":
        control.type_card(started.page_url, number=number, expiry=expiry, cvc="123", name="Olga Owner")
    else:
        control.type_bank_account(started.page_url, account=number, holder="Acme")
    return str(started.setup_id)


def put_on_file(
    place: Place,
    control: SandboxControl,
    *,
    form: SetupForm = CARD_FORM,
    number: str = CARD,
    expiry: str = "12/30",
    now: datetime = NOW,
) -> str:
    """Put a card or bank account on file through the gateway's page; give the method's id."""
    setup_id = finish_setup(place, control, form=form, number=number, expiry=expiry, now=now)
    added = done(add_payment_method(actor=place.owner.actor, setup_id=setup_id, now=now))
    return str(added.method_id)


def vendor_name() -> str:
    """Give the vendor's name as pages show it."""
    return str(settings.TENANTRY_VENDOR["name"])
