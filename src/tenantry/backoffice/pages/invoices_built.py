"""One invoice as the vendor sees it, and what crediting or refunding it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.backoffice.pages.companies import Stat
from tenantry.backoffice.pages.invoices import GiveBackPage, GivenBackRow, InvoicePage
from tenantry.core.credit_notes import LONGEST_REASON, Credit
from tenantry.core.invoice_states import owed, shown
from tenantry.core.money import Money
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.refund_states import RefundState
from tenantry.core.refusal import Refusal
from tenantry.records.payments.vendor_invoices import InvoiceSeen
from tenantry.ui import formats, paper
from tenantry.ui.amount_fields import MoneyField
from tenantry.ui.forms import form_part
from tenantry.ui.invoice_words import line_words, status_badge
from tenantry.ui.parts import Badge, FormPart, Link, Notice, Tone
from tenantry.ui.refusals import refusal_words

if TYPE_CHECKING:
    from tenantry.backoffice.entry import StaffVisit

_REFUNDS: Mapping[RefundState, tuple[str | Promise, Tone, str]] = {
    RefundState.SENDING: (gettext_lazy("Being sent"), Tone.INFO, "clock"),
    RefundState.UNKNOWN: (gettext_lazy("No answer yet"), Tone.WARN, "clock"),
    RefundState.DONE: (gettext_lazy("Sent back"), Tone.GOOD, "circle-check"),
    RefundState.REFUSED: (gettext_lazy("Not sent back"), Tone.BAD, "circle-x"),
}


class GiveBackForm(forms.Form):
    """An amount and a reason; the hidden key makes one form one credit note, or one refund."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_REASON)
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    confirmed = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = MoneyField(label=_("Amount"), currency=currency)
        self.fields = {"amount": amount, **self.fields}
        self.fields["reason"].help_text = _("The company reads it.")

    def asked(self, currency: str) -> Money:
        """Give the amount that was typed."""
        return Money(int(self.cleaned_data["amount"] or 0), currency)

    def to_confirm(self) -> FormPart:
        """Give the same fields, hidden, with the confirmation in them."""
        part = form_part(self)
        fields = {name: replace(one, kind="hidden") for name, one in part.fields.items()}
        fields["confirmed"] = replace(fields["confirmed"], value="on")
        return replace(part, fields=fields)


def invoice_page(visit: StaffVisit, seen: InvoiceSeen) -> InvoicePage:
    """Build the page of one invoice."""
    stands = shown(seen.loaded)
    may_credit, may_refund = seen.creditable, seen.refundable
    actions = {"credit": (_("Credit"), may_credit), "refund": (_("Refund"), may_refund)}
    return InvoicePage(
        number=seen.invoice.number,
        company=Link(seen.company.name, reverse("backoffice.company", args=[seen.company.slug])),
        stats=_stats(seen),
        badges=(status_badge(stands.status),),
        why=line_words(
            stands, vendor=settings.TENANTRY_VENDOR["name"], name_of_method=_method, zone=seen.company.time_zone
        ),
        credit_notes=tuple(_note(seen, row) for row in seen.credit_notes),
        refunds=tuple(_refund(seen, row) for row in seen.refunds),
        actions=tuple(Link(label, url(seen, name)) for name, (label, may) in actions.items() if isinstance(may, Money)),
        reasons=tuple(f"{label}: {_sentence(may)}" for label, may in actions.values() if isinstance(may, Refusal)),
    )


def url(seen: InvoiceSeen, action: str = "") -> str:
    """Give the address of the invoice, or of what can be done with it."""
    name = f"backoffice.invoice.{action}" if action else "backoffice.invoice"
    return reverse(name, args=[seen.company.slug, seen.invoice.id])


def _sentence(refusal: Refusal) -> str:
    words = refusal_words(refusal)
    return f"{words.sentence} {words.next_step}".strip()


def _stats(seen: InvoiceSeen) -> tuple[Stat, ...]:
    zero = Money.zero(seen.invoice.currency)
    notes = sum((Money(row.total_minor, row.currency) for row in seen.credit_notes), zero)
    return (
        Stat(_("Amount"), formats.money(Money(seen.invoice.total_minor, seen.invoice.currency))),
        Stat(_("Balance due"), formats.money(owed(seen.loaded.invoice))),
        Stat(_("Credited"), formats.money(notes)),
        Stat(_("Company credit"), formats.money(seen.payment.credit)),
    )


def _note(seen: InvoiceSeen, row: Any) -> GivenBackRow:
    off, kept = Money(row.to_receivable_minor, row.currency), Money(row.to_credit_minor, row.currency)
    return GivenBackRow(
        what=row.number,
        at=formats.instant(row.issued_at, seen.company.time_zone),
        amount=formats.money(off + kept),
        detail=f"{row.reason} · {paper.what_becomes_of_credit(off, kept, to_vendor=True)}",
    )


