"""The HTTP server: loopback only, one thread a connection, one lock around the model."""

from __future__ import annotations

import ipaddress
import socket
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Event, Thread
from time import sleep
from urllib.parse import parse_qsl, urlsplit

from sandbox_gateway import api, approval, control, hosted
from sandbox_gateway.forms import FORM_ACTION
from sandbox_gateway.pages import STYLE_PATH, message_page
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.wire import HTML, JSON, Answer, Request, Unusable, error_answer, html_answer, json_answer

MAX_BODY_BYTES = 64 * 1024
IDLE_SECONDS = 75
DROPS = 40
NO_STORE = "no-store"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server needs to know. `public_url` is how browsers and callers reach it, without a slash at the end."""

    api_key: str
    public_url: str


class NotLoopback(Exception):
    """The address can be reached from other machines."""


class GatewayServer(ThreadingHTTPServer):
    """The server with its processor."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, bind: str, port: int, running: RunningProcessor) -> None:
        """Open the port (0: a free one).

        Raises:
            NotLoopback: `bind` is no loopback address.
            OSError: the port is in use.
        """
        address = ipaddress.ip_address(bind)
        if not address.is_loopback:
            raise NotLoopback(bind)
        self.address_family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        super().__init__((bind, port), Handler)
        self.running = running
        self.settings = Settings("", "")
        self._connections: set[socket.socket] = set()
        self._away_seconds = 0.0
        self._is_ended = Event()

    def serve(self) -> None:
        """Serve until `end` is called; while somebody asked us to be away, nothing listens on the port."""
        while not self._is_ended.is_set():
            self.serve_forever(poll_interval=0.05)
            if self._away_seconds and not self._is_ended.is_set():
                self._drop_connections()
                self.socket.close()
                sys.stderr.write("away\n")
                self._is_ended.wait(self._away_seconds)
                self._away_seconds = 0.0
                self._listen_again()
                sys.stderr.write("back\n")
        self.socket.close()

    def _listen_again(self) -> None:
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()

    def go_away(self, seconds: float) -> None:
        """Refuse every connection for a while, once the call that asks for it was answered."""
        self._away_seconds = seconds

    def leave_if_asked(self) -> None:
        """Stop listening, if somebody asked for it."""
        if self._away_seconds:
            # shutdown() waits for the loop, which may wait for nobody: so a thread of its own calls it.
            Thread(target=self.shutdown, daemon=True).start()

    def end(self) -> None:
        """Stop serving. A signal handler may call it."""
        self._is_ended.set()
        Thread(target=self.shutdown, daemon=True).start()

    def remember(self, connection: socket.socket) -> None:
        """Know of an open connection."""
        self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """Know that a connection is closed."""
        self._connections.discard(connection)

    def _drop_connections(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent about callers that hang up; say everything else."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: GatewayServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    wbufsize = -1

    def setup(self) -> None:
        """Begin."""
        super().setup()
        self.server.remember(self.connection)

    def finish(self) -> None:
        """End."""
        self.server.forget(self.connection)
        super().finish()

    def do_GET(self) -> None:
        """Answer a read."""
        self._serve(b"")

    def do_HEAD(self) -> None:
        """Answer a read without its body."""
        self._serve(b"")

    def do_POST(self) -> None:
        """Answer a change."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(error_answer(413, "too_big", "Send a body with its length, of at most 64 KB."))
            return
        self._serve(self.rfile.read(int(length)))

    def _serve(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method="GET" if self.command == "HEAD" else self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        self._send(self._answer(request))
        self.server.leave_if_asked()

    def _answer(self, request: Request) -> Answer:
        try:
            self._check_host(request)
            return _route(self.server, request)
        except Unusable as error:
            if request.path.startswith(("/v1/", "/control/")) and "text/html" not in request.headers.get("accept", ""):
                return error_answer(error.status, error.code, error.message)
            return html_answer(error.status, message_page("That did not work", error.message))
        except Exception:  # noqa: BLE001 - the last line of defense: say it in the log, keep serving
            traceback.print_exc()
            return error_answer(500, "internal", "Something went wrong.")

    def _check_host(self, request: Request) -> None:
        # A page of another site may not reach us through a name that it resolves to loopback.
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        own = urlsplit(self.server.settings.public_url).hostname
        if name not in ("127.0.0.1", "localhost", "::1", own):
            raise Unusable(421, "wrong_host", "This name is not mine.")

    def _send(self, answer: Answer) -> None:
        if answer.status == 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in _headers(answer):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._write(answer)
        self.wfile.flush()

    def _write(self, answer: Answer) -> None:
        if answer.is_cut:
            self.close_connection = True
            self.wfile.write(answer.body[: len(answer.body) // 2])
        elif answer.drip_seconds:
            size = max(1, len(answer.body) // DROPS)
            for place in range(0, len(answer.body), size):
                self.wfile.write(answer.body[place : place + size])
                self.wfile.flush()
                sleep(answer.drip_seconds / DROPS)
        else:
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request that can't even be parsed, without repeating any of it."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else the base class leaves out the status line
        self._send(error_answer(int(code), "bad_request", "This request can't be understood."))

    def version_string(self) -> str:
        """Name the server, not its versions."""
        return "sandbox-gateway"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives
        """Write nothing but method, path and status: a query or a broken request line may hold anything."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log one answered request."""
        status = code.value if isinstance(code, HTTPStatus) else code
        known = status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED)
        told = f"{self.command} {urlsplit(self.path).path}" if known else "(unknown)"
        sys.stderr.write(f"{told} {status}\n")


def _route(server: GatewayServer, request: Request) -> Answer:
    running, settings = server.running, server.settings
    if request.path.startswith("/v1/"):
        return api.handle(running, request, api_key=settings.api_key, public_url=settings.public_url)
    if request.path.startswith("/control"):
        return control.handle(running, request, public_url=settings.public_url, go_away=server.go_away)
    if request.path.startswith("/approve/"):
        return approval.handle(running, request)
    if request.path == STYLE_PATH:
        css = files("sandbox_gateway").joinpath("page.css").read_bytes()
        return Answer(200, css, "text/css; charset=utf-8", (("Cache-Control", "max-age=300"),))
    if request.path == "/healthz":
        return json_answer(200, {"status": "ok"})
    return hosted.handle(running, request)


def _headers(answer: Answer) -> list[tuple[str, str]]:
    given = dict(answer.headers)
    form_action = given.pop(FORM_ACTION, "'self'")
    headers = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "Cache-Control": NO_STORE,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        **given,
    }
    if answer.content_type == HTML:
        headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {form_action}"
        )
        headers["X-Frame-Options"] = "DENY"
    elif answer.content_type == JSON:
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return list(headers.items())
