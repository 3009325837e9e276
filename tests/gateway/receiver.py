"""An endpoint for webhooks: keeps every request, and answers as the test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

WAIT_SECONDS = 20


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def says(self) -> dict[str, Any]:
        """Read its body."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def id(self) -> str:
        """Name the event."""
        return self.headers["Webhook-Id"]


class Receiver:
    """The endpoint. `answer` gives the status for a request; `hang` makes it keep silent until the end."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[Received] = []
        self.answer: Callable[[Received], int] = lambda received: 200
        self.headers: dict[str, str] = {}
        self.hang = threading.Event()
        self._news = threading.Condition()
        self._end = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/events?from=sandbox"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received = Received(self.path, dict(self.headers.items()), body)
                receiver._keep(received)
                if receiver.hang.is_set():
                    receiver._end.wait(WAIT_SECONDS)
                    return
                self.send_response(receiver.answer(received))
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler

    def _keep(self, received: Received) -> None:
        with self._news:
            self.got.append(received)
            self._news.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many requests came."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.got) >= count, WAIT_SECONDS), self.got

    def told(self, customer: str) -> list[tuple[str, str]]:
        """List type and object of what was told about a customer, in the order of arrival."""
        return [
            (says["type"], says["data"]["object"])
            for says in (one.says for one in self.got)
            if says["data"]["customer"] == customer
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
