"""PDF: invoices a second, tagged, PDF/A-3a and PDF/UA-1. `python benchmarks/pdf.py [seconds]`.

Every invoice differs in names, addresses and amounts: a renderer that remembers an identical page would look faster
than it is. On one core a second is one of the processor's, so that what else the machine does is no part of it; on all
cores it is one of the clock's. The reference is a page with one line of text from the same compiler.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import typst
from _table import line

from tenantry.outside.pdf.document import Party, PrintableInvoice, PrintableLine, PrintableSum
from tenantry.outside.pdf.render import _fonts, render_invoice

GOAL_PER_CORE = 100
GOAL_ON_TWO_CORES = 300
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


def with_lines(number: int, lines: int) -> PrintableInvoice:
    """Return an invoice with so many lines."""
    document = invoice(number)
    return replace(document, lines=(document.lines * lines)[:lines])


def one_line(number: int) -> bytes | list[bytes] | None:
    """Make a page with one line that differs from the next one's: what the compiler takes for anything at all."""
    page = f"#set document(title: [Page])\nInvoice {number:06}"
    return typst.compile(page.encode(), font_paths=_fonts(), pdf_standards=["a-3a", "ua-1"], timestamp=number)


def speed(work: Callable[[int], object], seconds: float, first: int) -> tuple[float, float]:
    """Give pages a second of one core and of the clock: the median over pages that all differ."""
    for number in range(WARM_UP):
        work(first + number)
    of_core, of_clock = [], []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        number = first + WARM_UP + len(of_core)
        core, clock = time.process_time(), time.perf_counter()
        work(number)
        of_core.append(time.process_time() - core)
        of_clock.append(time.perf_counter() - clock)
    return 1 / statistics.median(of_core), 1 / statistics.median(of_clock)


def _one_of_several(task: tuple[float, int]) -> float:
    seconds, first = task
    started = time.perf_counter()
    count = 0
    while time.perf_counter() - started < seconds:
        render_invoice(invoice(first + count))
        count += 1
    return count / (time.perf_counter() - started)


def main() -> None:
    """Measure on one core with few and many lines, then on all cores at once."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    page, _ = speed(one_line, seconds, 0)
    reference = f"a page with one line of text: {page:,.0f}/s"
    for lines in (1, 4, 22):
        of_core, of_clock = speed(lambda number, lines=lines: render_invoice(with_lines(number, lines)), seconds,
                                  lines * 1_000_000)  # fmt: skip
        goal = f"{GOAL_PER_CORE} PDFs/s" if lines == 4 else ""
        measured = f"{of_core:,.0f} PDFs/s ({of_clock:,.0f} by the clock)"
        line(f"PDF, {lines} {'line' if lines == 1 else 'lines'}, one core", measured, goal, reference, of_core / page)
    cores = os.cpu_count() or 1
    with get_context("spawn").Pool(cores) as pool:
        rate = sum(pool.map(_one_of_several, [(seconds, 10_000_000 * (core + 1)) for core in range(cores)]))
    goal = f"{GOAL_ON_TWO_CORES} PDFs/s on two, later"
    line(f"PDF, 4 lines, {cores} cores", f"{rate:,.0f} PDFs/s by the clock", goal, reference, rate / page)


if __name__ == "__main__":
    main()
