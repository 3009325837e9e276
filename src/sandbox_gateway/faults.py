"""Faults on request: which one a call meets. Pure: chance is a hash of a seed and of how many calls came before.

A fault names when it strikes. *Before*: nothing was executed. *After*: it was executed, and the caller does
not learn it. Whoever runs the model asks `fault.executes` and `fault.answers`, or distorts the answer.
Webhooks that are lost, late or doubled belong to the same list once webhooks are sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

DEFAULT_TIMEOUT_SECONDS = 30.0
PER_MILLION = 1_000_000


class FaultKind(StrEnum):
    """What may go wrong with one call."""

    DECLINE = "decline"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    BUSY = "busy"
    GARBAGE = "garbage"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_OBJECT = "wrong_object"
    SLOW = "slow"


_NOT_EXECUTED = frozenset({FaultKind.TIMEOUT_BEFORE, FaultKind.CUT_BEFORE, FaultKind.ERROR_BEFORE, FaultKind.BUSY})
_WITHOUT_ANSWER = frozenset(
    {
        FaultKind.TIMEOUT_BEFORE,
        FaultKind.TIMEOUT_AFTER,
        FaultKind.CUT_BEFORE,
        FaultKind.CUT_AFTER,
        FaultKind.ERROR_BEFORE,
        FaultKind.ERROR_AFTER,
        FaultKind.GARBAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `code` belongs to a decline, `seconds` to timeouts and slow answers."""

    kind: FaultKind
    code: str = ""
    seconds: float = 0.0

    @property
    def executes(self) -> bool:
        """Say whether the call is executed all the same."""
        return self.kind not in _NOT_EXECUTED

    @property
    def answers(self) -> bool:
        """Say whether the caller gets an answer that can be read."""
        return self.kind not in _WITHOUT_ANSWER

    @property
    def text(self) -> str:
        """Write the fault as the header `Sandbox-Fault` names it."""
        if self.kind is FaultKind.DECLINE:
            return f"{self.kind}:{self.code}"
        return f"{self.kind}:{self.seconds:g}" if self.seconds else self.kind.value


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Strike the calls of one customer, of one operation, or of all (empty), so many times (-1: always)."""

    fault: Fault
    customer: str = ""
    operation: str = ""
    times: int = -1


@dataclass(frozen=True, slots=True)
class FaultShare:
    """How many out of a million calls a fault strikes."""

    fault: Fault
    per_million: int


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Strike by chance, the same for the same seed."""

    seed: int = 0
    shares: tuple[FaultShare, ...] = ()
    operation: str = ""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Every rule in force, the rates, and how many calls were judged so far."""

    rules: tuple[FaultRule, ...] = ()
    rates: FaultRates = FaultRates()
    judged: int = 0

    def choose(self, *, operation: str, customer: str, header: str = "") -> tuple[Fault | None, FaultPlan]:
        """Decide what this call meets (the header first, then rules, then chance), and the plan after it.

        Raises:
            ValueError: the header names no fault.
        """
        after = replace(self, judged=self.judged + 1)
        if header:
            return parse(header), after
        for position, rule in enumerate(self.rules):
            if rule.customer in ("", customer) and rule.operation in ("", operation) and rule.times != 0:
                return rule.fault, replace(after, rules=_used(self.rules, position))
        return self._by_chance(operation), after

    def _by_chance(self, operation: str) -> Fault | None:
        if self.rates.operation not in ("", operation):
            return None
        drawn = int.from_bytes(sha256(f"{self.rates.seed}:{self.judged}".encode()).digest()[:8]) % PER_MILLION
        for share in self.rates.shares:
            if drawn < share.per_million:
                return share.fault
            drawn -= share.per_million
        return None


def _used(rules: tuple[FaultRule, ...], position: int) -> tuple[FaultRule, ...]:
    rule = rules[position]
    if rule.times < 0:
        return rules
    spent = (replace(rule, times=rule.times - 1),) if rule.times > 1 else ()
    return (*rules[:position], *spent, *rules[position + 1 :])


def parse(text: str) -> Fault:
    """Read a fault such as `decline:lost_card`, `timeout_after:5` or `garbage`.

    Raises:
        ValueError: this names no fault.
    """
    name, _, detail = text.strip().partition(":")
    kind = FaultKind(name)
    if kind is FaultKind.DECLINE:
        return Fault(kind, code=detail or "generic_decline")
    if kind in (FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER, FaultKind.SLOW):
        seconds = float(detail) if detail else DEFAULT_TIMEOUT_SECONDS
        if not 0 <= seconds <= 3600:
            raise ValueError(f"{text} lasts too long")
        return Fault(kind, seconds=seconds)
    if detail:
        raise ValueError(f"{name} takes no detail")
    return Fault(kind)
