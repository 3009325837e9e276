"""No name, address or line stops an invoice, acts in the file, or hides what is to be paid."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import fields, replace

import pytest

from tenantry.outside.pdf import render
from tenantry.outside.pdf.document import Labels, Party, PrintableLine, PrintableSum
from tenantry.outside.pdf.glyphs import plain, printable
from tenantry.outside.pdf.render import render_invoice
from tests.paper.reading import active_keys_of, pages_of
from tests.paper.samples import FIVE_LINES, ONE_LINE

HOSTILE = {
    "emoji": "Acme 🚨🔒 👩‍💻 Alarms",
    "cjk": "株式会社アラーム 한국 中文",
    "arabic": "مؤسسة النور للإنذار",
    "hebrew": "אזעקות בע״מ",
    "control characters": "a\x00b\x01c\x07d\x1be\x7ff\x85g",
    "bidi overrides": "\u202e00.1$\u202c \u2066x\u2069 \u2067y \u061c\u200f",
    "lone surrogates": "a\ud800b\udfffc",
    "private use": "\ue000\uf8ff\U000f0000",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "combining marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L͠ĢO!̐ͭͥ " + "\u0301" * 200,
    "a long word": "W" * 1_000,
    "many newlines": "a\n" * 200,
    "separators": "a\u2028b\u2029c\u00a0d\u3000e\ufefff",
    "markup": '#read("/etc/passwd") = *x* _y_ $z$ `w` <label> @ref \\ // /* [',
    "html": "<img src=file:///etc/passwd><script>alert(1)</script> javascript:alert(1) https://evil.test/x",
    "pdf syntax": ") Tj ET /JavaScript (app.alert(1)) endobj %%EOF",
    "path": "../../etc/passwd\\..\\x",
    "header": '"\r\nSet-Cookie: x=1',
    "spaces": "   \t \u2003 ",
    "nothing": "",
}


def everywhere(text: str) -> render.PrintableInvoice:
    """Put the text into each place of the page but the amount that is asked for."""
    some = PrintableSum(text, text)
    return replace(
        ONE_LINE,
        vendor=Party(text, (text, text), text),
        company=Party(text, (text, text), text),
        number=text,
        issue_date=text,
        due_date=text,
        billing_period=text,
        lines=(PrintableLine(text, text, text, text), PrintableLine("Plan", "$1.00", text, text)),
        subtotal=text,
        total=text,
        discounts=(some,),
        taxes=(some,),
        credit_used=text,
        brought_forward=text,
        po_number=text,
        payment=text,
        notes=(text,),
    )


class TestEachHostileText:
    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_is_printed_at_the_first_try_and_acts_on_nothing(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = count_tries(monkeypatch)
        pdf = render_invoice(everywhere(text))
        assert tries == [1]
        assert active_keys_of(pdf) == set()
        assert "Amount due\n$159.80" in "\n".join(pages_of(pdf))

    @pytest.mark.parametrize("word", ["W" * 10_000, "шестьдесят" * 1_000], ids=["latin", "cyrillic"])
    def test_a_word_of_10000_characters_is_complete(self, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = count_tries(monkeypatch)
        pages = pages_of(render_invoice(replace(ONE_LINE, lines=(PrintableLine(word, "$1.00"),))))
        rows = [row for page in pages for row in page.split("\n") if row and set(row) <= set(word) | {"\u200b"}]
        assert "".join(rows).replace("\u200b", "") == word
        assert "Amount due\n$159.80" in pages[-1]
        assert tries == [1]

    @pytest.mark.parametrize("field", ["number", "po_number", "payment", "billing_period", "total"])
    def test_so_is_one_in_any_place(self, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = count_tries(monkeypatch)
        pages = pages_of(render_invoice(replace(ONE_LINE, **{field: "w" * 10_000})))
        assert "Amount due\n$159.80" in "\n".join(pages)
        assert tries == [1]

    def test_so_is_one_as_a_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = count_tries(monkeypatch)
        endless = Party("w" * 40_000)
        pages = pages_of(render_invoice(replace(ONE_LINE, vendor=endless, company=endless)))
        assert "Amount due\n$159.80" in "\n".join(pages)
        assert tries == [1]

    def test_markup_is_text(self) -> None:
        for name in ("markup", "html", "pdf syntax", "path"):
            page = pages_of(render_invoice(replace(ONE_LINE, notes=(HOSTILE[name],))))[0]
            shown = page.split("Dec 1, 2026\n")[-1].replace("\n", " ").replace("\u200b", "")
            assert shown.startswith(printable(HOSTILE[name]).replace("\u200b", ""))

    def test_labels_may_be_hostile_too(self) -> None:
        hostile = Labels(**{field.name: HOSTILE["markup"] + HOSTILE["emoji"] for field in fields(Labels)})
        pages = pages_of(render_invoice(replace(FIVE_LINES, labels=hostile)))
        assert "\n".join(pages).count("$249.24") == 1


class TestPrintable:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Acme Alarms, LLC", "Acme Alarms, LLC"),
            ("Müller & Söhne – “Größe” × 14 • €", "Müller & Söhne – “Größe” × 14 • €"),
            ("Αθήνα Москва Việt Nam मुंबई", "Αθήνα Москва Việt Nam मुंबई"),
            ("مؤسسة النور", "مؤسسة النور"),
            ("A🚨B", "A\ufffdB"),
            ("株式", "\ufffd\ufffd"),
            ("a\x00b\x1bc", "a\ufffdb\ufffdc"),
            ("total \u202e00.1$", "total \ufffd00.1$"),
            ("\u2066x\u2069", "\ufffdx\ufffd"),
            ("a\ud800b", "a\ufffdb"),
            ("line\r\nline\tline", "line line line"),
            ("e\u0301", "é"),
            ("\ufffd\u0615", "\ufffd\ufffd"),  # a mark that no font has together with its base
            ("Z" + "\u0334" * 9 + "A", "Z" + "\u0334" * 4 + "A"),
            ("x" * 25, "x" * 24 + "\u200b" + "x"),
            ("x" * 24, "x" * 24),
        ],
    )
    def test_keeps_what_the_fonts_have_and_replaces_the_rest(self, text: str, expected: str) -> None:
        assert printable(text) == expected

    def test_is_stable(self) -> None:
        rng = random.Random(3)
        for _ in range(200):
            once = printable(random_text(rng))
            assert printable(once) == once

    def test_plain_is_ascii_and_line_breaks_alone(self) -> None:
        assert plain("Müller ½ ﬁ 株\n\x00") == "Mu?ller 1?2 fi ???".replace("u?", "?")
        rng = random.Random(4)
        for _ in range(500):
            assert all(" " <= character <= "~" or character == "\u200b" for character in plain(random_text(rng)))


def random_text(rng: random.Random) -> str:
    """Draw a name: any code points, or a wild mix of letters, marks and digits of several scripts."""
    length = rng.randrange(1, 40)
    if rng.random() < 0.5:
        highest = (0x110000, 0x3000, 0x700)
        return "".join(chr(rng.randrange(rng.choice(highest))) for _ in range(length))
    ranges = ((0x20, 0x7F), (0x300, 0x370), (0x400, 0x500), (0x600, 0x700), (0x900, 0x980), (0x1E00, 0x2070))
    return "".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(length))


def count_tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often the page is compiled: a second try means that the first was refused."""
    tries = [0]
    real = render._compile

    def counted(facts: object, logo_svg: str, created_at_epoch_seconds: int) -> bytes:
        tries[0] += 1
        return real(facts, logo_svg, created_at_epoch_seconds)

    monkeypatch.setattr(render, "_compile", counted)
    return tries


def test_2000_random_names_are_printed_without_one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(20261201)
    names = [random_text(rng) for _ in range(2_000)]
    assert sum(any(unicodedata.category(c)[0] in "MC" for c in name) for name in names) > 1_000
    tries = count_tries(monkeypatch)
    made = [
        render_invoice(
            replace(ONE_LINE, lines=tuple(PrintableLine(name, "$1.00") for name in names[start : start + 500]))
        )
        for start in range(0, 2_000, 500)
    ]
    assert tries == [4]
    assert sum(page.count("$1.00") for page in pages_of(made[0])) == 500
