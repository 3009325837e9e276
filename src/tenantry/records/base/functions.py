"""SQL functions that cross companies on purpose, for the migrations.

Each runs as the owner role with a fixed search path and returns ids, an instant or nothing else; the owner's
`definer` policies let it read just the few tables named in `CompanyTable(definer_reads=True)`.
"""

from __future__ import annotations

_HEAD = "language sql stable security definer set search_path = pg_catalog, public as"

APPEND_AUDIT = """
create function append_audit(p_at timestamptz, p_rows jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    r jsonb;
    head record;
    full_row jsonb;
begin
    for r in select * from jsonb_array_elements(p_rows) loop
        select sequence, entry_hash into head from tenantry_base_auditentry
            where company_id = (r->>'company_id')::uuid order by sequence desc limit 1;
        full_row := r || jsonb_build_object(
            'sequence', coalesce(head.sequence, 0) + 1,
            'at_microseconds', (extract(epoch from p_at) * 1000000)::bigint);
        insert into tenantry_base_auditentry
            (id, company_id, sequence, at, actor_kind, actor_id, actor_name, address, request_id, action,
             object_kind, object_id, before, after, words, language, previous_hash, entry_hash)
        values
            (gen_random_uuid(), (r->>'company_id')::uuid, coalesce(head.sequence, 0) + 1, p_at, r->>'actor_kind',
             r->>'actor_id', r->>'actor_name', r->>'address', r->>'request_id', r->>'action', r->>'object_kind',
             r->>'object_id', r->'before', r->'after', r->>'words', r->>'language',
             coalesce(head.entry_hash, ''::bytea),
             sha256(coalesce(head.entry_hash, ''::bytea) || convert_to(full_row::text, 'UTF8')));
    end loop;
end $$
"""

COMPANY_OF_MEMBER = f"""
create function company_of_member(p_slug text, p_user text) returns uuid {_HEAD} $$
    select c.id from tenantry_companies_company c
    join tenantry_companies_membership m on m.company_id = c.id
    where c.slug = p_slug and m.user_id::text = p_user and m.is_active and m.can_log_in
$$
"""

COMPANY_AT = f"""
create function company_at(p_slug text) returns uuid {_HEAD} $$
    select id from tenantry_companies_company where slug = p_slug
$$
"""

COMPANIES_OF_USER = f"""
create function companies_of_user(p_user text) returns setof uuid {_HEAD} $$
    select c.id from tenantry_companies_company c
    join tenantry_companies_membership m on m.company_id = c.id
    where m.user_id::text = p_user and m.is_active and m.can_log_in
    order by c.slug
$$
"""

ALL_COMPANIES = f"""
create function all_companies() returns setof uuid {_HEAD} $$
    select id from tenantry_companies_company order by slug
$$
"""

COMPANIES_IN_RECOVERY = f"""
create function companies_in_recovery() returns setof uuid {_HEAD} $$
    select c.id from tenantry_companies_company c, tenantry_companies_recovery r
    where r.ended_at is null and r.id is distinct from c.passed_recovery_id
    order by c.slug
$$
"""

COMPANIES_TO_RECONCILE = f"""
create function companies_to_reconcile(p_now timestamptz) returns setof uuid {_HEAD} $$
    select id from tenantry_companies_company
    where gateway_customer <> '' and (reconciled_at is null or reconciled_at <= p_now - interval '1 day')
    union
    select companies_in_recovery()
$$
"""

COMPANIES_OF_CUSTOMERS = f"""
create function companies_of_customers(p_customers text[]) returns table (customer text, company_id uuid) {_HEAD} $$
    select gateway_customer, id from tenantry_companies_company
    where gateway_customer <> '' and gateway_customer = any (p_customers)
$$
"""

COMPANY_OF_GATEWAY_OBJECT = f"""
create function company_of_gateway_object(p_gateway text, p_object text) returns uuid {_HEAD} $$
    select company_id from tenantry_payments_paymentintent where gateway = p_gateway and gateway_id = p_object
$$
"""

_DUE = (
    ("bill", "tenantry_subscriptions_subscription", "next_issue_at", "ended_at is null"),
    ("collect", "tenantry_invoices_invoice", "collect_at", "collect_at is not null"),
    ("print", "tenantry_invoices_invoice", "paper_due_at", "paper_due_at is not null"),
    ("print", "tenantry_invoices_creditnote", "paper_due_at", "paper_due_at is not null"),
    ("ask", "tenantry_payments_paymentintent", "next_ask_at", "next_ask_at is not null"),
    ("ask", "tenantry_payments_refund", "next_ask_at", "next_ask_at is not null"),
    ("remind", "tenantry_payments_paymentmethod", "remind_at", "remind_at is not null and removed_at is null"),
    ("notify", "tenantry_notices_notice", "due_at", "sent_at is null"),
)
"""Kind of work, and where its due instants stand: table, column, condition."""

_WITH_WORK = "\n    union\n".join(
    f"    select distinct company_id from {table} where p_kind = '{kind}' and {only} and {column} <= p_now"
    for kind, table, column, only in _DUE
)
_NEXT = "\n        union all\n".join(
    f"        select min({column}) from {table} where {only} and {column} > p_after" for _, table, column, only in _DUE
)
FIND_WORK = f"""
set local check_function_bodies = off;
create or replace function companies_with_work(p_kind text, p_now timestamptz) returns setof uuid {_HEAD} $$
{_WITH_WORK}
$$;
create or replace function next_work_at(p_after timestamptz) returns timestamptz {_HEAD} $$
    select min(due) from (
{_NEXT}
    ) as work(due)
$$;
set local check_function_bodies = on
"""
"""Make both functions anew. Every migration that adds a kind of work runs this; bodies are not checked meanwhile, since
on a fresh database the tables of later migrations are not there yet."""

ENTRY_BALANCES = """
create function entry_balances() returns trigger language plpgsql as $$
begin
    if exists (select 1 from tenantry_invoices_posting where entry_id = new.entry_id
               group by currency having sum(amount_minor) <> 0) then
        raise exception 'postings of entry % do not balance', new.entry_id using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
ENTRY_BALANCES_TRIGGER = """
create constraint trigger entry_balances after insert on tenantry_invoices_posting
deferrable initially deferred for each row execute function entry_balances()
"""
