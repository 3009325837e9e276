"""Put back the jobs of a worker that died: it may still live, so every job is safe to run twice."""

from __future__ import annotations

from typing import Any

SILENT_SECONDS = 30


async def put_back(app: Any) -> int:
    """Retry the jobs whose worker has been silent for 30 s; give how many."""
    jobs = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS))
    for job in jobs:
        await app.job_manager.retry_job(job)
    return len(jobs)
