"""The entry of the audit and the change stand or fall together (I-35)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from tenantry.actions.companies.save_permission_group import GroupForm, save_permission_group
from tenantry.actions.invoices.issue_invoices import issue_invoices
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.subscriptions.enable_addon import enable_addon
from tenantry.outside import clock
from tests.actions.test_add_ons import NOV_1, shown
from tests.actions.test_billing import billed
from tests.builders import (
    NOW,
    SECOND_CARD,
    VIEW,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.database import TestServer
from tests.faces.billing import first_invoice
from tests.untouched import Unchanged

APPEND = "execute on function append_audit(timestamptz, jsonb)"


def test_no_change_without_its_entry(postgres: TestServer, database: str, gateway: Any, unchanged: Unchanged) -> None:
    """While nothing can be appended to the audit, no verb changes anything, and nothing is charged."""
    set_up_plan(now=NOV_1)
    set_up_addon("credit-checks", now=NOV_1)
    place = open_place("acme", now=NOV_1)
    subscribe(place, now=NOV_1)
    offer(place, "credit-checks", now=NOV_1)
    billed([place], NOV_1)
    default, second = put_on_file(place, gateway), put_on_file(place, gateway, number=SECOND_CARD)
    owner, invoice_id, later = place.owner.actor, first_invoice(place), NOW + timedelta(days=31)
    confirmed = shown(place, "credit-checks")
    group = GroupForm(name="Clerks", description="", is_assignable=True, grants=frozenset({VIEW}))
    verbs: tuple[Callable[[], Any], ...] = (
        lambda: make_default(actor=owner, method_id=second, now=NOW),
        lambda: remove_payment_method(actor=owner, method_id=second, now=NOW),
        lambda: enable_addon(actor=owner, addon_code="credit-checks", confirmed=confirmed, now=NOW),
        lambda: save_permission_group(actor=place.vendor, group_id=None, form=group, now=NOW),
        lambda: pay_invoice(actor=owner, invoice_id=invoice_id, method_id=default, request_key="form"),
        lambda: void_invoice(actor=place.vendor, invoice_id=invoice_id, reason="Twice", now=NOW),
        lambda: issue_invoices(actor=place.clock, company_ids=[place.id], run_id=None, now=later),
    )
    postgres.run(f"revoke {APPEND} from public, tenantry_app", name=database)
    with clock.pinned(NOW):
        for verb in verbs:
            with unchanged(), pytest.raises(DatabaseError, match="append_audit"):
                verb()
    assert gateway.charges(place.id) == []
