"""Webhooks in at the real web server: lengths that lie, bodies that never come, and what is signed (B142, B144)."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from tenantry.records.payments.models import GatewayEvent
from tests.database import TestServer
from tests.operations.serving import serving
from tests.telling import ADDRESS, SECRET, event, signed


@pytest.fixture
def port(postgres: TestServer, database: str) -> Iterator[int]:
    """Serve the product by its own web server; give the port."""
    with serving(postgres, database, TENANTRY_GATEWAY_WEBHOOK_SECRETS=SECRET) as at:
        yield at


def sent(port: int, headers: dict[str, str], body: bytes, *, is_closed: bool = False) -> str:
    """Send bytes as they are; give the answer's first line, empty where the connection ended without one."""
    lines = [f"POST {ADDRESS} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with suppress(ConnectionError):
            connection.sendall(body)
        if is_closed:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(65536):
                answer += chunk
    return answer.split(b"\r\n", 1)[0].decode()


def test_what_comes_over_the_wire(port: int) -> None:
    body = event("intent.succeeded", "int_7", created=datetime.now(UTC).isoformat())
    json = {"Content-Type": "application/json"}

    def now_signed() -> dict[str, str]:
        return {**json, **signed(body, at=datetime.now(UTC))}

    length = {"Content-Length": str(len(body))}
    assert sent(port, {**now_signed(), **length}, body).split()[1] == "200"
    packed = gzip.compress(b" " * 50 * 1024**2)
    refused = [
        # Says more than we take, and sends nothing of it.
        sent(port, {**now_signed(), "Content-Length": str(10 * 1024**3)}, b""),
        # Says more than it sends, and ends.
        sent(port, {**now_signed(), "Content-Length": str(len(body) + 10)}, body, is_closed=True),
        # Says less than it sends: what it says is the body.
        sent(port, {**now_signed(), "Content-Length": str(len(body) - 10)}, body),
        # Says two lengths, or none that is a number.
        sent(port, {**now_signed(), "Content-Length": "7, 8"}, body),
        # Has no length, but chunks.
        sent(port, {**now_signed(), "Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n"),
        # Is packed: 50 MiB of blanks in 50 KiB.
        sent(port, {**now_signed(), "Content-Encoding": "gzip", "Content-Length": str(len(packed))}, packed),
        # Is not signed.
        sent(port, {**json, **length}, body),
    ]  # fmt: skip
    statuses = [line.split()[1] if line else "" for line in refused]
    assert statuses[0] == "413"
    assert statuses[1] in ("400", "")
    assert statuses[2] == "400"
    assert statuses[3] == "400"
    assert statuses[4] == "411"
    assert statuses[5] in ("415", "")
    assert statuses[6] == "400"
    assert GatewayEvent.objects.count() == 1
    assert sent(port, {**now_signed(), **length}, body).split()[1] == "200"
    assert GatewayEvent.objects.count() == 1
