"""A plugin for the run on a copy: notes how each test ended and why, and whose modules were imported.

The path of the report stands in TENANTRY_BUG_REPORT. Only what failed in its own body counts as found: an error
while collecting, importing or preparing shows that the bug broke something, not that a test looks for it.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("tenantry", "sandbox_gateway", "alarm_crm")
_seen: list[dict[str, Any]] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    if call.when == "call" or report.failed:
        errors = _errors(call.excinfo.value) if call.excinfo and report.failed else []
        _seen.append({"test": item.nodeid, "when": call.when, "failed": report.failed, "errors": errors})
    return report


def _errors(error: BaseException) -> list[dict[str, Any]]:
    """Give what went wrong: the names of each error's class and of those above it, and its words."""
    if isinstance(error, BaseExceptionGroup):
        return [found for inner in error.exceptions for found in _errors(inner)]
    return [{"names": [one.__name__ for one in type(error).__mro__], "words": str(error)}]


def pytest_sessionfinish() -> None:
    imported = {name: importlib.import_module(name).__file__ for name in PACKAGES}
    Path(os.environ["TENANTRY_BUG_REPORT"]).write_text(json.dumps({"imported": imported, "tests": _seen}))
