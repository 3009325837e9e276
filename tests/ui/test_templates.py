"""What every template of ours keeps: no inline script or style, marked words, a token in each form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from tenantry.ui.styleguide import samples

SOURCE = Path(__file__).resolve().parents[2] / "src/tenantry"
TEMPLATES = sorted(
    path for face in ("ui", "portal", "backoffice") for path in (SOURCE / face / "templates").rglob("*.html")
)
MAILS = sorted((SOURCE / "ui/templates/mail").glob("*.txt"))
BLOCK = re.compile(
    r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{%\s*blocktrans.*?{%\s*endblocktrans\s*%}|{%.*?%}|{{.*?}}|{#.*?#}", re.S
)
ATTRIBUTE_WORDS = re.compile(r'(?:aria-label|title|placeholder|alt)="([^"]*)"')
TAG = re.compile(r"<[^>]*>|&\w+;|[a-z-]+=\"[^\"]*\"|\bhas-side\b")


def ids(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_nothing_inline_that_the_policy_forbids(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on", text)
    assert not re.search(r"(?:src|href|action)=[\"']https?:", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert 'nonce="{{ csp_nonce }}"' in script


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_every_word_is_marked_for_translation(path: Path) -> None:
    bare = BLOCK.sub("", path.read_text(encoding="utf-8"))
    words = TAG.sub(" ", bare) + " ".join(ATTRIBUTE_WORDS.findall(bare))
    assert re.findall(r"[A-Za-z]{2,}", words) == []


@pytest.mark.parametrize("path", MAILS, ids=ids)
def test_a_mail_begins_its_first_sentence_with_a_capital_or_a_name(path: Path) -> None:
    words = re.sub(r'{% trans "([^"]*)" %}', r"\1", path.read_text(encoding="utf-8"))
    assert re.search(r"Hello,\n\n(?:[A-Z]|{{ (?:company|by|vendor) }})", re.sub(r"{%.*?%}", "", words))


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_every_form_that_changes_something_has_a_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.S):
        assert "{% csrf_token %}" in form


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_every_control_has_a_type(path: Path) -> None:
    for button in re.findall(r"<button[^>]*>", path.read_text(encoding="utf-8")):
        assert "type=" in button


def test_the_style_guide_shows_every_part_with_a_nonce() -> None:
    request = RequestFactory().get("/styleguide")
    request.csp_nonce = "n0nce"
    page = render_to_string("ui/styleguide.html", samples(), request=request)
    assert page.count('nonce="n0nce"') == 2
    assert "Payment of $412.50 failed on Nov 3." in page
    assert '<time datetime="2026-11-22">Nov 22, 2026</time>' in page
    assert 'aria-invalid="true" aria-describedby="faulty-error"' in page


def test_without_a_nonce_there_is_no_script() -> None:
    page = render_to_string("500.html", {})
    assert "<script" not in page
    assert "This page failed on our side." in page
