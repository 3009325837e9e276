"""Billing Methods: the list, adding by way of the gateway's page, verifying, making default, removing."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from tenantry.actions.payments import add_payment_method as adding
from tenantry.actions.payments import look_up_setup as looking
from tenantry.actions.payments import make_default as swapping
from tenantry.actions.payments import remove_payment_method as removing
from tenantry.actions.payments import start_method_setup as starting
from tenantry.core.payment_methods import (
    MethodFacts,
    MethodKind,
    default_of,
    why_not_default,
    why_not_removable,
    why_not_usable,
)
from tenantry.core.periods import local_date
from tenantry.core.permissions import Level
from tenantry.core.refusal import Refusal
from tenantry.portal.entry import Reads, Visit, company_page, keeps_typed
from tenantry.portal.forms import MethodForm, put_refusals
from tenantry.portal.pages.billing_methods import MethodAddPage
from tenantry.portal.pages.billing_methods_built import (
    applies,
    becomes_words,
    expiry_text,
    method_name,
    methods_page,
    words_of,
)
from tenantry.portal.pages.confirm import ConfirmPage, Fact
from tenantry.portal.return_addresses import within_company
from tenantry.records.companies import queries as companies
from tenantry.ui import formats
from tenantry.ui.forms import form_part
from tenantry.ui.parts import Link, Notice, Tone
from tenantry.ui.refusals import refusal_status, refusal_words

SECTION = "billing-methods"
UNPROCESSABLE = 422


@company_page()
def start(visit: Visit) -> HttpResponse:
    """Lead to the first section (A5)."""
    return HttpResponseRedirect(visit.url(SECTION))


@company_page()
def billing_methods(visit: Visit) -> HttpResponse:
    """List what is on file."""
    return visit.area("portal/billing_methods.html", methods_page(visit), section=SECTION)


# Adding


def _typed(visit: Visit) -> MethodForm:
    return MethodForm(visit.request.POST, locale=visit.entered.locale)


@keeps_typed(lambda visit, refused: _not_started(visit, _typed(visit), refused))
@company_page(posts=True)
def add(visit: Visit) -> HttpResponse:
    """Choose what to add; then the browser goes to the gateway's page."""
    locale = visit.entered.locale
    if visit.request.method != "POST":
        return read_only(visit) or _add_page(visit, MethodForm(initial=_initial(visit), locale=locale))
    form = _typed(visit)
    if form.is_valid():
        answer = starting.start_method_setup(
            actor=visit.actor, form=_setup_form(visit, form), return_url=_return_url(visit), now=visit.now
        )
        if isinstance(answer, starting.StartedSetup):
            return HttpResponseRedirect(answer.page_url, status=303)
        return _not_started(visit, form, answer)
    with visit.reading():
        return _add_page(visit, form, status=UNPROCESSABLE)


def read_only(visit: Visit) -> HttpResponse | None:
    """Refuse whoever may only look; None for who may change."""
    if visit.may(Level.MODIFY):
        return None
    back = Link(_("Back to Billing Methods"), visit.url(SECTION))
    return visit.refuse(Refusal("modify_required", {"subject": "account_management"}), link=back)


def _initial(visit: Visit) -> dict[str, object]:
    has_address = bool(_company_address(visit))
    return {
        "kind": "card",
        # A default that can't be charged is what most come here for.
        "make_default": usable_default(visit) is None,
        "same_as_company": has_address,
        "country": companies.billing_details(visit.company_id).country,
        "next": within_company(visit.request.GET.get("next", ""), visit.entered.slug),
    }


def _setup_form(visit: Visit, form: MethodForm) -> starting.SetupForm:
    typed = form.cleaned_data
    is_accepted = typed["kind"] == "ach" and typed["debit_authorized"]
    return starting.SetupForm(
        kind=typed["kind"],
        makes_default=typed["make_default"],
        billing_address=form.address(),
        authorization=authorization_text(visit) if is_accepted else "",
        return_to=within_company(typed["next"], visit.entered.slug),
    )


def authorization_text(visit: Visit) -> str:
    """Give the debit authorization, word for word as it is kept."""
    return _(
        "%(company)s authorizes %(vendor)s to debit the bank account that is entered next, by ACH, for the amounts of "
        "its invoices on their billing dates, and to credit it where a debit was wrong. This authorization holds until "
        "the account is removed from Billing Methods. A debit that was not authorized can be disputed with the bank "
        "within 60 days."
    ) % {"company": visit.entered.name, "vendor": settings.TENANTRY_VENDOR["name"]}


def _return_url(visit: Visit) -> str:
    return f"{settings.TENANTRY_PUBLIC_URL}{visit.url('billing-methods.save')}"


