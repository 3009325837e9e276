"""Card numbers are noticed however they are written; other numbers are let through."""

from __future__ import annotations

import pytest

from tenantry.core.card_numbers import any_holds_card_number, holds_card_number


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424242",
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242.4242.4242.4242",
        "my card: 4242 4242 4242 4242, exp 08/28",
        "4242 4242 4242 4242 123",
        "1 4242424242424242",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "3056930009020004",
        "3566002020360505",
        "６２００００００００００００５",
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
        "4242\u00a04242\u20134242\u00a04242",
        "42424242-4242-4242-4242-424242424242",
        "a42424242-4242-4242-a424-242424242424",
        "42424242-4242-4242-a424-242424242424, 4242424242424242",
    ],
)
def test_notices_a_card_number(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Visa 4242",
        "4242424242424241",
        "4242 4242 4242",
        "+1 801 555 0100",
        "PO 2026-11-000042",
        "0000000000000000",
        "1111111111111111",
        "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11",
        "set_000000000000000000000000",
        "84043-1234",
        "42424242-4242-4242-a424-242424242424",
        "/acme/admin/users/42424242-4242-4242-A424-242424242424?next=1",
    ],
)
def test_lets_other_numbers_through(text: str) -> None:
    assert not holds_card_number(text)


def test_any_of_several() -> None:
    assert any_holds_card_number(["a", "4242424242424242"])
    assert not any_holds_card_number([])
