"""Bugs 49 to 59: companies apart, permissions, signed links."""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

TENANCY, ISOLATION = "tenantry/records/base/tenancy.py", "tenantry/records/base/isolation.py"
COMPANIES, ENTRY = "tenantry/records/companies/queries.py", "tenantry/portal/entry.py"
LINKS, DOWNLOAD = "tenantry/outside/signed_links.py", "tenantry/portal/views/invoice_download.py"
GUARDS, TABLES = "tests/actions/test_guards.py::TestIsolation", "tests/structure/test_tables.py"

BUGS = (
    Bug(
        49,
        "SET instead of a setting of the transaction",
        (Change(TENANCY, '_run("select set_config(%s, %s, true)"', '_run("select set_config(%s, %s, false)"'),),
        (f"{GUARDS}::test_the_setting_ends_with_its_transaction",),
    ),
    Bug(
        50,
        "a policy that checks nothing on writing",
        (Change(ISOLATION, "with check ({mine})'", "with check (true)'"),),
        (f"{GUARDS}::test_a_row_cannot_be_written_or_moved_to_another_company",),
    ),
    Bug(
        51,
        "row level security not forced",
        (Change(ISOLATION, "enable row level security, force row level security", "enable row level security"),),
        (f"{TABLES}::test_row_level_security_is_forced_with_using_and_check",),
    ),
    Bug(
        52,
        "a plain foreign key",
        (
            Change(
                ISOLATION,
                'foreign key (company_id, "{column}") references "{target}" (company_id, id)\'',
                'foreign key ("{column}") references "{target}" (id)\'',
            ),
        ),
        (
            f"{GUARDS}::test_a_reference_to_a_foreign_row_is_refused",
            f"{TABLES}::test_each_reference_between_owned_rows_names_the_company",
        ),
    ),
    Bug(
        53,
        "a view without security_invoker",
        (
            Change(
                "tenantry/records/companies/migrations/0002_guards.py",
                "        migrations.RunSQL(functions.ALL_COMPANIES),\n",
                "        migrations.RunSQL(functions.ALL_COMPANIES),\n"
                '        migrations.RunSQL("create view names as select id, name from tenantry_companies_company"),\n',
            ),
        ),
        (f"{TABLES}::test_the_app_role_owns_nothing_and_bypasses_nothing",),
    ),
    Bug(
        54,
        "the permission only in the template",
        (
            Change(
                "tenantry/actions/payments/make_default.py",
                "    if refused := require(actor, Action.MAKE_DEFAULT):\n        return refused\n",
                "",
            ),
            Change(
                ENTRY,
                '                    needed = change if request.method == "POST" else view\n',
                "                    needed = view\n",
            ),
        ),
        (
            "tests/actions/test_methods_kept.py::TestMakeDefault::test_a_viewer_may_not",
            "tests/structure/test_rules.py::test_each_verb_stands_in_the_permission_table_and_asks_it_first",
        ),
    ),
    Bug(
        55,
        "the permission kept from the first request on",
        (
            Change(
                COMPANIES,
                "    grants = frozenset(Grant(subject, Level(level)) for subject, level in held)\n",
                "    grants = _KEPT.setdefault(\n"
                "        (user.pk, company_id), frozenset(Grant(subject, Level(level)) for subject, level in held)\n"
                "    )\n",
            ),
            Change(COMPANIES, "def _held_by(", "_KEPT = {}\n\n\ndef _held_by("),
        ),
        (
            "tests/faces/test_invoice.py::TestWho::test_view_taken_away_counts_from_the_next_request",
            "tests/faces/test_download.py::TestWho::test_after_view_was_taken_away",
        ),
    ),
    Bug(
        56,
        "another company's things answer 403",
        (
            Change(
                ENTRY,
                '    _log(request, "foreign_company", slug)\n    return answers.not_found(request) if',
                '    _log(request, "foreign_company", slug)\n    if tenancy.company_at(slug):\n'
                '        return answers.refused(request, Refusal("not_allowed"))\n'
                "    return answers.not_found(request) if",
            ),
        ),
        ("tests/faces/test_download.py::TestWho::test_a_stranger_hears_of_no_company_even_with_a_broken_link",),
    ),
    Bug(
        57,
        "the user not signed",
        (Change(LINKS, "target.invoice_id, target.user_id, expires, key_id)", "target.invoice_id, expires, key_id)"),),
        ("tests/paper/test_signed_links.py::TestAnotherTarget::test_is_altered",),
    ),
    Bug(
        58,
        "the expiry not checked",
        (
            Change(
                LINKS,
                "    return Expired() if now >= expires_at else Valid(expires_at)\n",
                "    return Valid(expires_at)\n",
            ),
        ),
        ("tests/paper/test_signed_links.py::TestTime::test_a_link_lives_300_seconds",),
    ),
    Bug(
        59,
        "no live session asked for",
        (
            Change(
                DOWNLOAD,
                "@company_page()\ndef download(visit: Visit, invoice: UUID) -> HttpResponse:\n",
                "def download(request, company, invoice):\n"
                '    """Open the paper to whoever holds a link that was made for some member."""\n'
                "    from tenantry.outside import clock\n"
                "    from tenantry.records.base import tenancy\n"
                "    from tenantry.records.companies.queries import members\n\n"
                "    company_id = tenancy.company_at(company)\n"
                '    items = parse_qsl(request.META.get("QUERY_STRING", ""))\n'
                "    with tenancy.reading(company_id):\n"
                "        for row in members(company_id):\n"
                "            target = signed_links.LinkTarget(\n"
                '                "invoice-pdf", company_id, str(invoice), str(row.user_id)\n'
                "            )\n"
                "            if isinstance(signed_links.read(items, target, clock.now()), signed_links.Valid):\n"
                "                document = queries.document(company_id, str(invoice))\n"
                '                return _file(bytes(document.pdf), "x", is_head=False)\n'
                "    return HttpResponse(status=403)\n\n\n"
                "@company_page()\ndef _download(visit: Visit, invoice: UUID) -> HttpResponse:\n",
            ),
        ),
        (
            "tests/faces/test_download.py::TestWho::test_without_a_session_it_opens_nothing",
            "tests/faces/test_download.py::TestWho::test_after_signing_out",
        ),
    ),
)
