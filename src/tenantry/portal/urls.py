"""The company's routes, below its address. Names and paths of the area are promised (A5, A6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from tenantry.portal.views import (
    add_ons,
    admin_index,
    billing_details,
    billing_methods,
    debits_allowed,
    history,
    invoice_download,
    invoices,
    people,
    verification,
)

AREA = "admin.account-management"


def area(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """Give a route of Account Management: `billing-methods` is `admin.account-management.billing-methods`."""
    return path(f"admin/account-management/{route}", view, name=f"{AREA}.{name}")


urlpatterns = [
    path("admin", admin_index.admin_index, name="admin"),
    path("admin/users", people.users, name="admin.users"),
    path("admin/users/new", people.new_user, name="admin.users.new"),
    path("admin/users/<uuid:member>", people.user, name="admin.users.user"),
    path("admin/permissions", people.groups, name="admin.permissions"),
    path("admin/permissions/new", people.new_group, name="admin.permissions.new"),
    path("admin/permissions/<uuid:group>", people.group, name="admin.permissions.group"),
    path("admin/account-management", billing_methods.start, name=AREA),
    area("history", history.history, "history"),
    area("billing-methods", billing_methods.billing_methods, "billing-methods"),
    area("billing-methods/add", billing_methods.add, "billing-methods.add"),
    area("billing-methods/save", billing_methods.save, "billing-methods.save"),
    area("billing-methods/<uuid:method>/verify", verification.verify, "billing-methods.verify"),
    area("billing-methods/<uuid:method>/allow", debits_allowed.allow, "billing-methods.allow"),
    area("billing-methods/<uuid:method>/make-default", billing_methods.make_default, "billing-methods.make-default"),
    area("billing-methods/<uuid:method>/remove", billing_methods.remove, "billing-methods.remove"),
    area("invoices", invoices.invoices, "invoices"),
    area("invoices/billing-details", billing_details.billing_details, "invoices.billing-details"),
    area("invoices/<uuid:invoice>", invoices.invoice, "invoices.invoice"),
    area("invoices/<uuid:invoice>/pay", invoices.pay, "invoices.pay"),
    area("invoices/<uuid:invoice>/approved", invoices.approved, "invoices.approved"),
    area("invoices/<uuid:invoice>/download", invoice_download.download, "invoice.download"),
    area("credit-notes/<uuid:credit_note>/download", invoice_download.download_credit_note, "credit-note.download"),
    area("add-ons", add_ons.add_ons, "add-ons"),
    area("add-ons/<slug:addon>", add_ons.learn_more, "add-ons.learn-more"),
    area("add-ons/<slug:addon>/enable", add_ons.enable, "add-ons.enable"),
    area("add-ons/<slug:addon>/disable", add_ons.disable, "add-ons.disable"),
    area("add-ons/<slug:addon>/configure", add_ons.configure, "add-ons.configure"),
]
