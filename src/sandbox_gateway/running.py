"""The model while it runs: with its clock, its faults, its store, and the one lock around them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from sandbox_gateway import codec
from sandbox_gateway.clock import ModelClock, real_now
from sandbox_gateway.faults import Fault, FaultPlan
from sandbox_gateway.model import Processor
from sandbox_gateway.store import CallRecord, Store
from sandbox_gateway.wire import JSON, Answer

Work = Callable[[Processor, datetime], Answer]


class ClockBackwards(Exception):
    """Time only goes forward once something exists."""


class RunningProcessor:
    """One processor on one directory. Each call runs alone, and is on disk before it is answered."""

    def __init__(self, directory: Path, *, offset_seconds: float = 0.0) -> None:
        self._store = Store(directory)
        self._secret = self._store.secret("key")
        self._lock = Lock()
        self._model = self._load()
        kept_clock, kept_faults = self._store.setting("clock"), self._store.setting("faults")
        self._clock = codec.loads(ModelClock, kept_clock) if kept_clock else ModelClock(offset_seconds)
        self.faults = codec.loads(FaultPlan, kept_faults) if kept_faults else FaultPlan()
        self._latest = self._clock.now(real_now())

    def _load(self) -> Processor:
        model = Processor(sha256(f"ids:{self._secret}".encode()).hexdigest())
        model.restore(self._store.objects())
        return model

    def api_key(self) -> str:
        """Read the key that was made for this directory."""
        return self._store.secret("api-key")

    def fingerprint(self, kind: str, number: str) -> str:
        """Make what stands for a number: equal for equal numbers, and not to be turned back without our key."""
        return hmac.new(self._secret.encode(), f"{kind}:{number}".encode(), sha256).hexdigest()[:32]

    def close(self) -> None:
        """Wait for the call that runs, then close the file."""
        with self._lock:
            self._store.close()

    # Calls

    def read(self, work: Work) -> Answer:
        """Run a read that leaves no trace in the list of calls (settling what is due is kept)."""
        with self._lock:
            return self._run(work, None)

    def call(
        self,
        work: Work,
        *,
        operation: str,
        request: Mapping[str, object],
        customer: str = "",
        key: str = "",
        fault: str = "",
    ) -> Answer:
        """Run a call, keep it with its answer and all that it changed, and only then answer."""
        record = CallRecord(
            at="",
            operation=operation,
            customer=customer,
            key=key,
            fault=fault,
            status=0,
            request=json.dumps(request, ensure_ascii=False),
            answer="",
        )
        with self._lock:
            return self._run(work, record)

    def choose_fault(self, *, operation: str, customer: str, header: str) -> Fault | None:
        """Decide which fault a call meets.

        Raises:
            ValueError: the header names no fault.
        """
        with self._lock:
            before = self.faults
            fault, self.faults = before.choose(operation=operation, customer=customer, header=header)
            if self.faults.rules != before.rules or self.faults.rates.shares:
                self._store.write(settings=[("faults", codec.dumps(self.faults))])
            return fault

    def set_faults(self, plan: FaultPlan) -> None:
        """Put another plan of faults in force."""
        with self._lock:
            self._store.write(settings=[("faults", codec.dumps(plan))])
            self.faults = plan

    # Time

    def now(self) -> datetime:
        """Tell the model's time."""
        with self._lock:
            return self._now()

    def is_frozen(self) -> bool:
        """Say whether time only moves by command."""
        return self._clock.frozen_at is not None

    def move_clock(self, to: datetime | None, *, frozen: bool | None) -> int:
        """Set the time, settle what became due, and return how many bank debits moved. None leaves a part as it is.

        Raises:
            ClockBackwards: objects exist, and `to` is before the model's time.
        """
        with self._lock:
            now, real = self._now(), real_now()
            target = to or now
            if target < now and not self._model.is_empty():
                raise ClockBackwards
            stands = self.is_frozen() if frozen is None else frozen
            clock = self._clock.moved(target, real, frozen=stands)
            try:
                moved = self._model.settle_due(now=target)
                self._store.write(objects=self._model.take_changes(), settings=[("clock", codec.dumps(clock))])
            except BaseException:
                self._model = self._load()
                raise
            self._clock, self._latest = clock, target
            return moved

    def _now(self) -> datetime:
        # The machine's own clock may be set back; the model's never goes back.
        self._latest = max(self._latest, self._clock.now(real_now()))
        return self._latest

    def _run(self, work: Work, record: CallRecord | None) -> Answer:
        now = self._now()
        try:
            answer = work(self._model, now)
            changes = self._model.take_changes()
            if record is not None:
                text = answer.body.decode() if answer.content_type == JSON else ""
                record = replace(record, at=now.isoformat(), status=answer.status, answer=text)
            if record is not None or changes:
                self._store.write(objects=changes, call=record)
        except BaseException:
            # What is not on disk did not happen.
            self._model = self._load()
            raise
        return answer
