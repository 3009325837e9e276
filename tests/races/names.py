"""The eleven things that can happen to a company at the same time. Nothing of the product is imported here."""

from itertools import combinations_with_replacement

NAMES = (
    PAY, BILL, HINT, SWEEP, DEFAULT, REMOVE, ADD, ENABLE, DISABLE, GRANT, PRICE,
) = (
    "Pay", "billing run", "webhook", "janitor", "Make Default", "Remove", "Add", "Enable", "Disable",
    "take away a grant", "price change",
)  # fmt: skip

PAIRS = tuple(combinations_with_replacement(NAMES, 2))
TRIPLES = tuple((PAY, *pair) for pair in PAIRS)
