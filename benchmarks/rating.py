"""Print how many invoices a second one core rates, each of four lines with proration.

Run as `python benchmarks/rating.py [rounds]`. Goal: at least 50,000 invoices a second. The best round counts,
because whatever else the machine does only ever makes a round slower; the median stands beside it.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod
from tenantry.core.prices import FlatPrice, PerSeatPrice
from tenantry.core.rating import BillableFacts, Invoiced, Running, SeatCount, rate

NOVEMBER = BillingPeriod(date(2026, 11, 1), date(2026, 12, 1))
DECEMBER = BillingPeriod(date(2026, 12, 1), date(2027, 1, 1))
COMPANIES = 500
LINES = 4
GOAL = 50_000


def company(number: int) -> BillableFacts:
    """Make a company with a plan, an add-on enabled and one disabled within November: four lines in December.

    The plan in advance, Credit Checks in advance, its 19 days of November, and the unused days of eDoc+.
    """
    long_ago, minutes = datetime(2026, 1, 1, 6, tzinfo=UTC), timedelta(minutes=number % 600)
    enabled_at = datetime(2026, 11, 12, 9, tzinfo=UTC) + minutes
    disabled_at = datetime(2026, 11, 20, 8, tzinfo=UTC) + minutes
    plan = PerSeatPrice("price-plan", Money(1900 + number % 7, "USD"))
    checks, edoc = FlatPrice("price-checks", Money(1900, "USD")), FlatPrice("price-edoc", Money(4900, "USD"))
    months = (NOVEMBER.start, NOVEMBER.end)
    return BillableFacts(
        currency="USD",
        zone="America/Chicago",
        anchor_date=date(2026, 1, 1),
        running=(
            Running("plan", "growth", "Growth", plan, long_ago, None, "p1"),
            Running("addon", "credit-checks", "Credit Checks", checks, enabled_at, None, "p2"),
            Running("addon", "edoc", "eDoc+", edoc, long_ago, disabled_at, "p3"),
        ),
        seat_counts=(SeatCount("", 14, long_ago),),
        invoiced=(
            Invoiced("plan", "growth", *months, plan.unit_amount.times(14), plan.id, 30),
            Invoiced("addon", "edoc", *months, edoc.amount, edoc.id, 30),
        ),
    )


def main() -> int:
    """Rate the companies round after round; answer 0 where the goal is met, else 1."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    companies = [company(number) for number in range(COMPANIES)]
    if {len(rate(each, DECEMBER)) for each in companies} != {LINES}:
        print(f"the sample invoices do not have {LINES} lines")
        return 2
    speeds = []
    for _ in range(rounds):
        started = time.perf_counter()
        for each in companies:
            rate(each, DECEMBER)
        speeds.append(COMPANIES / (time.perf_counter() - started))
    best, median = max(speeds), statistics.median(speeds)
    print(f"rate: {best:,.0f} invoices/s a core, {best * LINES:,.0f} lines/s (median {median:,.0f}; goal {GOAL:,})")
    return 0 if best >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
