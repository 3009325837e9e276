"""Bugs 64 to 74: of what came since the list was written. Refunds, reviews, a restore, events that wait."""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

FLOW, REFUNDS, DUNNING = (
    "tenantry/core/payment_flow.py",
    "tenantry/core/refund_flow.py",
    "tenantry/core/dunning.py",
)
ASKED_OF = "tests/core/test_refunds.py"
GUARDS = "tests/actions/test_guards.py::TestMoney"
RESOLVE = "tests/core/test_payment_resolve.py"

BUGS = (
    Bug(
        64,
        "a refund sent again by whoever asks about it",
        (
            Change(
                REFUNDS,
                "    reply = yield from _call(FindRefund(loaded.intent.gateway_id, refund.key))\n    return (",
                "    reply = yield from _call(FindRefund(loaded.intent.gateway_id, refund.key))\n"
                "    if reply.event is RefundEvent.NOT_FOUND:\n"
                "        reply = yield from _call(CreateRefund(refund.key, loaded.intent.gateway_id, refund.amount))\n"
                "    return (",
            ),
        ),
        (f"{ASKED_OF}::TestNotKnown::test_is_never_sent_again",),
    ),
    Bug(
        65,
        "a refund beyond the company's credit",
        (Change(REFUNDS, "    return min(left, loaded.credit)\n", "    return left\n"),),
        (f"{ASKED_OF}::TestRefunding::test_never_more_than_the_credit",),
        schedules=400,
    ),
    Bug(
        66,
        "a refund sent by a process that stood still for days",
        (Change(REFUNDS, "not_after=opened.opened_at + SEND_WITHIN)", "not_after=None)"),),
        (f"{ASKED_OF}::TestNotKnown::test_a_process_that_stood_still_sends_nothing_any_more",),
    ),
    Bug(
        67,
        "charged before the books were compared after a restore",
        (
            Change(
                "tenantry/core/invoice_states.py",
                "    if company.is_recovering:\n",
                "    if company.is_recovering and company.is_billing_held:\n",
            ),
        ),
        (
            "tests/core/test_payment_recovery.py::TestNothingIsChargedBefore::test_neither_by_a_person_nor_by_the_schedule",
        ),
    ),
    Bug(
        68,
        "an event counts as followed although its truth was not read",
        (
            Change(
                FLOW,
                "    return (yield from _read(loaded, intent_id))[1] is not None\n",
                "    yield from _read(loaded, intent_id)\n    return True\n",
            ),
        ),
        (
            "tests/core/test_event_orders.py::test_an_event_whose_truth_cannot_be_read_is_not_done",
            "tests/core/test_event_orders.py::test_an_event_before_our_id_is_saved_is_not_done",
        ),
    ),
    Bug(
        69,
        "a contradiction does not hold the billing",
        (
            Change(
                "tenantry/core/payment_settlement.py",
                "(OpenReview(intent.id, reason, facts), HoldBilling(reason), later, audit)",
                "(OpenReview(intent.id, reason, facts), later, audit)",
            ),
        ),
        ("tests/core/test_payment_pay.py::TestNotOurs::test_books_nothing_opens_a_review_and_holds_the_billing",),
    ),
    Bug(
        70,
        "charged again after a decline that forbids it",
        (Change(DUNNING, "    if forbids_retry(ended) or sum(", "    if sum("),),
        (f"{RESOLVE}::TestCollect::test_never_after_a_decline_that_forbids_it",),
    ),
    Bug(
        71,
        "another method charged where the default can't be",
        (
            Change(
                FLOW,
                "    default = default_of(loaded.methods)\n",
                "    default = next(iter(usable_methods(loaded.methods, loaded.today)), None)\n",
            ),
            Change(
                FLOW,
                "import default_of, pick, why_not_usable\n",
                "import pick, usable_methods, why_not_usable\n",
            ),
        ),
        (f"{RESOLVE}::TestCollect::test_without_a_usable_default_nothing_is_charged_and_a_mail_asks",),
    ),
    Bug(
        72,
        "entries that don't balance",
        (
            Change(
                "tenantry/records/invoices/migrations/0002_guards.py",
                "        migrations.RunSQL(functions.ENTRY_BALANCES_TRIGGER),\n",
                "",
            ),
        ),
        (f"{GUARDS}::test_an_entry_that_does_not_balance_is_refused_at_commit",),
    ),
    Bug(
        73,
        "an add-on that is on twice at a time",
        (
            Change(
                "tenantry/records/subscriptions/migrations/0001_initial.py",
                '(models.F("addon"), "="),\n',
                '(models.F("addon"), "="),\n(models.F("id"), "="),\n',
            ),
        ),
        (f"{GUARDS}::test_add_on_periods_never_overlap",),
    ),
    Bug(
        74,
        "an account debited again after its owner revoked it",
        (
            Change(
                "tenantry/core/bank_returns.py",
                "_UNAUTHORIZED = BankReturn(MethodFate.BLOCK_FOR_GOOD,",
                "_UNAUTHORIZED = BankReturn(MethodFate.KEEP, may_represent=True,",
            ),
        ),
        (
            "tests/core/test_bank_returns.py::test_after_an_unauthorized_one_nothing_is_presented_again",
            "tests/core/test_bank_returns.py::test_each_code_does_what_the_table_says",
        ),
    ),
)
