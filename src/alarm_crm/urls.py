"""The host's routes, below `/{company}/admin/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from alarm_crm.defaults import CATALOGS
from alarm_crm.views import billing_admin, credit_bureaus


def _catalog(route: str) -> list[URLPattern]:
    base, name, of = f"billing-admin/{route}", f"admin.billing-admin.{route}", {"catalog": route}
    return [
        path(base, billing_admin.catalog, of, name=name),
        path(f"{base}/new", billing_admin.new_record, of, name=f"{name}.new"),
        path(f"{base}/<uuid:record>", billing_admin.record, of, name=f"{name}.record"),
        path(f"{base}/<uuid:record>/delete", billing_admin.delete_record, of, name=f"{name}.record.delete"),
    ]


BUREAUS = "integrations/credit-bureaus"
urlpatterns = [
    path(BUREAUS, credit_bureaus.credit_bureaus, name="admin.credit-bureaus"),
    path(f"{BUREAUS}/new", credit_bureaus.choose_kind, name="admin.credit-bureaus.new"),
    path(f"{BUREAUS}/new/<slug:kind>", credit_bureaus.new_bureau, name="admin.credit-bureaus.new.kind"),
    path(f"{BUREAUS}/<uuid:bureau>", credit_bureaus.bureau, name="admin.credit-bureaus.bureau"),
    path(f"{BUREAUS}/<uuid:bureau>/delete", credit_bureaus.delete_bureau, name="admin.credit-bureaus.bureau.delete"),
    path("billing-admin", billing_admin.billing_admin, name="admin.billing-admin"),
    path("accounting", billing_admin.accounting, name="admin.accounting"),
    *(pattern for route in CATALOGS for pattern in _catalog(route)),
]
