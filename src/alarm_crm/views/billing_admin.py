"""Billing Admin: the company's defaults for billing its own customers. Kept visibly apart (R2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from alarm_crm import keeping
from alarm_crm.cards import INVOICES
from alarm_crm.defaults import CATALOGS, Catalog
from alarm_crm.forms import NamedForm
from alarm_crm.pages import AccountingPage, DeletePage, FormPage, ListPage, Row, Tile, TilesPage
from tenantry.sdk.forms import form_part
from tenantry.sdk.isolation import new_id
from tenantry.sdk.pages import Crumb, Page, company_page, writing
from tenantry.sdk.permissions import ACCOUNT_MANAGEMENT, Level

OVERVIEW = "admin.billing-admin"


@company_page(INVOICES)
def billing_admin(page: Page) -> HttpResponse:
    """Lead to the three catalogs, and back to Account Management."""
    tiles = tuple(
        Tile(str(one.title), str(one.lead), page.url(f"{OVERVIEW}.{one.route}"), one.icon) for one in CATALOGS.values()
    )
    overview = TilesPage(
        title=_("Billing Admin"),
        lead=_("Your defaults for billing your customers."),
        crumbs=(Crumb(_("Admin"), page.url("admin")), Crumb(_("Billing Admin"))),
        tiles=tiles,
        account_management_url=_account_management(page),
        is_billing_admin=True,
    )
    return page.render("alarm_crm/tiles.html", overview)


@company_page(INVOICES)
def accounting(page: Page) -> HttpResponse:
    """Say what stands here: the customers' invoices and payments, of which this host keeps none."""
    shown = AccountingPage(
        crumbs=(Crumb(_("Admin"), page.url("admin")), Crumb(_("Accounting"))),
        billing_admin=page.link(_("Billing Admin"), OVERVIEW),
        account_management_url=_account_management(page),
    )
    return page.render("alarm_crm/accounting.html", shown)


@company_page(INVOICES)
def catalog(page: Page, catalog: str) -> HttpResponse:
    """List the records of one catalog."""
    of = CATALOGS[catalog]
    may_add, may_change = page.may(INVOICES, Level.CREATE), page.may(INVOICES, Level.MODIFY)
    rows = tuple(
        Row(row.name, of.cells(page, row), page.url(f"{OVERVIEW}.{of.route}.record", row.id) if may_change else "")
        for row in keeping.all_by_name(of.model, page)
    )
    listed = ListPage(
        title=str(of.title),
        lead=str(of.lead),
        crumbs=_crumbs(page, of),
        columns=(_("Name"), *(str(column) for column in of.columns)),
        rows=rows,
        new=page.link(str(of.new), f"{OVERVIEW}.{of.route}.new") if may_add else None,
        lacking=tuple(filter(None, (page.lacks(INVOICES, Level.CREATE), page.lacks(INVOICES, Level.MODIFY)))),
        empty_title=str(of.empty),
        empty_text=_("They are used on the invoices that you write to your customers."),
        icon=of.icon,
        is_billing_admin=True,
        has_accounting_category=hasattr(of.model, "accounting_category"),
        account_management_url=_account_management(page),
    )
    return page.render("alarm_crm/list.html", listed)


@company_page(INVOICES, Level.CREATE, posts=True)
def new_record(page: Page, catalog: str) -> HttpResponse:
    """Show the form of a new record, or save it."""
    of = CATALOGS[catalog]
    form = of.form(page, page.request.POST) if page.is_post else of.form(page, initial=of.fill(None))
    if page.is_post and form.is_valid():
        values = form.values()
        refused = keeping.keep(
            writing(page), lambda: keeping.insert(of.model, page, new_id(), values), name=str(values["name"])
        )
        if refused is None:
            return page.go(f"{OVERVIEW}.{of.route}", say=_("Saved %(name)s.") % {"name": values["name"]})
        form.refuse(refused, field="name")
    return _form(page, of, form, None)


@company_page(INVOICES, Level.MODIFY, posts=True)
def record(page: Page, catalog: str, record: object) -> HttpResponse:
    """Show the form of a record, or save it."""
    of = CATALOGS[catalog]
    row = keeping.found(of.model, page, record)
    if row is None:
        return page.not_found()
    if not page.is_post:
        return _form(page, of, of.form(page, initial=of.fill(row)), row)
    form = of.form(page, page.request.POST)
    if form.is_valid():
        values, version = form.values(), keeping.sent_version(page)
        refused = keeping.keep(
            writing(page), lambda: keeping.change(of.model, page, row.id, version, values), name=str(values["name"])
        )
        if refused is None:
            return page.go(f"{OVERVIEW}.{of.route}", say=_("Saved %(name)s.") % {"name": values["name"]})
        form.refuse(refused, field="name" if refused.code == "name_taken" else None)
    return _form(page, of, form, row)


@company_page(INVOICES, Level.DELETE, posts=True)
def delete_record(page: Page, catalog: str, record: object) -> HttpResponse:
    """Ask once more, then delete a record."""
    of = CATALOGS[catalog]
    row = keeping.found(of.model, page, record)
    if row is None:
        return page.not_found()
    if page.is_post:
        with writing(page):
            deleted = keeping.delete(of.model, page, row.id)
        said = _("Deleted %(name)s.") % {"name": row.name}
        return page.go(f"{OVERVIEW}.{of.route}", say=said) if deleted else page.not_found()
    confirm = DeletePage(
        title=_("Delete %(name)s?") % {"name": row.name},
        sentence=_("It can't be chosen for new invoices any more. This can't be undone."),
        crumbs=_crumbs(page, of, row.name),
        action_url=page.url(f"{OVERVIEW}.{of.route}.record.delete", row.id),
        cancel_url=page.url(f"{OVERVIEW}.{of.route}"),
    )
    return page.render("alarm_crm/delete.html", confirm)


def _form(page: Page, of: Catalog, form: NamedForm, row: Any) -> HttpResponse:
    route = f"{OVERVIEW}.{of.route}"
    title = str(of.new) if row is None else _("Edit %(name)s") % {"name": row.name}
    may_delete = row is not None and page.may(INVOICES, Level.DELETE)
    version = "" if row is None else str(keeping.sent_version(page) if page.is_post else row.version)
    shown = FormPage(
        title=title,
        lead=str(of.lead),
        crumbs=_crumbs(page, of, title),
        form=form_part(form),
        action_url=page.url(f"{route}.new") if row is None else page.url(f"{route}.record", row.id),
        cancel_url=page.url(route),
        version=version,
        delete=page.link(str(of.delete), f"{route}.record.delete", row.id) if may_delete else None,
        is_billing_admin=True,
        account_management_url=_account_management(page),
    )
    return page.render("alarm_crm/form.html", shown, status=form.status() if form.is_bound else 200)


def _account_management(page: Page) -> str:
    """Give the address of the subscription to the vendor, empty for people who may not open it."""
    return page.url("admin.account-management") if page.may(ACCOUNT_MANAGEMENT) else ""


def _crumbs(page: Page, of: Catalog, last: str = "") -> tuple[Crumb, ...]:
    route = page.url(f"{OVERVIEW}.{of.route}") if last else ""
    steps = (
        Crumb(_("Admin"), page.url("admin")),
        Crumb(_("Billing Admin"), page.url(OVERVIEW)),
        Crumb(str(of.title), route),
    )
    return (*steps, Crumb(last)) if last else steps
