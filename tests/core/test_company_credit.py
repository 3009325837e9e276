"""How credit stands: left, owed since a bank took it back after it was used, or overdrawn by what nobody asked for."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from tenantry.core import issuing
from tenantry.core.company_credit import CreditStanding, Move, standing
from tenantry.core.postings import Account
from tenantry.core.totals import add_up
from tests.core.test_totals import line, usd

OVERPAID, USED = ("overpaid", -1000), ("credit_used", 600)
TOOK_BACK, ASKED = ("overpayment_returned", 1000), ("brought_forward", -600)
NOTE, FOUND = ("credited", -250), ("refund_found", 400)


@pytest.mark.parametrize(
    ("moves", "left", "owed", "overdrawn", "usable"),
    [
        ([], 0, 0, 0, 0),
        ([OVERPAID, USED], 400, 0, 0, 400),
        ([OVERPAID, TOOK_BACK], 0, 0, 0, 0),
        ([OVERPAID, USED, TOOK_BACK], 0, 600, 0, -600),
        ([OVERPAID, USED, TOOK_BACK, ASKED], 0, 0, 0, 0),
        ([OVERPAID, USED, TOOK_BACK, ASKED, ("voided", 600)], 0, 600, 0, -600),
        ([OVERPAID, USED, TOOK_BACK, NOTE], 0, 350, 0, -350),
        ([OVERPAID, USED, TOOK_BACK, NOTE, NOTE, NOTE], 150, 0, 0, 150),
        ([FOUND], 0, 0, 400, 0),
        ([FOUND, NOTE], 0, 0, 150, 0),
        ([OVERPAID, TOOK_BACK, FOUND], 0, 0, 400, 0),
        ([OVERPAID, USED, TOOK_BACK, FOUND], 0, 600, 400, -600),
        ([OVERPAID, USED, TOOK_BACK, FOUND, ASKED], 0, 0, 400, 0),
        ([OVERPAID, USED, TOOK_BACK, FOUND, ("credited", -500)], 0, 500, 0, -500),
    ],
)
def test_standing(moves: list[Move], left: int, owed: int, overdrawn: int, usable: int) -> None:
    now = standing(moves)
    assert (now, now.usable_minor) == (CreditStanding(left, owed, overdrawn), usable)


def test_it_is_the_balance_whatever_the_order() -> None:
    for moves in permutations([OVERPAID, USED, TOOK_BACK, ASKED, NOTE, FOUND]):
        now = standing(moves)
        assert now.owed_minor + now.overdrawn_minor - now.left_minor == sum(minor for _, minor in moves)
        assert min(now.left_minor, now.owed_minor + now.overdrawn_minor) == 0


def test_nothing_is_asked_for_twice_and_nothing_is_left_out() -> None:
    """Months of invoices over payments that become credit and are taken back: everything is asked for, and once."""
    random = Random(11)
    for _ in range(500):
        moves: list[Move] = []
        could_go_back: list[int] = []
        billed = asked = overpaid = taken_back = 0
        for _ in range(8):
            if random.random() < 0.4:
                could_go_back.append(random.randrange(1, 9000))
                overpaid += could_go_back[-1]
                moves.append(("overpaid", -could_go_back[-1]))
            if could_go_back and random.random() < 0.3:
                gone = could_go_back.pop(random.randrange(len(could_go_back)))
                taken_back += gone
                moves.append(("overpayment_returned", gone))
            totals = add_up([line(random.randrange(4000))], "USD", credit_available=usd(standing(moves).usable_minor))
            moves += [
                (one.kind, leg.amount_minor)
                for one in issuing.entries("inv", totals)
                for leg in one.lines
                if leg.account is Account.COMPANY_CREDIT
            ]
            billed, asked = billed + totals.total.minor, asked + totals.amount_due.minor
            assert standing(moves).owed_minor == 0
        assert asked == billed - overpaid + taken_back + standing(moves).left_minor


def test_any_history() -> None:
    random = Random(7)
    for _ in range(2000):
        kinds = ("overpaid", "credited", "credit_used", "overpayment_returned", "refund_found", "voided", "issued")
        moves = [(random.choice(kinds), random.randrange(-900, 900)) for _ in range(random.randrange(12))]
        now = standing(moves)
        assert now.owed_minor + now.overdrawn_minor - now.left_minor == sum(minor for _, minor in moves)
        assert min(now.left_minor, now.owed_minor, now.overdrawn_minor) >= 0
