"""`tenantry check ledger`: clean after everything that moves money; one corrupted row is named, exactly that one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections

from tenantry.project import ledger_command
from tenantry.project.ledger_command import Told, company_findings
from tenantry.records.base import tenancy
from tenantry.records.payments.ledger_rows import ledger_facts
from tests import database as databases
from tests.actions.ledger_world import live_through
from tests.builders import Place

INVOICES, LINES = "tenantry_invoices_invoice", "tenantry_invoices_invoiceline"
NOTES, NOTE_LINES = "tenantry_invoices_creditnote", "tenantry_invoices_creditnoteline"
ENTRIES, POSTINGS = "tenantry_invoices_ledgerentry", "tenantry_invoices_posting"
ATTEMPTS, INTENTS = "tenantry_payments_paymentattempt", "tenantry_payments_paymentintent"
REFUNDS, COMPANIES = "tenantry_payments_refund", "tenantry_companies_company"
PAYOUTS, SHARES, PAYOUT_LINES = (
    "tenantry_payments_payout", "tenantry_payments_payoutshare", "tenantry_payments_payoutline",
)  # fmt: skip
AUDIT = "tenantry_base_auditentry"


@pytest.fixture(scope="module")
def lived(
    postgres: databases.TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Place, Place]]:
    """Make the database once: each test gets a copy of it."""
    with databases.copy_of(postgres) as name:
        acme, brink = live_through(tmp_path_factory.mktemp("ledger"))
        connections.close_all()
        yield name, acme, brink


@pytest.fixture
def books(postgres: databases.TestServer, lived: tuple[str, Place, Place]) -> Iterator[Any]:
    """Give the books of one's own, and what changes a row in them past every guard."""
    name, acme, brink = lived
    with databases.copy_of(postgres, template=name) as own:
        yield Books(postgres.named(postgres.superuser_url, own), acme, brink)


