"""Bugs 32 to 44: numbers, periods, days and cents."""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

WRITER, ISSUING = "tenantry/records/invoices/writer.py", "tenantry/actions/invoices/issue_invoices.py"
PERIODS, MONEY = "tenantry/core/periods.py", "tenantry/core/money.py"
TIMELINE = "tenantry/records/subscriptions/timeline.py"
COUNTED = (
    '            "update tenantry_companies_company set last_invoice_number = last_invoice_number + 1"\n'
    '            " where id = any(%s::uuid[]) returning id, last_invoice_number, number_prefix",\n'
)
BILLING, CORE_PERIODS = "tests/actions/test_billing.py", "tests/core/test_periods.py"
UNDONE = f"{BILLING}::TestNumbers::test_a_pass_that_is_undone_burns_none"

BUGS = (
    Bug(
        32,
        "the number from a sequence",
        (
            Change(
                WRITER,
                COUNTED,
                "            \"select id, nextval('invoice_numbers'), number_prefix from tenantry_companies_company\"\n"
                '            " where id = any(%s::uuid[])",\n',
            ),
            Change(
                "tenantry/records/companies/migrations/0002_guards.py",
                "        migrations.RunSQL(functions.ALL_COMPANIES),\n",
                "        migrations.RunSQL(functions.ALL_COMPANIES),\n"
                '        migrations.RunSQL("create sequence invoice_numbers"),\n',
            ),
        ),
        (UNDONE,),
    ),
    Bug(
        33,
        "the number from MAX + 1",
        (
            Change(
                WRITER,
                COUNTED,
                '            "select c.id, coalesce(max(i.sequence), 0) + 1, c.number_prefix"\n'
                '            " from tenantry_companies_company c left join tenantry_invoices_invoice i"\n'
                '            " on i.company_id = c.id where c.id = any(%s::uuid[]) group by c.id",\n',
            ),
        ),
        (f"{BILLING}::TestNumbers::test_they_come_from_the_companys_own_counter",),
    ),
    Bug(
        34,
        "the number outside the issuing transaction",
        (
            Change(
                ISSUING,
                "    with tenancy.batch_phase(company_ids):\n        gathered",
                "    from tenantry.records.invoices.writer import _reserve\n\n"
                "    with tenancy.batch_phase(company_ids):\n        early = _reserve(company_ids)\n"
                "    with tenancy.batch_phase(company_ids):\n        gathered",
            ),
            Change(ISSUING, "write_invoices(new, new_id=new_id)", "write_invoices(new, new_id=new_id, early=early)"),
            Change(WRITER, "*, new_id: NewId) -> dict[str, str]:", "*, new_id: NewId, early=None) -> dict[str, str]:"),
            Change(
                WRITER,
                "    numbers = _reserve([invoice.company_id for invoice in invoices])\n",
                "    numbers = early or _reserve([invoice.company_id for invoice in invoices])\n",
            ),
        ),
        (
            UNDONE,
            f"{BILLING}::TestBatches::test_one_company_at_fault_is_set_aside_and_named_the_others_are_billed",
        ),
    ),
    Bug(
        35,
        "several invoices for one period of a company",
        (
            Change(
                "tenantry/records/invoices/migrations/0001_initial.py",
                'fields=("company_id", "period_start"), name="one_invoice_per_period"',
                'fields=("company_id", "period_start", "id"), name="one_invoice_per_period"',
            ),
        ),
        ("tests/actions/test_guards.py::TestMoney::test_one_invoice_for_each_period",),
    ),
    Bug(
        36,
        "each period counted from the one before",
        (
            Change(
                PERIODS,
                "    return date(year, month, min(anchor_date.day, monthrange(year, month)[1]))\n",
                "    day = nth_start(anchor_date, n - 1, interval).day if n > 0 else anchor_date.day\n"
                "    return date(year, month, min(day, monthrange(year, month)[1]))\n",
            ),
        ),
        (f"{CORE_PERIODS}::TestPeriods::test_the_31st_comes_back_after_february",),
        schedules=50,
    ),
    Bug(
        37,
        "closed periods instead of half-open ones",
        (
            Change(
                PERIODS,
                "        return self.start <= day < self.end\n",
                "        return self.start <= day <= self.end\n",
            ),
        ),
        (f"{CORE_PERIODS}::TestPeriods::test_each_day_belongs_to_exactly_one_period",),
    ),
    Bug(
        38,
        "due only when the day is today",
        (
            Change(
                ISSUING,
                "if row.ended_at is None and row.next_issue_at <= now}",
                "if row.ended_at is None and row.next_issue_at <= now and row.next_issue_at.date() == now.date()}",
            ),
        ),
        (f"{BILLING}::TestIssuing::test_missed_months_are_caught_up_each_with_its_own_invoice",),
    ),
    Bug(
        39,
        "the day of UTC instead of the company's",
        (
            Change(
                PERIODS,
                "    local = instant.astimezone(_zone(zone_name))\n",
                '    local = instant.astimezone(_zone("UTC"))\n',
            ),
        ),
        (f"{CORE_PERIODS}::TestDays::test_a_local_date_is_that_of_the_zone",),
    ),
    Bug(
        40,
        "floats",
        (
            Change(
                MONEY,
                "        return (2 * numerator + denominator) // (2 * denominator)\n    return -(",
                "        return int(numerator / denominator + 0.5)\n    return -(",
            ),
        ),
        ("tests/core/test_money.py::TestRounding::test_amounts_beyond_what_a_float_holds_are_exact",),
    ),
    Bug(
        41,
        "rounded line by line",
        (
            Change(
                MONEY,
                "    missing -= sum(shares)\n",
                "    return tuple(divide_half_away(numerator, denominator) for numerator in numerators)\n",
            ),
        ),
        ("tests/core/test_money.py::TestSplitting::test_shares_sum_to_their_rounded_sum",),
        schedules=1500,
    ),
    Bug(
        42,
        "what runs read outside the invoice's transaction",
        (
            Change(
                ISSUING,
                "    with tenancy.batch_phase(company_ids):\n        gathered = _gather(company_ids, now)\n",
                "    with tenancy.batch_phase(company_ids):\n        early = _read_early(company_ids)\n"
                "    with tenancy.batch_phase(company_ids):\n        gathered = _gather(company_ids, now)\n"
                "        gathered.facts.update(early)\n",
            ),
            Change(
                ISSUING,
                "def _gather(",
                "def _read_early(company_ids):\n"
                "    from tenantry.records.companies.models import Company\n\n"
                "    found = Subscription.objects.filter(company_id__in=company_ids)\n"
                "    rows = {str(row.company_id): row for row in found}\n"
                "    return billable_facts(list(Company.objects.filter(id__in=company_ids)), rows)\n\n\n"
                "def _gather(",
            ),
        ),
        ("tests/actions/test_locks.py::TestBilling::test_what_was_enabled_while_it_waited_is_billed",),
    ),
    Bug(
        43,
        "today's price instead of the confirmed one",
        (
            Change(
                TIMELINE,
                "def running_of(",
                "def _todays(kind, code):\n"
                "    from tenantry.records.catalog.models import Price\n\n"
                '    rows = Price.objects.filter(**{f"{kind}__code": code}).order_by("-from_date", "-published_at")\n'
                '    return rows.values_list("id", "shape", "amount_minor", "currency", "proration")[0]\n\n\n'
                "def running_of(",
            ),
            Change(TIMELINE, "price_value(*price)", "price_value(*_todays(kind, code))"),
        ),
        ("tests/scenarios/test_quote_is_bill.py::test_the_price_that_was_confirmed_holds_when_the_vendor_changes_it",),
    ),
    Bug(
        44,
        "a posting changed in place",
        (Change("tenantry/records/invoices/migrations/0002_guards.py", '        Kept("Posting"),\n', ""),),
        (
            "tests/actions/test_guards.py::TestKeptRows::test_what_is_written_stays",
            "tests/structure/test_tables.py::test_kept_tables_refuse_by_trigger_and_by_right",
        ),
    ),
)
