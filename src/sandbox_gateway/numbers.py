"""The documented test numbers, and what each one does. No other is accepted, so that no real one is typed here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sandbox_gateway.values import Behavior

ROUTING_NUMBER = "110000000"
BANK_NAME = "Test Bank"
SUCCEEDS = Behavior()


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card number that may be typed on the hosted page."""

    __test__ = False
    number: str
    brand: str
    sentence: str
    behavior: Behavior = SUCCEEDS


@dataclass(frozen=True, slots=True)
class TestAccount:
    """A bank account number that may be typed on the hosted page, with the routing number `ROUTING_NUMBER`."""

    __test__ = False
    number: str
    sentence: str
    behavior: Behavior = SUCCEEDS


def _refused_at_once(number: str, code: str, sentence: str) -> TestCard:
    return TestCard(number, "Visa", sentence, Behavior(attach_decline=code))


CARDS = (
    TestCard("4242424242424242", "Visa", "Each payment succeeds."),
    TestCard("4000056655665556", "Visa", "A debit card. Each payment succeeds."),
    TestCard("5555555555554444", "Mastercard", "Each payment succeeds."),
    TestCard("2223003122003222", "Mastercard", "A number of the 2 series. Each payment succeeds."),
    TestCard("5200828282828210", "Mastercard", "A debit card. Each payment succeeds."),
    TestCard("378282246310005", "American Express", "Each payment succeeds. The CVC has four digits."),
    TestCard("371449635398431", "American Express", "Each payment succeeds. The CVC has four digits."),
    TestCard("6011111111111117", "Discover", "Each payment succeeds."),
    TestCard("6011000990139424", "Discover", "Each payment succeeds."),
    TestCard("3056930009020004", "Diners Club", "Each payment succeeds."),
    TestCard("3566002020360505", "JCB", "Each payment succeeds."),
    _refused_at_once("4000000000000002", "generic_decline", "Can't be added: the bank declines it."),
    _refused_at_once("4000000000009995", "insufficient_funds", "Can't be added: insufficient funds."),
    _refused_at_once("4000000000009987", "lost_card", "Can't be added: reported lost."),
    _refused_at_once("4000000000009979", "stolen_card", "Can't be added: reported stolen."),
    _refused_at_once("4000000000000069", "expired_card", "Can't be added: the bank says that it has expired."),
    _refused_at_once("4000000000000127", "incorrect_cvc", "Can't be added: the CVC is wrong."),
    _refused_at_once("4000000000000119", "processing_error", "Can't be added: an error at the bank."),
    TestCard(
        "4000000000000341",
        "Visa",
        "Can be added, then each payment is declined. The CVC picks the reason: see below.",
        Behavior(charge_decline="generic_decline"),
    ),
    TestCard(
        "4100000000000019",
        "Visa",
        "Can be added, then each payment is blocked as fraudulent.",
        Behavior(charge_decline="fraudulent"),
    ),
    TestCard(
        "4000002500003155",
        "Visa",
        "The bank asks the payer to approve each payment. Charged automatically, it is declined: "
        "authentication required.",
        Behavior(asks_payer=True),
    ),
    TestCard(
        "4000002760003184",
        "Visa",
        "As the card above, with another number.",
        Behavior(asks_payer=True),
    ),
    TestCard(
        "4000008260003178",
        "Visa",
        "The bank asks the payer to approve, and declines all the same: insufficient funds. Charged "
        "automatically, it is declined with the same reason.",
        Behavior(asks_payer=True, charge_decline="insufficient_funds"),
    ),
    TestCard(
        "4000000000000259",
        "Visa",
        "Each payment succeeds, is disputed a week later as fraudulent, and lost after two more weeks.",
        Behavior(dispute_reason="fraudulent"),
    ),
    TestCard(
        "4000000000002685",
        "Visa",
        "Each payment succeeds, is disputed a week later as not received, and won after two more weeks.",
        Behavior(dispute_reason="not_received", dispute_is_won=True),
    ),
)

DECLINES_LATER = "4000000000000341"
DECLINE_BY_CVC = {
    "995": "insufficient_funds",
    "987": "lost_card",
    "979": "stolen_card",
    "069": "expired_card",
    "127": "incorrect_cvc",
    "119": "processing_error",
}
"""What the CVC typed with `DECLINES_LATER` makes of each payment; any other CVC gives generic_decline."""