def _refund(seen: InvoiceSeen, row: Any) -> GivenBackRow:
    words, tone, icon = _REFUNDS[RefundState(row.state)]
    who = row.by_name or _("found at the processor")
    return GivenBackRow(
        what=row.reason or _("Not asked for here"),
        at=formats.moment(row.opened_at, seen.company.time_zone),
        amount=formats.money(Money(row.amount_minor, row.currency)),
        detail=" · ".join(part for part in (who, row.code.replace("_", " ")) if part),
        outcome=Badge(str(words), tone, icon),
    )


def _method(method: object) -> str:
    if not isinstance(method, MethodFacts):
        return "—"
    return formats.method_name(method.brand or method.bank_name, method.last4)


def credit_page(seen: InvoiceSeen, form: GiveBackForm, refused: Refusal | None = None) -> GiveBackPage:
    """Build the form of a credit note."""
    most = seen.creditable
    return _form_page(
        seen,
        "credit",
        form,
        title=_("Credit invoice %(number)s") % {"number": seen.invoice.number},
        lead=_("It comes off what is due first; the rest becomes the company's credit. The tax goes with it."),
        facts=(*_stats(seen), _most(_("Can be credited"), most)),
        why_not=most if isinstance(most, Refusal) else refused,
        is_possible=isinstance(most, Money),
    )


def credit_confirmation(seen: InvoiceSeen, form: GiveBackForm, decided: Credit) -> GiveBackPage:
    """Say what the credit note will do, before it is issued."""
    sums = decided.sums
    return GiveBackPage(
        title=_("Issue this credit note?"),
        action_url=url(seen, "credit"),
        cancel_url=url(seen),
        form=form.to_confirm(),
        facts=(
            Stat(_("Invoice"), seen.invoice.number, seen.company.name),
            Stat(_("Credit note"), formats.money(sums.whole), _net_and_tax(decided)),
            Stat(_("Off what is due"), formats.money(decided.to_receivable)),
            Stat(_("Kept as the company's credit"), formats.money(decided.to_credit)),
            Stat(_("Reason"), form.cleaned_data["reason"]),
        ),
        lead=_("It gets a number, its PDF is mailed to the company, and it can't be taken back."),
        submit_label=_("Issue credit note"),
    )


def _net_and_tax(decided: Credit) -> str:
    said = {"net": formats.money(decided.sums.net), "tax": formats.money(decided.sums.tax)}
    return _("%(net)s and %(tax)s tax") % said


def refund_page(seen: InvoiceSeen, form: GiveBackForm, refused: Refusal | None = None) -> GiveBackPage:
    """Build the form of a refund."""
    most = seen.refundable
    return _form_page(
        seen,
        "refund",
        form,
        title=_("Refund invoice %(number)s") % {"number": seen.invoice.number},
        lead=_("The company's credit is sent back through the payment with which this invoice was paid."),
        facts=(*_stats(seen), _most(_("Can be sent back"), most)),
        why_not=most if isinstance(most, Refusal) else refused,
        is_possible=isinstance(most, Money),
    )


def refund_confirmation(seen: InvoiceSeen, form: GiveBackForm, amount: Money) -> GiveBackPage:
    """Say what the refund will do, before it is sent."""
    attempt = seen.payment.attempt
    method = _method(seen.loaded.method(attempt.method_id)) if attempt else "—"
    return GiveBackPage(
        title=_("Send this money back?"),
        action_url=url(seen, "refund"),
        cancel_url=url(seen),
        form=form.to_confirm(),
        facts=(
            Stat(_("Invoice"), seen.invoice.number, seen.company.name),
            Stat(_("Sent back"), formats.money(amount), method),
            Stat(_("Company credit afterwards"), formats.money(seen.payment.credit - amount)),
            Stat(_("Reason"), form.cleaned_data["reason"]),
        ),
        lead=_("The processor sends it once. It can't be taken back."),
        submit_label=_("Send it back"),
        is_danger=True,
    )


def _most(label: str, most: Money | Refusal) -> Stat:
    return Stat(label, formats.money(most) if isinstance(most, Money) else _("nothing"))


def _form_page(
    seen: InvoiceSeen,
    action: str,
    form: GiveBackForm,
    *,
    title: str,
    lead: str,
    facts: tuple[Stat, ...],
    why_not: Refusal | None,
    is_possible: bool,
) -> GiveBackPage:
    return GiveBackPage(
        title=title,
        action_url=url(seen, action),
        cancel_url=url(seen),
        form=form_part(form),
        facts=facts,
        lead=lead,
        submit_label=_("Review") if is_possible else "",
        notice=Notice(_sentence(why_not), Tone.BAD) if why_not else None,
    )
