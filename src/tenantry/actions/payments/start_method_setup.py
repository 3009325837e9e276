"""Ask the gateway for a page where the browser may type a card or bank number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.conf import settings

from tenantry.core.method_setups import STARTED_WITHIN, BillingAddress, check_billing_address, why_not_addable
from tenantry.core.payment_methods import MethodKind
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway import port
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.companies.models import Company
from tenantry.records.payments import methods
from tenantry.records.payments.models import MethodSetup


@dataclass(frozen=True, slots=True)
class SetupForm:
    """What was chosen before the number is typed.

    `billing_address` is None for "same as the company's". `authorization` is the debit authorization that was
    accepted, word for word; bank accounts need one. `return_to` is where the person wanted to go on.
    """

    kind: str
    makes_default: bool
    billing_address: Mapping[str, str] | None
    authorization: str = ""
    return_to: str = ""


@dataclass(frozen=True, slots=True)
class StartedSetup:
    """The gateway's page, on its own origin."""

    setup_id: str
    page_url: str


def start_method_setup(
    *, actor: Actor, form: SetupForm, return_url: str, now: datetime
) -> StartedSetup | Refusal | dict[str, Refusal]:
    """Start a setup and give the gateway's page; the browser comes back to `return_url` with `setup=<id>`.

    Nothing is charged and nothing is on file yet. Refusals: `method_limit`, `too_many_attempts`,
    `debit_authorization_required`, `gateway_unavailable`; or one for each field of the address.
    """
    if refused := require(actor, Action.START_METHOD_SETUP):
        return refused
    kind = MethodKind(form.kind)
    if kind is MethodKind.ACH and not form.authorization:
        return Refusal("debit_authorization_required")
    address = _own_address(form)
    if address is not None and (wrong := check_billing_address(address)):
        return wrong
    checked = _check(actor, now)
    if isinstance(checked, Refusal):
        return checked
    customer = checked.gateway_customer or _make_customer(actor, checked)
    if not customer:
        return Refusal("gateway_unavailable")
    row_id = new_id()
    reply = gateway().create_setup(
        key=_key(actor.company_id, f"setup:{row_id}"),
        customer=customer,
        kind=port.MethodKind(kind.value),
        return_url=return_url,
        reference=actor.company_id,
    )
    if reply.told is not port.Told.DONE or not reply.page_url:
        return Refusal("gateway_unavailable")
    _keep(actor, row_id, reply.setup_id, form, address, now)
    return StartedSetup(reply.setup_id, reply.page_url)


def _own_address(form: SetupForm) -> BillingAddress | None:
    if form.billing_address is None:
        return None
    return BillingAddress(**{f.name: str(form.billing_address.get(f.name, "")).strip() for f in fields(BillingAddress)})


@tenancy.tried_again
def _check(actor: Actor, now: datetime) -> Company | Refusal:
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        refused = why_not_addable(
            on_file=len(methods.methods_on_file(actor.company_id)),
            started_lately=methods.setups_started_since(actor.company_id, now - STARTED_WITHIN),
        )
    return refused or company


def _make_customer(actor: Actor, company: Company) -> str:
    """Make the company's customer at the gateway, once: the key is derived, so a repeat finds the first one."""
    reply = gateway().create_customer(
        key=_key(actor.company_id, "customer"), name=company.name, reference=actor.company_id
    )
    if reply.told is not port.Told.DONE:
        return ""
    return _save_customer(actor, reply.customer)


@tenancy.tried_again
def _save_customer(actor: Actor, customer: str) -> str:
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        if not company.gateway_customer:
            company.gateway_customer = customer
            company.save(update_fields=["gateway_customer"])
    return company.gateway_customer


@tenancy.tried_again
def _keep(
    actor: Actor, row_id: str, setup_id: str, form: SetupForm, address: BillingAddress | None, now: datetime
) -> None:
    with tenancy.phase(actor.company_id):
        companies.lock_company(actor.company_id)
        if address is None:
            details = companies.billing_details(actor.company_id)
            address = BillingAddress(**{f.name: getattr(details, f.name) for f in fields(BillingAddress)})
        MethodSetup.objects.create(
            id=row_id,
            company_id=actor.company_id,
            setup_id=setup_id,
            kind=form.kind,
            make_default=form.makes_default,
            billing_address=asdict(address),
            debit_authorization=form.authorization,
            return_to=form.return_to,
            user_id=actor.user_id,
            address=actor.address,
            started_at=now,
        )
        after = {"kind": form.kind, "makes_default": form.makes_default}
        audit.record(
            actor, Action.START_METHOD_SETUP, "method_setup", row_id, now=now, after=after, words=form.authorization
        )


def _key(company_id: str, what: str) -> str:
    return f"am1:{settings.TENANTRY_INSTALLATION}:{company_id}:{what}"
