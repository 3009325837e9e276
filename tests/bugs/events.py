"""Bugs 19 to 27: what the gateway and the banks tell."""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

SIGNATURES, RECORDS = "tenantry/outside/gateway/signatures.py", "tenantry/outside/gateway/sandbox_records.py"
SETTLEMENT, NEWS, STATES = (
    "tenantry/core/payment_settlement.py",
    "tenantry/core/settlement_news.py",
    "tenantry/core/payment_states.py",
)
SUCCEEDED = "succeeded       -          -          -              "
ORDERS, ACCEPTED = "tests/core/test_event_orders.py", "tests/faces/test_gateway_events.py"

BUGS = (
    Bug(
        19,
        "no dedupe by the event's id",
        (
            Change(
                "tenantry/records/payments/migrations/0006_gateway_events.py",
                'fields=("gateway", "event_id"), name',
                'fields=("gateway", "event_id", "id"), name',
            ),
        ),
        (f"{ACCEPTED}::TestAccepted::test_five_times_is_kept_once",),
    ),
    Bug(
        20,
        "the rank not checked",
        (Change(STATES, f"{SUCCEEDED}-          succeeded", f"{SUCCEEDED}processing succeeded"),),
        (
            "tests/core/test_payment_states.py::test_after_a_success_only_a_return_follows",
            f"{ORDERS}::test_even_bodies_that_were_believed_in_any_order_lower_no_rank_and_book_nothing_twice",
        ),
    ),
    Bug(
        21,
        "the signature not checked",
        (Change(SIGNATURES, "    if not any(matches):\n", "    if not matches:\n"),),
        ("tests/gateway/test_signatures.py::TestSignature::test_a_foreign_or_retired_secret_is_not",),
    ),
    Bug(
        22,
        "the age not checked",
        (
            Change(
                SIGNATURES,
                "    if abs(int(now.timestamp()) - int(sent_at)) > MAX_AGE_SECONDS:\n",
                "    if int(now.timestamp()) < 0:\n",
            ),
        ),
        ("tests/gateway/test_signatures.py::TestAge::test_more_is_too_old",),
    ),
    Bug(
        23,
        "answered 200 before it is stored",
        (
            Change(
                "tenantry/api/views/gateway_events.py",
                '        return problem(request, Refusal("unavailable"))\n',
                '        return JsonResponse({"received": True})\n',
            ),
        ),
        (f"{ACCEPTED}::TestAround::test_while_the_database_is_away_the_gateway_hears_to_come_again",),
    ),
    Bug(
        24,
        "another account, or test and live mixed, accepted",
        (Change(RECORDS, "        not_ours=_not_ours(data, account),\n", "        not_ours=None,\n"),),
        ("tests/gateway/test_signatures.py::TestContent::test_what_is_not_ours_is_marked",),
    ),
    Bug(
        25,
        "a return ignored",
        (
            Change(
                STATES,
                f"{SUCCEEDED}-          succeeded returned",
                f"{SUCCEEDED}-          succeeded succeeded",
            ),
        ),
        (
            "tests/core/test_payment_resolve.py::TestBankDebit::test_returned_after_it_succeeded_reopens_the_invoice",
            f"{ORDERS}::test_every_event_told_at_once_late_or_again_is_one_end",
        ),
        schedules=50,
    ),
    Bug(
        26,
        "a return booked twice",
        (
            Change(
                SETTLEMENT,
                "        if about.outcome is outcome and about.sent_at:\n",
                "        if about.outcome is outcome and about.sent_at and outcome is not Outcome.RETURNED:\n",
            ),
            Change(
                NEWS,
                "    if after.state is State.RETURNED and before.state is not State.RETURNED:\n",
                "    if after.state is State.RETURNED:\n",
            ),
            Change(
                NEWS,
                "        was_taken = before.state is State.SUCCEEDED\n",
                "        was_taken = before.state in (State.SUCCEEDED, State.RETURNED)\n",
            ),
        ),
        (
            f"{ORDERS}::test_what_is_told_again_writes_nothing",
            f"{ORDERS}::test_every_event_told_at_once_late_or_again_is_one_end",
        ),
        schedules=300,
    ),
    Bug(
        27,
        "R01 presented again without end",
        (
            Change(
                "tenantry/core/dunning.py",
                " or sum(one.outcome is Outcome.RETURNED for one in attempts) > MOST_REPRESENTED:\n",
                ":\n",
            ),
        ),
        ("tests/core/test_payment_resolve.py::TestBankDebit::test_r01_is_presented_twice_more_and_not_a_third_time",),
        schedules=600,
    ),
)
