"""Billable facts and a period give rated lines: owed minus already invoiced, with the reason.

No query, no clock, no memory: the same facts give the same lines, so any invoice can be explained by rating
it again, and however often a thing was switched, the sum comes out the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tenantry.core.billable import ADDON, PLAN, BillableFacts, Invoiced, RatedLine, Reason, Running
from tenantry.core.money import CurrencyMismatch, Money
from tenantry.core.periods import BillingPeriod, Interval, period_before
from tenantry.core.prices import FlatPrice, Proration
from tenantry.core.proration import DayLine, SeatBook, SeatCount, SeatSteps, Span, day_line, owed_minor, spans

__all__ = [
    "ADDON",
    "PLAN",
    "BillableFacts",
    "Invoiced",
    "RatedLine",
    "Reason",
    "Running",
    "SeatCount",
    "on_days",
    "rate",
    "with_invoiced",
]


def rate(facts: BillableFacts, period: BillingPeriod) -> tuple[RatedLine, ...]:
    """Rate the invoice of the period that begins: its advance, then what the period before it still needs.

    Lines of the beginning period come first, the plan before the add-ons, add-ons by code. A line of
    nothing is left out, unless it is the regular line of the beginning period (a free plan).

    Raises:
        CurrencyMismatch: a price or an earlier line is in another currency than the company.
    """
    line, ended, beginning = _two_periods(facts.anchor_date, facts.interval, period.start, period.end, facts.zone)
    subjects = _by_subject(facts)
    seats = SeatBook(facts.seat_counts, line)
    advance: list[RatedLine] = []
    corrections: list[RatedLine] = []
    for code in sorted(subjects):
        subject = subjects[code]
        steps = seats.of(code)
        found = spans(subject.rows, line)
        _add_lines(advance, beginning, subject, found, steps)
        _add_lines(corrections, ended, subject, found, steps)
    return (*advance, *corrections)


def with_invoiced(facts: BillableFacts, lines: Sequence[RatedLine]) -> BillableFacts:
    """Give the facts as they are once these lines were invoiced."""
    added = tuple(
        Invoiced(x.subject_kind, x.code, x.period.start, x.period.end, x.amount, x.price_id, x.on_days, x.name)
        for x in lines
    )
    return replace(facts, invoiced=facts.invoiced + added)


def on_days(
    facts: BillableFacts, subject_kind: str, code: str, period: BillingPeriod, price_id: str | None = None
) -> int:
    """Count the days of a period in which a plan or an add-on was or will be on (at a price), as far as is known."""
    rows = sorted((r for r in facts.running if (r.subject_kind, r.code) == (subject_kind, code)), key=_started_at)
    found = zip(rows, spans(rows, day_line(period.start, period.end, facts.zone)), strict=True)
    return sum(span.end - span.first for row, span in found if span and price_id in (None, row.price.id))


class _Part(NamedTuple):
    """One of the two periods as days [first, end) of their common line."""

    period: BillingPeriod
    first: int
    end: int
    days: int
    is_beginning: bool


@lru_cache(maxsize=4096)
def _two_periods(
    anchor_date: date, interval: Interval, start: date, end: date, zone: str
) -> tuple[DayLine, _Part, _Part]:
    period = BillingPeriod(start, end)
    before = period_before(anchor_date, period, interval)
    line = day_line(before.start, end, zone)
    ended = _Part(before, 0, before.days, before.days, is_beginning=False)
    beginning = _Part(period, before.days, before.days + period.days, period.days, is_beginning=True)
    return line, ended, beginning


class _Subject(NamedTuple):
    """What a day counts once for: when it ran, and what was invoiced for it."""

    rows: list[Running]
    invoiced: list[Invoiced]


def _by_subject(facts: BillableFacts) -> dict[str, _Subject]:
    """Group the running rows, oldest first, and the lines invoiced; in one currency, or not at all.

    The subject is an add-on, by its code, or the plan, whichever it was (one at a time, D11): the empty code.
    """
    currency = facts.currency
    found: dict[str, _Subject] = {}
    for row in facts.running:
        if row.price.unit_amount.currency != currency:
            raise CurrencyMismatch(f"{row.code} costs {row.price.unit_amount.currency}, not {currency}")
        code = row.code if row.subject_kind == ADDON else ""
        if code in found:
            found[code].rows.append(row)
        else:
            found[code] = _Subject([row], [])
    for invoiced in facts.invoiced:
        if invoiced.amount.currency != currency:
            raise CurrencyMismatch(f"{invoiced.code} was in {invoiced.amount.currency}, not {currency}")
        code = invoiced.code if invoiced.subject_kind == ADDON else ""
        if code not in found:
            found[code] = _Subject([], [])
        found[code].invoiced.append(invoiced)
    for subject in found.values():
        if len(subject.rows) > 1:
            subject.rows.sort(key=_started_at)
    return found


def _started_at(row: Running) -> datetime:
    return row.started_at


_UNPRORATED = Proration.NONE


class _Share:
    """The part of a subject's period that ran at one price; `seats` are those of its last day."""

    __slots__ = ("end", "first", "most", "on_days", "price", "price_days", "row", "seats")

    def __init__(self, row: Running, first: int, on_days: int, seats: int, price_days: int, most: int) -> None:
        self.row = row
        self.price = row.price
        self.first = first
        self.end = first + on_days
        self.on_days = on_days
        self.seats = seats
        self.price_days = price_days
        self.most = most

    def join(self, later: _Share) -> None:
        """Take in a later stretch at the same price."""
        if later.on_days or not self.on_days:
            self.row, self.seats = later.row, later.seats
        self.end = later.first + later.on_days
        self.on_days += later.on_days
        self.price_days += later.price_days
        self.most = max(self.most, later.most)


