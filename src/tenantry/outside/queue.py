"""Enqueue a job inside the caller's transaction: a rollback takes it along."""

from __future__ import annotations

from django.db import OperationalError, transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.types import TimeDeltaParams


def enqueue(job_name: str, *, in_seconds: int = 0, once: str | None = None, **args: str | int) -> None:
    """Write a job as a row of the caller's transaction.

    `once` makes a second waiting job of the same key a no-op. `in_seconds` is for technical delays only: business
    time lives in rows.

    Raises:
        OperationalError: the database did not take it.
    """
    later: TimeDeltaParams | None = {"seconds": in_seconds} if in_seconds > 0 else None
    task = app.configure_task(job_name, queueing_lock=once, schedule_in=later)
    try:
        if once is None:
            task.defer(**args)
            return
        # The uniqueness error would break the caller's transaction, so it gets a savepoint of its own.
        with transaction.atomic():
            task.defer(**args)
    except exceptions.AlreadyEnqueued:
        return
    except exceptions.ConnectorException as error:
        raise OperationalError("the queue did not take a job") from error
