"""Send webhooks: one thread, one request at a time, each bounded in time. Redirects are not followed."""

from __future__ import annotations

import socket
import traceback
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Thread, Timer
from time import sleep
from urllib.parse import urlsplit

from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.webhooks import Message

SEND_SECONDS = 10.0
STOP_SECONDS = 3.0
PAUSE_SECONDS = 1.0


class Sender(Thread):
    """Sends what is due until it is told to stop. What was under way then is sent again by the next start."""

    def __init__(self, running: RunningProcessor) -> None:
        super().__init__(name="webhooks", daemon=True)
        self._running = running
        self._connection: HTTPConnection | None = None
        self._is_stopping = False

    def run(self) -> None:
        """Send until stopped."""
        while not self._is_stopping:
            try:
                self._send_next()
            except Exception:  # noqa: BLE001 - such as a full disk: say it in the log, go on when it is over
                traceback.print_exc()
                sleep(PAUSE_SECONDS)

    def _send_next(self) -> None:
        due = self._running.next_to_send()
        if due is not None:
            delivery_id, url, message = due
            status = self._post(url, message)
            if not self._is_stopping:
                self._running.record_try(delivery_id, status)

    def stop(self) -> None:
        """End at once, also in the middle of a request."""
        self._is_stopping = True
        self._running.stop_sending()
        self._hang_up()
        self.join(STOP_SECONDS)

    def _post(self, url: str, message: Message) -> int:
        """Send one message; give the status that came back, 0 for none in time."""
        parts = urlsplit(url)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connect(parts.netloc, timeout=SEND_SECONDS)
        self._connection = connection
        # The timeout of a socket counts from byte to byte; an answer that drips must end as well.
        guard = Timer(SEND_SECONDS, self._hang_up)
        guard.daemon = True
        guard.start()
        try:
            path = parts.path or "/"
            connection.request("POST", f"{path}?{parts.query}" if parts.query else path, message.body, message.headers)
            return connection.getresponse().status
        except (OSError, HTTPException, ValueError):
            return 0
        finally:
            guard.cancel()
            self._connection = None
            connection.close()

    def _hang_up(self) -> None:
        connection = self._connection
        with suppress(OSError, AttributeError):
            if connection is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)
