"""When to charge again, ask again, give up, or call a person. Every instant is counted from a stored one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tenantry.core.bank_returns import MOST_REPRESENTED, meaning_of
from tenantry.core.payment_facts import AttemptFacts, CompanyFacts, IntentFacts
from tenantry.core.payment_states import Outcome, State
from tenantry.core.periods import days_later

STALE_AFTER = timedelta(minutes=1)
"""*Creating* or *sending* older than this counts as no answer: its process is gone."""
KEY_WINDOW = timedelta(hours=23)
"""How long a confirm may be sent again under its key; gateways forget keys after 24 hours."""
PAYER_WINDOW = timedelta(hours=24)
"""How long a payer has for the bank's question."""
DEBIT_ALARM_BUSINESS_DAYS = 10
ASK_AFTER = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
)
ASK_DAILY = timedelta(days=1)
ASK_AFTER_ERROR = (timedelta(minutes=1), timedelta(hours=1))
"""The shortest and the longest wait after a question that raised an error of ours."""
DEBIT_ASK_EVERY = timedelta(hours=6)
WATCH_READY = timedelta(days=30)
"""How long the gateway is asked daily about an intent at rest: a process that stood still may wake up and confirm."""
WATCH_DEBIT = timedelta(days=62)
"""How long the gateway is asked daily about a bank debit that succeeded: banks take them back for 60 days."""
WATCH_AGAIN = timedelta(hours=1)
"""How soon a watching question that was not answered is put again."""
SEND_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
SEND_AGAIN_DAILY = timedelta(days=1)
SOON = timedelta(minutes=10)
"""Up to here a job is enqueued beside the column, since a tick would come too late."""
LOOK_AGAIN_AT_COLLECTION = timedelta(hours=1)
HELD_COLLECTION_LATER = timedelta(days=1)
SATURDAY = 5

FORBIDDING_DECLINES = frozenset(
    {
        "account_closed",
        "authorization_revoked",
        "expired_card",
        "fraudulent",
        "invalid_account",
        "lost_card",
        "method_detached",
        "method_not_found",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
    }
)
"""Decline codes after which the method is never tried again by itself (D5); they block it."""
PAYER_NEEDED = "authentication_required"
"""The decline code that says: the bank wants to see the payer, and nobody sat in front of the screen."""
NOT_APPROVED = "authentication_failed"
"""The decline code that says: the bank asked the payer, who refused or could not show who they are."""


def ask_after(times_asked: int) -> timedelta:
    """Give the wait before the next question, by how often was asked already: 10 s to 6 h, then daily."""
    return ASK_AFTER[times_asked] if times_asked < len(ASK_AFTER) else ASK_DAILY


def ask_after_error(moved_at: datetime, now: datetime) -> datetime:
    """Give when a question is put again that raised an error: after as long again as it has been open, within limits.

    It counts as no question: nobody learned anything, and the count is for the gateway's silence alone.
    """
    shortest, longest = ASK_AFTER_ERROR
    return now + min(max(now - moved_at, shortest), longest)


def is_alarming(times_asked: int) -> bool:
    """Tell whether an unanswered question has come to its daily stage: then a person has to know."""
    return times_asked > len(ASK_AFTER)


def next_ask(intent: IntentFacts, *, is_debit: bool, now: datetime, was_answered: bool = True) -> datetime | None:
    """Give when the gateway is asked about an intent in this state; None: not by itself.

    `intent.moved_at` is when it came into the state, `intent.times_asked` how often was asked in it. A watch
    ends only with an answer: `was_answered` tells whether the last question got one.
    """
    match intent.state:
        case State.CREATING | State.SENDING:
            return now + STALE_AFTER
        case State.UNKNOWN | State.CANCELLING:
            return now + ask_after(intent.times_asked)
        case State.AWAITING_PAYER:
            limit_at = intent.moved_at + PAYER_WINDOW
            wanted_at = now + ask_after(intent.times_asked)
            return min(wanted_at, limit_at) if limit_at > now else wanted_at
        case State.PROCESSING:
            return now + DEBIT_ASK_EVERY
        case State.READY:
            is_watched, last_at = bool(intent.gateway_id), intent.moved_at + WATCH_READY
        case State.SUCCEEDED:
            is_watched, last_at = is_debit, intent.moved_at + WATCH_DEBIT
        case _:
            return None
    if is_watched and not was_answered:
        return now + WATCH_AGAIN
    return now + ASK_DAILY if is_watched and now < last_at else None