def _not_started(visit: Visit, form: MethodForm, answer: Refusal | dict[str, Refusal]) -> HttpResponse:
    if isinstance(answer, dict):
        put_refusals(form, answer)
        status, notice = UNPROCESSABLE, None
    elif answer.code == "debit_authorization_required":
        put_refusals(form, {"debit_authorized": answer})
        status, notice = UNPROCESSABLE, None
    else:
        status, notice = refusal_status(answer.code), notice_of(visit, answer)
    with visit.reading():
        return _add_page(visit, form, status=status, notice=notice)


def _add_page(visit: Visit, form: MethodForm, *, status: int = 200, notice: Notice | None = None) -> HttpResponse:
    page = MethodAddPage(
        action_url=visit.url("billing-methods.add"),
        cancel_url=visit.url(SECTION),
        form=form_part(form),
        authorization_text=authorization_text(visit),
        company_address=_company_address(visit),
        applies=applies(visit),
        notice=notice,
    )
    return visit.area("portal/method_add.html", page, section=SECTION, crumb=_("Add Payment Method"), status=status)


def _company_address(visit: Visit) -> tuple[str, ...]:
    details = companies.billing_details(visit.company_id)
    if not details.address_line_1:
        return ()
    place = " ".join(part for part in (details.region, details.postal_code) if part)
    country = formats.country(details.country, visit.entered.locale)
    lines = (details.address_line_1, details.address_line_2, details.city, place, country)
    return tuple(line for line in lines if line)


@company_page(posts=True, reads=Reads.AHEAD)
def save(visit: Visit) -> HttpResponse:
    """Come back from the gateway's page: show what was entered, then put it on file."""
    setup_id = visit.request.GET.get("setup", "")
    if visit.request.method != "POST":
        return read_only(visit) or _found(visit, setup_id)
    answer = adding.add_payment_method(actor=visit.actor, setup_id=setup_id, now=visit.now)
    if isinstance(answer, adding.AddedMethod):
        return visit.go_to(answer.return_to or visit.url(SECTION), say=_added_words(answer))
    return _not_saved(visit, answer)


def _found(visit: Visit, setup_id: str) -> HttpResponse:
    found = looking.look_up_setup(actor=visit.actor, setup_id=setup_id, now=visit.now)
    if isinstance(found, Refusal):
        return _not_saved(visit, found)
    if found.is_saved:
        return visit.go_to(found.return_to or visit.url(SECTION))
    if found.method is None:
        return visit.go("billing-methods.add", say=_("Nothing was added. You can start again."))
    page = ConfirmPage(
        title=_("Save %(method)s?") % {"method": method_name(found.method)},
        action_url=f"{visit.url('billing-methods.save')}?{urlencode({'setup': setup_id})}",
        cancel_url=visit.url(SECTION),
        sentences=_save_sentences(visit, found, found.method),
        facts=(Fact(_("Payment method"), method_name(found.method), expiry_text(found.method)),),
        submit_label=_("Save"),
    )
    return visit.dialog("confirm", page, section=SECTION, crumb=_("Add Payment Method"))


def _save_sentences(visit: Visit, found: looking.FoundSetup, method: MethodFacts) -> tuple[str, ...]:
    """Say whose place it takes, whether it can be charged, and whether it becomes the default."""
    saving, verified = _("Saving charges nothing."), replace(method, is_verified=True)
    if why_not := why_not_default(verified, local_date(visit.now, visit.entered.time_zone)):
        return (*_place_words(found), words_of(visit, why_not), _default_words(visit, found, verified), saving)
    if not method.is_verified:
        deposits = _("It can be charged once you have entered the two small deposits that were sent to it.")
        then = _("Once that is done: %(what)s") % {"what": _default_words(visit, found, verified)}
        return (*_place_words(found), deposits, then, saving)
    return (*_place_words(found), _default_words(visit, found, verified), saving, applies(visit))


def _place_words(found: looking.FoundSetup) -> tuple[str, ...]:
    if found.renews is None:
        return ()
    if not found.renews.is_verified:
        return (_("It takes the place of the same account, which could not be verified."),)
    date = formats.expiry(found.renews.expiry_month, found.renews.expiry_year)
    return (_("It takes the place of the same card that expires %(date)s.") % {"date": date},)


def _default_words(visit: Visit, found: looking.FoundSetup, method: MethodFacts) -> str:
    """Say whether it becomes the default; what takes the default's place stays it."""
    is_default = found.renews is not None and found.renews.is_default
    return becomes_words(visit, replace(method, is_default=is_default), is_chosen=found.makes_default)


def usable_default(visit: Visit) -> MethodFacts | None:
    """Give the default, if it can be charged today."""
    default, today = default_of(visit.methods), local_date(visit.now, visit.entered.time_zone)
    return default if default is not None and why_not_usable(default, today) is None else None


