"""The words of a payment in review: why it stands there, what is known, what may be decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.numbers import UnknownCurrencyError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.money import Money
from tenantry.core.payment_states import State
from tenantry.core.reviews import Decision
from tenantry.ui import formats

Words = str | Promise


@dataclass(frozen=True, slots=True)
class ReviewWords:
    """Why it stands there in a few words, what that means, and what a person does about it."""

    title: str
    meaning: str
    next_step: str


_ROWS: Mapping[str, tuple[Words, Words, Words]] = {
    "reply_not_ours": (
        gettext_lazy("The processor's answer is not about this payment"),
        gettext_lazy("It names another amount, payer, object or try than ours. The answer was not booked."),
        gettext_lazy(
            "Look the payment up at the processor. After a restore of the database the daily comparison brings ours in "
            "line with it. If another answer comes that does not fit, a new review opens."
        ),
    ),
    "unexpected_news": (
        gettext_lazy("The processor says what can't follow"),
        gettext_lazy("After what is known of this payment, its answer can't be true. Nothing of it was booked."),
        gettext_lazy(
            "Look the payment up at the processor. If another answer comes that does not fit, a new review opens."
        ),
    ),
    "overpaid": (
        gettext_lazy("More was taken than was due"),
        gettext_lazy("The money is booked as the company's credit; its next invoice uses it."),
        gettext_lazy("Leave it there, or send it back."),
    ),
    "unanswered": (
        gettext_lazy("The processor does not say what became of a payment"),
        gettext_lazy("We go on asking once a day. The invoice can't be paid until it is known."),
        gettext_lazy("Its answer ends this review. If none can be had, say what the processor's own records show."),
    ),
    "debit_overdue": (
        gettext_lazy("A bank debit takes too long"),
        gettext_lazy("It has been on its way for more than 10 business days."),
        gettext_lazy("Ask the processor about it. Its answer ends this review."),
    ),
    "charge_not_sent": (
        gettext_lazy("A scheduled charge can't be sent to the processor"),
        gettext_lazy("Nothing was taken. It is tried again once a day; the company reads Pending."),
        gettext_lazy(
            "Check the processor's key, its address and the way to it. A charge that gets there ends this review."
        ),
    ),
    "refund_not_ours": (
        gettext_lazy("The processor's answer is not about this refund"),
        gettext_lazy("It names another amount, payment or key than ours. Nothing of it was booked."),
        gettext_lazy(
            "Look the refund up at the processor. If another answer comes that does not fit, a new review opens."
        ),
    ),
    "unexpected_refund_news": (
        gettext_lazy("The processor says of a refund what can't follow"),
        gettext_lazy("After what is known of this refund, its answer can't be true. Nothing of it was booked."),
        gettext_lazy(
            "Look the refund up at the processor. If another answer comes that does not fit, a new review opens."
        ),
    ),
    "refund_unanswered": (
        gettext_lazy("The processor does not say what became of a refund"),
        gettext_lazy("The money stays set aside. We go on asking once a day, and never send it twice."),
        gettext_lazy("Its answer ends this review. If none can be had, say what the processor's own records show."),
    ),
    "refund_found": (
        gettext_lazy("The processor sent money back that nobody asked for here"),
        gettext_lazy("It is booked out of the company's credit, whether there was some or not."),
        gettext_lazy("If it was meant, a credit note explains it. Then note it here."),
    ),
    "unknown_object": (
        gettext_lazy("The processor has a payment that no record of ours speaks of"),
        gettext_lazy("It carries a key of ours, and no invoice or payment here fits it. Nothing of it was booked."),
        gettext_lazy("Look it up at the processor. Send the money back there, or record it, then note it here."),
    ),
    "breach": (
        gettext_lazy("A check on money failed"),
        gettext_lazy("What was being done was undone, so that nothing wrong was charged or booked."),
        gettext_lazy(
            "Give what does not fit to whoever looks after Tenantry. Once it is mended, note it here: billing goes on."
        ),
    ),
    "payout_of_unknown_payment": (
        gettext_lazy("The processor paid out money of a payment that we don't have"),
        gettext_lazy("The payout is booked, the payment is not: the company's clearing account does not come to zero."),
        gettext_lazy("Look the payment up at the processor, then note what you found."),
    ),
    "bank_return": (
        gettext_lazy("The bank returned a debit for a reason that needs a look"),
        gettext_lazy(
            "It is due again, or came off the credit if nothing was due. The code says what to tell the company."
        ),
        gettext_lazy("Talk to the company, then note it here."),
    ),
}

_FACTS: Mapping[str, Words] = {
    "detail": gettext_lazy("What does not fit"),
    "event": gettext_lazy("The processor said"),
    "state": gettext_lazy("The payment stood at"),
    "gateway_id": gettext_lazy("Payment at the processor"),
    "refund_id": gettext_lazy("Refund at the processor"),
    "invoice_number": gettext_lazy("Invoice it names"),
    "key": gettext_lazy("Key"),
    "customer": gettext_lazy("Payer at the processor"),
    "attempt_key": gettext_lazy("Key of the try"),
    "amount_minor": gettext_lazy("Amount it said"),
    "owed_minor": gettext_lazy("Amount that was due"),
    "code": gettext_lazy("Code"),
    "invoice_state": gettext_lazy("The invoice stood at"),
    "since": gettext_lazy("Since"),
    "times_asked": gettext_lazy("Asked so many times"),
    "times_tried": gettext_lazy("Tried so many times"),
}

_STATES: Mapping[State, Words] = {
    State.CREATING: gettext_lazy("Being created"),
    State.READY: gettext_lazy("Nothing under way"),
    State.SENDING: gettext_lazy("Being sent"),
    State.UNKNOWN: gettext_lazy("No answer yet"),
    State.AWAITING_PAYER: gettext_lazy("Waits for the payer"),
    State.PROCESSING: gettext_lazy("Bank debit under way"),
    State.CANCELLING: gettext_lazy("Being given up"),
    State.CANCELLED: gettext_lazy("Given up"),
    State.SUCCEEDED: gettext_lazy("Succeeded"),
    State.RETURNED: gettext_lazy("Returned"),
}

_DECISIONS: Mapping[Decision, tuple[Words, Words]] = {
    Decision.NOTED: (
        gettext_lazy("Noted, nothing to book"),
        gettext_lazy("Ends the review. The payment and the books stay as they are."),
    ),
    Decision.TAKEN: (
        gettext_lazy("The money was taken"),
        gettext_lazy("Books exactly the amount of this payment, and the invoice as paid."),
    ),
    Decision.NOT_TAKEN: (
        gettext_lazy("The money was not taken"),
        gettext_lazy("Books nothing, and the invoice can be paid again. The processor lets it succeed once."),
    ),
    Decision.REFUNDED: (
        gettext_lazy("The refund was made"),
        gettext_lazy("Books exactly the amount of this refund as sent back."),
    ),
    Decision.NOT_REFUNDED: (
        gettext_lazy("The refund was not made"),
        gettext_lazy(
            "Gives the amount back to the company's credit. If the processor made it after all, we hear of it."
        ),
    ),
}


def review_words(reason: str) -> ReviewWords:
    """Give the words of a reason. One without words of its own is said by its code."""
    found = _ROWS.get(reason)
    if found:
        return ReviewWords(*(str(words) for words in found))
    return ReviewWords(
        reason.replace("_", " ").capitalize(),
        _("Something at the processor does not fit our books."),
        _("Look it up at the processor, then note what you found."),
    )


def state_words(state: State) -> str:
    """Say where a payment stands."""
    return str(_STATES[state])


def decision_words(decision: Decision) -> tuple[str, str]:
    """Give what a decision is called and what it does."""
    label, hint = _DECISIONS[decision]
    return str(label), str(hint)


def decided_words(decision: str) -> str:
    """Say how a review ended."""
    return str(_DECISIONS[Decision(decision)][0]) if decision else _("The processor answered")


def fact_rows(facts: Mapping[str, Any], zone: str) -> tuple[tuple[str, str], ...]:
    """Give what is known as labels and values, what we have words for first; empty ones are left out.

    Instants are said in the company's zone.
    """
    found = []
    for name in sorted(facts, key=lambda one: (list(_FACTS).index(one) if one in _FACTS else len(_FACTS), one)):
        value = facts[name]
        if value in (None, "", [], {}) or name == "currency":
            continue
        label = _FACTS.get(name) or name.replace("_", " ").capitalize()
        found.append((str(label), _value(name, value, str(facts.get("currency") or ""), zone)))
    return tuple(found)


def _value(name: str, value: Any, currency: str, zone: str) -> str:
    if name == "since":
        return formats.moment_text(datetime.fromisoformat(value), zone)
    if name.endswith("_minor") and isinstance(value, int):
        try:
            return formats.money(Money(value, currency)) if currency else str(value)
        except (UnknownCurrencyError, ValueError):
            return f"{value} {currency}"
    return str(value).replace("_", " ") if name in ("detail", "event", "state", "invoice_state") else str(value)
