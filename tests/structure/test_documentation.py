"""The pages that list something list all of it: settings and alarms in docs/operating.md, mails in notices.md."""

from __future__ import annotations

import re

from tests.structure.source import ROOT, TENANTRY, functions

NOT_SET_BY_HAND = {"TENANTRY_DEMO", "TENANTRY_POOL"}
"""What our own programs tell one another: that this is the demo, and whether this process keeps a pool."""


def test_every_setting_stands_in_operating() -> None:
    source = (TENANTRY / "project" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'_env\("(\w+)"', source)) | {"TENANTRY_SECRET_KEY"}
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert sorted(name for name in read - NOT_SET_BY_HAND if f"`{name}`" not in page) == []


def test_every_alarm_stands_in_operating() -> None:
    source = (TENANTRY / "outside" / "alarm_log.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    told = re.findall(r'"event": "(\w+)"', source)
    assert len(told) == len(list(functions(TENANTRY / "outside" / "alarm_log.py")))
    assert [event for event in told if f"`{event}`" not in page] == []


def test_every_kind_of_mail_stands_in_notices() -> None:
    page = (ROOT / "docs" / "domain" / "notices.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page.partition("## Kinds")[2].partition("## ")[0], re.MULTILINE)
    kinds = [kind for row in rows for kind in re.findall(r"`(\w+)`", row)]
    assert sorted(kinds) == sorted(path.stem for path in (TENANTRY / "ui" / "templates" / "mail").glob("*.txt"))
