"""Time that a test moves: ours and the processor's together, each thing at its own instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tenantry.outside.gateway import chosen
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.project.demo.story import Months
from tests.builders import NOW
from tests.gateway.process import running_gateway

START = datetime(2026, 1, 1, 17, tzinfo=UTC)


@pytest.fixture
def months(tmp_path: Path, settings: Any, database: str) -> Iterator[Months]:
    """Give a clock that stands at 1 January 2026, 10:00 in Denver, and a processor of one's own that follows it."""
    with running_gateway(tmp_path) as process:
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
        control = SandboxControl(process.url)
        passing = Months(START, control)
        yield passing
        passing.end()
        control.close()
        chosen.forget()


@pytest.fixture
def processor(tmp_path: Path, settings: Any) -> Iterator[SandboxControl]:
    """Run a processor whose clock the test moves, from Nov 12, 2026 on."""
    with running_gateway(tmp_path / "gateway") as process:
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
        control = SandboxControl(process.url)
        control.freeze_clock(NOW)
        yield control
        control.close()
