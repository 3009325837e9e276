"""Three companies and their months. Nothing is inserted: the engine bills, charges, declines and retries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tenantry.actions.companies.open_company import Opening
from tenantry.core.periods import local_date, nth_start
from tenantry.core.permissions import Level
from tenantry.project.demo.catalog import ADD_ONS, raise_price
from tenantry.project.demo.story import STAFF, DemoCompany, Months

VISA, MASTERCARD = "4242424242424242", "5555555555554444"
VISA_DEBIT, ATTACHES_BUT_DECLINES = "4000056655665556", "4000000000000341"
BANK = "000123456789"
AUTHORIZATION = (
    "I authorize SecurityTrax to debit the bank account above for the amounts that Summit Alarm LLC owes for its"
    " subscription, until I revoke it in the portal."
)
ALL = tuple(addon.code for addon in ADD_ONS)
TECHNICIANS = (
    ("alex", "Alex Avery"), ("blair", "Blair Boone"), ("casey", "Casey Cole"), ("drew", "Drew Dalton"),
    ("emery", "Emery Ellis"), ("finley", "Finley Frost"), ("gray", "Gray Gibson"), ("harper", "Harper Hale"),
    ("indy", "Indy Ives"), ("jules", "Jules Jordan"), ("kai", "Kai Knox"), ("logan", "Logan Lane"),
    ("marlow", "Marlow Meyer"),
)  # fmt: skip
Told = Callable[[str], None]


def open_summit(months: Months) -> DemoCompany:
    """Open Summit Alarm: 24 months, 14 seats in the end."""
    opening = Opening(
        slug="summit-alarm",
        name="Summit Alarm",
        number_prefix="SUMMIT",
        time_zone="America/Denver",
        currency="USD",
        owner_email="owner@summit-alarm.test",
        owner_name="Olivia Owens",
        details={
            "legal_name": "Summit Alarm LLC",
            "address_line_1": "410 Canyon Road",
            "city": "Provo",
            "region": "UT",
            "postal_code": "84604",
            "country": "US",
            "tax_id": "87-5550142",
            "po_number": "PO-2291",
            "recipients": ["owner@summit-alarm.test", "accounting@summit-alarm.test"],
        },
    )
    company = DemoCompany(months, opening, ALL)
    company.group("Bookkeepers", Level.VIEW)
    for handle, name in TECHNICIANS[:7]:
        company.hire(f"{handle}@summit-alarm.test", name)
    company.hire("viewer@summit-alarm.test", "Victor Vance", "Bookkeepers", password=True)
    company.hire("tech@summit-alarm.test", "Terry Tech", password=True)
    company.hire("books@bridge.test", "Bea Bridges", "Bookkeepers", password=True)
    company.first_card = company.add_card(VISA, "12/30")
    company.subscribe()
    return company


def open_cascade(months: Months) -> DemoCompany:
    """Open Cascade Security: another tenant, fewer add-ons offered."""
    opening = Opening(
        slug="cascade-security",
        name="Cascade Security",
        number_prefix="CASCADE",
        time_zone="America/Los_Angeles",
        currency="USD",
        owner_email="owner@cascade-security.test",
        owner_name="Casper Cade",
        details={
            "legal_name": "Cascade Security Inc.",
            "address_line_1": "77 Harbor Street",
            "city": "Tacoma",
            "region": "WA",
            "postal_code": "98402",
            "country": "US",
        },
    )
    offered = ("message-plus", "invoice-plus", "inventory-plus", "credit-checks")
    company = DemoCompany(months, opening, offered)
    company.group("Bookkeepers", Level.VIEW)
    for handle, name in TECHNICIANS[7:12]:
        company.hire(f"{handle}@cascade-security.test", name)
    company.hire("books@bridge.test", "Bea Bridges", "Bookkeepers")
    company.add_card(MASTERCARD, "09/29")
    company.subscribe()
    return company


def open_harbor(months: Months) -> DemoCompany:
    """Open Harbor Alarms: brand new, nothing on file; its first period begins with the next month."""
    opening = Opening(
        slug="harbor-alarms",
        name="Harbor Alarms",
        number_prefix="HARBOR",
        time_zone="America/New_York",
        currency="USD",
        owner_email="owner@harbor-alarms.test",
        owner_name="Hanna Harbor",
        details={"address_line_1": "5 Pier Lane", "city": "Portland", "region": "ME", "postal_code": "04101"},
    )
    company = DemoCompany(months, opening, ALL)
    company.subscribe(nth_start(local_date(months.now, opening.time_zone).replace(day=1), 1))
    return company


class SummitYears:
    """What happens at Summit Alarm in its 24 months, by month from its first day."""

    def __init__(self, company: DemoCompany, first: date, today: date, told: Told) -> None:
        self.company, self.first, self.today, self.told = company, first, today, told

    def day(self, month: int, day: int) -> date:
        """Give a day of the n-th month."""
        return nth_start(self.first, month) + timedelta(days=day - 1)

    def live(self, cascade: Callable[[], DemoCompany]) -> None:
        """Live through the months; Cascade Security opens in the thirteenth."""
        self._first_year()
        self.company.at(self.day(12, 15))
        other = cascade()
        self._second_year(other)
        self._lately()

    def _note(self, month: int) -> None:
        self.told(f"Month {month} of 24")

    def _first_year(self) -> None:
        summit = self.company
        summit.at(self.day(1, 9))
        summit.enable("message-plus")
        summit.at(self.day(2, 4))
        summit.hire("harper@summit-alarm.test", "Harper Hale")
        self._note(3)
        summit.at(self.day(3, 12))
        summit.enable("credit-checks")
        summit.at(self.day(5, 20))
        summit.enable("quickbooks")
        self._note(6)
        temporary = summit.add_card(ATTACHES_BUT_DECLINES, "03/29", as_default=True)
        summit.at(self.day(6, 11))
        summit.pay_oldest_open(summit.first_card)
        summit.make_default(summit.first_card)
        summit.remove(temporary)
        self._note(9)
        summit.at(self.day(8, 3))
        summit.enable("edoc-plus")
        summit.at(self.day(8, 17))
        summit.disable("edoc-plus")
        summit.at(self.day(10, 22))
        summit.disable("credit-checks")
        self._note(12)

    def _second_year(self, cascade: DemoCompany) -> None:
        summit = self.company
        cascade.enable("message-plus")
        summit.at(self.day(13, 6))
        summit.hire("indy@summit-alarm.test", "Indy Ives")
        summit.hire("jules@summit-alarm.test", "Jules Jordan")
        summit.at(self.day(14, 14))
        summit.enable("invoice-plus")
        raise_price(STAFF, "message-plus", 5500, self.day(15, 1), summit.months.now)
        self._note(15)
        summit.at(self.day(15, 19))
        summit.enable("credit-checks")
        cascade.enable("credit-checks")
        self._note(18)
        summit.at(self.day(18, 8))
        leaving = summit.hire("kai@summit-alarm.test", "Kai Knox")
        summit.at(self.day(19, 2))
        summit.hire("logan@summit-alarm.test", "Logan Lane")
        summit.hire("marlow@summit-alarm.test", "Marlow Meyer")
        summit.at(self.day(20, 25))
        summit.let_go(leaving)
        self._note(21)

    def _lately(self) -> None:
        """Last month's invoice is declined for good; this month's is paid by a bank debit that is on its way."""
        summit = self.company
        ends = nth_start(self.today.replace(day=1), 1)
        summit.at(self.day(22, 5))
        expiring = summit.add_card(VISA_DEBIT, f"{ends.month:02d}/{ends.year % 100:02d}")
        summit.add_card(ATTACHES_BUT_DECLINES, "11/31", as_default=True)
        summit.remove(summit.first_card)
        summit.at(self.day(22, 12))
        bank = summit.add_bank_account(BANK, AUTHORIZATION)
        summit.at(self.day(22, 14))
        summit.verify(bank)
        self._note(23)
        summit.at(max(self.day(24, 1), self.today - timedelta(days=1)), hour=0, minute=5)
        summit.pay_latest_open(bank)
        summit.make_default(expiring)
        self._note(24)