def _added_words(answer: adding.AddedMethod) -> str:
    method = answer.method
    said = {"method": method_name(method)}
    if not method.is_verified:
        return _("%(method)s is on file: Verification pending. Nothing was charged.") % said
    if answer.renewed and method.kind is MethodKind.CARD:
        said["date"] = formats.expiry(method.expiry_month, method.expiry_year)
        if method.is_default:
            return _("%(method)s is renewed until %(date)s and is the default. Nothing was charged.") % said
        return _("%(method)s is renewed until %(date)s. Nothing was charged.") % said
    if method.is_default:
        return _("%(method)s is on file and is the default. Nothing was charged.") % said
    if method.blocked_because:
        return _("%(method)s is on file, but can't be charged. Nothing was charged.") % said
    return _("%(method)s is on file. Nothing was charged.") % said


def _not_saved(visit: Visit, refusal: Refusal) -> HttpResponse:
    again = Link(_("Start again"), visit.url("billing-methods.add"))
    back = Link(_("Back to Billing Methods"), visit.url(SECTION))
    return visit.refuse(refusal, link=again if refusal.code == "setup_not_usable" else back)


# One method


def method_on_file(visit: Visit, method: UUID) -> MethodFacts | None:
    """Give a method of the company; None where there is none."""
    return next((one for one in visit.methods if one.id == str(method)), None)


def gone(visit: Visit, method: UUID) -> HttpResponse:
    """Say that there is no such method."""
    back = Link(_("Back to Billing Methods"), visit.url(SECTION))
    return visit.refuse(Refusal("method_not_found", {"method_id": str(method)}), link=back)


def notice_of(visit: Visit, refusal: Refusal) -> Notice:
    """Say a refusal in a notice."""
    words = refusal_words(refusal, locale=visit.entered.locale, zone=visit.entered.time_zone)
    return Notice(f"{words.sentence} {words.next_step}".strip(), Tone.BAD)


@company_page(posts=True)
def make_default(visit: Visit, method: UUID) -> HttpResponse:
    """Say what making it the default does, then do it."""
    if visit.request.method != "POST":
        return read_only(visit) or _default_page(visit, method)
    answer = swapping.make_default(actor=visit.actor, method_id=str(method), now=visit.now)
    if isinstance(answer, MethodFacts):
        said = {"method": method_name(answer)}
        words = (
            _("%(method)s is the default already.")
            if answer.is_default
            else _("%(method)s is the default now. Nothing was charged.")
        )
        return visit.go(SECTION, say=words % said)
    with visit.reading():
        return _default_page(visit, method, answer)


def _default_page(visit: Visit, method: UUID, refusal: Refusal | None = None) -> HttpResponse:
    facts = method_on_file(visit, method)
    if facts is None:
        return gone(visit, method)
    why_not = refusal or why_not_default(facts, local_date(visit.now, visit.entered.time_zone))
    page = ConfirmPage(
        title=_("Make %(method)s the default?") % {"method": method_name(facts)},
        action_url=visit.url("billing-methods.make-default", method),
        cancel_url=visit.url(SECTION),
        sentences=(applies(visit), _("Making it the default charges nothing now.")),
        submit_label=_("Make Default"),
    )
    return _confirm(visit, page, why_not, is_answer=refusal is not None)


@company_page(posts=True)
def remove(visit: Visit, method: UUID) -> HttpResponse:
    """Say what removing it does, then do it."""
    if visit.request.method != "POST":
        return read_only(visit) or _remove_page(visit, method)
    answer = removing.remove_payment_method(actor=visit.actor, method_id=str(method), now=visit.now)
    if isinstance(answer, MethodFacts):
        return visit.go(SECTION, say=_("%(method)s was removed.") % {"method": method_name(answer)})
    with visit.reading():
        return _remove_page(visit, method, answer)


def _remove_page(visit: Visit, method: UUID, refusal: Refusal | None = None) -> HttpResponse:
    facts = method_on_file(visit, method)
    if facts is None:
        return gone(visit, method)
    page = ConfirmPage(
        title=_("Remove %(method)s?") % {"method": method_name(facts)},
        action_url=visit.url("billing-methods.remove", method),
        cancel_url=visit.url(SECTION),
        sentences=(_("It is never charged again. To use it later, add it again."), applies(visit)),
        submit_label=_("Remove"),
        is_danger=True,
    )
    return _confirm(visit, page, refusal or why_not_removable(facts), is_answer=refusal is not None)


def _confirm(visit: Visit, page: ConfirmPage, why_not: Refusal | None, *, is_answer: bool) -> HttpResponse:
    """Show a confirmation, or why there is nothing to confirm: a refused POST has the refusal's own status."""
    if why_not is not None:
        page = replace(page, submit_label="", sentences=(), notice=notice_of(visit, why_not))
    status = refusal_status(why_not.code) if why_not is not None and is_answer else 200
    return visit.dialog("confirm", page, section=SECTION, crumb=page.title, status=status)
