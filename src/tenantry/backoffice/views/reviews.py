"""Payments in review: the list, one of them, asking the gateway again, and ending one (R4)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.payments.close_review import close_review
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.resolve_refund import resolve_refund
from tenantry.backoffice.entry import StaffVisit, staff_form, staff_page
from tenantry.backoffice.pages.reviews_built import CloseForm, offered_for, review_page, reviews_page
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision
from tenantry.records.payments import review_list as queries
from tenantry.records.payments.review_list import ReviewSeen
from tenantry.ui import answers
from tenantry.ui.parts import Notice, Tone
from tenantry.ui.refusals import refusal_words
from tenantry.ui.review_words import decision_words, state_words

SECTION = "reviews"
BAD_FORM = 422


@staff_page
def reviews(visit: StaffVisit) -> HttpResponse:
    """List the open reviews of all companies, the oldest first, and those closed last."""
    return visit.page("backoffice/reviews.html", reviews_page(visit), section=SECTION)


@staff_form
def review(visit: StaffVisit, review: UUID) -> HttpResponse:
    """Show one review; end it with what a person decided."""
    if visit.request.method != "POST":
        found = queries.review(review)
        return _page(visit, found) if found else answers.not_found(visit.request)
    found = _found(visit, review)
    if found is None:
        return answers.not_found(visit.request)
    form = CloseForm(visit.request.POST, offered=offered_for(found))
    if not form.is_valid():
        return _again(visit, review, form)
    decision = Decision(form.cleaned_data["decision"])
    closed = close_review(
        actor=visit.at(found.company_id),
        review_id=found.id,
        decision=decision,
        evidence=form.cleaned_data["evidence"],
        refund_id=form.cleaned_data.get("refund_id", ""),
        now=visit.now,
    )
    if isinstance(closed, Refusal):
        return _again(visit, review, form, closed)
    return visit.go("reviews", say=_("Review closed: %(decision)s.") % {"decision": decision_words(closed)[0]})


@staff_form
def ask(visit: StaffVisit, review: UUID) -> HttpResponse:
    """Ask the gateway again what became of the payment and its refunds, as the schedule would. Moves no money."""
    if visit.request.method != "POST":
        return visit.go("review", review)
    found = _found(visit, review)
    if found is None or not found.intent_id:
        return answers.not_found(visit.request)
    actor = visit.at(found.company_id)
    resolve_payment(actor=actor, intent_id=found.intent_id)
    for refund_id in found.refund_ids:
        resolve_refund(actor=actor, refund_id=refund_id)
    after = _found(visit, review)
    if after is None or after.state is None:
        return visit.go("reviews")
    said = _("We asked. The payment stands at: %(state)s.") % {"state": state_words(after.state).lower()}
    return visit.go("review", review, say=said, tone=Tone.INFO)


def _found(visit: StaffVisit, review: UUID) -> ReviewSeen | None:
    with visit.reading():
        return queries.review(review)


def _again(visit: StaffVisit, review: UUID, form: CloseForm, refused: Refusal | None = None) -> HttpResponse:
    """Show the page as it stands now, with what was typed and why it was not done."""
    if refused is None:
        notice, status = None, BAD_FORM
    else:
        words = refusal_words(refused)
        notice, status = Notice(f"{words.sentence} {words.next_step}".strip(), Tone.BAD), words.status
    with visit.reading():
        found = queries.review(review)
        if found is None:
            return answers.not_found(visit.request)
        kept = None if refused is not None and refused.code == "card_number_refused" else form
        return _page(visit, found, kept, notice, status)


def _page(
    visit: StaffVisit,
    found: ReviewSeen,
    form: CloseForm | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> HttpResponse:
    return visit.page("backoffice/review.html", review_page(found, form, notice), section=SECTION, status=status)
