"""Dark is nothing but other colors: who looks at a page in the dark need only ask about its colors."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
COLOR = r"#[0-9a-f]{3,8}"
IN_THE_PRODUCT = [":root{color-scheme:light dark", ":root[data-theme=dark]{color-scheme:dark"]


def test_the_product_has_a_second_color_and_no_other_rule() -> None:
    styles = (SOURCE / "tenantry/ui/static/ui/tenantry.css").read_text(encoding="utf-8")
    colors = re.compile(rf"light-dark\({COLOR},{COLOR}\)")
    assert len(colors.findall(styles)) > 20
    rest = colors.sub("", styles)
    assert re.findall(r"[^{}]*\{[^{};]*dark\b", rest) == IN_THE_PRODUCT
    assert "prefers-color-scheme" not in rest


def test_the_processor_has_other_colors_under_the_same_names() -> None:
    styles = (SOURCE / "sandbox_gateway/page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", styles, re.DOTALL)
    colors = re.compile(rf"(--[a-z-]+): ({COLOR});")
    assert [name for name, _ in colors.findall(dark)] == [name for name, _ in colors.findall(light)]
    assert colors.sub("", dark).strip() == ""
    assert styles.count("dark") == 2
