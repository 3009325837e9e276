"""`tenantry check ledger`: recompute every company's books from the raw rows, and name the first row that disagrees."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.core.ledger_check import findings, payout_findings
from tenantry.core.ledger_facts import Finding
from tenantry.core.money import Money
from tenantry.records.base import audit_chain, tenancy
from tenantry.records.payments.ledger_rows import ledger_facts, payout_rows
from tenantry.ui import formats

CLEAN, FINDING, WRONG_USE = 0, 1, 2
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of one company (empty: of all together), with its sentence."""

    company: str
    finding: Finding
    sentence: str


def main(options: argparse.Namespace) -> int:
    """Check one company, or all of them and the payouts.

    Answers 0 for clean, 1 for a finding (the first one on the last line), 2 for wrong use.
    """
    only = tenancy.company_at(options.company) if options.company else ""
    if only is None:
        print(f"There is no company at {options.company}.", file=sys.stderr)
        return WRONG_USE
    company_ids = [only] if only else tenancy.all_companies()
    told = list(_check(company_ids, is_whole=not only, is_quiet=options.json))
    return _answer(told, len(company_ids), as_json=options.json)


def _check(company_ids: Sequence[str], *, is_whole: bool, is_quiet: bool) -> Iterator[Told]:
    columns = (
        TextColumn("Checking"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("companies"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=is_quiet) as progress:
        bar = progress.add_task("Checking", total=len(company_ids))
        for company_id in company_ids:
            yield from company_findings(company_id)
            progress.advance(bar)
    if is_whole:
        with tenancy.vendor_reading():
            rows = payout_rows()
        yield from (Told("", one, sentence(one)) for one in payout_findings(rows))


def company_findings(company_id: str) -> Iterator[Told]:
    """Give what is wrong with one company's ledger and the chain of its audit."""
    with tenancy.reading(company_id):
        facts = ledger_facts(company_id)
        broken = audit_chain.first_broken(company_id)
    for one in findings(facts):
        yield Told(facts.slug, one, sentence(one))
    if broken is not None:
        label = f"no. {broken.sequence} ({broken.action})"
        one = Finding("audit_broken", "audit_entry", broken.id, label)
        yield Told(facts.slug, one, sentence(one))


def _answer(told: Sequence[Told], companies: int, *, as_json: bool) -> int:
    if as_json:
        rows = [
            {
                "company": one.company,
                "code": one.finding.code,
                "row": one.finding.row_kind,
                "id": one.finding.row_id,
                "facts": dict(one.finding.facts),
                "sentence": one.sentence,
            }
            for one in told
        ]
        print(json.dumps({"companies": companies, "count": len(rows), "findings": rows}, ensure_ascii=False))
        return FINDING if told else CLEAN
    for one in told[:MOST_SHOWN]:
        print(f"- {_said(one)}")
    if len(told) > MOST_SHOWN:
        print(f"- and {len(told) - MOST_SHOWN} more")
    if not told:
        print(f"{companies} companies checked. No findings.")
        return CLEAN
    print(f"{companies} companies checked, {len(told)} findings. First: {_said(told[0])}")
    return FINDING


def _said(one: Told) -> str:
    place = f"{one.company}: " if one.company else ""
    return f"{place}{one.sentence} [{one.finding.row_kind} {one.finding.row_id}]"


_SENTENCES = {
    "audit_broken": "Audit entry {label} is not as it was appended, or one before it is gone.",
    "booked_too_often": "{label} is booked as {kind} once more than it happened.",
    "booked_without_payment": "{label} ended as {outcome}, and is booked as {kind}.",
    "clearing_wrong": "The clearing account of {gateway} holds {amount}; by the payments it should be {should}.",
    "counter_wrong": "The counter of the series {series} stands at {counter}; the last number is {last}.",
    "credit_below_zero": "More credit was used or sent back than there was: {amount}.",
    "credit_note_sums_wrong": "Credit note {label} does not add up ({what}): it says {amount}, it should say {should}.",
    "due_in_wrong_state": "Invoice {label} is {state}, with {due} due.",
    "due_out_of_bounds": "Invoice {label} has {due} due, which can't be.",
    "entry_of_nothing": "An entry ({kind}) books something that is not there.",
    "entry_of_other_invoice": "The entry {kind} of {label} stands on another invoice.",
    "given_back_twice": "Of invoice {label} {amount} were given back in all; it asked for {should}.",
    "invoice_sums_wrong": "Invoice {label} does not add up ({what}): it says {amount}, and should say {should}.",
    "ledger_not_zero": "The ledger does not sum to zero, but to {amount}.",
    "line_of_unknown_payment": "{label} pays out {amount} for a payment that is not there.",
    "line_of_unknown_refund": "{label} takes {amount} for a refund that is not there.",
    "line_wrong": "A line of invoice {label} says {amount}; owed less already invoiced is {should}.",
    "not_booked": "{label} is not booked as {kind}.",
    "number_missing": "Before {label} the number {missing} is missing.",
    "number_wrong": "{label} should end with the number {should}.",
    "outcome_wrong": "{label} says {outcome}, but it was booked as {kind} and its intent agrees with that.",
    "paid_out_twice": "{label} pays {amount} out for a payment that was paid out before.",
    "payout_line_wrong": "{label} has a {kind} of {amount}; it was {should}.",
    "payout_not_shared_out": "Payout {label} is {amount}; the companies' shares come to {should}.",
    "payout_of_nobody": "Payout {label} holds {amount} of customers that are no companies here.",
    "posting_missing": "The entry {kind} of {label} lacks its posting on {account}: {should}.",
    "posting_wrong": "The entry {kind} of {label} posts {amount} on {account}; it should be {should}.",
    "set_aside_wrong": "{amount} are set aside for refunds; refunds of {should} are under way.",
    "share_wrong": "The share of {label} is {amount}; its lines come to {should}.",
    "shown_wrong": "Invoice {label} is shown with {shown} due; the books say {due}.",
    "state_wrong": "Invoice {label} is {state}; by its books it is {should_be}.",
}


def sentence(finding: Finding) -> str:
    """Say a finding in one sentence."""
    said: dict[str, object] = {"label": finding.label, **finding.facts}
    currency = finding.facts.get("currency")
    for name in ("amount", "should", "due", "shown"):
        minor = finding.facts.get(f"{name}_minor")
        if isinstance(minor, int) and isinstance(currency, str):
            said[name] = formats.money(Money(minor, currency))
    said["should_be"] = finding.facts.get("should", "")
    return _SENTENCES[finding.code].format_map(said)
