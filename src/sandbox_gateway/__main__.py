"""Run the simulated payment processor: `python -m sandbox_gateway --port 8001 --data DIR`."""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
from pathlib import Path

from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.sender import Sender
from sandbox_gateway.server import GatewayServer, NotLoopback, Settings
from sandbox_gateway.store import StoreInUse
from sandbox_gateway.webhooks import Endpoint, checked

KEY_VARIABLE = "SANDBOX_GATEWAY_API_KEY"
SECRETS_VARIABLE = "SANDBOX_GATEWAY_WEBHOOK_SECRETS"


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Return 0 after that, 1 if it could not start, 2 for wrong use."""
    options = _options(arguments)
    try:
        running = RunningProcessor(options.data, offset_seconds=options.clock_offset_seconds)
    except StoreInUse:
        return _complain(f"Another gateway runs on {options.data}.")
    except (OSError, sqlite3.Error, ValueError) as error:
        return _complain(f"The directory {options.data} can't be used: {error}.")
    try:
        endpoint = checked(options.webhook_url, _webhook_secrets(running))
    except ValueError as error:
        running.close()
        return _complain(f"Webhooks can't be sent so: {error}.")
    try:
        server = GatewayServer(options.bind, options.port, running)
    except NotLoopback:
        running.close()
        return _complain(f"{options.bind} is no loopback address: the simulated processor serves this machine only.")
    except OSError as error:
        running.close()
        return _complain(f"Port {options.port} can't be opened: {error.strerror}.")
    _serve(server, options, endpoint)
    running.close()
    return 0


def _serve(server: GatewayServer, options: argparse.Namespace, endpoint: Endpoint) -> None:
    host = f"[{options.bind}]" if ":" in options.bind else options.bind
    public_url = (options.public_url or f"http://{host}:{server.server_address[1]}").rstrip("/")
    key = options.api_key or os.environ.get(KEY_VARIABLE, "") or server.running.api_key()
    server.settings = Settings(api_key=key, public_url=public_url)
    running = server.running
    running.send_events_to(endpoint)
    sender = Sender(running)

    def stop(signal_number: int, frame: object) -> None:
        server.end()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"Ready: {public_url}/\n")
    sys.stdout.flush()
    sender.start()
    server.serve()
    sender.stop()


def _webhook_secrets(running: RunningProcessor) -> tuple[str, ...]:
    named = tuple(one for one in os.environ.get(SECRETS_VARIABLE, "").split(",") if one)
    return named or (running.webhook_secret(),)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox_gateway", description="A simulated payment processor.")
    parser.add_argument("--port", type=int, default=8001, help="port to serve on; 0 takes a free one (8001)")
    parser.add_argument("--data", type=Path, required=True, help="directory of its own for everything that it keeps")
    parser.add_argument("--bind", default="127.0.0.1", help="loopback address to serve on (127.0.0.1)")
    parser.add_argument("--public-url", default="", help="how browsers reach it, if not by address and port")
    parser.add_argument(
        "--api-key", default="", help=f"key that callers must send; else from {KEY_VARIABLE}, else DIR/api-key"
    )
    parser.add_argument(
        "--webhook-url",
        default="",
        help=f"where events go; they are signed with each secret of {SECRETS_VARIABLE} (by comma), else with "
        "DIR/webhook-secret",
    )
    parser.add_argument(
        "--clock-offset-seconds", type=float, default=0.0, help="start this far from the real time (new directory only)"
    )
    return parser.parse_args(arguments)


def _complain(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
