"""The demo's clock goes to the next billing date, and the invoice says what the confirmation promised (D14, O4, O5)."""

from __future__ import annotations

import re
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.people import Visitor
from tests.browser.product import CASCADE, CASCADE_OWNER, OWNER, SUMMIT, Product

A_MONTH_FOR_ALL = 120
"""Seconds that a month may take: every company that a test of this folder opened lives through it, too."""


def amount(words: str) -> Decimal:
    """Read an amount of money."""
    return Decimal(re.search(r"\$([\d,.]*\d)", words)[1].replace(",", ""))  # type: ignore[index]


@pytest.mark.usefixtures("moves_time")
def test_the_next_invoice_keeps_the_promise_to_the_cent(visit: Visitor) -> None:
    page = visit.page
    page.set_default_timeout(A_MONTH_FOR_ALL * 1000)
    owner, company = (OWNER, SUMMIT) if visit.has_scripts else (CASCADE_OWNER, CASCADE)
    visit.comes_in(owner).goes(company, "add-ons/inventory-plus/enable")
    facts = [fact.strip() for fact in page.locator(".statement dd").all_inner_texts()]
    this_period, monthly, about = (amount(fact) for fact in facts[:3])
    share = re.search(r"\d+ of \d+ days", facts[0])[0]  # type: ignore[index]
    visit.presses("Confirm")
    expect(page.get_by_role("status")).to_contain_text("Inventory+ is enabled")
    visit.presses("Go to next billing date")
    expect(page.get_by_role("status")).to_contain_text("The demo's clock went to")
    visit.goes(company, "invoices")
    newest = page.get_by_role("region", name="Invoices").locator("tbody tr").first
    newest.locator(".number").get_by_role("link", name=re.compile("^(SUMMIT|CASCADE)-")).click()
    lines = page.get_by_role("table", name="Lines").get_by_role("row", name=re.compile("^Inventory"))
    expect(lines).to_have_count(2)
    said = sorted(amount(line.locator("td").last.inner_text()) for line in lines.all())
    assert said == sorted([this_period, monthly])
    if this_period != monthly:
        expect(lines.filter(has_text=f"${this_period}")).to_contain_text(share)
    assert amount(page.locator(".stats-free .stat-value").first.inner_text()) == about
    expect(page.locator(".head .badge")).to_have_text("Paid")
    with httpx.Client(base_url=visit.product.gateway_url, trust_env=False, timeout=30) as gateway:
        last = gateway.get("/control/charges").json()["charges"]
    number = page.locator("h1").inner_text().removeprefix("Invoice ")
    charges = [(one["amount_minor"], one["outcome"]) for one in last if one["invoice_number"] == number]
    assert charges == [(int(about * 100), "succeeded")]
    visit.looks_around()


@pytest.mark.usefixtures("moves_time")
def test_who_may_only_look_moves_no_time(visit: Visitor, product: Product, slug: str) -> None:
    company = product.open(slug, "subscribe later")
    visit.comes_in(company.viewer).goes(company.slug)
    expect(visit.page.get_by_role("region", name="Demo")).to_contain_text("Today is")
    expect(visit.page.get_by_role("button", name="Go to next billing date")).to_have_count(0)
