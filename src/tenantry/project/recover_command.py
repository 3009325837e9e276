"""`tenantry recover`: after a restore, compare every company's books with the gateway's before anything is charged."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tenantry.actions.payments.begin_recovery import begin_recovery
from tenantry.actions.payments.end_recovery import end_recovery
from tenantry.actions.payments.reconcile_gateway import reconcile_gateway
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies

CLEAN, FINDING, WRONG_USE = 0, 1, 2
NAME = "Command line"


@dataclass
class Tally:
    """What all companies came to; `findings` name a company and what is wrong there."""

    companies: int = 0
    compared: int = 0
    changed: int = 0
    findings: list[str] = field(default_factory=list)


def main(options: argparse.Namespace) -> int:
    """Begin a recovery, or go on with the one that is on, and end it when every company has passed.

    Answers 0 when nothing is left to look at, 1 when a company still waits or a payment is before a person
    (the first is named on the last line), 2 for wrong use.
    """
    actor = Actor(ActorKind.CLOCK, "", name=NAME)
    begun = begin_recovery(actor=actor, because="restored", now=clock.now())
    if isinstance(begun, Refusal):
        print(f"A recovery could not begin: {begun.code}.", file=sys.stderr)
        return WRONG_USE
    waiting = tenancy.companies_in_recovery()
    tally = Tally(companies=len(waiting))
    columns = (
        TextColumn("Comparing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("companies"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=options.json) as progress:
        bar = progress.add_task("Comparing", total=len(waiting))
        for company_id in waiting:
            _recover(company_id, tally)
            progress.advance(bar)
    ended = end_recovery(actor=actor, now=clock.now())
    return _told(tally, has_ended=ended is True, as_json=options.json)


def _recover(company_id: str, tally: Tally) -> None:
    """Issue again what was lost, then compare. Nothing is charged in between."""
    work.bill(company_id)
    done = reconcile_gateway(actor=Actor(ActorKind.CLOCK, company_id, name=NAME), now=clock.now())
    with tenancy.reading(company_id):
        slug = companies.company(company_id).slug
    if isinstance(done, Refusal):
        tally.findings.append(f"{slug}: {done.code}")
        return
    tally.compared += done.compared
    tally.changed += done.changed
    if done.reviews:
        tally.findings.append(f"{slug}: {done.reviews} payments are before a person, and its billing is held")


def _told(tally: Tally, *, has_ended: bool, as_json: bool) -> int:
    facts = {"companies": tally.companies, "compared": tally.compared, "changed": tally.changed, "ended": has_ended}
    if as_json:
        print(json.dumps({**facts, "findings": tally.findings}))
    else:
        print(f"{tally.companies} companies, {tally.compared} payments compared, {tally.changed} brought up to date.")
        if has_ended:
            print("The recovery has ended: due invoices are charged again.")
        else:
            print("The recovery goes on: run this again. Companies that wait are not charged.")
        for finding in tally.findings[:1]:
            print(finding)
    return CLEAN if has_ended and not tally.findings else FINDING
