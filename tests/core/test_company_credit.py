"""How credit stands: left, owed since a bank took it back after it was used, or overdrawn by what nobody asked for."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from tenantry.core.company_credit import CreditStanding, Move, standing

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


def test_any_history() -> None:
    random = Random(7)
    for _ in range(2000):
        kinds = ("overpaid", "credited", "credit_used", "overpayment_returned", "refund_found", "voided", "issued")
        moves = [(random.choice(kinds), random.randrange(-900, 900)) for _ in range(random.randrange(12))]
        now = standing(moves)
        assert now.owed_minor + now.overdrawn_minor - now.left_minor == sum(minor for _, minor in moves)
        assert min(now.left_minor, now.owed_minor, now.overdrawn_minor) >= 0