RETURN_WORDS = {
    "R01": "insufficient funds",
    "R02": "account closed",
    "R03": "no account found",
    "R04": "account number not valid",
    "R05": "consumer debit to a business account not authorized",
    "R06": "returned on request of the sending bank",
    "R07": "authorization revoked",
    "R08": "payment stopped",
    "R09": "funds not collected yet",
    "R10": "not authorized",
    "R11": "not as authorized",
    "R13": "routing number not valid",
    "R16": "account frozen",
    "R20": "account takes no debits",
    "R29": "not authorized by the business",
    "R51": "not eligible, or the notice was not right",
}
KNOWN_RETURNS = {
    "R01": "000222222227",
    "R02": "000111111113",
    "R03": "000111111116",
    "R10": "000333333335",
}
"""The return codes for which people know an account number already; the others are numbered by us."""
LATE_AFTER_BUSINESS_DAYS, LAST_AFTER_DAYS = 10, 60
ANY_RETURN = re.compile(r"(00099|00088|00086)00000(?!00)(\d\d)")
"""Beside the accounts that are listed: any return code at all, from R01 to R99, at three times."""


def _returned(code: str) -> TestAccount:
    number = KNOWN_RETURNS.get(code, f"0009900000{code[1:]}")
    sentence = f"Each debit is returned on the third business day: {_with_words(code)}."
    return TestAccount(number, sentence, Behavior(return_code=code))


def _returned_late(code: str) -> TestAccount:
    sentence = (
        f"Each debit succeeds, and is returned {LATE_AFTER_BUSINESS_DAYS} business days later: {_with_words(code)}."
    )
    late = Behavior(late_return_code=code, late_return_after_business_days=LATE_AFTER_BUSINESS_DAYS)
    return TestAccount(f"0008800000{code[1:]}", sentence, late)


def _returned_last(code: str) -> TestAccount:
    sentence = f"Each debit succeeds, and is returned {LAST_AFTER_DAYS} days later: {_with_words(code)}."
    last = Behavior(late_return_code=code, late_return_after_days=LAST_AFTER_DAYS)
    return TestAccount(f"0008600000{code[1:]}", sentence, last)


def _with_words(code: str) -> str:
    return f"{code}, {RETURN_WORDS[code]}" if code in RETURN_WORDS else code


_RETURNED_AT = {"00099": _returned, "00088": _returned_late, "00086": _returned_last}


ACCOUNTS = (
    TestAccount("000123456789", "Each debit succeeds on the third business day."),
    TestAccount(
        "000770000008", "Each debit succeeds on the eighth business day.", Behavior(settle_after_business_days=8)
    ),
    TestAccount("000770000012", "Each debit takes twelve business days.", Behavior(settle_after_business_days=12)),
    TestAccount(
        "000550000005", "Its two deposits are never right: it can't be verified.", Behavior(deposits_differ=True)
    ),
    *(_returned(code) for code in RETURN_WORDS),
    *(_returned_late(code) for code in ("R01", "R07", "R10", "R29")),
    *(_returned_last(code) for code in ("R07", "R10")),
)

_CARDS_BY_NUMBER = {card.number: card for card in CARDS}
_ACCOUNTS_BY_NUMBER = {account.number: account for account in ACCOUNTS}


def find_card(number: str, cvc: str) -> TestCard | None:
    """Look up what a typed card does."""
    card = _CARDS_BY_NUMBER.get(number)
    if card is not None and card.number == DECLINES_LATER and cvc in DECLINE_BY_CVC:
        return replace(card, behavior=Behavior(charge_decline=DECLINE_BY_CVC[cvc]))
    return card


def find_account(number: str) -> TestAccount | None:
    """Look up what a typed bank account does."""
    if number in _ACCOUNTS_BY_NUMBER:
        return _ACCOUNTS_BY_NUMBER[number]
    any_return = ANY_RETURN.fullmatch(number) if number.isascii() else None
    return replace(_RETURNED_AT[any_return[1]](f"R{any_return[2]}"), number=number) if any_return else None
