"""Getting in, being refused, changing the company, getting out (A1 to A8)."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import expect

from tests.browser.people import Visitor, sign_in
from tests.browser.product import BOOKS, CASCADE, OWNER, PASSWORD, SUMMIT, TECH, Company

SECTIONS = ["Billing Methods", "Invoices", "Add-ons"]


def test_the_owner_signs_in_finds_the_area_and_signs_out(any_visit: Visitor) -> None:
    page, product = any_visit.page, any_visit.product
    sign_in(page, product, OWNER)
    expect(page).to_have_url(f"{product.url}/{SUMMIT}/admin")
    organization = page.get_by_role("region", name="Organization").get_by_role("link")
    assert organization.last.locator(".tile-title").inner_text() == "Account Management"
    organization.last.click()
    expect(page).to_have_url(product.area(SUMMIT))
    entries = page.get_by_role("navigation", name="Account Management").get_by_role("link")
    assert [text.strip() for text in entries.all_inner_texts()] == SECTIONS
    for name, path in zip(SECTIONS, ("billing-methods", "invoices", "add-ons"), strict=True):
        entries.filter(has_text=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        any_visit.is_at(path, SUMMIT)
        expect(entries.filter(has_text=name)).to_have_attribute("aria-current", "page")
    page.locator("summary", has=page.locator(".avatar")).click()
    any_visit.presses("Sign out")
    page.goto(product.area(SUMMIT))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_refused_with_the_same_words_as_an_unknown_person(visit: Visitor) -> None:
    page = visit.page
    for email, password in ((OWNER, "not the password"), ("nobody@nowhere.test", PASSWORD)):
        page.goto(f"{visit.product.url}/accounts/login/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        visit.is_warned("E-mail or password is not correct.")
        expect(page.get_by_label("E-mail")).to_have_value(email)
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
    visit.looks_around()


def test_who_is_not_signed_in_comes_back_to_the_page_they_asked_for(visit: Visitor) -> None:
    page = visit.page
    page.goto(visit.product.area(SUMMIT, "add-ons"))
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(visit.product.area(SUMMIT, "add-ons"))


def test_without_view_there_is_no_card_and_no_page(visit: Visitor) -> None:
    page = visit.comes_in(TECH).page
    answer = page.goto(f"{visit.product.url}/{SUMMIT}/admin")
    assert answer is not None
    assert answer.status == 403
    visit.reads("There is nothing in Admin that you may open.")
    expect(page.get_by_role("link", name=re.compile("^A(dmin|ccount Management)"))).to_have_count(0)
    answer = page.goto(visit.product.area(SUMMIT))
    assert answer is not None
    assert answer.status == 403
    visit.reads("You need Account Management with View to open this page.")
    visit.looks_around()
    visit.clicks("Sign out")
    expect(page).to_have_url(f"{visit.product.url}/accounts/logout/")


def test_another_company_is_the_same_as_none(visit: Visitor) -> None:
    page = visit.comes_in(OWNER).page
    bodies = []
    for slug in (CASCADE, "nobody-here"):
        answer = page.goto(visit.product.area(slug))
        assert answer is not None
        assert answer.status == 404
        bodies.append(re.sub(r"<code>[^<]*</code>|(value|nonce)=\"[^\"]*\"", "", answer.text()).replace(slug, ""))
    assert bodies[0] == bodies[1]
    visit.reads("We can't find that page or record.")


def test_a_bookkeeper_chooses_the_company_and_changes_over(any_visit: Visitor) -> None:
    page, product = any_visit.comes_in(BOOKS).page, any_visit.product
    page.goto(product.url)
    expect(page).to_have_url(f"{product.url}/companies")
    page.get_by_role("link", name="Cascade Security").click()
    expect(page).to_have_url(f"{product.url}/{CASCADE}/admin")
    page.locator("summary", has_text="Cascade Security").click()
    any_visit.clicks("Switch company")
    page.get_by_role("link", name="Summit Alarm").click()
    expect(page).to_have_url(f"{product.url}/{SUMMIT}/admin")


def test_taking_a_grant_away_works_on_the_next_click(visit: Visitor, new_company: Company, request: object) -> None:
    visit.comes_in(new_company.viewer).goes(new_company.slug, "add-ons")
    expect(visit.page.get_by_role("heading", level=1, name="Add-ons")).to_be_visible()
    owner = visit.page.context.browser.new_context()  # type: ignore[union-attr]
    owner.add_cookies([visit.product.session(new_company.owner)])  # type: ignore[list-item]
    page = owner.new_page()
    page.goto(f"{visit.product.url}/{new_company.slug}/admin/permissions")
    page.get_by_role("row", name=re.compile("Bookkeepers")).get_by_role("link", name="Edit").click()
    page.get_by_role("group", name="Account Management").get_by_label("View").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    owner.close()
    visit.clicks("Invoices")
    visit.reads("You need Account Management with View to open this page.")


def test_the_page_says_whose_bill_it_is_and_what_it_is_not(visit: Visitor) -> None:
    visit.comes_in(OWNER).goes(SUMMIT)
    about = visit.page.get_by_role("region", name="About this area")
    expect(about).to_contain_text("Your company's subscription to SecurityTrax.")
    visit.clicks("Billing Admin", within=about)
    expect(visit.page.get_by_role("heading", level=1, name="Billing Admin")).to_be_visible()
    visit.reads("What your company pays SecurityTrax stands in Account Management.")
    visit.clicks("Go to Account Management")
    visit.clicks("Accounting", within=about)
    expect(visit.page.get_by_role("heading", level=1, name="Accounting")).to_be_visible()


def test_the_summary_opens_to_what_the_price_is_made_of(visit: Visitor) -> None:
    visit.comes_in(OWNER).goes(SUMMIT)
    strip = visit.page.get_by_role("region", name="Summary")
    total = strip.locator("summary").inner_text().split(" ")[0]
    parts = strip.locator(".breakdown")
    expect(parts).to_be_hidden()
    strip.locator("summary").click()
    expect(parts).to_contain_text("14 seats × $20.00")
    amounts = [Decimal(one[1:]) for one in parts.locator(".nowrap").all_inner_texts()]
    assert (len(amounts), f"${sum(amounts)}") == (5, total)
