"""Rating against the second opinion of `oracle.py`, over random companies."""

from __future__ import annotations

import os
from dataclasses import replace

from tenantry.core.billable import BillableFacts, RatedLine
from tenantry.core.periods import BillingPeriod
from tenantry.core.rating import rate, with_invoiced
from tests.core import oracle
from tests.core.random_company import MONTHS, RandomCompany, known_at

CASES = int(os.environ.get("TENANTRY_RATING_CASES", "1000"))


def billed(company: RandomCompany, facts: BillableFacts) -> list[tuple[BillingPeriod, tuple[RatedLine, ...]]]:
    """Issue the invoice of each period in turn, each from what is known when it is issued."""
    invoices, issued = [], replace(facts, invoiced=())
    for period in company.periods:
        lines = rate(replace(known_at(facts, company.issue_instant(period)), invoiced=issued.invoiced), period)
        issued = with_invoiced(issued, lines)
        invoices.append((period, lines))
    return invoices


def subjects(facts: BillableFacts) -> set[tuple[str, str]]:
    return {(row.subject_kind, row.code if row.subject_kind == "addon" else "") for row in facts.running}


def test_whatever_is_switched_each_ended_period_is_billed_what_is_owed_for_its_days() -> None:
    """I-13, I-16, I-27: the sum over all invoices is price × days ÷ days of the period, rounded once."""
    for case in range(CASES):
        company = RandomCompany(f"owed-{case}")
        facts = company.facts()
        lines = [line for _, each in billed(company, facts) for line in each]
        for kind, code in subjects(facts):
            for period in company.periods[: MONTHS - 1]:
                owed = oracle.owed_minor(facts, kind, code, period)
                assert oracle.asked(lines, kind, code, period) == owed, f"case {case}: {kind} {code} {period}"


def test_what_was_taken_back_bounds_what_is_given_back_and_is_not_billed_again() -> None:
    """The sum over all lines comes to what is owed, or to what was taken back before, where that is more."""
    for case in range(CASES // 3):
        company = RandomCompany(f"waived-{case}")
        issued = company.facts()
        first, later = company.periods[:2]
        known = replace(known_at(issued, company.issue_instant(first)), invoiced=())
        asked = with_invoiced(known, rate(known, first)).invoiced
        waived = [company.random.choice((0, x.amount.minor // 2, x.amount.minor)) for x in asked]
        taken = tuple(replace(x, waived_minor=minor) for x, minor in zip(asked, waived, strict=True))
        facts = replace(issued, invoiced=taken)
        lines = rate(facts, later)
        for kind, code in subjects(facts):
            mine = [x for x in taken if x.subject_kind == kind and (kind == "plan" or x.code == code)]
            mine = [x for x in mine if x.period_start == first.start]
            owed = oracle.owed_minor(facts, kind, code, first)
            total = sum(x.amount.minor for x in mine) + oracle.asked(lines, kind, code, first)
            assert total == max(owed, sum(x.waived_minor for x in mine)), f"case {case}: {kind} {code}"


def test_an_invoice_asks_for_owed_minus_already_and_for_two_periods_only() -> None:
    for case in range(CASES // 3):
        company = RandomCompany(f"lines-{case}")
        before = None
        for period, lines in billed(company, company.facts()):
            assert {line.period for line in lines} <= {period, before}
            for line in lines:
                assert line.amount_minor == line.owed_minor - line.already_minor
                assert line.period_days == line.period.days
                assert 0 <= line.on_days <= line.period_days
                assert line.amount_minor != 0 or (line.period == period and line.already_minor == 0)
            before = period


def test_the_share_of_each_price_is_within_one_minor_unit_of_exact() -> None:
    for case in range(CASES // 3):
        company = RandomCompany(f"shares-{case}")
        facts = company.facts()
        prorated = tuple(row for row in facts.running if row.price.proration == "daily")
        facts = replace(facts, running=prorated)
        for before, period in zip(company.periods, company.periods[1:], strict=False):
            for line in rate(facts, period):
                if line.period == before:
                    exact = oracle.owed_exact(facts, line.subject_kind, line.code, before).get(line.price_id, 0)
                    assert abs(line.owed_minor - exact) < 1, f"case {case}"


def test_the_order_of_rows_changes_nothing() -> None:
    for case in range(CASES // 10):
        company = RandomCompany(f"order-{case}")
        facts = company.facts()
        shuffled = list(facts.running)
        company.random.shuffle(shuffled)
        for period in company.periods:
            assert rate(replace(facts, running=tuple(shuffled)), period) == rate(facts, period)


def test_rows_of_other_periods_change_nothing() -> None:
    """So a query may read more than it must, and history is never rated again."""
    for case in range(CASES // 10):
        company = RandomCompany(f"others-{case}")
        facts = company.facts()
        period, before = company.periods[-1], company.periods[-2]
        since, until = oracle.first_instant(before.start, company.zone), company.ends_at
        touching = tuple(
            row for row in facts.running if row.started_at < until and (row.ended_at is None or row.ended_at > since)
        )
        assert rate(replace(facts, running=touching), period) == rate(facts, period)


def test_late_and_missed_runs_bill_the_same_in_the_end() -> None:
    """An invoice that is issued after its period has ended needs no correction any more."""
    for case in range(CASES // 10):
        company = RandomCompany(f"late-{case}")
        facts = company.facts()
        issued = facts
        for period in company.periods:  # everything is known already: all four are issued at the end
            lines = rate(issued, period)
            assert {line.period for line in lines} <= {period}
            issued = with_invoiced(issued, lines)
        assert rate(issued, company.periods[-1]) == ()
