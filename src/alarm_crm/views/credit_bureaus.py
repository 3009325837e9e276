"""Credit Bureaus: the gated page (O9). With Credit Checks off it opens, without button and list."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.utils.translation import gettext as _

from alarm_crm import keeping, sealing
from alarm_crm.bureaus import KINDS, BureauKind
from alarm_crm.forms import BureauForm
from alarm_crm.models import CreditBureau
from alarm_crm.pages import DeletePage, FormPage, ListPage, Row, Tile, TilesPage
from tenantry.sdk.entitlements import is_enabled
from tenantry.sdk.forms import form_part
from tenantry.sdk.gates import off_words, require_addon, writing_with
from tenantry.sdk.isolation import new_id
from tenantry.sdk.pages import Crumb, Notice, Page, Tone, company_page
from tenantry.sdk.permissions import INTEGRATIONS, Level

FEATURE = "credit_checks"
LIST = "admin.credit-bureaus"


@company_page(INTEGRATIONS)
def credit_bureaus(page: Page) -> HttpResponse:
    """Show the bureaus; while Credit Checks is off only a notice that leads to Add-ons."""
    opened = ListPage(
        title=_("Credit Bureaus"),
        lead=_("The bureaus that your team can run credit checks with."),
        crumbs=_crumbs(page),
    )
    if not is_enabled(page.company_id, FEATURE):
        return page.render("alarm_crm/list.html", replace(opened, notice=_off_notice(page), is_hidden=True))
    bureaus = keeping.all_by_name(CreditBureau, page)
    may_add, may_change = page.may(INTEGRATIONS, Level.CREATE), page.may(INTEGRATIONS, Level.MODIFY)
    rows = tuple(
        Row(
            name=row.name,
            cells=(str(KINDS[row.kind].label),),
            edit_url=page.url(f"{LIST}.bureau", row.id) if may_change else "",
        )
        for row in bureaus
    )
    lacking = tuple(filter(None, (page.lacks(INTEGRATIONS, Level.CREATE), page.lacks(INTEGRATIONS, Level.MODIFY))))
    listed = replace(
        opened,
        columns=(_("Name"), _("Credit Bureau Type")),
        rows=rows,
        new=page.link(_("New Credit Bureau"), f"{LIST}.new") if may_add else None,
        lacking=lacking,
        empty_title=_("No credit bureaus yet"),
        empty_text=_("Add the first one to run credit checks."),
        icon="file-search",
    )
    return page.render("alarm_crm/list.html", listed)


@company_page(INTEGRATIONS, Level.CREATE)
@require_addon(FEATURE)
def choose_kind(page: Page) -> HttpResponse:
    """Ask for the type of a new bureau."""
    tiles = tuple(
        Tile(str(kind.label), str(kind.hint), page.url(f"{LIST}.new.kind", kind.code), "file-search")
        for kind in KINDS.values()
    )
    choice = TilesPage(
        title=_("New Credit Bureau"),
        lead=_("Choose the Credit Bureau Type."),
        crumbs=_crumbs(page, _("New Credit Bureau")),
        tiles=tiles,
    )
    return page.render("alarm_crm/tiles.html", choice)


@company_page(INTEGRATIONS, Level.CREATE, posts=True)
@require_addon(FEATURE)
def new_bureau(page: Page, kind: str) -> HttpResponse:
    """Show the form of a new bureau, or save it."""
    of_kind = KINDS.get(kind)
    if of_kind is None:
        return page.not_found()
    form = BureauForm(page.request.POST if page.is_post else None, kind=of_kind)
    if page.is_post and form.is_valid():
        refused = keeping.keep(
            writing_with(page.company_id, FEATURE), lambda: _insert(page, form), name=form.cleaned_data["name"]
        )
        if refused is None:
            return page.go(LIST, say=_("Saved %(name)s.") % {"name": form.cleaned_data["name"]})
        form.refuse(refused, field="name")
    return _form(page, form, of_kind, None)


@company_page(INTEGRATIONS, Level.MODIFY, posts=True)
@require_addon(FEATURE)
def bureau(page: Page, bureau: object) -> HttpResponse:
    """Show the form of a bureau, or save it. Secrets that are left blank stay as they are."""
    row = keeping.found(CreditBureau, page, bureau)
    if row is None:
        return page.not_found()
    kind, stored = KINDS[row.kind], frozenset(row.secrets)
    if not page.is_post:
        return _form(page, BureauForm(initial={"name": row.name, **row.settings}, kind=kind, stored=stored), kind, row)
    form = BureauForm(page.request.POST, kind=kind, stored=stored)
    if form.is_valid():
        refused = keeping.keep(
            writing_with(page.company_id, FEATURE), lambda: _update(page, form, row), name=form.cleaned_data["name"]
        )
        if refused is None:
            return page.go(LIST, say=_("Saved %(name)s.") % {"name": form.cleaned_data["name"]})
        form.refuse(refused, field="name" if refused.code == "name_taken" else None)
    return _form(page, form, kind, row)


@company_page(INTEGRATIONS, Level.MODIFY, posts=True)
@require_addon(FEATURE)
def delete_bureau(page: Page, bureau: object) -> HttpResponse:
    """Ask once more, then delete a bureau with its secrets."""
    row = keeping.found(CreditBureau, page, bureau)
    if row is None:
        return page.not_found()
    if page.is_post:
        with writing_with(page.company_id, FEATURE):
            deleted = keeping.delete(CreditBureau, page, row.id)
        return page.go(LIST, say=_("Deleted %(name)s.") % {"name": row.name}) if deleted else page.not_found()
    confirm = DeletePage(
        title=_("Delete %(name)s?") % {"name": row.name},
        sentence=_("The credit bureau and its passwords are deleted. This can't be undone."),
        crumbs=_crumbs(page, row.name),
        action_url=page.url(f"{LIST}.bureau.delete", row.id),
        cancel_url=page.url(f"{LIST}.bureau", row.id),
    )
    return page.render("alarm_crm/delete.html", confirm)


def _insert(page: Page, form: BureauForm) -> int:
    row_id = new_id()
    values = {
        "name": form.cleaned_data["name"],
        "kind": form.kind.code,
        "settings": form.settings(),
        "secrets": _sealed(page, row_id, form),
    }
    return keeping.insert(CreditBureau, page, row_id, values)


def _update(page: Page, form: BureauForm, row: CreditBureau) -> int:
    kept = {name: sealed for name, sealed in row.secrets.items() if name not in form.removed()}
    values = {
        "name": form.cleaned_data["name"],
        "settings": form.settings(),
        "secrets": {**kept, **_sealed(page, str(row.id), form)},
    }
    # The secrets that are kept were read from this version; the form may have been made from an older one.
    if keeping.sent_version(page) != row.version:
        return 0
    return keeping.change(CreditBureau, page, row.id, row.version, values)


def _sealed(page: Page, row_id: str, form: BureauForm) -> dict[str, str]:
    return {
        name: sealing.seal(secret, company_id=page.company_id, row_id=row_id, field=name)
        for name, secret in form.secrets().items()
    }


def _form(page: Page, form: BureauForm, kind: BureauKind, row: CreditBureau | None) -> HttpResponse:
    title = _("New Credit Bureau") if row is None else _("Edit %(name)s") % {"name": row.name}
    shown = FormPage(
        title=title,
        lead=_("Credit Bureau Type: %(kind)s") % {"kind": kind.label},
        crumbs=_crumbs(page, title),
        form=form_part(form),
        action_url=page.url(f"{LIST}.new.kind", kind.code) if row is None else page.url(f"{LIST}.bureau", row.id),
        cancel_url=page.url(LIST),
        version=_version(page, row),
        delete=page.link(_("Delete this credit bureau"), f"{LIST}.bureau.delete", row.id) if row else None,
    )
    return page.render("alarm_crm/form.html", shown, status=form.status() if form.is_bound else 200)


def _version(page: Page, row: CreditBureau | None) -> str:
    if row is None:
        return ""
    return str(keeping.sent_version(page) if page.is_post else row.version)


def _off_notice(page: Page) -> Notice:
    words = off_words(FEATURE)
    link = page.add_ons_link()
    if link is None:
        words = f"{words} {_('Ask an administrator of your company to enable it in Add-ons.')}"
    return Notice(words, Tone.WARN, link)


def _crumbs(page: Page, last: str = "") -> tuple[Crumb, ...]:
    here = _("Credit Bureaus")
    steps = (Crumb(_("Admin"), page.url("admin")), Crumb(here, page.url(LIST) if last else ""))
    return (*steps, Crumb(last)) if last else steps
