"""The worker that runs the jobs."""

from __future__ import annotations

CONCURRENCY = 4


def run_worker() -> None:
    """Run jobs until told to stop. Ends with code 0 when the database is lost: supervise with restart always."""
    from procrastinate.contrib.django import app

    app.with_connector(app.connector.get_worker_connector()).run_worker(  # type: ignore[attr-defined]
        concurrency=CONCURRENCY, delete_jobs="successful", listen_notify=True
    )
