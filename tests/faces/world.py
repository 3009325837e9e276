"""Two companies with one of everything, and a person for each set of grants that a page could ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from alarm_crm.models import BillableItem, BillingTerm, CreditBureau, SalesTaxRate
from tenantry.actions.billing.bill_company import bill_company
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.store_document import store_document
from tenantry.core.permissions import (
    ACCOUNT_MANAGEMENT,
    INTEGRATIONS,
    PERMISSION_GROUPS,
    USER_ACCOUNTS,
    Grant,
    Level,
)
from tenantry.outside.ids import new_id
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.companies.models import PermissionGroup
from tenantry.records.invoices.models import Invoice
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    NOW,
    PASSWORD,
    SECOND_CARD,
    Member,
    Place,
    add_member,
    add_staff,
    change_member,
    done,
    offer,
    open_place,
    put_on_file,
    save_group,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.faces.alarm_crm import switch_on
from tests.faces.reviewing import wrongly_answered
from tests.gateway.process import GatewayProcess

INVOICES = "invoices"
LEVELS: Mapping[str, tuple[Level, ...]] = {
    ACCOUNT_MANAGEMENT: (Level.VIEW, Level.MODIFY),
    USER_ACCOUNTS: (Level.VIEW, Level.CREATE, Level.MODIFY),
    PERMISSION_GROUPS: (Level.VIEW, Level.MODIFY),
    INTEGRATIONS: (Level.VIEW, Level.CREATE, Level.MODIFY),
    INVOICES: (Level.VIEW, Level.CREATE, Level.MODIFY, Level.DELETE),
}
HOST_MODELS = (CreditBureau, BillableItem, BillingTerm, SalesTaxRate)


@dataclass(frozen=True)
class World:
    """Where everything is. `arguments` and `foreign` name one of each thing: Acme's, and Birch's.

    The one payment in review is Birch's, and so stands among what staff find.
    """

    acme: Place
    birch: Place
    people: Mapping[str, str]
    session_keys: Mapping[str, str]
    grants: Mapping[str, frozenset[Grant]]
    arguments: Mapping[str, str]
    foreign: Mapping[str, str]


def build(control: SandboxControl, process: GatewayProcess) -> World:
    """Make it, through the real actions and the processor's own pages."""
    for code in ("credit-checks", "message-plus", "retired-one"):
        set_up_addon(code, name=code.replace("-", " ").title())
    places = {slug: _furnished(slug, control) for slug in ("acme", "birch")}
    acme, birch = places["acme"][0], places["birch"][0]
    people, grants = _people(acme, birch)
    places["acme"][1]["review"] = wrongly_answered(birch, process, places["birch"][1]["method"])
    keys = {name: _give_password(user_id) for name, user_id in people.items()}
    return World(acme, birch, people, keys, grants, places["acme"][1], places["birch"][1])


def _furnished(slug: str, control: SandboxControl) -> tuple[Place, dict[str, str]]:
    place = open_place(slug)
    set_up_plan(f"plan-{slug}")
    for code in ("credit-checks", "message-plus"):
        offer(place, code)
    subscribe(place, f"plan-{slug}")
    switch_on(place)
    done(bill_company(actor=place.clock, now=NOW))
    put_on_file(place, control)
    found = {
        "method": put_on_file(place, control, number=SECOND_CARD),
        "account": put_on_file(place, control, form=ACH_FORM, number=BANK_ACCOUNT),
        "member": place.viewer.membership_id,
        "group": save_group(place.id, "Nobody's"),
    }
    with tenancy.reading(place.id):
        found["invoice"] = str(Invoice.objects.get().id)
        assert PermissionGroup.objects.filter(id=found["group"]).exists()
    done(store_document(actor=place.clock, invoice_id=found["invoice"], now=NOW))
    note = done(
        issue_credit_note(
            actor=place.vendor, invoice_id=found["invoice"], form=CreditNoteForm("A day without service", 100), now=NOW
        )
    )
    found["credit note"] = str(note.id)
    return place, {**found, **_host_records(place)}


def _give_password(user_id: str) -> str:
    """Let a person sign in; give what a session of theirs proves itself by."""
    user = get_user_model()._default_manager.get(pk=user_id)
    user.set_password(PASSWORD)
    user.save()
    return str(user.get_session_auth_hash())


def _host_records(place: Place) -> dict[str, str]:
    values: dict[Any, dict[str, Any]] = {
        CreditBureau: {"kind": "manual-entry"},
        BillableItem: {},
        BillingTerm: {"days": 30},
        SalesTaxRate: {"rate_basis_points": 725, "area": "Utah"},
    }
    found = {}
    with tenancy.phase(place.id):
        for model, more in values.items():
            row = model.objects.create(id=new_id(), company_id=place.id, name="First", **more)
            found[model._meta.model_name] = str(row.id)
    return found


def _people(acme: Place, birch: Place) -> tuple[dict[str, str], dict[str, frozenset[Grant]]]:
    everything = frozenset(Grant(subject, level) for subject, levels in LEVELS.items() for level in levels)
    grants: dict[str, frozenset[Grant]] = {"everything": everything, "nothing": frozenset()}
    for subject, levels in LEVELS.items():
        grants[f"all but {subject}"] = frozenset(grant for grant in everything if grant.subject != subject)
        for level in levels:
            grants[f"only {subject} {level}"] = frozenset({Grant(subject, level)})
    people = {name: _member(acme, name, held).user_id for name, held in grants.items()}
    return people | _outsiders(acme, birch, everything), grants


def _member(place: Place, name: str, held: frozenset[Grant]) -> Member:
    handle = name.replace(" ", "-").replace("_", "-")
    group = save_group(place.id, f"Group {name}", *held)
    return add_member(place.id, f"{handle}@{place.slug}.test", name.title(), group)


def _outsiders(acme: Place, birch: Place, everything: frozenset[Grant]) -> dict[str, str]:
    """Take in people who hold everything somewhere, and have no business at Acme any more, or never had."""
    off = _member(acme, "switched off", everything)
    change_member(off, is_active=False)
    barred = _member(acme, "barred", everything)
    change_member(barred, can_log_in=False)
    disabled = _member(acme, "disabled", everything)
    get_user_model()._default_manager.filter(pk=disabled.user_id).update(is_active=False)
    left = _member(acme, "left", everything)
    birchs = save_group(birch.id, "Group left", *everything)
    add_member(birch.id, left.email, "Left", birchs)
    change_member(left, is_active=False)
    return {
        "switched off": off.user_id,
        "barred": barred.user_id,
        "disabled": disabled.user_id,
        "left": left.user_id,
        "stranger": birch.owner.user_id,
        "staff": str(add_staff().pk),
    }
