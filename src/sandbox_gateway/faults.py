"""Faults on request: which one a call or a webhook meets. Pure: chance is a hash of a seed and of what came before.

A fault of a call names when it strikes. *Before*: nothing was executed. *After*: it was executed, and the caller
does not learn it. Whoever runs the model asks `fault.executes` and `fault.answers`, gives `fault.behavior` to a
confirm, or distorts the answer. A fault of a webhook says how an event is delivered (`deliveries.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from sandbox_gateway.values import Behavior

DEFAULT_TIMEOUT_SECONDS = 30.0
MOST_TIMEOUT_SECONDS = 3600
MOST_LATE_SECONDS = 3 * 24 * 3600
PER_MILLION = 1_000_000
WEBHOOK = "webhook"
"""The operation under which the delivery of an event is judged."""


class FaultKind(StrEnum):
    """What may go wrong."""

    # What the bank or the payer does
    DECLINE = "decline"
    ASKS_PAYER = "asks_payer"
    PENDING = "pending"
    RETURNED = "returned"
    RETURNED_LATE = "returned_late"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_WON = "dispute_won"
    WRONG_DEPOSITS = "wrong_deposits"
    # What the line does
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    CUT_ANSWER = "cut_answer"
    SLOW = "slow"
    LATE_ANSWER = "late_answer"
    DRIP = "drip"
    # What the processor does
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    BUSY = "busy"
    GARBAGE = "garbage"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_OBJECT = "wrong_object"
    KEY_FORGOTTEN = "key_forgotten"
    STALE = "stale"
    # What becomes of a webhook
    LOST = "lost"
    DOUBLED = "doubled"
    LATE = "late"
    REORDERED = "reordered"
    FORGED = "forged"
    REPLAYED = "replayed"
    UNKNOWN_TYPE = "unknown_type"
    OTHER_MODE = "other_mode"
    OTHER_ACCOUNT = "other_account"
    OTHER_VERSION = "other_version"
    TOO_BIG = "too_big"


WEBHOOK_KINDS = frozenset(
    {
        FaultKind.LOST,
        FaultKind.DOUBLED,
        FaultKind.LATE,
        FaultKind.REORDERED,
        FaultKind.FORGED,
        FaultKind.REPLAYED,
        FaultKind.UNKNOWN_TYPE,
        FaultKind.OTHER_MODE,
        FaultKind.OTHER_ACCOUNT,
        FaultKind.OTHER_VERSION,
        FaultKind.TOO_BIG,
    }
)
_OF_A_CONFIRM = frozenset(
    {
        FaultKind.DECLINE,
        FaultKind.ASKS_PAYER,
        FaultKind.PENDING,
        FaultKind.RETURNED,
        FaultKind.RETURNED_LATE,
        FaultKind.DISPUTE_LOST,
        FaultKind.DISPUTE_WON,
    }
)
_STRIKES: Mapping[FaultKind, frozenset[str]] = {
    **dict.fromkeys(WEBHOOK_KINDS, frozenset({WEBHOOK})),
    **dict.fromkeys(_OF_A_CONFIRM, frozenset({"confirm_intent"})),
    FaultKind.WRONG_DEPOSITS: frozenset({"verify_method"}),
    FaultKind.STALE: frozenset({"list_customers", "list_intents", "list_refunds", "list_payouts"}),
    FaultKind.KEY_FORGOTTEN: frozenset(
        {"create_customer", "create_setup", "create_intent", "confirm_intent", "cancel_intent", "create_refund"}
    ),
}
"""The operations that a kind can strike; any other kind strikes every call."""

_NOT_EXECUTED = frozenset({FaultKind.TIMEOUT_BEFORE, FaultKind.CUT_BEFORE, FaultKind.ERROR_BEFORE, FaultKind.BUSY})
_WITHOUT_ANSWER = frozenset(
    {
        FaultKind.TIMEOUT_BEFORE,
        FaultKind.TIMEOUT_AFTER,
        FaultKind.CUT_BEFORE,
        FaultKind.CUT_AFTER,
        FaultKind.CUT_ANSWER,
        FaultKind.ERROR_BEFORE,
        FaultKind.ERROR_AFTER,
        FaultKind.GARBAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Which of `code`, `seconds` and `number` (days, or how many times) it has depends on its kind."""

    kind: FaultKind
    code: str = ""
    seconds: float = 0.0
    number: int = 0

    @property
    def executes(self) -> bool:
        """Say whether the call is executed all the same."""
        return self.kind not in _NOT_EXECUTED

    @property
    def answers(self) -> bool:
        """Say whether the caller gets an answer that can be read."""
        return self.kind not in _WITHOUT_ANSWER

    @property
    def is_of_webhooks(self) -> bool:
        """Say whether it is about the delivery of an event, not about a call."""
        return self.kind in WEBHOOK_KINDS

    @property
    def behavior(self) -> Behavior | None:
        """Give how a confirm behaves that this fault strikes, whatever its method's number stands for."""
        match self.kind:
            case FaultKind.ASKS_PAYER:
                return Behavior(asks_payer=True)
            case FaultKind.PENDING:
                return Behavior(settle_after_business_days=self.number)
            case FaultKind.RETURNED:
                return Behavior(return_code=self.code)
            case FaultKind.RETURNED_LATE:
                return Behavior(late_return_code=self.code, late_return_after_days=self.number)
            case FaultKind.DISPUTE_LOST | FaultKind.DISPUTE_WON:
                is_won = self.kind is FaultKind.DISPUTE_WON
                return Behavior(dispute_reason=self.code, dispute_after_days=self.number, dispute_is_won=is_won)
            case _:
                return None

    def strikes(self, operation: str) -> bool:
        """Say whether it can strike this operation."""
        return operation in _STRIKES[self.kind] if self.kind in _STRIKES else operation != WEBHOOK

    @property
    def text(self) -> str:
        """Write the fault as the header `Sandbox-Fault` names it."""
        details = (self.code, f"{self.seconds:g}" if self.seconds else "", str(self.number or ""))
        return ":".join((self.kind.value, *(detail for detail in details if detail)))


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

        A fault that can't strike this operation is passed over; its rule is not used up.

        Raises:
            ValueError: the header names no fault, or none that could strike here.
        """
        after = replace(self, judged=self.judged + 1)
        if header:
            return _named(header, operation), after
        for position, rule in enumerate(self.rules):
            meant = rule.customer in ("", customer) and rule.operation in ("", operation) and rule.times != 0
            if meant and rule.fault.strikes(operation):
                return rule.fault, replace(after, rules=_used(self.rules, position))
        return self._by_chance(operation), after

    def _by_chance(self, operation: str) -> Fault | None:
        if self.rates.operation not in ("", operation):
            return None
        drawn = int.from_bytes(sha256(f"{self.rates.seed}:{self.judged}".encode()).digest()[:8]) % PER_MILLION
        for share in self.rates.shares:
            if drawn < share.per_million:
                return share.fault if share.fault.strikes(operation) else None
            drawn -= share.per_million
        return None


def _named(header: str, operation: str) -> Fault:
    fault = parse(header)
    if not fault.is_of_webhooks and not fault.strikes(operation):
        raise ValueError(f"{fault.kind} can't strike {operation}")
    return fault


def _used(rules: tuple[FaultRule, ...], position: int) -> tuple[FaultRule, ...]:
    rule = rules[position]
    if rule.times < 0:
        return rules
    spent = (replace(rule, times=rule.times - 1),) if rule.times > 1 else ()
    return (*rules[:position], *spent, *rules[position + 1 :])


_RETURN_CODE, _WORD = re.compile(r"R\d\d"), re.compile(r"[a-z_]{1,40}")
_SECONDS: Mapping[FaultKind, tuple[float, float]] = {
    FaultKind.TIMEOUT_BEFORE: (DEFAULT_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS),
    FaultKind.TIMEOUT_AFTER: (DEFAULT_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS),
    FaultKind.SLOW: (DEFAULT_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS),
    FaultKind.LATE_ANSWER: (DEFAULT_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS),
    FaultKind.DRIP: (DEFAULT_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS),
    FaultKind.STALE: (3600.0, 30 * 24 * 3600),
    FaultKind.LATE: (0.0, MOST_LATE_SECONDS),  # 0: drawn from the event, up to the most
}
_CODES: Mapping[FaultKind, tuple[str, re.Pattern[str]]] = {
    FaultKind.DECLINE: ("generic_decline", _WORD),
    FaultKind.RETURNED: ("R01", _RETURN_CODE),
    FaultKind.RETURNED_LATE: ("R10", _RETURN_CODE),
    FaultKind.DISPUTE_LOST: ("fraudulent", _WORD),
    FaultKind.DISPUTE_WON: ("fraudulent", _WORD),
}
_NUMBERS: Mapping[FaultKind, tuple[int, int, int]] = {
    FaultKind.PENDING: (10, 1, 60),
    FaultKind.RETURNED_LATE: (60, 1, 730),
    FaultKind.DISPUTE_LOST: (7, 1, 730),
    FaultKind.DISPUTE_WON: (7, 1, 730),
    FaultKind.DOUBLED: (0, 2, 5),  # 0: drawn from the event
}
"""By kind: what holds without a detail, and between what a detail must be."""


def parse(text: str) -> Fault:
    """Read a fault such as `decline:lost_card`, `returned_late:R10:60`, `timeout_after:5` or `garbage`.

    Raises:
        ValueError: this names no fault.
    """
    name, *details = text.strip().split(":")
    kind = FaultKind(name)
    code, seconds, number = "", 0.0, 0
    if kind in _CODES:
        code, form = _CODES[kind]
        code = details.pop(0) if details else code
        if not form.fullmatch(code):
            raise ValueError(f"{code} is no code of {kind}")
    if kind in _SECONDS:
        seconds, most = _SECONDS[kind]
        seconds = float(details.pop(0)) if details else seconds
        if not 0 <= seconds <= most:
            raise ValueError(f"{text} lasts too long")
    if kind in _NUMBERS:
        number = _number(details, *_NUMBERS[kind])
    if details:
        raise ValueError(f"{name} takes no such detail")
    return Fault(kind, code=code, seconds=seconds, number=number)


def _number(details: list[str], number: int, least: int, most: int) -> int:
    if details:
        number = int(details.pop(0))
        if not least <= number <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
    return number
