"""Every row that a verdict needs, read at once and past row level security."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

_AUDIT_HASH = """
    sha256(previous_hash || convert_to(jsonb_build_object(
        'company_id', company_id::text, 'actor_kind', actor_kind, 'actor_id', actor_id, 'actor_name', actor_name,
        'address', address, 'request_id', request_id, 'action', action, 'object_kind', object_kind,
        'object_id', object_id, 'before', before, 'after', after, 'words', words, 'language', language,
        'sequence', sequence, 'at_microseconds', (extract(epoch from at) * 1000000)::bigint)::text, 'UTF8'))
"""
_TABLES = {
    "companies": "select *, id as company_id from tenantry_companies_company",
    "subscriptions": "select * from tenantry_subscriptions_subscription",
    "plan_periods": "select p.*, 'plan' as kind, s.code, s.name from tenantry_subscriptions_planperiod p"
    " join tenantry_catalog_plan s on s.id = p.plan_id order by started_at",
    "addon_periods": "select p.*, 'addon' as kind, s.code, s.name from tenantry_subscriptions_addonperiod p"
    " join tenantry_catalog_addon s on s.id = p.addon_id order by started_at",
    "seat_counts": "select * from tenantry_subscriptions_seatcount order by counted_at",
    "methods": "select * from tenantry_payments_paymentmethod order by id",
    "invoices": "select * from tenantry_invoices_invoice order by sequence",
    "lines": "select * from tenantry_invoices_invoiceline order by position",
    "documents": "select company_id, invoice_id as of, sha256, encode(sha256(pdf), 'hex') as actual"
    " from tenantry_invoices_invoicedocument union all"
    " select company_id, credit_note_id, sha256, encode(sha256(pdf), 'hex') from tenantry_invoices_creditnotedocument",
    "credit_notes": "select * from tenantry_invoices_creditnote order by sequence",
    "entries": "select * from tenantry_invoices_ledgerentry order by occurred_at",
    "postings": "select * from tenantry_invoices_posting",
    "intents": "select * from tenantry_payments_paymentintent order by generation",
    "attempts": "select a.*, i.invoice_id from tenantry_payments_paymentattempt a"
    " join tenantry_payments_paymentintent i on i.id = a.intent_id order by i.generation, a.number",
    "refunds": "select r.*, i.invoice_id from tenantry_payments_refund r"
    " join tenantry_payments_paymentintent i on i.id = r.intent_id order by r.number",
    "payout_shares": "select s.*, p.gateway_id from tenantry_payments_payoutshare s"
    " join tenantry_payments_payout p on p.id = s.payout_id",
    "reviews": "select * from tenantry_payments_review",
    "notices": "select * from tenantry_notices_notice",
    "audit": "select company_id, sequence, action, actor_kind, actor_id, object_kind, object_id, after,"
    f" previous_hash, entry_hash, {_AUDIT_HASH} as actual_hash from tenantry_base_auditentry order by sequence",
    "outcomes": "select * from tenantry_billing_runs_billingoutcome",
}
_PRICES = "select * from tenantry_catalog_price"


@dataclass(frozen=True)
class CompanyRows:
    """The rows of one company: table → rows. Prices are everybody's: id → row."""

    company: Any
    tables: dict[str, list[Any]]
    prices: dict[Any, Any]

    def __getattr__(self, name: str) -> list[Any]:
        """Give the rows of a table."""
        return self.tables[name]

    @property
    def name(self) -> str:
        """Give the word by which a violation names the company."""
        return str(self.company.slug)

    def of_invoice(self, table: str, invoice_id: Any) -> list[Any]:
        """Give the rows of a table that belong to one invoice."""
        return [row for row in self.tables[table] if row.invoice_id == invoice_id]

    def balances(self) -> dict[tuple[Any, str], int]:
        """Add up the ledger: (invoice id, account) → minor units."""
        found: dict[tuple[Any, str], int] = defaultdict(int)
        for row in self.postings:
            found[row.invoice_id, row.account] += row.amount_minor
        return found


def read(connection: psycopg.Connection[Any]) -> list[CompanyRows]:
    """Read every company of a database, in one snapshot, by its address."""
    with connection.transaction(), connection.cursor(row_factory=namedtuple_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        found: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for table, statement in _TABLES.items():
            for row in cursor.execute(statement):  # type: ignore[call-overload]
                found[row.company_id][table].append(row)
        prices = {row.id: row for row in cursor.execute(_PRICES)}
    companies = sorted((tables["companies"][0] for tables in found.values()), key=lambda row: row.slug)
    return [CompanyRows(company, found[company.id], prices) for company in companies]
