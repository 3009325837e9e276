"""A server that says what it was told to, for answers that the simulated processor would never give."""

from __future__ import annotations

import json
import socket
import threading
from typing import Self


def json_answer(body: object) -> bytes:
    """Write an answer with status 200."""
    content = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)


class Talker:
    """A server that accepts one connection, says its pieces whatever it hears, and hangs up."""

    def __init__(self, pieces: list[bytes], pause_seconds: float = 0.0) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._pieces = pieces
        self._pause_seconds = pause_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _talk(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(65536)
            for piece in self._pieces:
                try:
                    connection.sendall(piece)
                except OSError:
                    return
                self._stop.wait(self._pause_seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._socket.close()
