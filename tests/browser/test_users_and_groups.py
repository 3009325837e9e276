"""Users, permission groups and what they hold; Billing Admin, which is something else (R2, R3)."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import Visitor
from tests.browser.product import SUMMIT, TECH, Company, Product


def goes_to(visit: Visitor, company: Company, path: str) -> None:
    """Open a page of the Admin area as its owner."""
    visit.comes_in(company.owner).page.goto(f"{visit.product.url}/{company.slug}/admin/{path}")


def test_somebody_is_taken_in_switched_off_and_costs_no_seat(any_visit: Visitor, new_company: Company) -> None:
    visit, page = any_visit, any_visit.page
    goes_to(visit, new_company, "users")
    expect(visit.main).to_contain_text("2 seats now.")
    visit.clicks("New User")
    page.get_by_label("Name").fill("Ana Lima")
    page.get_by_label("E-mail").fill("not an address")
    visit.presses("Save")
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)
    expect(page.get_by_label("Name")).to_have_value("Ana Lima")
    visit.looks_around()
    page.get_by_label("E-mail").fill(f"ana@{new_company.slug}.test")
    visit.presses("Save")
    visit.is_told("Ana Lima was added. A mail tells them how to sign in.")
    expect(visit.main).to_contain_text("3 seats now.")
    page.get_by_role("link", name="Edit Ana Lima").click()
    page.get_by_label("Active").uncheck()
    visit.presses("Save")
    visit.is_told("Ana Lima was saved.")
    expect(visit.main).to_contain_text("2 seats now.")
    visit.clicks("Not active")
    row = page.get_by_role("region", name="Users").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("No seat")
    visit.looks_around()


def test_the_last_who_holds_modify_keeps_it(visit: Visitor, new_company: Company) -> None:
    goes_to(visit, new_company, "users")
    visit.page.get_by_role("link", name="Edit Olga Owner").click()
    visit.page.get_by_label("Can log in").uncheck()
    visit.presses("Save")
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.looks_around()
    visit.page.goto(f"{visit.product.url}/{new_company.slug}/admin/users")
    expect(visit.main).to_contain_text("2 seats now.")


def test_a_group_is_made_and_its_grants_work_on_the_next_click(any_visit: Visitor, new_company: Company) -> None:
    visit, page = any_visit, any_visit.page
    goes_to(visit, new_company, "permissions")
    visit.clicks("New Permission Group")
    visit.presses("Save")
    expect(page.get_by_role("alert")).to_contain_text("Name")
    visit.looks_around()
    page.get_by_label("Name").fill("Office")
    page.get_by_role("group", name="Account Management").get_by_label("Modify").check()
    visit.presses("Save")
    visit.is_told("Office was saved. It works on the next click.")
    page.goto(f"{visit.product.url}/{new_company.slug}/admin/users")
    page.get_by_role("link", name="Edit Nora Nobody").click()
    page.get_by_label("Office").check()
    visit.presses("Save")
    visit.is_told("Nora Nobody was saved.")
    visit.comes_in(new_company.nobody).goes(new_company.slug)
    expect(page.get_by_role("link", name="Add Payment Method").first).to_be_visible()


def test_two_groups_of_one_name_are_refused_and_nothing_is_lost(visit: Visitor, new_company: Company) -> None:
    goes_to(visit, new_company, "permissions/new")
    visit.page.get_by_label("Name").fill("Bookkeepers")
    visit.page.get_by_label("Description").fill("They look at bills.")
    visit.page.get_by_role("group", name="Account Management").get_by_label("View").check()
    visit.presses("Save")
    expect(visit.page.get_by_role("alert")).to_be_visible()
    expect(visit.page.get_by_label("Description")).to_have_value("They look at bills.")
    expect(visit.page.get_by_role("group", name="Account Management").get_by_label("View")).to_be_checked()


def test_who_may_not_see_users_has_no_card_and_no_page(visit: Visitor) -> None:
    page = visit.comes_in(TECH).page
    page.goto(f"{visit.product.url}/{SUMMIT}/admin")
    expect(page.get_by_role("link", name=re.compile("^Users"))).to_have_count(0)
    answer = page.goto(f"{visit.product.url}/{SUMMIT}/admin/users")
    assert answer is not None
    assert answer.status == 403


def test_billing_admin_keeps_what_the_company_sells(visit: Visitor, new_company: Company, product: Product) -> None:
    goes_to(visit, new_company, "billing-admin")
    page = visit.page
    page.get_by_role("link", name=re.compile("^Invoice Billable Items")).click()
    visit.looks_around()
    page.get_by_role("link", name=re.compile("^New ")).first.click()
    page.get_by_label("Name").fill("Alarm panel")
    page.get_by_label("Default unit price").fill("a lot")
    visit.presses("Save")
    expect(page.get_by_role("alert")).to_contain_text("Default unit price")
    expect(page.get_by_label("Name")).to_have_value("Alarm panel")
    page.get_by_label("Default unit price").fill("129.50")
    visit.presses("Save")
    expect(page.get_by_role("row", name=re.compile("Alarm panel"))).to_contain_text("129.50")
    visit.reads("What your company pays SecurityTrax stands in Account Management.")
