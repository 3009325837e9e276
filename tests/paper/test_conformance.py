"""Each kind of invoice is PDF/A-3a and PDF/UA-1, judged by veraPDF's engine; and the judge does refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from tenantry.outside.pdf.render import render_invoice
from tests.paper.samples import ARABIC, FIVE_LINES, LONG_NAMES, ONE_LINE, SIXTY_LINES
from tests.paper.test_hostile_texts import HOSTILE, everywhere

GOOD = {
    "one line": ONE_LINE,
    "five lines": FIVE_LINES,
    "sixty lines": SIXTY_LINES,
    "long names": LONG_NAMES,
    "arabic": ARABIC,
    "emoji everywhere": everywhere(HOSTILE["emoji"]),
    "overrides everywhere": everywhere(HOSTILE["bidi overrides"]),
    "control characters everywhere": everywhere(HOSTILE["control characters"]),
    "german on a4": replace(FIVE_LINES, language="de-AT", paper="a4"),
}


def _run_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def _forget_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def _forget_structure(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


def _change_nothing(_: pikepdf.Pdf) -> None:
    """Save the file again: what breaks below is broken by the change alone."""


BROKEN: dict[str, tuple[Callable[[pikepdf.Pdf], None], dict[str, list[str]]]] = {
    "saved again": (_change_nothing, {"PDFA-3A": [], "PDFUA-1": []}),
    "runs a script": (_run_script, {"PDFA-3A": ["6.5.1"], "PDFUA-1": []}),
    "no language": (_forget_language, {"PDFA-3A": [], "PDFUA-1": ["7.2"]}),
    "no structure": (_forget_structure, {"PDFA-3A": ["6.7.3.3"], "PDFUA-1": ["7.1"]}),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """Let one Java machine, in a process of its own, judge all files."""
    folder = tmp_path_factory.mktemp("pdfs")
    for name, document in GOOD.items():
        (folder / f"{name}.pdf").write_bytes(render_invoice(document))
    for name, (change, _) in BROKEN.items():
        with pikepdf.open(folder / "five lines.pdf") as pdf:
            change(pdf)
            pdf.save(folder / f"{name}.pdf")
    judged = subprocess.run(
        [sys.executable, "-m", "tests.paper.verapdf", *(str(path) for path in sorted(folder.iterdir()))],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return {Path(path).stem: broken for path, broken in json.loads(judged.stdout).items()}


@pytest.mark.parametrize("name", GOOD)
def test_an_invoice_breaks_no_clause(name: str, verdicts: dict[str, dict[str, list[str]]]) -> None:
    assert verdicts[name] == {"PDFA-3A": [], "PDFUA-1": []}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_by_its_clause(name: str, verdicts: dict[str, dict[str, list[str]]]) -> None:
    assert verdicts[name] == BROKEN[name][1]
