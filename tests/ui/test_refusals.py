"""The words of refusals: every code has some, and documentation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.ui.refusals import REFUSALS, refusal_words

ROOT = Path(__file__).resolve().parents[2]


def codes_in_source() -> Iterator[str]:
    """Give each code that stands as a text in a call of Refusal."""
    for path in (ROOT / "src/tenantry").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                first = node.args[0] if node.args else None
                for part in ast.walk(first) if first is not None else ():
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier():
                        yield part.value


def test_every_code_of_the_source_has_words() -> None:
    found = set(codes_in_source()) - {"_required"}
    assert "already_paid" in found
    assert found - set(REFUSALS) == set()


def test_every_code_stands_in_the_documentation_and_no_other() -> None:
    lines = (ROOT / "docs/refusals.md").read_text(encoding="utf-8").splitlines()
    documented = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(documented) == sorted(REFUSALS)


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_code_answers_with_a_status_and_a_sentence(code: str) -> None:
    facts = {"subject": "integrations", "needs": ("a",), "excludes": ("a",), "needed_by": ("a",), "addon": "b"}
    words = refusal_words(Refusal(code, facts))
    assert 200 <= words.status < 600
    assert words.sentence.endswith((".", ":"))
    assert "%" not in words.sentence + words.next_step


@pytest.mark.parametrize(
    ("refusal", "status", "sentence"),
    [
        (
            Refusal("modify_required", {"subject": "account_management"}),
            403,
            "You need Account Management with Modify to do this.",
        ),
        (
            Refusal("view_required", {"subject": "account_management"}),
            403,
            "You need Account Management with View to open this page.",
        ),
        (Refusal("default_method", {"method_id": "1"}), 409, "Make another method the default first."),
        (Refusal("amounts_dont_match", {"tries_left": 1}), 422, "Amounts don't match. 1 try left."),
        (Refusal("amounts_dont_match", {"tries_left": 2}), 422, "Amounts don't match. 2 tries left."),
        (
            Refusal("price_changed", {"price": Money(4900, "USD")}),
            409,
            "The price changed to $49.00. Review and confirm.",
        ),
        (Refusal("price_changed"), 409, "The price changed. Review and confirm."),
        (Refusal("too_many_attempts", {"seconds": 30}), 429, "Too many attempts. Try again in 30 seconds."),
        (
            Refusal("payment_declined", {"code": "card_declined"}),
            402,
            "The bank declined the card. Try another method.",
        ),
        (Refusal("payment_not_approved"), 402, "The payment was not approved at the bank. Nothing was charged."),
        (Refusal("gateway_unavailable"), 503, "Payment service is unavailable. Nothing was charged."),
        (Refusal("payment_confirming"), 202, "We're confirming this payment. You don't need to pay again."),
        (
            Refusal("link_expired"),
            403,
            "This link has expired. Refresh the Invoices page to get a new one.",
        ),
        (Refusal("day_in_the_past", {"day": date(2026, 1, 2)}), 422, "Jan 2, 2026 is in the past."),
    ],
)
def test_promised_sentences(refusal: Refusal, status: int, sentence: str) -> None:
    words = refusal_words(refusal)
    assert (words.status, words.sentence) == (status, sentence)


def test_codes_among_the_facts_are_said_by_name() -> None:
    words = refusal_words(Refusal("addon_off", {"addon": "credit_checks"}), names={"credit_checks": "Credit Checks"})
    assert words.sentence == "Credit Checks is turned off."


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        refusal_words(Refusal("no_such_code"))
