"""docs/operating.md names every setting that is read from the environment."""

from __future__ import annotations

import re

from tests.structure.source import ROOT, TENANTRY

NOT_SET_BY_HAND = {"TENANTRY_DEMO", "TENANTRY_POOL"}
"""What our own programs tell one another: that this is the demo, and whether this process keeps a pool."""


def test_every_setting_stands_in_operating() -> None:
    source = (TENANTRY / "project" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'_env\("(\w+)"', source)) | {"TENANTRY_SECRET_KEY"}
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert sorted(name for name in read - NOT_SET_BY_HAND if f"`{name}`" not in page) == []
