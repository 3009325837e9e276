"""Every documented number does what its sentence says, and no other number is known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox_gateway import numbers
from sandbox_gateway.business_days import add_business_days
from sandbox_gateway.fields import passes_luhn
from sandbox_gateway.values import IntentState, Method, Refused
from tests.gateway.shop import MONDAY, Shop

ATTACH_DECLINES = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000009987": "lost_card",
    "4000000000009979": "stolen_card",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
    "4000000000000119": "processing_error",
}
CHARGE_DECLINES = {"4000000000000341": "generic_decline", "4100000000000019": "fraudulent"}
ASK_PAYER = {"4000002500003155", "4000002760003184", "4000008260003178"}
BRANDS = {
    "4242424242424242": "Visa",
    "5555555555554444": "Mastercard",
    "378282246310005": "American Express",
    "6011111111111117": "Discover",
}
RETURNED = {
    "000222222227": "R01",
    "000111111113": "R02",
    "000111111116": "R03",
    "000333333335": "R10",
    "000990000004": "R04",
    "000990000005": "R05",
    "000990000006": "R06",
    "000990000007": "R07",
    "000990000008": "R08",
    "000990000009": "R09",
    "000990000011": "R11",
    "000990000013": "R13",
    "000990000016": "R16",
    "000990000020": "R20",
    "000990000029": "R29",
    "000990000051": "R51",
}
RETURNED_LATE = {"000880000001": "R01", "000880000007": "R07", "000880000010": "R10", "000880000029": "R29"}
RETURNED_LAST = {"000860000007": "R07", "000860000010": "R10"}
DISPUTED = {"4000000000000259": ("fraudulent", "lost"), "4000000000002685": ("not_received", "won")}
NEVER_VERIFIED = "000550000005"
SETTLED_AFTER = {"000123456789": 3, "000770000008": 8, "000770000012": 12}
GOOD = [
    card.number
    for card in numbers.CARDS
    if card.number not in {*ATTACH_DECLINES, *CHARGE_DECLINES, *ASK_PAYER, *DISPUTED}
]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_every_card_stands_in_exactly_one_table_of_this_file() -> None:
    listed = [*ATTACH_DECLINES, *CHARGE_DECLINES, *ASK_PAYER, *DISPUTED, *GOOD]
    assert sorted(listed) == sorted(card.number for card in numbers.CARDS)
    assert len(GOOD) == 11
    assert all(passes_luhn(card.number) for card in numbers.CARDS)


def test_every_account_stands_in_exactly_one_table_of_this_file() -> None:
    listed = [*RETURNED, *RETURNED_LATE, *RETURNED_LAST, *SETTLED_AFTER, NEVER_VERIFIED]
    assert sorted(listed) == sorted(account.number for account in numbers.ACCOUNTS)


@pytest.mark.parametrize(("number", "brand"), BRANDS.items())
def test_the_best_known_cards_have_their_brands(number: str, brand: str) -> None:
    assert numbers.find_card(number, "123").brand == brand


@pytest.mark.parametrize("number", GOOD)
@pytest.mark.parametrize("off_session", [False, True])
def test_good_cards_pay(shop: Shop, number: str, off_session: bool) -> None:
    assert shop.pay(shop.card(number), off_session=off_session).state is IntentState.SUCCEEDED


@pytest.mark.parametrize(("number", "code"), ATTACH_DECLINES.items())
def test_some_cards_can_not_be_added(shop: Shop, number: str, code: str) -> None:
    assert shop.type_card(number) == Refused(code)
    assert not any(event.kind == "setup.succeeded" for event in shop.model.events())


@pytest.mark.parametrize(("number", "code"), CHARGE_DECLINES.items())
@pytest.mark.parametrize("off_session", [False, True])
def test_some_cards_are_added_and_then_declined(shop: Shop, number: str, code: str, off_session: bool) -> None:
    paid = shop.pay(shop.card(number), off_session=off_session)
    assert (paid.state, paid.attempts[0].code, shop.held()) == (IntentState.OPEN, code, [])


@pytest.mark.parametrize(("cvc", "code"), [*numbers.DECLINE_BY_CVC.items(), ("341", "generic_decline")])
def test_the_cvc_picks_the_reason(shop: Shop, cvc: str, code: str) -> None:
    card = shop.type_card(numbers.DECLINES_LATER, cvc=cvc)
    assert isinstance(card, Method)
    assert shop.pay(card.id).attempts[0].code == code


@pytest.mark.parametrize("number", sorted(ASK_PAYER))
def test_some_cards_ask_the_payer(shop: Shop, number: str) -> None:
    assert shop.pay(shop.card(number)).state is IntentState.ASKS_PAYER
    assert shop.pay(shop.card(number), off_session=True).state is IntentState.OPEN
    assert shop.held() == []


@pytest.mark.parametrize(("number", "days"), SETTLED_AFTER.items())
def test_good_accounts_settle(shop: Shop, number: str, days: int) -> None:
    sent = shop.pay(shop.account(number))
    shop.now = add_business_days(MONDAY, days) - timedelta(seconds=1)
    assert shop.read(sent).state is IntentState.PROCESSING
    shop.later(seconds=1)
    assert shop.read(sent).state is IntentState.SUCCEEDED
    shop.later(days=365)
    assert shop.read(sent).state is IntentState.SUCCEEDED


@pytest.mark.parametrize(("number", "code"), RETURNED.items())
def test_returned_accounts_return(shop: Shop, number: str, code: str) -> None:
    sent = shop.pay(shop.account(number))
    assert sent.state is IntentState.PROCESSING
    shop.later(days=3)
    returned = shop.read(sent)
    assert (returned.state, returned.attempts[0].code, shop.held()) == (IntentState.RETURNED, code, [])


@pytest.mark.parametrize(("number", "code"), RETURNED_LATE.items())
def test_late_accounts_return_after_they_succeeded(shop: Shop, number: str, code: str) -> None:
    sent = shop.pay(shop.account(number))
    shop.later(days=3)
    assert shop.read(sent).state is IntentState.SUCCEEDED
    shop.later(days=14, seconds=-1)
    assert shop.read(sent).state is IntentState.SUCCEEDED
    shop.later(seconds=1)
    returned = shop.read(sent)
    assert (returned.state, returned.attempts[0].code, shop.held()) == (IntentState.RETURNED, code, [])


@pytest.mark.parametrize(("number", "code"), RETURNED_LAST.items())
def test_the_last_ones_return_after_60_days(shop: Shop, number: str, code: str) -> None:
    sent = shop.pay(shop.account(number))
    shop.later(days=63, seconds=-1)
    assert shop.read(sent).state is IntentState.SUCCEEDED
    shop.later(seconds=1)
    returned = shop.read(sent)
    assert (returned.state, returned.attempts[0].code, shop.held()) == (IntentState.RETURNED, code, [])


@pytest.mark.parametrize("code", [f"R{number:02}" for number in range(1, 100)])
def test_any_return_code_can_be_had_at_three_times(code: str) -> None:
    does = [numbers.find_account(f"{prefix}00000{code[1:]}") for prefix in ("00099", "00088", "00086")]
    assert [one.number[-2:] for one in does] == [code[1:]] * 3
    first, late, last = (one.behavior for one in does)
    assert (first.return_code, late.late_return_code, last.late_return_code) == (code, code, code)
    assert (late.late_return_after_business_days, last.late_return_after_days) == (10, 60)
    assert all(f" {code}" in one.sentence for one in does)


def test_one_account_is_never_verified(shop: Shop) -> None:
    account = shop.unverified(NEVER_VERIFIED)
    for left in (2, 1, 0):
        checked = shop.model.verify_method(now=shop.now, method_id=account, amounts_minor=(32, 45))
        assert (checked.verified, checked.tries_left) == (False, left)
    assert shop.pay(account).attempts[0].code == "method_unverified"


@pytest.mark.parametrize(("number", "reason", "outcome"), [(card, *how) for card, how in DISPUTED.items()])
def test_some_cards_are_disputed(shop: Shop, number: str, reason: str, outcome: str) -> None:
    paid = shop.pay(shop.card(number))
    shop.later(days=7, seconds=-1)
    assert shop.read(paid).dispute is None
    shop.later(seconds=1)
    disputed = shop.read(paid)
    assert (disputed.state, disputed.dispute.reason, disputed.dispute.state) == ("succeeded", reason, "open")
    shop.later(days=14)
    decided = shop.read(paid)
    assert decided.dispute.state == outcome
    is_lost = outcome == "lost"
    assert decided.state is (IntentState.RETURNED if is_lost else IntentState.SUCCEEDED)
    assert decided.attempts[0].code == (f"dispute_{reason}" if is_lost else "")
    assert [charge.net_minor for charge in shop.model.charges()] == [0 if is_lost else 41250]


@pytest.mark.parametrize("number", ["4111111111111111", "4242424242424241", "", "4242"])
def test_other_cards_are_unknown(number: str) -> None:
    assert numbers.find_card(number, "123") is None


@pytest.mark.parametrize("number", ["123456789", "000123456788", "000990000000", "0009900000011", ""])
def test_other_accounts_are_unknown(number: str) -> None:
    assert numbers.find_account(number) is None


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [(2, 1, 3), (2, 3, 5), (6, 1, 9), (7, 1, 9), (8, 1, 9), (5, 3, 10), (2, 10, 16), (2, 0, 2)],
)
def test_business_days_leave_out_weekends(start: int, days: int, end: int) -> None:
    assert add_business_days(MONDAY.replace(day=start), days) == MONDAY.replace(day=end)
