"""The verification of a bank account by its two small deposits."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.payments import verify_bank_account as verifying
from tenantry.core.payment_methods import MethodFacts, why_not_verifiable
from tenantry.core.refusal import Refusal
from tenantry.portal.entry import Visit, company_page, keeps_typed
from tenantry.portal.forms import VerifyForm
from tenantry.portal.pages.billing_methods import MethodVerifyPage
from tenantry.portal.pages.billing_methods_built import becomes_words, method_name
from tenantry.portal.views.billing_methods import SECTION, UNPROCESSABLE, gone, method_on_file, notice_of, read_only
from tenantry.records.payments import methods
from tenantry.ui.forms import form_part
from tenantry.ui.parts import Notice
from tenantry.ui.refusals import refusal_status


@keeps_typed(lambda visit, refused, method: _verify_again(visit, method, VerifyForm(visit.request.POST), refused))
@company_page(posts=True)
def verify(visit: Visit, method: UUID) -> HttpResponse:
    """Take the two amounts of a bank account."""
    if visit.request.method != "POST":
        return read_only(visit) or _verify_page(visit, method, VerifyForm())
    form = VerifyForm(visit.request.POST)
    if not form.is_valid():
        with visit.reading():
            return _verify_page(visit, method, form, status=UNPROCESSABLE)
    answer = verifying.verify_bank_account(
        actor=visit.actor, method_id=str(method), amounts_minor=form.amounts(), now=visit.now
    )
    if isinstance(answer, MethodFacts):
        said = {"method": method_name(answer)}
        words = _("%(method)s is verified and is the default.") if answer.is_default else _("%(method)s is verified.")
        return visit.go(SECTION, say=words % said)
    return _verify_again(visit, method, form, answer)


def _verify_again(visit: Visit, method: UUID, form: VerifyForm, refusal: Refusal) -> HttpResponse:
    with visit.reading():
        status = refusal_status(refusal.code)
        return _verify_page(visit, method, form, status=status, notice=notice_of(visit, refusal))


def _verify_page(
    visit: Visit, method: UUID, form: VerifyForm, *, status: int = 200, notice: Notice | None = None
) -> HttpResponse:
    facts = method_on_file(visit, method)
    if facts is None:
        return gone(visit, method)
    why_not = why_not_verifiable(facts, visit.now)
    if why_not is not None and notice is None:
        notice = notice_of(visit, why_not)
    page = MethodVerifyPage(
        action_url=visit.url("billing-methods.verify", method),
        cancel_url=visit.url(SECTION),
        form=form_part(form),
        method=method_name(facts),
        may_verify=why_not is None,
        becomes=_becomes(visit, facts),
        tries_left=_tries(facts.verify_tries_left),
        notice=notice,
    )
    return visit.dialog("method_verify", page, section=SECTION, crumb=_("Verify bank account"), status=status)


def _becomes(visit: Visit, account: MethodFacts) -> str:
    """Say whether the account is the default once it is verified."""
    setup = methods.setup_of_method(visit.company_id, account.id)
    is_chosen = setup is not None and setup.make_default
    return becomes_words(visit, replace(account, is_verified=True), is_chosen=is_chosen)


def _tries(left: int) -> str:
    return _("%(count)d tries left.") % {"count": left} if left > 1 else _("1 try left.") if left else ""
