"""`tenantry demo`: everything on this machine, with a demo vendor and its books."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

from tenantry.project import assets, demo_state, embedded_postgres, postgres_files
from tenantry.project.banner import Filling, new_console, show_ready
from tenantry.project.demo_state import DemoState
from tenantry.project.ports import free_port, refuse_taken_port
from tenantry.project.problem import CannotStart
from tenantry.project.processes import Child, python
from tenantry.project.supervisor import Stopped, Supervisor, as_owner, web, worker

DEMO_VENDOR = "SecurityTrax"
DEMO_HOST_APPS = "alarm_crm"
EVENTS_PATH = "/api/v1/gateway-events/sandbox"
DEMO_TAX = [
    {"country": "US", "region": ["UT", "Utah"], "name": "Utah sales tax", "basis_points": 725},
    {"country": "US", "region": ["WA", "Washington"], "name": "Washington sales tax", "basis_points": 1030},
]


def demo(home: Path, host: str, port: int) -> int:
    """Start everything with the demo's vendor, and stay until told to stop."""
    us = Supervisor(home.absolute(), new_console())
    us.listen()
    try:
        before = demo_state.state_of(us.home)
        us.open_database()
        refuse_taken_port(host, port)
        address = os.environ.get("TENANTRY_PUBLIC_URL", "").rstrip("/") or f"http://{host}:{port}"
        us.note_address(address + "/")
        _make_fillable(us, before)
        assets.build_in_checkout()
        gateway_port = free_port(host, port + 1)
        environment = _demo_environment(us, address, host, f"http://{host}:{gateway_port}")
        demo_state.remember(us.home, environment)
        events_to = f"http://{host}:{port}{EVENTS_PATH}"
        gateway = us.keep(_gateway(us, host, gateway_port, environment, events_to))
        us.run_once(us.child("migrate", python("tenantry", "migrate"), as_owner(us, environment)))
        us.wait_until_healthy(gateway, host, gateway_port)
        if before is not DemoState.FILLED:
            _fill(us, environment)
        us.keep(worker(us, environment))
        us.wait_until_healthy(us.keep(web(us, host, port, environment)), host, port, urlsplit(address).netloc)
        places = {"mails": us.home / "mails", "marker": us.home / demo_state.FILLED, "logs": us.home / "logs"}
        show_ready(us.console, address, gateway=environment["TENANTRY_GATEWAY_URL"], **places)
        us.watch()
    except Stopped:
        pass
    finally:
        us.stop()
    us.say("Stopped.")
    return 0


def _make_fillable(us: Supervisor, before: DemoState) -> None:
    if before is DemoState.UNTOUCHED:
        demo_state.refuse_other_books(us.owner_url, str(us.home) if us.server else "DATABASE_URL")
    if before is not DemoState.HALF_FILLED:
        return
    if us.server is None:
        raise CannotStart("The demo's first filling was cut off; empty the database of DATABASE_URL and start again.")
    us.say("The demo's first filling was cut off; beginning anew.")
    embedded_postgres.recreate_database(us.server)
    demo_state.clear(us.home)


def _fill(us: Supervisor, environment: dict[str, str]) -> None:
    us.say("Filling the demo; this happens on the first start only.")
    demo_state.begin(us.home)
    child = us.child("filling", python("tenantry.project.demo"), as_owner(us, environment))
    shown = Filling(us.console, child.log)
    try:
        us.run_once(child, shown.look)
    finally:
        shown.end()
    demo_state.finish(us.home)


def _gateway(us: Supervisor, host: str, port: int, environment: dict[str, str], events_to: str) -> Child:
    place = ("--bind", host, "--port", str(port), "--data", str(us.home / "gateway"))
    command = python("sandbox_gateway", *place, "--webhook-url", events_to)
    secret = {  # not arguments: those are seen by everyone
        "SANDBOX_GATEWAY_API_KEY": environment["TENANTRY_GATEWAY_KEY"],
        "SANDBOX_GATEWAY_WEBHOOK_SECRETS": environment["TENANTRY_GATEWAY_WEBHOOK_SECRETS"],
    }
    return us.child("gateway", command, {**os.environ, "PYTHONUNBUFFERED": "1", **secret})


def _demo_environment(us: Supervisor, address: str, host: str, gateway: str) -> dict[str, str]:
    defaults = {
        "TENANTRY_HOST_APPS": DEMO_HOST_APPS,
        "TENANTRY_VENDOR_NAME": DEMO_VENDOR,
        "TENANTRY_HOSTS": "localhost",
        "TENANTRY_INSTALLATION": "demo",
        "TENANTRY_VENDOR_ADDRESS": "2300 Thanksgiving Way|Lehi, UT 84043",
        "TENANTRY_VENDOR_EMAIL": "billing@securitytrax.test",
        "TENANTRY_VENDOR_LOGO": str(Path(__file__).parent / "demo" / "logo.svg"),
        "TENANTRY_TAX": json.dumps({"kind": "fixed", "rates": DEMO_TAX}),
    }
    chosen = {name: os.environ.get(name) or value for name, value in defaults.items()}
    chosen["TENANTRY_HOSTS"] += f",{host}"  # the simulated processor knows us by this one
    return us.environment(
        TENANTRY_DEMO="1",
        TENANTRY_PUBLIC_URL=address,
        TENANTRY_GATEWAY="sandbox",
        TENANTRY_GATEWAY_URL=gateway,
        TENANTRY_GATEWAY_KEY=_kept(us.home / "secrets/gateway_key", secrets.token_urlsafe(24)),
        TENANTRY_GATEWAY_WEBHOOK_SECRETS=_kept(us.home / "secrets/gateway_webhook_secret", _new_webhook_secret()),
        **chosen,
    )


def _new_webhook_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def _kept(path: Path, new: str) -> str:
    if not path.exists():
        postgres_files.write_private(path, new)
    return path.read_text(encoding="utf-8")