class Books:
    """One copy of the database: its companies, and a superuser whom no trigger and no right stops."""

    def __init__(self, url: str, acme: Place, brink: Place) -> None:
        self.url, self.acme, self.brink = url, acme, brink

    def corrupt(self, statement: str) -> None:
        """Change rows with triggers and foreign keys switched off."""
        with psycopg.connect(self.url) as connection:
            connection.execute("set session_replication_role = replica")
            assert connection.execute(statement).rowcount > 0  # type: ignore[call-overload]

    def one(self, query: str) -> str:
        """Name one row."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(query).fetchall()  # type: ignore[call-overload]
        assert len(rows) == 1, f"{len(rows)} rows: {query}"
        return str(rows[0][0])

    def found(self, place: Place | None = None) -> list[Told]:
        return list(company_findings((place or self.acme).id))


def entry(kind: str, number: int) -> str:
    """Select the entry of a kind for an invoice of Acme."""
    return (
        f"select e.id from {ENTRIES} e join {INVOICES} i on i.id = e.invoice_id"
        f" where e.kind = '{kind}' and i.number = 'ACME-{number:06}'"
    )


def posting(kind: str, number: int, account: str) -> str:
    return f"select id from {POSTINGS} where entry_id = ({entry(kind, number)}) and account = '{account}'"


def invoice(number: int) -> str:
    return f"select id from {INVOICES} where number = 'ACME-{number:06}'"


def attempt(number: int, outcome: str) -> str:
    return (
        f"select a.id from {ATTEMPTS} a join {INTENTS} n on n.id = a.intent_id"
        f" where n.invoice_id = ({invoice(number)}) and a.outcome = '{outcome}'"
    )


def refund(state: str, minor: int) -> str:
    return f"select id from {REFUNDS} where state = '{state}' and amount_minor = {minor}"


def note(minor: int) -> str:
    return f"select id from {NOTES} where total_minor = {minor}"


ACME = f"select id from {COMPANIES} where slug = 'acme'"
SHARE = f"select s.id from {SHARES} s join {COMPANIES} c on c.id = s.company_id where c.slug = 'brink'"
LINE = f"select id from {LINES} where invoice_id = ({invoice(1)})"


class TestClean:
    def test_after_everything_that_moves_money(self, books: Books) -> None:
        assert (books.found(), books.found(books.brink)) == ([], [])

    def test_every_kind_of_entry_and_state_was_there(self, books: Books) -> None:
        with tenancy.reading(books.acme.id):
            facts = ledger_facts(books.acme.id)
        assert {one.kind for one in facts.entries} == {
            "issued", "credit_used", "succeeded", "returned", "credited", "refund_opened", "refunded", "refund_found",
            "written_off", "recovered", "voided", "paid_out",
        }  # fmt: skip
        assert [one.state.value for one in facts.invoices] == [
            "paid", "paid", "open", "open", "void", "paid", "uncollectible", "paid",
        ]  # fmt: skip
        assert {one.outcome.value for one in facts.attempts} == {"succeeded", "returned", "declined"}
        assert {one.state.value for one in facts.refunds} == {"done", "unknown"}

    def test_the_command_says_so(self, books: Books, capsys: pytest.CaptureFixture[str]) -> None:
        assert run() == 0
        assert capsys.readouterr().out.splitlines()[-1] == "2 companies checked. No findings."
        assert run(company="brink") == 0
        assert capsys.readouterr().out == "1 companies checked. No findings.\n"
        assert run(json=True) == 0
        assert json.loads(capsys.readouterr().out) == {"companies": 2, "count": 0, "findings": []}


def run(**options: Any) -> int:
    import argparse

    return ledger_command.main(argparse.Namespace(**{"company": "", "json": False, **options}))


CORRUPTIONS = {
    "a posting's amount": (
        f"update {POSTINGS} set amount_minor = amount_minor + 1 where id = ({posting('issued', 1, 'receivable')})",
        "posting_wrong", posting("issued", 1, "receivable"),
    ),
    "two postings that still balance": (
        f"update {POSTINGS} set amount_minor = amount_minor + case account when 'revenue' then -5 else 5 end"
        f" where entry_id = ({entry('issued', 1)}) and account in ('revenue', 'tax_payable')",
        "posting_wrong", f"{posting('issued', 1, 'revenue')} union {posting('issued', 1, 'tax_payable')}"
        " order by 1 limit 1",
    ),
    "a posting's account": (
        f"update {POSTINGS} set account = 'bad_debt' where id = ({posting('succeeded', 8, 'receivable')})",
        "posting_wrong", posting("succeeded", 8, "bad_debt"),
    ),
    "a posting's invoice": (
        f"update {POSTINGS} set invoice_id = ({invoice(2)}) where id = ({posting('succeeded', 8, 'receivable')})",
        "posting_wrong", posting("succeeded", 8, "receivable"),
    ),
    "a posting's currency": (
        f"update {POSTINGS} set currency = 'EUR' where id = ({posting('succeeded', 8, 'receivable')})",
        "posting_wrong", posting("succeeded", 8, "receivable"),
    ),
    "a posting that is gone": (
        f"delete from {POSTINGS} where id = ({posting('credited', 4, 'tax_payable')})",
        "posting_missing", entry("credited", 4),
    ),
    "an entry's kind": (
        f"update {ENTRIES} set kind = 'issued' where id = ({entry('written_off', 7)})",
        "booked_too_often",
        f"select entry_id from {POSTINGS} where account = 'bad_debt' and entry_id in ({entry('issued', 7)})",
    ),
    "an entry of a payment on another invoice": (
        f"update {ENTRIES} set invoice_id = ({invoice(2)}) where id = ({entry('succeeded', 8)})",
        "entry_of_other_invoice",
        f"select e.id from {ENTRIES} e join {ATTEMPTS} a on a.id = e.attempt_id join {INTENTS} n on n.id = a.intent_id"
        f" where n.invoice_id = ({invoice(8)})",
    ),
    "an entry of nothing": (
        f"update {ENTRIES} set attempt_id = gen_random_uuid() where id = ({entry('succeeded', 8)})",
        "not_booked", attempt(8, "succeeded"),
    ),
    "an invoice's total": (
        f"update {INVOICES} set total_minor = total_minor + 1 where id = ({invoice(1)})",
        "invoice_sums_wrong", invoice(1),
    ),
    "an invoice's tax and total": (
        f"update {INVOICES} set tax_minor = tax_minor + 1, total_minor = total_minor + 1 where id = ({invoice(1)})",
        "invoice_sums_wrong", invoice(1),
    ),
    "an invoice's credit": (
        f"update {INVOICES} set credit_used_minor = credit_used_minor + 1 where id = ({invoice(2)})",
        "posting_wrong", f"{posting('credit_used', 2, 'company_credit')} union"
        f" {posting('credit_used', 2, 'receivable')} order by 1 limit 1",
    ),
    "an invoice that was paid, shown as open": (
        f"update {INVOICES} set state = 'open' where id = ({invoice(1)})", "state_wrong", invoice(1),
    ),
    "an open invoice, shown as paid": (
        f"update {INVOICES} set state = 'paid' where id = ({invoice(4)})", "state_wrong", invoice(4),
    ),
    "a void invoice that is open again": (
        f"update {INVOICES} set state = 'open' where id = ({invoice(5)})",
        "booked_too_often", entry("voided", 5),
    ),
    "an invoice that was never voided": (
        f"update {INVOICES} set state = 'void' where id = ({invoice(4)})", "not_booked", invoice(4),
    ),
    "a lost invoice that is open": (
        f"update {INVOICES} set state = 'open' where id = ({invoice(7)})", "state_wrong", invoice(7),
    ),
    "an invoice that is gone": (f"delete from {INVOICES} where id = ({invoice(3)})", "number_missing", invoice(4)),
    "the last invoice that is gone": (f"delete from {INVOICES} where id = ({invoice(8)})", "counter_wrong", ACME),
    "a number": (
        f"update {INVOICES} set number = 'ACME-000099' where id = ({invoice(3)})",
        "number_wrong", f"select id from {INVOICES} where number = 'ACME-000099'",
    ),
    "the counter": (
        f"update {COMPANIES} set last_invoice_number = 9 where slug = 'acme'", "counter_wrong", ACME,
    ),
    "the counter of credit notes": (
        f"update {COMPANIES} set last_credit_note_number = 1 where slug = 'acme'", "counter_wrong", ACME,
    ),
    "a line": (
        f"update {LINES} set owed_minor = owed_minor + 1, amount_minor = amount_minor + 1 where id = ({LINE})",
        "invoice_sums_wrong", invoice(1),
    ),
    "a credit note": (
        f"update {NOTES} set net_minor = net_minor + 1, total_minor = total_minor + 1,"
        f" to_credit_minor = to_credit_minor + 1 where id = ({note(4290)})",
        "credit_note_sums_wrong", note(4291),
    ),
    "what a credit note was used for": (
        f"update {NOTES} set to_credit_minor = to_credit_minor - 1, to_receivable_minor = to_receivable_minor + 1"
        f" where id = ({note(4290)})",
        "posting_wrong", posting("credited", 1, "company_credit"),
    ),
    "a credit note that is gone": (
        f"delete from {NOTES} where id = ({note(1000)})",
        "number_missing", note(777),
    ),
    "a payment that succeeded": (
        f"update {ATTEMPTS} set outcome = 'declined' where id = ({attempt(8, 'succeeded')})",
        "outcome_wrong", attempt(8, "declined"),
    ),
    "a payment that was declined": (
        f"update {ATTEMPTS} set outcome = 'succeeded' where id = ({attempt(4, 'declined')})",
        "not_booked", attempt(4, "succeeded"),
    ),
    "a return that was not booked": (
        f"delete from {ENTRIES} where id = ({entry('returned', 2)})", "not_booked", attempt(2, "returned"),
    ),
    "a payment that came back": (
        f"update {ATTEMPTS} set outcome = 'succeeded' where id = ({attempt(2, 'returned')})",
        "booked_too_often", entry("returned", 2),
    ),
    "what an intent takes": (
        f"update {INTENTS} set amount_minor = amount_minor + 1 where invoice_id = ({invoice(8)})",
        "payout_line_wrong",
        f"select l.id from {PAYOUT_LINES} l join {INTENTS} n on n.id = l.intent_id"
        f" where n.invoice_id = ({invoice(8)}) and l.kind = 'charge'",
    ),
    "a refund that was made": (
        f"update {REFUNDS} set state = 'refused' where id = ({refund('done', 2000)})",
        "not_booked", refund("refused", 2000),
    ),
    "a refund of which nothing is known": (
        f"update {REFUNDS} set state = 'done' where id = ({refund('unknown', 500)})",
        "not_booked", refund("done", 500),
    ),
    "a refund's amount": (
        f"update {REFUNDS} set amount_minor = 501 where id = ({refund('unknown', 500)})",
        "posting_wrong", f"{posting('refund_opened', 8, 'company_credit')} union"
        f" {posting('refund_opened', 8, 'refund_under_way')} order by 1 limit 1",
    ),
    "a share of a payout": (
        f"update {SHARES} set amount_minor = amount_minor + 1 where id = ({SHARE})", "share_wrong", SHARE,
    ),
    "a line of a payout": (
        f"update {PAYOUT_LINES} set amount_minor = amount_minor + 1 where share_id = ({SHARE})",
        "payout_line_wrong", f"select id from {PAYOUT_LINES} where share_id = ({SHARE})",
    ),
    "a line of a payout about nothing": (
        f"update {PAYOUT_LINES} set intent_id = null, gateway_intent_id = 'int_of_nobody' where share_id = ({SHARE})",
        "line_of_unknown_payment", f"select id from {PAYOUT_LINES} where share_id = ({SHARE})",
    ),
    "a payout that was never booked": (
        f"delete from {ENTRIES} where payout_share_id = ({SHARE})", "not_booked", SHARE,
    ),
    "an audit entry's words": (
        f"update {AUDIT} set after = '{{}}' where action = 'void_invoice'",
        "audit_broken", f"select id from {AUDIT} where action = 'void_invoice'",
    ),
    "an audit entry that is gone": (
        f"delete from {AUDIT} where action = 'void_invoice'",
        "audit_broken",
        f"select id from {AUDIT} where company_id = ({ACME}) and sequence > (select min(gap.n) from generate_series(1,"
        f" 1000) as gap(n) where not exists (select from {AUDIT} where company_id = ({ACME}) and sequence = gap.n))"
        " order by sequence limit 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CORRUPTIONS)
def test_one_corrupted_row_is_named(books: Books, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    statement, code, row = CORRUPTIONS[what]
    books.corrupt(statement)
    wanted = books.one(row)
    found = books.found() + books.found(books.brink)
    assert (found[0].finding.code, found[0].finding.row_id) == (code, wanted)
    assert run() == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("2 companies checked, ")
    assert f"First: {found[0].company}: {found[0].sentence} [{found[0].finding.row_kind} {wanted}]" in last


class TestPayouts:
    def test_money_of_nobody_known_is_named(self, books: Books, capsys: pytest.CaptureFixture[str]) -> None:
        line = json.dumps([{"line": "m", "kind": "charge", "intent": "i", "customer": "c", "amount_minor": 77}])
        books.corrupt(
            f"update {PAYOUTS} set amount_minor = amount_minor + 77, strange_lines = '{line}'"
            f" where id = (select payout_id from {SHARES} where id = ({SHARE}))"
        )
        assert run(json=True) == 1
        answer = json.loads(capsys.readouterr().out)
        assert [(one["code"], one["facts"]["amount_minor"]) for one in answer["findings"]] == [("payout_of_nobody", 77)]

    def test_one_that_was_not_shared_out_to_the_end_is_named(
        self, books: Books, capsys: pytest.CaptureFixture[str]
    ) -> None:
        payout = books.one(f"select payout_id from {SHARES} where id = ({SHARE})")
        books.corrupt(f"update {PAYOUTS} set amount_minor = amount_minor + 77 where id = '{payout}'")
        assert run() == 1
        assert "the companies' shares come to" in capsys.readouterr().out.splitlines()[-1]


def test_wrong_use_answers_2(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(company="nobody") == 2
    assert capsys.readouterr().err == "There is no company at nobody.\n"
