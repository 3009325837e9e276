"""The text that a person sees of a page, and how it comes back with what they confirm (O11).

The history keeps the very words that stood before somebody's eyes. Sums, methods and counts move between a page and
its answer, so the page hands its words out sealed, and the answer brings them back; nothing is rendered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from django.core.signing import BadSignature, Signer
from django.utils.translation import get_language

_WITHIN_A_LINE = frozenset({"a", "b", "code", "em", "i", "label", "span", "strong", "time"})
_APART = frozenset({"br", "small"})
_SALT = "tenantry.seen-text"


@dataclass(frozen=True, slots=True)
class SeenText:
    """What somebody saw, and in which language."""

    words: str
    language: str


def text_of(html: str) -> str:
    """Read the text of a piece of HTML: a line for each block, and one for a term with what is said of it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "\n".join(line for line in (" ".join(line.split()) for line in reader.lines) if line)


def seal(html: str, *about: str) -> str:
    """Write down the text of a piece of HTML for a form to send back; `about` says what is confirmed, and by whom."""
    return Signer(salt=_SALT).sign_object([text_of(html), get_language() or "", *about], compress=True)


def unseal(sealed: str, *about: str) -> SeenText | None:
    """Read what a form sent back; None where we never showed it to this person for this."""
    try:
        words, language, *shown_about = Signer(salt=_SALT).unsign_object(sealed)
    except BadSignature:
        return None
    return SeenText(words, language) if shown_about == list(about) else None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]
        self._is_after_term = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _APART:
            self.lines[-1] += " "
        elif tag == "dd" and self._is_after_term:
            self.lines[-1] += ": "
            self._is_after_term = False
        else:
            self._break_at(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "dt":
            self._is_after_term = True
        else:
            self._break_at(tag)

    def handle_data(self, data: str) -> None:
        first, *further = data.splitlines() or [""]
        self.lines[-1] += first
        # Blanks between two tags are no end of a line, what somebody wrote on several lines is.
        self.lines += further if data.strip() else ()

    def _break_at(self, tag: str) -> None:
        if tag not in _WITHIN_A_LINE | _APART:
            self.lines.append("")
            self._is_after_term = False
