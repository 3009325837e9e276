"""Ports of this machine: taken or free, and whether what listens there is healthy."""

from __future__ import annotations

import http.client
import socket

from tenantry.project.problem import CannotStart

PORTS_TRIED = 50


def is_healthy(host: str, port: int, name: str = "") -> bool:
    """Ask `GET /healthz` once, under the name that browsers use."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it listens on all of them
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": name} if name else {})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_free(host: str, port: int) -> bool:
    """Say whether nobody listens on a port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except PermissionError as error:
            raise CannotStart(f"Port {port} may not be used by this user; choose one above 1023: PORT=8123.") from error
        except OSError:
            return False
    return True


def refuse_taken_port(host: str, port: int) -> None:
    """Refuse a port that somebody listens on.

    Raises:
        CannotStart: somebody does.
    """
    if not is_free(host, port):
        raise CannotStart(
            f"Port {port} is already in use; stop what uses it, or choose another one: PORT={port + 123}."
        )


def free_port(host: str, first: int) -> int:
    """Give the first free port from a number on."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        if is_free(host, port):
            return port
    raise CannotStart(f"No port from {first} to {first + PORTS_TRIED - 1} is free; choose another one with PORT.")
