"""Put back the jobs of a worker that died: it may still live, so every job is safe to run twice."""

from __future__ import annotations

from typing import Any

from procrastinate import exceptions
from psycopg.errors import RaiseException

SILENT_SECONDS = 30


async def put_back(app: Any) -> int:
    """Retry the jobs whose worker has been silent for 30 s; give how many."""
    jobs = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS))
    return sum([await _is_put_back(app, job) for job in jobs])


async def _is_put_back(app: Any, job: Any) -> bool:
    """Retry one job, unless it waits once more already or is stalled no longer: the others don't wait for that."""
    try:
        await app.job_manager.retry_job(job)
    except exceptions.UniqueViolation:
        return False
    except exceptions.ConnectorException as error:
        if isinstance(error.__cause__, RaiseException):
            return False
        raise
    return True
