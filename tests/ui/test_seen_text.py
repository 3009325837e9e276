"""What a page showed, read back as text."""

from __future__ import annotations

import pytest

from tenantry.ui.seen_text import SeenText, seal, text_of, unseal


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>On?</h1>\n<p>At <strong>once</strong>. &lt;b&gt; &amp; Co</p>", "On?\nAt once. <b> & Co"),
        (
            "<dl><dt>Next<br>Dec 1</dt>\n <dd>$1.00 <small>(was $2.00)</small></dd></dl>",
            "Next Dec 1: $1.00 (was $2.00)",
        ),
        ("<dt>From Dec 1</dt><dd>$1.00<small>in all $2.00</small></dd>", "From Dec 1: $1.00 in all $2.00"),
        ("<dt>Kept</dt><dd>All.</dd><dd>The log.</dd>", "Kept: All.\nThe log."),
        ("<dt>Alone</dt><p>After</p>", "Alone\nAfter"),
        ('<svg><path d="M0"/></svg><ul><li><svg/><span>One</span></li><li>Two</li></ul>', "One\nTwo"),
        ("<div class=terms>First.\r\nSecond,\n\n  third.</div>", "First.\nSecond,\nthird."),
        ("<input value='typed'>", ""),
        ("", ""),
    ],
)
def test_text_of(html: str, expected: str) -> None:
    assert text_of(html) == expected


def test_what_was_sealed_comes_back_for_the_same_thing_only() -> None:
    sealed = seal("<p>Pay •••• 4242?</p>", "acme", "olga", "enable")
    assert unseal(sealed, "acme", "olga", "enable") == SeenText("Pay •••• 4242?", "en-us")
    for others in (("acme", "olga", "disable"), ("acme", "olga"), ()):
        assert unseal(sealed, *others) is None
    for other in ("", "x", ":", sealed[:-1], f"A{sealed}", "é\u202e\x00"):
        assert unseal(other, "acme", "olga", "enable") is None
