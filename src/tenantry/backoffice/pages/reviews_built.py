"""The list of reviews and the page of one, from how they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.backoffice.pages.companies import Stat
from tenantry.backoffice.pages.reviews import ReviewPage, ReviewRow, ReviewsPage
from tenantry.core.gateway_events import EventOutcome
from tenantry.core.review_reasons import HOLDING
from tenantry.core.reviews import LONGEST_EVIDENCE, LONGEST_REFUND_ID, Decision, decisions
from tenantry.records.payments import gateway_events, review_list
from tenantry.records.payments.review_list import ReviewSeen
from tenantry.ui import formats
from tenantry.ui.forms import form_part
from tenantry.ui.parts import Badge, FormPart, Link, Notice, Tone
from tenantry.ui.review_words import decided_words, decision_words, fact_rows, review_words, state_words

if TYPE_CHECKING:
    from tenantry.backoffice.entry import StaffVisit

MOST_OPEN, MOST_CLOSED = 100, 20
EVENT_DAYS = 30


class CloseForm(forms.Form):
    """What a person decides, and what shows it."""

    decision = forms.ChoiceField(label=gettext_lazy("What did you find?"), widget=forms.RadioSelect)
    evidence = forms.CharField(
        label=gettext_lazy("What shows it?"),
        help_text=gettext_lazy("Name what you looked at: the processor's own record, a bank's letter. It is kept."),
        max_length=LONGEST_EVIDENCE,
        widget=forms.Textarea(attrs={"autocomplete": "off"}),
    )
    refund_id = forms.CharField(
        label=gettext_lazy("Refund at the processor"),
        help_text=gettext_lazy("Its id there, if it was made."),
        max_length=LONGEST_REFUND_ID,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, offered: tuple[Decision, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = [  # type: ignore[attr-defined]
            (one.value, decision_words(one)[0]) for one in offered
        ]
        if Decision.REFUNDED not in offered:
            del self.fields["refund_id"]
        if len(offered) == 1:
            self.initial.setdefault("decision", offered[0].value)

    def clean(self) -> dict[str, Any]:
        """Ask for the id of a refund that was made."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("decision") == Decision.REFUNDED and not cleaned.get("refund_id"):
            self.add_error("refund_id", _("Enter the refund's id at the processor."))
        return cleaned


def reviews_page(visit: StaffVisit) -> ReviewsPage:
    """Build the list. Needs an open vendor's reading."""
    waiting = review_list.open_reviews(limit=MOST_OPEN)
    left = review_list.count_open() - len(waiting)
    return ReviewsPage(
        open=tuple(_row(visit, one) for one in waiting),
        closed=tuple(_row(visit, one) for one in review_list.closed_reviews(limit=MOST_CLOSED)),
        stats=_stats(visit),
        more=_("%(count)d more are open.") % {"count": left} if left else "",
    )


def _row(visit: StaffVisit, one: ReviewSeen) -> ReviewRow:
    return ReviewRow(
        title=review_words(one.reason).title,
        url=reverse("backoffice.review", args=[one.id]),
        company=one.company_name,
        company_url=reverse("backoffice.company", args=[one.company_slug]),
        opened=formats.moment(one.opened_at, one.time_zone),
        age=_ended(one) if one.closed_at else _age(visit, one),
        number=one.number,
        amount=formats.money(one.amount) if one.amount else "",
        badges=() if one.closed_at else _badges(one),
    )


def _age(visit: StaffVisit, one: ReviewSeen) -> str:
    days = (visit.now - one.opened_at).days
    return _("for %(days)s") % {"days": formats.days(days)} if days else _("since today")


def _ended(one: ReviewSeen) -> str:
    return f"{decided_words(one.decision)} · {one.closed_by}" if one.decision else decided_words("")


def _badges(one: ReviewSeen) -> tuple[Badge, ...]:
    if one.reason in HOLDING and one.is_billing_held:
        return (Badge(_("Billing held"), Tone.BAD, "octagon-pause"),)
    return ()


def _stats(visit: StaffVisit) -> tuple[Stat, ...]:
    """Count what came in from the gateway lately, and what of it was ignored."""
    found = gateway_events.counts(visit.now - timedelta(days=EVENT_DAYS))
    ignored = {why: count for (outcome, why), count in found.items() if outcome == EventOutcome.IGNORED}
    waiting = sum(count for (outcome, _why), count in found.items() if outcome == EventOutcome.WAITING)
    why = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(ignored.items()))
    return (
        Stat(_("In review"), str(review_list.count_open())),
        Stat(_("Events of the processor, %(days)s") % {"days": formats.days(EVENT_DAYS)}, str(sum(found.values()))),
        Stat(_("Waiting"), str(waiting)),
        Stat(_("Ignored"), str(sum(ignored.values())), why),
    )


def review_page(one: ReviewSeen, form: CloseForm | None = None, notice: Notice | None = None) -> ReviewPage:
    """Build the page of one review, with what was typed and refused."""
    words = review_words(one.reason)
    offered = () if one.closed_at else offered_for(one)
    return ReviewPage(
        title=words.title,
        meaning=words.meaning,
        next_step=words.next_step,
        back_url=reverse("backoffice.reviews"),
        company=Link(one.company_name, reverse("backoffice.company", args=[one.company_slug])),
        stands=_stands(one),
        known=tuple(Stat(label, value) for label, value in fact_rows(one.facts, one.time_zone)),
        form=_form_part(form or CloseForm(offered=offered)),
        badges=() if one.closed_at else _badges(one),
        ask_url=reverse("backoffice.review.ask", args=[one.id]) if one.intent_id and not one.closed_at else "",
        close_url=reverse("backoffice.review", args=[one.id]) if offered else "",
        ended=_ending(one),
        notice=notice,
    )


def _form_part(form: CloseForm) -> FormPart:
    part = form_part(form)
    field = part.fields["decision"]
    choices = tuple(replace(one, hint=decision_words(Decision(one.value))[1]) for one in field.choices)
    return replace(part, fields={**part.fields, "decision": replace(field, choices=choices)})


def offered_for(one: ReviewSeen) -> tuple[Decision, ...]:
    """List what may be decided about a review as it stands."""
    return decisions(one.reason, one.state, is_refund_unknown=one.is_refund_unknown)


def _stands(one: ReviewSeen) -> tuple[Stat, ...]:
    found = [Stat(_("In review since"), formats.moment_text(one.opened_at, one.time_zone))]
    if one.number and one.amount and one.state:
        found += [
            Stat(_("Invoice"), one.number),
            Stat(_("Amount of the payment"), formats.money(one.amount)),
            Stat(_("The payment stands at"), state_words(one.state)),
            Stat(_("Payment at the processor"), one.gateway_id or "—"),
        ]
    held = _("Held: nothing of this company is charged") if one.is_billing_held else _("Not held")
    return (*found, Stat(_("Billing"), held))


def _ending(one: ReviewSeen) -> tuple[Stat, ...]:
    if one.closed_at is None:
        return ()
    return (
        Stat(_("Closed"), formats.moment_text(one.closed_at, one.time_zone)),
        Stat(_("Decided"), decided_words(one.decision)),
        Stat(_("By"), one.closed_by if one.decision else _("the processor's answer")),
        Stat(_("Evidence"), one.evidence),
    )
