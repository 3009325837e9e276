"""The generated stylesheet and font, and the browser that the tests drive."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tenantry.project import assets, browser
from tenantry.project.problem import CannotStart


def no_font(target: Path) -> None:
    target.write_bytes(b"font")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small source tree of its own: one stylesheet, one template."""
    source = tmp_path / "src"
    (source / "tenantry/ui").mkdir(parents=True)
    (source / "alarm_crm").mkdir()
    (source / "tenantry/ui/tailwind.css").write_text('@import "tailwindcss" source("../");\n')
    (source / "tenantry/ui/page.html").write_text('<p class="font-bold">Invoices</p>')
    monkeypatch.setattr(assets, "SOURCE", source)
    monkeypatch.setattr(assets, "STYLES", source / "tenantry/ui/tailwind.css")
    monkeypatch.setattr(assets, "STATIC", tmp_path / "static")
    monkeypatch.setattr(assets, "STAMPS", tmp_path / "cache/assets.json")
    return tmp_path


class TestAssets:
    def test_are_built_once_and_again_only_when_a_source_changed(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(assets, "_build_font", no_font)
        assert assets.build() == ["inter.woff2", "tenantry.css"]
        styles = place / "static/tenantry.css"
        assert ".font-bold" in styles.read_text()
        assert ".underline" not in styles.read_text()
        assert assets.build() == []
        (place / "src/alarm_crm/other.html").write_text('<a class="underline">')
        assert assets.build() == ["tenantry.css"]
        assert ".font-bold" in styles.read_text()
        assert assets.build() == []
        styles.unlink()
        assert assets.build() == ["tenantry.css"]

    def test_the_font_is_small_latin_and_keeps_its_weights(self, place: Path) -> None:
        assets.build()
        path = place / "static/inter.woff2"
        assert path.stat().st_size < 40_000
        with TTFont(path) as font:
            assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in font["fvar"].axes] == [("wght", 400, 600)]
            assert not [char for char in "Aàčß€–—“”…→✓−0123456789" if ord(char) not in font.getBestCmap()]

    def test_a_stylesheet_that_cannot_be_built_is_said(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(assets, "_build_font", no_font)
        assets.STYLES.write_text('@import "./missing.css";')
        with pytest.raises(CannotStart, match=r"^The stylesheet could not be built from .*tailwind\.css: "):
            assets.build()
        assert [path.name for path in (place / "static").iterdir()] == ["inter.woff2"]


class TestTheBrowser:
    def test_a_program_that_cannot_be_driven_is_not_taken(self, tmp_path: Path) -> None:
        stub = tmp_path / "chromium"
        stub.write_text("#!/bin/sh\necho 'install the snap' >&2\nexit 1\n")
        stub.chmod(0o755)
        assert browser.starts(stub) is False
        assert browser.starts(tmp_path / "missing") is False

    def test_a_shell_without_windows_is_taken_before_a_desktops_browser(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("chromium", "chromium-headless-shell"):
            (tmp_path / name).write_text("#!/bin/sh\necho 'DevTools listening on ws://somewhere' >&2\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("TENANTRY_CHROMIUM", raising=False)
        assert browser.find_or_install() == tmp_path / "chromium-headless-shell"
        monkeypatch.setenv("TENANTRY_CHROMIUM", str(tmp_path / "chromium"))
        assert browser.find_or_install() == tmp_path / "chromium"

    def test_one_that_starts_is_found(self) -> None:
        found = browser.find_or_install()
        assert found is not None
        assert browser.starts(found) is True
