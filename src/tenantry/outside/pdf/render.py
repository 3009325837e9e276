"""Printable facts to PDF bytes: PDF/A-3a and PDF/UA-1; what cannot be shown is replaced, never fatal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from importlib.resources import files

import fontpkg
import typst

from tenantry.outside.pdf.document import Labels, Party, PrintableInvoice, PrintableLine
from tenantry.outside.pdf.glyphs import FAMILIES, plain, printable

RUNNING_TEXT_LENGTH = 60  # what fits beside the page number
LONG_ROW_LENGTH = 1000  # characters that could fill a page
PROPERTY_LENGTH = 200  # PDF/A refuses a file whose title or author is endless
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z]{4})?(?:-([A-Za-z]{2}))?")


def render_invoice(document: PrintableInvoice) -> bytes:
    """Return the invoice as PDF bytes; the same document gives the same bytes.

    Raises:
        typst.TypstError: when not even the plainest form can be made, which only a defect of the page explains.
    """
    refusals: list[typst.TypstError] = []
    for facts, logo_svg in _forms(document):
        try:
            return _compile(facts, logo_svg, int(document.issued_at.timestamp()))
        except typst.TypstError as refusal:
            refusals.append(refusal)
    raise refusals[-1]


def _forms(document: PrintableInvoice) -> Iterator[tuple[object, str]]:
    """Yield the page as asked for, then ever plainer: an invoice without its logo is better than none."""
    facts = _facts(document)
    if document.logo_svg:
        yield _each_text(facts, printable), document.logo_svg
    without_logo = facts | {"logo": False}
    yield _each_text(without_logo, printable), ""
    yield _each_text(without_logo, plain), ""


def _facts(document: PrintableInvoice) -> dict[str, object]:
    """Return what the page reads, named as the page names it."""
    labels = document.labels
    language, region = _language(document.language)
    title = f"{labels.invoice} {document.number}".strip() or "Invoice"
    return {
        "title": title[:PROPERTY_LENGTH],
        "author": document.vendor.name[:PROPERTY_LENGTH],
        "summary": f"{title[:PROPERTY_LENGTH]}, {document.vendor.name[:PROPERTY_LENGTH]}",
        "logo_text": document.vendor.name[:PROPERTY_LENGTH].strip() or "Logo",
        "running_title": title[:RUNNING_TEXT_LENGTH],
        "running_name": document.vendor.name[:RUNNING_TEXT_LENGTH],
        "fonts": FAMILIES,
        "language": language,
        "region": region,
        "right_to_left": language in RIGHT_TO_LEFT,
        "paper": document.paper,
        "logo": bool(document.logo_svg),
        "labels": asdict(labels),
        "vendor": _party(document.vendor, labels, ""),
        "company": _party(document.company, labels, document.po_number),
        "facts": _head(document),
        "lines": [_line(line) for line in document.lines],
        "sums": _sums(document),
        "sums_may_break": sum(len(each.label) for each in (*document.discounts, *document.taxes)) > LONG_ROW_LENGTH,
        "amount_due": document.amount_due,
        "payment": document.payment,
        "notes": document.notes,
    }


def _head(document: PrintableInvoice) -> list[dict[str, str]]:
    labels = document.labels
    head = (
        (labels.number, document.number),
        (labels.issue_date, document.issue_date),
        (labels.due_date, document.due_date),
        (labels.billing_period, document.billing_period),
    )
    return [{"label": label, "value": value} for label, value in head if value]


def _party(party: Party, labels: Labels, po_number: str) -> dict[str, object]:
    marks = [
        {"label": label, "value": value}
        for label, value in ((labels.tax_id, party.tax_id), (labels.purchase_order, po_number))
        if value
    ]
    return {"name": party.name, "address_lines": party.address_lines, "marks": marks}


def _line(line: PrintableLine) -> dict[str, object]:
    """Keep a row on one page, unless it alone could fill one."""
    may_break = len(line.what) + len(line.explanation) + len(line.dates) > LONG_ROW_LENGTH
    return {**asdict(line), "may_break": may_break}


def _sums(document: PrintableInvoice) -> list[dict[str, object]]:
    labels = document.labels
    sums = [(labels.subtotal, document.subtotal, False)]
    sums += [(each.label, each.amount, False) for each in (*document.discounts, *document.taxes)]
    sums.append((labels.total, document.total, True))
    if document.credit_used:
        sums.append((labels.credit_used, document.credit_used, False))
    if document.brought_forward:
        sums.append((labels.brought_forward, document.brought_forward, False))
    return [{"label": label, "amount": amount, "strong": strong} for label, amount, strong in sums]


def _language(code: str) -> tuple[str, str | None]:
    """Split a language code for the page; an unreadable one counts as English."""
    parts = _LANGUAGE.fullmatch(code)
    if parts is None:
        return "en", None
    return parts[1].lower(), parts[2].upper() if parts[2] else None


def _each_text(value: object, clean: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _each_text(each, clean) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(each, clean) for each in value]
    return value


def _compile(facts: object, logo_svg: str, created_at_epoch_seconds: int) -> bytes:
    made = typst.compile(
        _page(),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(facts), "logo": logo_svg},
        pdf_standards=["a-3a", "ua-1"],
        timestamp=created_at_epoch_seconds,
    )
    if not isinstance(made, bytes):
        raise TypeError(f"expected one PDF, got {type(made).__name__}")
    return made


@cache
def _page() -> bytes:
    return files("tenantry.outside.pdf").joinpath("invoice.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Read the fonts once per process (about 40 ms); only packages bring fonts, never the machine."""
    folders = [fontpkg.path(family).parent for family in FAMILIES]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
