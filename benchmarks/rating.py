"""Rating: invoices a second on one core, each of four lines with proration. `python benchmarks/rating.py [rounds]`.

A second is one of the processor's, not of the clock on the wall: what else the machine does is no part of it. The
reference does the same arithmetic in a bare loop: no facts, no days to find, no reasons, no checks.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from _table import line

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


def plain(price_minor: int) -> list[tuple[str, int, int, int]]:
    """Do the same four shares with whole numbers and nothing else: code, owed, already, amount."""
    shares = (("growth", price_minor * 14, 31, 31, 0), ("credit-checks", 1900, 31, 31, 0),
              ("credit-checks", 1900, 19, 30, 0), ("edoc", 4900, 20, 30, 4900))  # fmt: skip
    lines = []
    for code, price, on_days, period_days, already in shares:
        owed = (2 * price * on_days + period_days) // (2 * period_days)
        lines.append((code, owed, already, owed - already))
    return lines


def speed(work: Callable[[], object], rounds: int) -> float:
    """Give invoices a second of one core: the median over the rounds."""
    found = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        found.append(COMPANIES / (time.process_time() - started))
    return statistics.median(found)


def main() -> int:
    """Measure both; answer 2 where the sample is not what it says."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    companies = [company(number) for number in range(COMPANIES)]
    if {len(rate(each, DECEMBER)) for each in companies} != {LINES}:
        print(f"the sample invoices do not have {LINES} lines")
        return 2
    rated = speed(lambda: [rate(each, DECEMBER) for each in companies], rounds)
    bare = speed(lambda: [plain(1900 + number % 7) for number in range(COMPANIES)], rounds)
    line(
        "rating, 4 lines, one core", f"{rated:,.0f} invoices/s", f"{GOAL:,} invoices/s",
        f"the arithmetic alone: {bare:,.0f}/s", rated / bare,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
