"""The model while it runs: with its clock, its faults, its store, and the one lock around them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Condition, Lock
from time import monotonic

from sandbox_gateway import codec, webhooks
from sandbox_gateway.clock import ModelClock, real_now
from sandbox_gateway.faults import WEBHOOK, Fault, FaultPlan
from sandbox_gateway.model import Processor
from sandbox_gateway.state import Row
from sandbox_gateway.store import CallRecord, Store
from sandbox_gateway.webhooks import Endpoint, Message
from sandbox_gateway.wire import JSON, NO_ANSWER, Answer

Work = Callable[[Processor, datetime], Answer]
LONGEST_WAIT_SECONDS = 60.0


class ClockBackwards(Exception):
    """Time only goes forward once something exists."""


class RunningProcessor:
    """One processor on one directory. Each call runs alone, and is on disk before it is answered."""

    def __init__(self, directory: Path, *, offset_seconds: float = 0.0) -> None:
        self._store = Store(directory)
        self._secret = self._store.secret("key")
        self._lock = Lock()
        self._news = Condition(self._lock)
        self._model = self._load(self._store.objects())
        self._endpoint = Endpoint()
        self._is_sending = False
        self._is_closing = False
        kept_clock, kept_faults = self._store.setting("clock"), self._store.setting("faults")
        self._clock = codec.loads(ModelClock, kept_clock) if kept_clock else ModelClock(offset_seconds)
        self.faults = codec.loads(FaultPlan, kept_faults) if kept_faults else FaultPlan()
        self._latest = self._clock.now(real_now())

    def _load(self, rows: Sequence[Row]) -> Processor:
        model = Processor(sha256(f"ids:{self._secret}".encode()).hexdigest())
        model.restore(rows)
        return model

    def api_key(self) -> str:
        """Read the key that was made for this directory."""
        return self._store.secret("api-key")

    def fingerprint(self, kind: str, number: str) -> str:
        """Make what stands for a number: equal for equal numbers, and not to be turned back without our key."""
        return hmac.new(self._secret.encode(), f"{kind}:{number}".encode(), sha256).hexdigest()[:32]

    def webhook_secret(self) -> str:
        """Read the webhook secret that was made for this directory."""
        return webhooks.secret_of(bytes.fromhex(self._store.secret("webhook-secret")))

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
        fault: Fault | None = None,
    ) -> Answer:
        """Run a call, keep it with its answer and all that it changed, and only then answer.

        A fault of webhooks strikes the events that this call makes; any other is for whoever answers.
        """
        record = CallRecord(
            at="",
            operation=operation,
            customer=customer,
            key=key,
            fault=fault.text if fault else "",
            status=0,
            request=json.dumps(request, ensure_ascii=False),
            answer="",
        )
        with self._lock:
            return self._run(work, record, fault if fault and fault.is_of_webhooks else None)

    def objects(self) -> list[Row]:
        """Read everything that was made, as `put_back` takes it."""
        with self._lock:
            return self._store.objects()

    def put_back(self, rows: Sequence[Row]) -> None:
        """Stand where it stood when `objects` gave these rows (KeyError, TypeError, ValueError: no such rows)."""
        with self._lock:
            model = self._load(rows)
            self._store.put_back(rows)
            self._model = model
            self._news.notify_all()

    def choose_fault(self, *, operation: str, customer: str, header: str) -> Fault | None:
        """Decide which fault a call meets.

        Raises:
            ValueError: the header names no fault.
        """
        with self._lock:
            before = self.faults
            fault, after = before.choose(operation=operation, customer=customer, header=header)
            if self._has_moved(after):
                self._store.write(settings=[("faults", codec.dumps(after))])
            self.faults = after
            return fault

    def _has_moved(self, plan: FaultPlan) -> bool:
        # How many were judged matters only where chance decides.
        return plan.rules != self.faults.rules or bool(plan.judged != self.faults.judged and plan.rates.shares)

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

    def time(self) -> tuple[datetime, bool]:
        """Tell, from within a call, the model's time and whether it stands still."""
        return self._now(), self.is_frozen()

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
            moved = self._settle(target, [("clock", codec.dumps(clock))])
            self._clock, self._latest = clock, target
            self._news.notify_all()
            return moved

    def _settle(self, now: datetime, settings: list[tuple[str, str]]) -> int:
        moved = 0

        def settle(model: Processor, at: datetime) -> Answer:
            nonlocal moved
            moved = model.settle_due(now=now)
            return NO_ANSWER

        self._run(settle, None, now=now, settings=settings)
        return moved

    def _now(self) -> datetime:
        # The machine's own clock may be set back; the model's never goes back.
        self._latest = max(self._latest, self._clock.now(real_now()))
        return self._latest

    def _run(
        self,
        work: Work,
        record: CallRecord | None,
        webhook_fault: Fault | None = None,
        *,
        now: datetime | None = None,
        settings: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        now = now or self._now()
        try:
            answer = work(self._model, now)
            plan = self._queue(now, webhook_fault)
            changes = self._model.take_changes()
            if record is not None:
                text = answer.body.decode() if answer.content_type == JSON else ""
                record = replace(record, at=now.isoformat(), status=answer.status, answer=text)
            kept = [*settings, ("faults", codec.dumps(plan))] if self._has_moved(plan) else settings
            if record is not None or changes or kept:
                self._store.write(objects=changes, settings=kept, call=record)
        except BaseException:
            # What is not on disk did not happen.
            self._model = self._load(self._store.objects())
            raise
        self.faults = plan
        if changes:
            self._news.notify_all()
        return answer

    # Webhooks

    def endpoint(self) -> Endpoint:
        """Tell where events go."""
        return self._endpoint

    def send_events_to(self, endpoint: Endpoint) -> None:
        """Send events to another place from now on; what happens while there is none is told to nobody."""
        with self._lock:
            self._endpoint = endpoint
            self._news.notify_all()

    def _queue(self, now: datetime, fault: Fault | None) -> FaultPlan:
        """Put what happened on its way; give the plan of faults after it."""
        plan = self.faults
        for event in self._model.take_new_events():
            if not self._endpoint.url:
                continue
            chosen = fault
            if chosen is None:
                chosen, plan = plan.choose(operation=WEBHOOK, customer=event.customer)
            self._model.queue_delivery(now=now, event=event, fault=chosen)
        return plan

    def next_to_send(self) -> tuple[str, str, Message] | None:
        """Wait for the delivery that is due next, and give its id, where it goes and what it says.

        Time passes by itself here: bank debits that become due meanwhile settle. Gives none once we are closing.
        """
        with self._lock:
            while not self._is_closing:
                now = self._now()
                if (at := self._model.next_at()) and at <= now:
                    self._settle(now, [])
                delivery = self._model.next_to_send(now=now) if self._endpoint.url else None
                event = self._model.event(delivery.event_id) if delivery else None
                if delivery and event:
                    self._is_sending = True
                    told = webhooks.message(
                        delivery, event, account=self._model.account, secrets=self._endpoint.secrets, now=now
                    )
                    return delivery.id, self._endpoint.url, told
                self._news.wait(self._seconds_to_wait(now))
            return None

    def _seconds_to_wait(self, now: datetime) -> float:
        at = self._model.next_at()
        if self.is_frozen() or at is None or not self._endpoint.url:
            return LONGEST_WAIT_SECONDS
        return min(max((at - now).total_seconds(), 0.01), LONGEST_WAIT_SECONDS)

    def record_try(self, delivery_id: str, status: int) -> None:
        """Write down what the endpoint answered (0: nothing)."""

        def write(model: Processor, now: datetime) -> Answer:
            model.record_try(now=now, delivery_id=delivery_id, status=status)
            return NO_ANSWER

        with self._lock:
            self._is_sending = False
            self._run(write, None)
            self._news.notify_all()

    def wait_until_sent(self, seconds: float) -> bool:
        """Wait until nothing is due at the model's time any more; say whether that came true in time."""
        ends_at = monotonic() + seconds
        with self._lock:
            while self._is_sending or (self._endpoint.url and self._model.next_to_send(now=self._now())):
                left = ends_at - monotonic()
                if left <= 0 or self._is_closing:
                    return False
                self._news.wait(left)
            return True

    def stop_sending(self) -> None:
        """Let whoever waits for a delivery go."""
        with self._lock:
            self._is_closing = True
            self._news.notify_all()
