"""Print how many invoice PDFs a second one core and all cores make: `python benchmarks/pdf.py [seconds]`.

Every invoice differs in names, addresses and amounts: a renderer that remembers an identical page would look faster
than it is.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context

from tenantry.outside.pdf.document import Party, PrintableInvoice, PrintableLine, PrintableSum
from tenantry.outside.pdf.render import render_invoice

GOAL_PER_CORE = 100
STRETCH_ON_TWO_CORES = 300
WARM_UP = 5

LOGO_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">'
    '<rect width="40" height="40" rx="9" fill="#1e3a8a"/></svg>'
)
VENDOR = Party("SecurityTrax", ("1384 West State Road", "Pleasant Grove, UT 84062"), "EIN 12-3456789")


def invoice(number: int) -> PrintableInvoice:
    """Return an invoice of four lines whose texts all differ from those of the next one."""
    rng = random.Random(number)

    def word() -> str:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randrange(4, 10))).title()

    def amount() -> str:
        return f"${rng.randrange(1, 3_000):,}.{rng.randrange(100):02}"

    lines = tuple(
        PrintableLine(
            f"{word()}+",
            amount(),
            f"Dec {rng.randrange(1, 20)} – Dec 31, 2026",
            f"{rng.randrange(1, 90)} seats × {amount()} × {rng.randrange(1, 31)} of 31 days",
        )
        for _ in range(4)
    )
    return PrintableInvoice(
        vendor=VENDOR,
        company=Party(
            f"{word()} {word()}, LLC",
            (f"{rng.randrange(1, 9_999)} {word()} Street", f"{word()}, UT {rng.randrange(84_000, 84_999)}"),
            f"{rng.randrange(10, 99)}-{rng.randrange(1_000_000, 9_999_999)}",
        ),
        number=f"{word().upper()}-{number:06}",
        issue_date="Dec 1, 2026",
        due_date="Dec 1, 2026",
        billing_period="Dec 1 – Dec 31, 2026",
        lines=lines,
        subtotal=amount(),
        taxes=(PrintableSum("Utah sales tax (7.25%)", amount()),),
        total=amount(),
        amount_due=amount(),
        payment=f"Charged to Visa •••• {rng.randrange(1_000, 9_999)} on Dec 1, 2026",
        issued_at=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
        logo_svg=LOGO_SVG,
    )


def render_for(seconds: float, first_number: int, *, lines: int = 4) -> tuple[int, float, list[float]]:
    """Render different invoices for some seconds; returns how many, in which time, and each one's seconds."""
    for number in range(WARM_UP):
        render_invoice(invoice(first_number + number))
    each: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        document = invoice(first_number + WARM_UP + len(each))
        document = replace(document, lines=(document.lines * lines)[:lines])
        before = time.perf_counter()
        render_invoice(document)
        each.append(time.perf_counter() - before)
    return len(each), time.perf_counter() - started, each


def _one_of_several(task: tuple[float, int]) -> float:
    count, taken, _ = render_for(*task)
    return count / taken


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    for lines in (1, 4, 22):
        count, taken, each = render_for(seconds, lines * 1_000_000, lines=lines)
        middle = statistics.median(each) * 1_000
        print(f"one core, {lines:2} lines: {count / taken:6.1f} PDFs/s, median {middle:.1f} ms")
    cores = os.cpu_count() or 1
    with get_context("spawn").Pool(cores) as pool:
        rates = pool.map(_one_of_several, [(seconds, 10_000_000 * (core + 1)) for core in range(cores)])
    print(f"{cores} cores,   4 lines: {sum(rates):6.1f} PDFs/s")
    print(f"goal: {GOAL_PER_CORE} PDFs/s a core with 4 lines; stretch: {STRETCH_ON_TWO_CORES} on two cores")


if __name__ == "__main__":
    main()