def _share(part: _Part, row: Running, span: Span, steps: SeatSteps) -> _Share:
    first = span.first if span.first > part.first else part.first
    end = span.end if span.end < part.end else part.end
    on_days = end - first if end > first else 0
    if isinstance(row.price, FlatPrice):
        return _Share(row, first, on_days, 1, on_days, 1)
    most = steps.most(first, min(span.touched_end, part.end)) if row.price.proration is _UNPRORATED else 0
    seats = steps.of_day(end - 1 if on_days else first)
    return _Share(row, first, on_days, seats, steps.seat_days(first, end), most)


def _shares(part: _Part, rows: Sequence[Running], found: Sequence[Span | None], steps: SeatSteps) -> list[_Share]:
    """Give what ran at each price, in the order in which the prices were first used."""
    shares: list[_Share] = []
    for at, span in enumerate(found):
        if span is None or span.first >= part.end or span.touched_end <= part.first:
            continue
        share = _share(part, rows[at], span, steps)
        for known in shares:
            if known.price.id == share.price.id:
                known.join(share)
                break
        else:
            shares.append(share)
    return shares


_ADVANCE, _ENABLED, _DISABLED = Reason.ADVANCE, Reason.ENABLED_MID_PERIOD, Reason.DISABLED_MID_PERIOD
"""Looking a member up on its enumeration costs as much as rounding a share."""

_NOTHING: Mapping[str, Invoiced] = {}


def _earlier(part: _Part, invoiced: Sequence[Invoiced]) -> Mapping[str, Invoiced]:
    """Add up what was invoiced for a period, by price; the days are those that the last line said."""
    found: dict[str, Invoiced] = {}
    for line in invoiced:
        if line.period_start == part.period.start:
            known = found.get(line.price_id)
            found[line.price_id] = line if known is None else replace(line, amount=known.amount + line.amount)
    return found


def _add_lines(
    lines: list[RatedLine], part: _Part, subject: _Subject, found: Sequence[Span | None], steps: SeatSteps
) -> None:
    """Add the lines of one subject for one period: one for each price it ran at or was invoiced at."""
    shares = _shares(part, subject.rows, found, steps)
    earlier = _earlier(part, subject.invoiced) if subject.invoiced else _NOTHING
    begun = len(lines)
    price_count = len(shares) + (_give_back_gone(lines, part, shares, earlier) if earlier else 0)
    if shares:
        owed = owed_minor(shares, part.days)
        for at, share in enumerate(shares):
            line = _line(part, share, owed[at], earlier.get(share.price.id), price_count)
            if line is not None:
                lines.append(line)
    if earlier and (waived := _waived(part, subject.invoiced)):
        held = sum([known.amount.minor for known in earlier.values()]) - waived
        lines[begun:] = _giving_back_at_most(held, lines[begun:])


