"""The paper says what it was told, on as many pages as it needs, and the same facts give the same bytes."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from itertools import pairwise

import pikepdf
import pytest
import typst

from tenantry.outside.pdf import render
from tenantry.outside.pdf.document import Labels, PrintableInvoice, PrintableLine
from tenantry.outside.pdf.render import render_invoice
from tests.paper.reading import active_keys_of, pages_of, placed_texts
from tests.paper.samples import ARABIC, FIVE_LINES, LINES, LONG_NAMES, ONE_LINE, SIXTY_LINES


def text_of(document: PrintableInvoice) -> str:
    return "\n".join(pages_of(render_invoice(document)))


class TestThePage:
    def test_says_everything_in_reading_order(self) -> None:
        assert text_of(FIVE_LINES).split("\n") == [
            *("Invoice", "Invoice number", "ACME-000024", "Invoice date", "Dec 1, 2026", "Due", "Dec 31, 2026"),
            *("Billing period", "Dec 1 – Dec 31, 2026"),
            *("Billed to", "Acme Alarms, LLC", "700 Main Street, Suite 200", "Provo, UT 84601", "United States"),
            *("Tax ID 87-6543210", "PO number PO-7781"),
            *("From", "SecurityTrax", "1384 W State Road", "Pleasant Grove, UT 84062", "United States"),
            "Tax ID EIN 12-3456789",
            *("Description", "Dates", "Amount"),
            *("Professional plan", "1 × $149.00", "Dec 1 – Dec 31, 2026", "$149.00"),
            *("Message+", "1 × $49.00", "Dec 1 – Dec 31, 2026", "$49.00"),
            *("Credit Checks", "14 seats × $5.00", "Dec 1 – Dec 31, 2026", "$70.00"),
            *("Credit Checks", "14 seats × $5.00 × 19 of 30 days", "Nov 12 – Nov 30, 2026", "$44.33"),
            *("QuickBooks", "Unused: 1 × $20.00 × 19 of 30 days", "Nov 12 – Nov 30, 2026", "−$12.67"),
            *("Subtotal", "$299.66", "Welcome discount (10%)", "−$29.97", "Utah sales tax (7.25%)", "$19.55"),
            *("Total", "$289.24", "Credit used", "−$40.00", "Amount due", "$249.24"),
            *("Payment", "Due Dec 31, 2026, by wire or check"),
            "Questions about this invoice? Open a support ticket and name its number.",
            *("SecurityTrax", "Page 1 of 1"),
        ]

    def test_a_debt_stands_between_total_and_amount_due(self) -> None:
        owing = replace(FIVE_LINES, credit_used="", brought_forward="$40.00", amount_due="$329.24")
        wanted = "Total\n$289.24\nReturned payments\n$40.00\nAmount due\n$329.24"
        assert wanted in text_of(owing)

    def test_leaves_out_what_is_empty(self) -> None:
        bare = replace(
            ONE_LINE,
            po_number="",
            taxes=(),
            billing_period="",
            payment="",
            logo_svg="",
            vendor=replace(ONE_LINE.vendor, tax_id="", address_lines=()),
            company=replace(ONE_LINE.company, tax_id=""),
            lines=(PrintableLine("Professional plan", "$149.00"),),
        )
        text = text_of(bare)
        for absent in (
            "PO number",
            "Tax ID",
            "Billing period",
            "Payment",
            "Credit used",
            "Brought forward",
            "sales tax",
        ):
            assert absent not in text
        assert "Professional plan\n$149.00\nSubtotal" in text

    def test_an_invoice_without_lines_is_still_a_page(self) -> None:
        assert "Amount due\n$0.00" in text_of(replace(ONE_LINE, lines=(), total="$0.00", amount_due="$0.00"))

    def test_takes_its_fixed_words_from_the_caller(self) -> None:
        german = Labels(invoice="Rechnung", total="Gesamt", amount_due="Zu zahlen", page="Seite {page} von {pages}")
        text = text_of(replace(ONE_LINE, labels=german, language="de-AT"))
        assert text.startswith("Rechnung\n")
        assert "Gesamt\n$159.80\nZu zahlen\n$159.80" in text
        assert text.endswith("Seite 1 von 1")

    def test_names_itself_in_its_properties(self) -> None:
        with pikepdf.open(BytesIO(render_invoice(FIVE_LINES))) as pdf:
            assert str(pdf.docinfo["/Title"]) == "Invoice ACME-000024"
            assert str(pdf.docinfo["/Author"]) == "SecurityTrax"
            assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261201080000")
            assert str(pdf.Root.Lang) == "en"
            assert pdf.Root.MarkInfo.Marked is True

    @pytest.mark.parametrize(
        ("language", "written"), [("de-AT", "de-AT"), ("zh-Hant-TW", "zh-TW"), ("", "en"), ("no such thing", "en")]
    )
    def test_names_its_language(self, language: str, written: str) -> None:
        with pikepdf.open(BytesIO(render_invoice(replace(ONE_LINE, language=language)))) as pdf:
            assert str(pdf.Root.Lang) == written


class TestArabic:
    def test_reads_from_right_to_left_with_whole_words(self) -> None:
        """The file keeps right-to-left words in the order in which they are painted."""
        words = set(text_of(ARABIC).split("\n"))
        for word in ("فاتورة", "المستحق", "شركة", "الاحترافية", "نوفمبر"):
            assert word[::-1] in words
        assert {"$249.24", "−$29.97", "Visa •••• 4242", "Credit Checks"} <= words

    def test_amounts_stand_on_the_left(self) -> None:
        (due,) = [placed.end for placed in placed_texts(render_invoice(ARABIC)) if placed.text == "$249.24"]
        (english_due,) = [placed.end for placed in placed_texts(render_invoice(FIVE_LINES)) if placed.text == "$249.24"]
        assert due < 200 < 400 < english_due


class TestManyLines:
    def test_each_page_repeats_the_head_of_the_table_and_counts_itself(self) -> None:
        pages = pages_of(render_invoice(SIXTY_LINES))
        assert len(pages) == 4
        for number, page in enumerate(pages, start=1):
            assert f"Page {number} of 4" in page
            assert page.count("Description\nDates\nAmount") == 1
        assert "Invoice ACME-000024" not in pages[0]
        assert all("SecurityTrax\nInvoice ACME-000024" in page for page in pages[1:])

    @pytest.mark.parametrize("address_lines", [0, 4, 5, 6])
    def test_no_line_is_lost_or_torn_apart(self, address_lines: int) -> None:
        """Each head of another height ends the page at another place of a row."""
        company = replace(SIXTY_LINES.company, address_lines=("Line",) * address_lines)
        pages = pages_of(render_invoice(replace(SIXTY_LINES, company=company)))
        rows = [row for page in pages for row in re.findall(r"(.+)\n(.+)\n(.+ – .+)\n(−?\$[\d.]+)\n?", page)]
        assert [row for row in rows if row[0] != "Due"] == [
            (line.what, line.explanation, line.dates, line.amount) for line in LINES * 12
        ]

    def test_the_sums_stand_together_on_the_last_page(self) -> None:
        pages = pages_of(render_invoice(SIXTY_LINES))
        assert [page.count("Amount due") for page in pages] == [0, 0, 0, 1]
        assert [page.count("Subtotal") for page in pages] == [0, 0, 0, 1]


class TestSameBytes:
    @pytest.mark.parametrize("document", [ONE_LINE, SIXTY_LINES, ARABIC], ids=["one line", "sixty lines", "arabic"])
    def test_the_same_facts_give_the_same_bytes(self, document: PrintableInvoice) -> None:
        first = render_invoice(document)
        render_invoice(LONG_NAMES)
        assert render_invoice(replace(document)) == first

    def test_in_another_process_too(self) -> None:
        program = (
            "import hashlib; from tests.paper.samples import FIVE_LINES; "
            "from tenantry.outside.pdf.render import render_invoice; "
            "print(hashlib.sha256(render_invoice(FIVE_LINES)).hexdigest())"
        )
        other = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(path for path in sys.path if path), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        )
        assert other.stdout.strip() == sha256(render_invoice(FIVE_LINES)).hexdigest()

    def test_other_facts_give_other_bytes(self) -> None:
        first = render_invoice(ONE_LINE)
        assert render_invoice(replace(ONE_LINE, total="$159.81")) != first
        assert render_invoice(replace(ONE_LINE, issued_at=ONE_LINE.issued_at + timedelta(seconds=1))) != first

    def test_threads_do_not_mix_documents(self) -> None:
        documents = [replace(ONE_LINE, number=f"ACME-{number:06}", amount_due=f"${number}.00") for number in range(24)]
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(render_invoice, documents))
        assert made == [render_invoice(document) for document in documents]
        for document, pdf in zip(documents, made, strict=True):
            assert f"{document.number}\n" in pages_of(pdf)[0]
            assert f"Amount due\n{document.amount_due}" in pages_of(pdf)[0]


class TestAmounts:
    def test_end_on_one_vertical_line(self) -> None:
        """Amounts are right-aligned with figures of one width, also where the page reads from right to left."""
        without_amounts_in_words = tuple(replace(line, explanation="") for line in ARABIC.lines)
        for document in (FIVE_LINES, replace(ARABIC, lines=without_amounts_in_words)):
            amounts = {line.amount for line in document.lines}
            ends = [placed.end for placed in placed_texts(render_invoice(document)) if placed.text in amounts]
            assert len(ends) == len(document.lines)
            assert all(abs(one - other) < 0.05 for one, other in pairwise(ends))

    def test_have_figures_of_one_width(self) -> None:
        narrow_and_wide = (PrintableLine("A", "$111.11"), PrintableLine("B", "$888.88"))
        placed = {
            placed.text: placed for placed in placed_texts(render_invoice(replace(ONE_LINE, lines=narrow_and_wide)))
        }
        assert abs(placed["$111.11"].start - placed["$888.88"].start) < 0.05


class TestNeverFatal:
    def test_a_broken_logo_costs_the_logo_and_not_the_invoice(self) -> None:
        broken = replace(ONE_LINE, logo_svg="<svg><this is no picture")
        assert text_of(broken) == text_of(replace(ONE_LINE, logo_svg=""))

    def test_a_logo_reaches_no_file_and_no_network(self) -> None:
        spying = replace(
            ONE_LINE,
            logo_svg=(
                '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9">'
                '<image xlink:href="file:///etc/passwd" width="9" height="9"/>'
                '<image href="http://127.0.0.1:9/x.png" width="9" height="9"/><script>alert(1)</script>'
                '<a href="javascript:alert(1)"><rect width="9" height="9"/></a></svg>'
            ),
        )
        pdf = render_invoice(spying)
        assert active_keys_of(pdf) == set()
        assert b"passwd" not in pdf

    def test_when_the_page_is_refused_a_plainer_one_is_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = render._compile
        refused: list[object] = []

        def refuse_twice(facts: object, logo_svg: str, created_at_epoch_seconds: int) -> bytes:
            if len(refused) < 2:
                refused.append(logo_svg)
                raise typst.TypstError("no glyph", "", [], [])
            return real(facts, logo_svg, created_at_epoch_seconds)

        monkeypatch.setattr(render, "_compile", refuse_twice)
        text = text_of(replace(ONE_LINE, company=replace(ONE_LINE.company, name="Müller ✓")))
        assert refused == [ONE_LINE.logo_svg, ""]
        assert "Billed to\nM?ller ?" in text
        assert "Amount due\n$159.80" in text

    def test_a_defect_of_the_page_itself_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(render, "_page", lambda: b"#no-such-function()")
        with pytest.raises(typst.TypstError, match="unknown variable"):
            render_invoice(ONE_LINE)
