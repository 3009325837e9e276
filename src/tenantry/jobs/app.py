"""The procrastinate app: its tasks, and the worker that runs them."""

from __future__ import annotations

from typing import Any

CONCURRENCY = 4


def on_app_ready(app: Any) -> None:
    """Nothing to do: tasks are imported by PROCRASTINATE_IMPORT_PATHS. Kept as the one place to hook in."""


def run_worker() -> None:
    """Run jobs until told to stop. Ends with code 0 when the database is lost: supervise with restart always."""
    from procrastinate.contrib.django import app

    app.with_connector(app.connector.get_worker_connector()).run_worker(  # type: ignore[attr-defined]
        concurrency=CONCURRENCY, delete_jobs="successful", listen_notify=True
    )


def run_until_idle() -> None:
    """Run every job that waits, in this process, and come back when none is left."""
    from procrastinate.contrib.django import app

    app.with_connector(app.connector.get_worker_connector()).run_worker(  # type: ignore[attr-defined]
        wait=False, concurrency=1, delete_jobs="successful", listen_notify=False, install_signal_handlers=False
    )