def _waived(part: _Part, invoiced: Sequence[Invoiced]) -> int:
    return sum([line.waived_minor for line in invoiced if line.period_start == part.period.start])


def _giving_back_at_most(held: int, lines: Sequence[RatedLine]) -> list[RatedLine]:
    """Shorten what lines give back to what earlier invoices still hold: what was taken back once is not given twice."""
    too_much = -held - sum([line.amount_minor for line in lines])
    kept = []
    for line in lines:
        cut = max(0, min(too_much, -line.amount_minor))
        too_much -= cut
        if cut < -line.amount_minor or not cut:
            kept.append(line._replace(already_minor=line.already_minor - cut, amount_minor=line.amount_minor + cut))
    return kept


def _give_back_gone(
    lines: list[RatedLine], part: _Part, shares: Sequence[_Share], earlier: Mapping[str, Invoiced]
) -> int:
    """Add a line for each price that was invoiced and that no running row has any more; count them."""
    if len(earlier) == len(shares) == 1 and shares[0].price.id in earlier:
        return 0
    prices = {share.price.id for share in shares}
    gone = [known for price_id, known in earlier.items() if price_id not in prices and known.amount.minor]
    lines.extend([_credit_of_gone(part, known) for known in gone])
    return len(gone)


def _line(part: _Part, share: _Share, owed: int, earlier: Invoiced | None, price_count: int) -> RatedLine | None:
    """Make the line of one price, or none where it would ask for nothing and is not a regular one."""
    already = 0 if earlier is None else earlier.amount.minor
    if owed == already and not (part.is_beginning and earlier is None and share.on_days):
        return None
    row, price = share.row, share.price
    reason = Reason.PRICE_CHANGED if price_count > 1 else _reason(part, share, earlier)
    return RatedLine(
        row.subject_kind,
        row.code,
        row.name,
        row.period_id,
        price.id,
        part.period,
        share.seats,
        price.unit_amount,
        share.on_days,
        part.days,
        0 if isinstance(price, FlatPrice) else share.price_days,
        owed,
        already,
        owed - already,
        reason,
        None if share.on_days == part.days else _days(part, share, earlier, reason),
    )


def _days(part: _Part, share: _Share, earlier: Invoiced | None, reason: Reason) -> BillingPeriod | None:
    """Give the days that a line of a part of the period is about, where they are one stretch."""
    first, end = share.first, share.end
    if not share.on_days or end - first != share.on_days:
        return None
    if earlier is not None and reason is _DISABLED:
        if part.end - end != earlier.on_days - share.on_days:
            return None
        first, end = end, part.end
    begin = part.period.start - timedelta(days=part.first)
    return BillingPeriod(begin + timedelta(days=first), begin + timedelta(days=end))


def _reason(part: _Part, share: _Share, earlier: Invoiced | None) -> Reason:
    if earlier is None:
        if part.is_beginning and share.on_days == part.days:
            return _ADVANCE
        ends_early = part.is_beginning and share.first == part.first
        return _DISABLED if ends_early else _ENABLED
    if share.on_days != earlier.on_days:
        return _ENABLED if share.on_days > earlier.on_days else _DISABLED
    return Reason.CORRECTED if isinstance(share.price, FlatPrice) else Reason.SEATS_CHANGED


def _credit_of_gone(part: _Part, line: Invoiced) -> RatedLine:
    """Give back what was invoiced for a price of which no running row is left in the period."""
    return RatedLine(
        subject_kind=line.subject_kind,
        code=line.code,
        name=line.name,
        running_period_id="",
        price_id=line.price_id,
        period=part.period,
        quantity=0,
        unit_amount=Money.zero(line.amount.currency),
        on_days=0,
        period_days=part.days,
        seat_days=0,
        owed_minor=0,
        already_minor=line.amount.minor,
        amount_minor=-line.amount.minor,
        reason=Reason.CORRECTED,
    )
