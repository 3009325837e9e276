"""The cards of the Admin index that are the host's, each with a page behind it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenantry.sdk.admin_cards import ACCOUNTING, BILLING_ADMIN, register_card, register_link
from tenantry.sdk.permissions import INTEGRATIONS, Level, declare_permission

INVOICES = "invoices"
"""The company's invoices to its own customers, and the defaults for them."""

SECTION_INTEGRATIONS = _("Integrations")
SECTION_BILLING_ADMIN = _("Billing Admin")


def register() -> None:
    """Tell Tenantry the host's permissions, cards and links."""
    declare_permission(INVOICES, _("Invoices"), Level.VIEW, Level.CREATE, Level.MODIFY, Level.DELETE)
    register_link(BILLING_ADMIN, "admin.billing-admin", subject=INVOICES)
    register_link(ACCOUNTING, "admin.accounting", subject=INVOICES)
    register_card(
        SECTION_INTEGRATIONS,
        _("Credit Bureaus"),
        _("The bureaus that credit checks are run with."),
        route="admin.credit-bureaus",
        icon="file-search",
        subject=INTEGRATIONS,
    )
    for label, description, route, icon in (
        (_("Invoice Billable Items"), _("What you sell to your customers, with its price."), "billable-items", "list"),
        (_("Terms"), _("How long your customers have to pay."), "terms", "calendar-clock"),
        (_("Sales Tax"), _("The rates on your customers' invoices."), "sales-tax", "percent"),
    ):
        register_card(
            SECTION_BILLING_ADMIN,
            label,
            description,
            route=f"admin.billing-admin.{route}",
            icon=icon,
            subject=INVOICES,
        )
