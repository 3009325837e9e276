"""Why a payment stands before a person, and which of these reasons hold the company's billing until then."""

from __future__ import annotations

NOT_OURS = "reply_not_ours"
BLANK = "unexpected_news"
UNANSWERED = "unanswered"
DEBIT_OVERDUE = "debit_overdue"
CHARGE_NOT_SENT = "charge_not_sent"
"""An automatic charge does not get as far as the gateway's confirm, time and again."""

OVERPAID = "overpaid"
BANK_RETURN = "bank_return"
REFUND_NOT_OURS = "refund_not_ours"
REFUND_BLANK = "unexpected_refund_news"
REFUND_UNANSWERED = "refund_unanswered"
REFUND_FOUND = "refund_found"
UNKNOWN_OBJECT = "unknown_object"
"""The gateway has something with a key of ours that can't be taken up."""

PAYOUT_OF_UNKNOWN = "payout_of_unknown_payment"

BREACH = "breach"
"""A check on money failed here: whatever was being done was undone."""

HOLDING = frozenset({NOT_OURS, BLANK, OVERPAID, REFUND_NOT_OURS, REFUND_BLANK, UNKNOWN_OBJECT, BREACH})
"""The reasons that hold a company's billing until a person has looked."""
ENDING_BY_THEMSELVES = frozenset({UNANSWERED, DEBIT_OVERDUE, REFUND_UNANSWERED})
"""The reasons that end with the gateway's answer: somebody who just looked has not changed anything."""
OF_REFUNDS = frozenset({REFUND_NOT_OURS, REFUND_BLANK, REFUND_UNANSWERED})
"""The reasons that are about a refund under way, not about the payment that it is taken from."""
REASONS = frozenset({*HOLDING, *ENDING_BY_THEMSELVES, BANK_RETURN, CHARGE_NOT_SENT, REFUND_FOUND, PAYOUT_OF_UNKNOWN})
