"""What the demo's vendor sells: a plan per seat and eight add-ons, with plausible prices and documentation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.catalog.save_addon import AddOnWords, save_addon
from tenantry.actions.catalog.save_plan import save_plan
from tenantry.core.money import Money
from tenantry.core.permissions import Actor
from tenantry.core.refusal import Refusal

CURRENCY = "USD"
PLAN = "core"


@dataclass(frozen=True, slots=True)
class DemoAddOn:
    """An add-on of the demo: its words and its first price in cents."""

    code: str
    name: str
    shape: str
    amount_minor: int
    description: str
    documentation: str
    terms: str = ""


ADD_ONS = (
    DemoAddOn(
        "message-plus",
        "Message+",
        "flat",
        4900,
        "Text messages and e-mail to your customers, with templates and a log of what was sent.",
        "# What it does\n\nMessage+ sends texts and e-mails to your customers from the records you already keep."
        "\n\n- Write a template once, with the customer's name and appointment filled in."
        "\n- Send to one customer or to a list.\n- See in the log what was sent, and when."
        "\n\n# When you disable it\n\nSending stops. Templates and the log are kept; enabling brings them back.",
        "You send messages only to people who agreed to get them, and you stop when they ask you to.",
    ),
    DemoAddOn(
        "invoice-plus",
        "Invoice+",
        "per_seat",
        500,
        "Recurring invoices for your customers, and a portal where they pay and keep their own billing data.",
        "# What it does\n\nInvoice+ writes invoices to your customers on a schedule."
        "\n\n- Recurring invoices: create, edit, delete.\n- Customers pay online and keep their cards current."
        "\n\n# When you disable it\n\nNew recurring invoices stop. The history of invoices stays readable.",
    ),
    DemoAddOn(
        "payable-plus",
        "Payable+",
        "per_seat",
        300,
        "Commissions worked out by themselves: lookup tables, amounts from fields, and five triggers.",
        "# What it does\n\nPayable+ works out commissions when something happens to a customer."
        "\n\n- Triggers: installed, funded, tag applied, tag removed, field set."
        "\n- Amounts from fields, lookup tables and arithmetic."
        "\n\n# When you disable it\n\nBasic payroll goes on with fixed amounts.",
    ),
    DemoAddOn(
        "inventory-plus",
        "Inventory+",
        "flat",
        7900,
        "Replenishment from minimum levels to purchase orders, and electronic orders with your distributor.",
        "# What it does\n\nInventory+ tells you what to order before you run out."
        "\n\n- Minimum and base levels for each location.\n- Purchase orders by one click, sent to the distributor."
        "\n\n# When you disable it\n\nBasic inventory goes on. Equipment Templates are hidden and kept.",
    ),
    DemoAddOn(
        "edoc-plus",
        "eDoc+",
        "flat",
        3900,
        "Documents signed electronically: envelopes, templates and the signed copies on the customer's record.",
        "# What it does\n\neDoc+ sends documents for signature and files the signed copy."
        "\n\n- Templates filled in from the customer's record.\n- Reminders until everyone has signed, by Message+."
        "\n\n# When you disable it\n\nThe pages are closed. Signed documents are kept.",
    ),
    DemoAddOn(
        "consumer-financing",
        "Consumer Financing",
        "flat",
        2900,
        "Finance applications right from the customer's record, sent to the provider you choose.",
        "# What it does\n\nOffer your customers financing while you sit at their table."
        "\n\n- One application form for each provider.\n- The decision comes back to the customer's record."
        "\n\n# When you disable it\n\nThe pages are closed. Providers and applications are kept.",
        "You tell your customers who the lender is before you send an application.",
    ),
    DemoAddOn(
        "credit-checks",
        "Credit Checks",
        "flat",
        1900,
        "Run and keep credit checks on customers and leads, with the bureaus you have an account with.",
        "# What it does\n\nCredit Checks asks a credit bureau about a customer and keeps the answer."
        "\n\n- TransUnion, Equifax, HART, Monitronics, SAFE, ADT Credit, or typed in by hand."
        "\n- Score, grade and print image on the customer's Credit tab."
        "\n\n# When you disable it\n\nThe Credit tab and the list of bureaus are hidden. Everything is kept.",
        "You ask for a consumer's credit report only with a permissible purpose and their consent.",
    ),
    DemoAddOn(
        "quickbooks",
        "QuickBooks",
        "flat",
        3500,
        "Keeps customers, invoices, payments and bills in step with QuickBooks Online.",
        "# What it does\n\nQuickBooks sends what you enter here to QuickBooks Online."
        "\n\n- Customers, invoices, payments and bills.\n- A log of every attempt, by itself or by hand."
        "\n\n# When you disable it\n\nThe sync stops at once. The connection is kept.",
    ),
)


def set_up_catalog(staff: Actor, now: datetime) -> None:
    """Write the plan, the add-ons and their first prices."""
    description = "Everything a dealer needs: customers, scheduling, inventory, payroll."
    _done(save_plan(actor=staff, code=PLAN, name="SecurityTrax Core", description=description, now=now))
    core = NewPrice("plan", PLAN, "per_seat", Money(2000, CURRENCY), now.date())
    _done(publish_price(actor=staff, price=core, now=now))
    for position, addon in enumerate(ADD_ONS):
        words = AddOnWords(addon.name, addon.description, addon.documentation, terms=addon.terms, position=position)
        _done(save_addon(actor=staff, code=addon.code, words=words, now=now))
        price = NewPrice("addon", addon.code, addon.shape, Money(addon.amount_minor, CURRENCY), now.date())
        _done(publish_price(actor=staff, price=price, now=now))


def raise_price(staff: Actor, code: str, amount_minor: int, from_date: date, now: datetime) -> None:
    """Publish a new listed price: who runs the add-on keeps the one that was confirmed (D6)."""
    shape = next(addon.shape for addon in ADD_ONS if addon.code == code)
    new = NewPrice("addon", code, shape, Money(amount_minor, CURRENCY), from_date)
    _done(publish_price(actor=staff, price=new, now=now))


def for_company(staff: Actor, company_id: str) -> Actor:
    """Let the vendor's staff act for one company."""
    return replace(staff, company_id=company_id)


def _done(answer: object) -> None:
    if isinstance(answer, Refusal):
        raise RuntimeError(f"the demo was refused: {answer}")
