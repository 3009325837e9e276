"""Read a PDF back with another library than the one that made it: its text, and everything that could act."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf

# Keys and names by which a PDF runs something, opens something or carries files.
ACTIVE_KEYS = frozenset(
    {"/JavaScript", "/JS", "/AA", "/OpenAction", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/URI", "/Launch", "/Annots"}
    | {"/AcroForm", "/RichMedia", "/XFA", "/GoToR", "/SubmitForm", "/AF", "/Filespec"}
)


@dataclass(frozen=True, slots=True)
class PlacedText:
    """One text object; `start` and `end` are where its first glyph begins and its last one ends, in points."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Font:
    """What is needed to read with a font: two-byte codes to text, and to widths in thousandths."""

    texts: dict[bytes, str]
    widths: dict[bytes, float]


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page, one line per text object, in the file's order."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return ["\n".join(placed.text for placed in _placed(page)) for page in document.pages]


def placed_texts(pdf: bytes) -> list[PlacedText]:
    """Return the text objects of all pages with their right ends."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return [placed for page in document.pages for placed in _placed(page)]


def active_keys_of(pdf: bytes) -> set[str]:
    """Return the keys and names in the file that could act or carry something."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return {name for held in document.objects for name in _names(held) if name in ACTIVE_KEYS}


def _names(held: object) -> Iterator[str]:
    if isinstance(held, pikepdf.Name):
        yield str(held)
    elif isinstance(held, pikepdf.Array):
        for each in held:
            yield from _direct(each)
    elif isinstance(held, pikepdf.Dictionary | pikepdf.Stream):
        for key, each in held.items():
            yield str(key)
            yield from _direct(each)


def _direct(held: object) -> Iterator[str]:
    """Look into what stands here itself; what is only referred to is looked at in its own turn."""
    if isinstance(held, pikepdf.Object) and not held.is_indirect:
        yield from _names(held)


def _placed(page: pikepdf.Page) -> Iterator[PlacedText]:
    reader = _Reader({str(name): _read_font(font) for name, font in page.resources.get("/Font", {}).items()})
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "ET":
            yield PlacedText(reader.text, reader.at(0.0), reader.at(reader.advance))
        else:
            reader.follow(str(operator), list(operands))


class _Reader:
    """Follow the operators of a page as far as text needs it."""

    def __init__(self, fonts: dict[str, Font]) -> None:
        self.fonts = fonts
        self.font, self.size = Font({}, {}), 0.0
        self.matrices = [pikepdf.Matrix()]
        self.line = pikepdf.Matrix()
        self.text, self.advance = "", 0.0
        self.marked: list[bool] = []

    def at(self, advance: float) -> float:
        """Return how far from the left edge of the page an advance in this text object is."""
        moved = pikepdf.Matrix(1, 0, 0, 1, advance, 0)
        return (moved @ self.line @ self.matrices[-1]).e

    def follow(self, operator: str, operands: list[Any]) -> None:
        match operator:
            case "q":
                self.matrices.append(self.matrices[-1])
            case "Q":
                self.matrices.pop()
            case "cm":
                self.matrices[-1] = pikepdf.Matrix(*map(float, operands)) @ self.matrices[-1]
            case "BT":
                self.text, self.advance, self.line = "", 0.0, pikepdf.Matrix()
            case "Tm":
                self.line = pikepdf.Matrix(*map(float, operands))
            case "Tf":
                self.font, self.size = self.fonts[str(operands[0])], float(operands[1])
            case "Tj":
                self.show(operands)
            case "TJ":
                self.show(operands[0])
            case "BDC" | "BMC":
                self.begin_marked(operands)
            case "EMC":
                self.marked.pop()

    def begin_marked(self, operands: list[Any]) -> None:
        """Take the text that the file names as the actual one; its glyphs then only take room."""
        actual = operands[1].get("/ActualText") if len(operands) > 1 else None
        self.marked.append(actual is not None)
        self.text += str(actual) if actual is not None else ""

    def show(self, parts: Iterable[Any]) -> None:
        for part in parts:
            if isinstance(part, pikepdf.String):
                codes = _codes(bytes(part))
                self.advance += sum(self.font.widths[code] for code in codes) * self.size / 1000
                if not any(self.marked):
                    self.text += "".join(self.font.texts[code] for code in codes)
            else:
                self.advance -= float(part) * self.size / 1000


def _codes(raw: bytes) -> list[bytes]:
    return [raw[start:end] for start, end in pairwise(range(0, len(raw) + 1, 2))]


def _read_font(font: pikepdf.Object) -> Font:
    texts = _read_texts(font.ToUnicode.read_bytes().decode("ascii"))
    return Font(texts, dict.fromkeys(texts, 0.0) | _read_widths(font.DescendantFonts[0]))


def _read_texts(cmap: str) -> dict[bytes, str]:
    table: dict[bytes, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", block):
            table[bytes.fromhex(code)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block):
            start = bytes.fromhex(text).decode("utf-16-be")
            for offset in range(int(last, 16) - int(first, 16) + 1):
                table[(int(first, 16) + offset).to_bytes(2, "big")] = start[:-1] + chr(ord(start[-1]) + offset)
    return table


def _read_widths(descendant: pikepdf.Object) -> dict[bytes, float]:
    """Read `[first [width …] …]` and `[first last width …]`."""
    table: dict[bytes, float] = {}
    entries = list(descendant.W)
    while entries:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, pikepdf.Array):
            widths = [float(width) for width in second]
        else:
            widths = [float(entries.pop(0))] * (int(second) - first + 1)
        table |= {(first + offset).to_bytes(2, "big"): width for offset, width in enumerate(widths)}
    return table
