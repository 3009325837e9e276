"""`tenantry bill`: bill what is due, with progress; or say what would be billed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.actions.billing.bill_companies import BatchResult, bill_companies
from tenantry.actions.billing.run_billing import run_billing
from tenantry.core.billable import BillableFacts
from tenantry.core.forecast import next_totals
from tenantry.core.periods import BillingPeriod, day_start_instant, local_date, period_after, period_containing
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, tax
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import company
from tenantry.records.invoices.standing import standing
from tenantry.ui import formats

CLEAN, FINDING, WRONG_USE = 0, 1, 2
FURTHEST_WEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Preview:
    """What one company would be billed next, and how many periods after that are due as well.

    A later one is rated when the one before it is issued: what that one invoiced counts in it.
    """

    company: str
    period: str
    total: str
    later: int


def main(options: argparse.Namespace) -> int:
    """Bill what is due by now, or by the end of a past date; a future date needs `--dry-run`.

    Answers 0 when every company was billed, 1 when one was set aside (the first is named on the last line),
    2 for wrong use.
    """
    now = clock.now()
    only = tenancy.company_at(options.company) if options.company else ""
    if only is None:
        return _wrong(f"There is no company at {options.company}.")
    at = _instant(options.date, now)
    if at > now and not options.dry_run:
        return _wrong("A date in the future can only be looked at: add --dry-run.")
    if options.dry_run:
        return _show(_preview(at, only), as_json=options.json)
    return _bill(at, only, as_json=options.json)


def _instant(day: date | None, now: datetime) -> datetime:
    """Give the last instant of a date anywhere on earth, but never later than now unless the date is."""
    if day is None or day == local_date(now, "UTC"):
        return now
    ends = datetime.combine(day + timedelta(days=1), time(), UTC) + FURTHEST_WEST
    return ends if day > local_date(now, "UTC") else min(ends, now)


def _bill(at: datetime, only: str, *, as_json: bool) -> int:
    actor = Actor(ActorKind.CLOCK, "", name="Command line")
    planned = run_billing(actor=actor, now=at, only=only)
    if isinstance(planned, Refusal):
        return _wrong(planned.code)
    result = BatchResult()
    columns = (TextColumn("Billing"), BarColumn(), MofNCompleteColumn(), TextColumn("companies"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=as_json) as progress:
        bar = progress.add_task("Billing", total=planned.companies)
        for batch in planned.batches:
            done = bill_companies(
                actor=actor,
                run_id=planned.run_id,
                company_ids=batch,
                now=at,
                progress=lambda count: progress.advance(bar, count),
            )
            if isinstance(done, Refusal):
                return _wrong(done.code)
            result += done
    return _told(result, planned.companies, as_json=as_json)


def _told(result: BatchResult, companies: int, *, as_json: bool) -> int:
    if as_json:
        aside = [{"company": company, "reason": reason} for company, reason in result.set_aside]
        said = {"companies": companies, "issued": result.issued, "set_aside": aside, "busy": list(result.busy)}
        print(json.dumps(said))
    else:
        print(f"Companies due: {companies}. Invoices issued: {result.issued}. Set aside: {len(result.set_aside)}.")
        if result.busy:
            print(
                f"Left to the next run, since somebody else holds them: {len(result.busy)}. The first: {result.busy[0]}"
            )
        if result.set_aside:
            print("The first set aside: {}: {}".format(*result.set_aside[0]))
    return FINDING if result.set_aside or result.busy else CLEAN


def _preview(at: datetime, only: str) -> list[Preview]:
    found = []
    for company_id in [only] if only else tenancy.companies_with_work("bill", at):
        with tenancy.reading(company_id):
            here = standing(company(company_id), rates_for=tax.rates_for)
            if here is None or here.subscription.next_issue_at > at:
                continue
            facts = here.facts
            period = period_containing(facts.anchor_date, here.outlook.next_start, facts.interval)
            total = next_totals(facts, period, here.outlook).total
            words = formats.period_text(period.start, period.end)
            amount = formats.money(total, here.company.locale)
            found.append(Preview(here.company.slug, words, amount, _later(facts, period, at)))
    return sorted(found, key=lambda preview: preview.company)


def _later(facts: BillableFacts, period: BillingPeriod, at: datetime) -> int:
    """Count the periods after this one that have begun by then."""
    count, period = 0, period_after(facts.anchor_date, period, facts.interval)
    while day_start_instant(period.start, facts.zone) <= at:
        count, period = count + 1, period_after(facts.anchor_date, period, facts.interval)
    return count


def _show(previews: list[Preview], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"would_issue": [asdict(preview) for preview in previews]}))
        return CLEAN
    for one in previews:
        more = f"  and {one.later} later" if one.later else ""
        print(f"{one.company:30} {one.period:28} {one.total:>14}{more}")
    invoices = sum(1 + one.later for one in previews)
    print(f"{invoices} {'invoice' if invoices == 1 else 'invoices'} would be issued. Nothing was written.")
    return CLEAN


def _wrong(words: str) -> int:
    print(words, file=sys.stderr)
    return WRONG_USE
