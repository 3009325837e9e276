"""One chain of middleware for all of Django's test clients, as a server has one for all browsers."""

from __future__ import annotations

from typing import Any

from django.core.signals import setting_changed
from django.test.client import ClientHandler

PARTS = ("_middleware_chain", "_view_middleware", "_template_response_middleware", "_exception_middleware")


def share() -> None:
    """Make the chain once, where each client would make its own and read every static file for it.

    It is made again after a change of settings that middleware may have read; ours reads none of TENANTRY_… then.
    """
    kept: dict[str, Any] = {}
    make = ClientHandler.load_middleware

    def load(handler: ClientHandler, is_async: bool = False) -> None:
        if not kept:
            make(handler, is_async)
            kept.update({part: getattr(handler, part) for part in PARTS})
        vars(handler).update(kept)

    def forget(*, setting: str, **_: Any) -> None:
        if not setting.startswith("TENANTRY_"):
            kept.clear()

    ClientHandler.load_middleware = load  # type: ignore[method-assign]
    setting_changed.connect(forget, weak=False)
