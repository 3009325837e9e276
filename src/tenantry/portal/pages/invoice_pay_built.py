"""The question before a payment: how much, and with which method (I5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from tenantry.core.invoice_states import Payable, owed, payable
from tenantry.core.payment_facts import Loaded
from tenantry.core.payment_methods import MethodFacts, default_of, usable_methods, why_not_usable
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.portal.pages.billing_methods_built import expiry_text, method_name
from tenantry.portal.pages.invoices import InvoicePayPage
from tenantry.ui import formats
from tenantry.ui.parts import Choice, Notice, Tone
from tenantry.ui.refusals import refusal_words

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit


def pay_page(visit: Visit, invoice: Any, refused: Refusal | None, method_id: str) -> tuple[InvoicePayPage, int]:
    """Build the page as it stands now, with what was refused; give it with its status. Needs an open reading."""
    loaded = visit.payment_facts([invoice])[str(invoice.id)]
    allowed = payable(loaded.invoice, loaded.latest, loaded.company, loaded.methods, loaded.today)
    why_not = refused or (allowed if isinstance(allowed, Refusal) else None)
    amount = allowed.amount if isinstance(allowed, Payable) else owed(loaded.invoice)
    needs_method = isinstance(allowed, Payable) or allowed.code == "no_usable_method"
    here = visit.url("invoices.pay", invoice.id)
    add_url = f"{visit.url('billing-methods.add')}?{urlencode({'next': here})}"
    page = InvoicePayPage(
        number=invoice.number,
        amount=formats.money(amount, visit.entered.locale),
        action_url=here,
        cancel_url=visit.url("invoices.invoice", invoice.id),
        request_key=new_id(),
        methods=_choices(visit, loaded, method_id) if needs_method else (),
        add_method_url=add_url if needs_method else "",
        notice=_notice(visit, why_not) if why_not else None,
        can_pay=isinstance(allowed, Payable),
    )
    return page, refusal_words(why_not, locale=visit.entered.locale).status if why_not else 200


def _notice(visit: Visit, refused: Refusal) -> Notice:
    words = refusal_words(refused, locale=visit.entered.locale, zone=visit.entered.time_zone)
    text = f"{words.sentence} {words.next_step}".strip()
    return Notice(text, Tone.BAD if words.status in (402, 422, 503) else Tone.WARN)


def _choices(visit: Visit, loaded: Loaded, method_id: str) -> tuple[Choice, ...]:
    usable = usable_methods(loaded.methods, loaded.today)
    default = default_of(usable)
    chosen = next((one for one in usable if one.id == method_id), default or (usable[0] if usable else None))
    on_file = [method for method in loaded.methods if not method.is_removed]
    return tuple(_choice(visit, loaded, method, is_chosen=method == chosen) for method in on_file)


def _choice(visit: Visit, loaded: Loaded, method: MethodFacts, *, is_chosen: bool) -> Choice:
    refused = why_not_usable(method, loaded.today)
    hints = [_("Default")] if method.is_default else []
    if method.expiry_year:
        hints.append(expiry_text(method))
    return Choice(
        value=method.id,
        label=method_name(method),
        hint=" · ".join(hints),
        is_chosen=is_chosen,
        disabled_reason=refusal_words(refused, locale=visit.entered.locale).sentence if refused else "",
    )
