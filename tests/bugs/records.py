"""Bugs 60, 61 and 63: the audit and the jobs. (62 is about the outbox of webhooks out, which isn't built.)"""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

DEFAULT, ACCEPT = (
    "tenantry/actions/payments/make_default.py",
    "tenantry/actions/payments/accept_gateway_event.py",
)

BUGS = (
    Bug(
        60,
        "the audit outside the transaction",
        (
            Change(
                DEFAULT,
                "        methods.swap_default(actor.company_id, method_id)\n        audit.record(",
                "        methods.swap_default(actor.company_id, method_id)\n"
                "    with tenancy.phase(actor.company_id):\n        audit.record(",
            ),
        ),
        ("tests/actions/test_audit.py::test_no_change_without_its_entry",),
    ),
    Bug(
        61,
        "the job enqueued after the commit",
        (
            Change(
                ACCEPT,
                "        if is_new and not why_not:\n            queue.enqueue(",
                "    if is_new and not why_not:\n        with tenancy.vendor_phase():\n            queue.enqueue(",
            ),
        ),
        ("tests/faces/test_gateway_events.py::TestAround::test_a_job_that_cannot_be_written_takes_the_event_along",),
    ),
    Bug(
        63,
        "a chain without the hash before",
        (
            Change(
                "tenantry/records/base/functions.py",
                "coalesce(head.entry_hash, ''::bytea),\n             sha256(coalesce(head.entry_hash, ''::bytea) ||",
                "''::bytea,\n             sha256(",
            ),
        ),
        ("tests/actions/test_guards.py::TestAudit::test_entries_of_a_company_form_a_chain",),
    ),
)
