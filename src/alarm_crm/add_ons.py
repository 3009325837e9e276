"""The eight add-ons as this host's code knows them: what they unlock, where they are set up, what disabling does."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from alarm_crm import keeping
from alarm_crm.cards import INVOICES
from alarm_crm.models import BillableItem, BillingTerm, CreditBureau
from tenantry.sdk.impact import ConfigureLink, Impact, declare_addon
from tenantry.sdk.permissions import INTEGRATIONS

Words = str | Promise

MESSAGE_PLUS = "message-plus"
INVOICE_PLUS = "invoice-plus"
PAYABLE_PLUS = "payable-plus"
INVENTORY_PLUS = "inventory-plus"
EDOC_PLUS = "edoc-plus"
CONSUMER_FINANCING = "consumer-financing"
CREDIT_CHECKS = "credit-checks"
QUICKBOOKS = "quickbooks"


def register() -> None:
    """Tell Tenantry the add-ons. Their words, prices and offers stand in the vendor's catalog."""
    _customers()
    _work()
    _integrations()


def _customers() -> None:
    declare_addon(
        MESSAGE_PLUS,
        features=("message_plus",),
        unlocks=(lazy("Message templates"), lazy("Texts and e-mails to your customers, with a log")),
        stays_readable=lazy("The log of sent messages stays readable."),
        impact=_message_plus,
    )
    declare_addon(
        INVOICE_PLUS,
        features=("invoice_plus",),
        unlocks=(lazy("Recurring invoices: create, edit, duplicate, delete"), lazy("Online payment by your customers")),
        configure=(
            _place(lazy("Billing Admin"), "admin.billing-admin", lazy("Your defaults for billing your customers.")),
            _place(
                lazy("Invoice Billable Items"),
                "admin.billing-admin.billable-items",
                lazy("What you sell to your customers, with its price."),
            ),
            _place(lazy("Terms"), "admin.billing-admin.terms", lazy("How long your customers have to pay.")),
            _place(lazy("Sales Tax"), "admin.billing-admin.sales-tax", lazy("The rates on your customers' invoices.")),
        ),
        stays_readable=lazy("The history of invoices stays readable."),
        impact=_invoice_plus,
    )
    declare_addon(
        CONSUMER_FINANCING,
        features=("consumer_financing",),
        unlocks=(lazy("Finance applications from a customer's record, once a provider is active"),),
        impact=_consumer_financing,
    )


def _place(label: Words, route: str, hint: Words) -> ConfigureLink:
    return ConfigureLink(label, route, hint, subject=INVOICES)


def _work() -> None:
    declare_addon(
        PAYABLE_PLUS,
        features=("payable_plus",),
        unlocks=(
            lazy("Five triggers: customer installed, customer funded, tag applied, tag removed, custom field set"),
            lazy("Lookup tables, amounts from fields, arithmetic and filters"),
        ),
        impact=_payable_plus,
    )
    declare_addon(
        INVENTORY_PLUS,
        features=("inventory_plus",),
        unlocks=(
            lazy("The Replenishment tab"),
            lazy("Equipment Templates"),
            lazy("Electronic orders with your vendors"),
        ),
        impact=_inventory_plus,
    )
    declare_addon(
        EDOC_PLUS,
        features=("edoc_plus",),
        unlocks=(
            lazy("The section Electronic Documents: providers and templates"),
            lazy("The customer tab E-Docs"),
        ),
        needs=(MESSAGE_PLUS,),  # its reminders, until everyone has signed, go out as messages
        impact=_edoc_plus,
    )


def _integrations() -> None:
    declare_addon(
        CREDIT_CHECKS,
        features=("credit_checks",),
        unlocks=(
            lazy("The customer tab Credit, with Run Credit"),
            lazy("Credit bureaus: add, edit and use them"),
        ),
        configure=(
            ConfigureLink(
                lazy("Credit Bureaus"),
                "admin.credit-bureaus",
                lazy("The bureaus that credit checks are run with."),
                subject=INTEGRATIONS,
            ),
        ),
        impact=_credit_checks,
    )
    declare_addon(
        QUICKBOOKS,
        unlocks=(
            lazy("Sync of customers, invoices, payments and bills with QuickBooks Online"),
            lazy("A log of every attempt"),
        ),
        impact=_quickbooks,
    )


def _message_plus(company_id: str) -> Impact:
    return Impact(
        stops=(_("Texts and e-mails to your customers are no longer sent."),),
        kept=(_("Your message templates and the log of sent messages are kept."),),
    )


def _invoice_plus(company_id: str) -> Impact:
    items = keeping.rows(BillableItem, company_id).count()
    terms = keeping.rows(BillingTerm, company_id).count()
    kept = (
        ngettext("%(count)d billable item stays usable.", "%(count)d billable items stay usable.", items)
        % {"count": items},
        ngettext("%(count)d payment term stays usable.", "%(count)d payment terms stay usable.", terms)
        % {"count": terms},
    )
    return Impact(
        stops=(
            _("No new recurring invoices are written for your customers."),
            _("Your customers can no longer pay online."),
        ),
        kept=tuple(sentence for sentence, count in zip(kept, (items, terms), strict=True) if count),
        affected=(_("Plain one-time invoices go on as before."),),
    )


def _consumer_financing(company_id: str) -> Impact:
    return Impact(
        stops=(_("The financing pages are closed; no applications can be sent."),),
        kept=(_("Your providers and applications are kept."),),
    )


def _payable_plus(company_id: str) -> Impact:
    return Impact(
        stops=(_("Commissions are no longer worked out by triggers; only fixed amounts can be chosen."),),
        kept=(_("Your lookup tables and formulas are kept."),),
        affected=(_("Basic payroll goes on."),),
    )


def _inventory_plus(company_id: str) -> Impact:
    return Impact(
        stops=(_("Replenishment and electronic orders stop; Equipment Templates are closed."),),
        kept=(_("Your levels, templates and connections are kept."),),
        affected=(_("Basic inventory goes on."),),
    )


def _edoc_plus(company_id: str) -> Impact:
    return Impact(
        stops=(_("No documents can be sent for signature; the pages of Electronic Documents are closed."),),
        kept=(_("Your providers, templates and signed documents are kept."),),
    )


def _credit_checks(company_id: str) -> Impact:
    count = keeping.rows(CreditBureau, company_id).count()
    kept = ngettext(
        "%(count)d credit bureau is kept, with its password, and can't be used.",
        "%(count)d credit bureaus are kept, with their passwords, and can't be used.",
        count,
    )
    return Impact(
        stops=(_("Credit checks can't be run; the Credit tab and the list of credit bureaus are hidden."),),
        kept=(kept % {"count": count},) if count else (),
    )


def _quickbooks(company_id: str) -> Impact:
    return Impact(
        stops=(_("The sync with QuickBooks Online stops at once; its page is closed."),),
        kept=(_("The connection, the account mapping and the log are kept."),),
        affected=(_("Customers, invoices, payments and bills that you enter from now on don't reach QuickBooks."),),
    )
