"""The processor's clock: real time and an offset, or frozen. The only place of this package that reads the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """Read the real time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ModelClock:
    """Where the model's time stands. Pure: it takes the real time."""

    offset_seconds: float = 0.0
    frozen_at: datetime | None = None

    def now(self, real: datetime) -> datetime:
        """Tell the model's time."""
        return self.frozen_at or real + timedelta(seconds=self.offset_seconds)

    def moved(self, to: datetime, real: datetime, *, frozen: bool) -> ModelClock:
        """Make the clock that shows `to` now, and stands still there or runs on."""
        return ModelClock(
            offset_seconds=(to - real).total_seconds(),
            frozen_at=to if frozen else None,
        )