def is_stale(intent: IntentFacts, now: datetime) -> bool:
    """Tell whether the process that created or sent is taken for dead."""
    return intent.state in (State.CREATING, State.SENDING) and now - intent.moved_at >= STALE_AFTER


def may_send_again(attempt: AttemptFacts, now: datetime) -> bool:
    """Tell whether its confirm may go out again under its key. Asking first is the caller's duty."""
    return attempt.sent_at is not None and now - attempt.sent_at < KEY_WINDOW


def looks_before_creating(company: CompanyFacts, now: datetime) -> bool:
    """Tell whether the gateway is searched for a key before an intent is made under it for the first time.

    Books compared within the key window may have been restored since, but then the gateway still knows every
    key of what they have lost, and gives the first answer again.
    """
    return company.compared_at is None or now - company.compared_at >= KEY_WINDOW


def has_payer_gone(intent: IntentFacts, now: datetime) -> bool:
    """Tell whether the payer left the bank's question open for a day."""
    return intent.state is State.AWAITING_PAYER and now - intent.moved_at >= PAYER_WINDOW


def business_days_between(start: datetime, end: datetime) -> int:
    """Count the days from Monday to Friday after `start` up to `end`; holidays are not known."""
    days = (end.date() - start.date()).days
    return sum(1 for day in range(1, days + 1) if (start + timedelta(days=day)).weekday() < SATURDAY)


def is_debit_overdue(intent: IntentFacts, now: datetime) -> bool:
    """Tell whether a bank debit is on its way for more than 10 business days: a person has to know."""
    if intent.state is not State.PROCESSING:
        return False
    return business_days_between(intent.moved_at, now) > DEBIT_ALARM_BUSINESS_DAYS


def forbids_retry(attempt: AttemptFacts) -> bool:
    """Tell whether the way this attempt ended forbids charging its method again by itself."""
    if attempt.outcome is Outcome.DECLINED:
        return attempt.code in FORBIDDING_DECLINES
    return attempt.outcome is Outcome.RETURNED and not meaning_of(attempt.code).may_represent


def next_collection(
    ended: AttemptFacts,
    attempts: Sequence[AttemptFacts],
    retry_after_days: Sequence[int],
    now: datetime,
    zone: str,
) -> datetime | None:
    """Give when the default method is charged next after an attempt ended unpaid; None: only a person pays.

    `attempts` are all of the invoice's, oldest first, `ended` among them. Not sent: soon again. Otherwise the published
    schedule, counted in the company's own days from the first failure. Failures are automatic attempts that were
    declined or not completed, and every return; a returned debit is presented again twice at most.
    """
    if ended.outcome is Outcome.NOT_SENT:
        return now + _send_again_after(attempts)
    if forbids_retry(ended) or sum(one.outcome is Outcome.RETURNED for one in attempts) > MOST_REPRESENTED:
        return None
    failures = [one for one in attempts if _is_failure(one)]
    if not failures or failures[0].decided_at is None:
        return now
    count = len(failures)
    if count > len(retry_after_days):
        return None
    at = days_later(failures[0].decided_at, retry_after_days[count - 1], zone)
    if at > now:
        return at
    before = retry_after_days[count - 2] if count > 1 else 0
    return days_later(now, retry_after_days[count - 1] - before, zone)


def _is_failure(attempt: AttemptFacts) -> bool:
    if attempt.outcome is Outcome.RETURNED:
        return True
    return attempt.is_automatic and attempt.outcome in (Outcome.DECLINED, Outcome.CANCELLED)


def _send_again_after(attempts: Sequence[AttemptFacts]) -> timedelta:
    at = max(_automatic(unsent(attempts)), 1) - 1
    return SEND_AGAIN_AFTER[at] if at < len(SEND_AGAIN_AFTER) else SEND_AGAIN_DAILY


def unsent(attempts: Sequence[AttemptFacts]) -> tuple[AttemptFacts, ...]:
    """Give the last attempts that were not sent, in a row, oldest first."""
    found: list[AttemptFacts] = []
    for attempt in reversed(attempts):
        if attempt.outcome is not Outcome.NOT_SENT:
            break
        found.append(attempt)
    return tuple(reversed(found))


def becomes_daily(attempts: Sequence[AttemptFacts]) -> bool:
    """Tell whether the last of these is where a charge that can't be sent comes to be tried daily, for ever."""
    return _automatic(unsent(attempts)) == len(SEND_AGAIN_AFTER) + 1 and attempts[-1].is_automatic


def _automatic(attempts: Sequence[AttemptFacts]) -> int:
    return sum(one.is_automatic for one in attempts)
