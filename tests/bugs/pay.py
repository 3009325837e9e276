"""Bugs 1 to 18: paying."""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

FLOW, OPENING, SETTLEMENT, STATES, DUNNING, DRIVER = (
    "tenantry/core/payment_flow.py",
    "tenantry/core/payment_opening.py",
    "tenantry/core/payment_settlement.py",
    "tenantry/core/payment_states.py",
    "tenantry/core/dunning.py",
    "tenantry/actions/payments/_driver.py",
)
PAYMENTS_TABLES = "tenantry/records/payments/migrations/0001_initial.py"
SENDING = "sending         sending    ready      awaiting_payer processing succeeded returned cancelled -         ready          "  # noqa: E501 - a line of the table
PAY, RESOLVE, GUARDS = (
    "tests/core/test_payment_pay.py",
    "tests/core/test_payment_resolve.py",
    "tests/actions/test_guards.py",
)

BUGS = (
    Bug(
        1,
        "a new key on each retry",
        (
            Change(FLOW, "from dataclasses import dataclass\n", "from dataclasses import dataclass, replace\n"),
            Change(
                FLOW,
                "        return outcome_of(intent, attempt)\n    return (yield from _confirm(loaded, intent, attempt))",
                "        return outcome_of(intent, attempt)\n"
                "    again = replace(attempt, confirm_key=f'{attempt.confirm_key}:{intent.version}')\n"
                "    return (yield from _confirm(loaded, intent, again))",
            ),
        ),
        (f"{RESOLVE}::TestStale::test_a_confirm_whose_process_died_is_asked_about_and_sent_again_under_its_key",),
        schedules=50,
    ),
    Bug(
        2,
        "a timeout taken as failed",
        (Change(STATES, f"{SENDING}unknown\n", f"{SENDING}ready\n"),),
        (
            "tests/core/test_payment_states.py::test_a_confirm_without_an_answer_is_unknown_not_failed",
            f"{PAY}::TestNoAnswer::test_becomes_unknown_and_books_nothing",
        ),
        schedules=50,
    ),
    Bug(
        3,
        "a timeout taken as paid",
        (Change(STATES, f"{SENDING}unknown\n", f"{SENDING}succeeded\n"),),
        (
            "tests/core/test_payment_states.py::test_silence_never_closes_and_never_pays",
            f"{PAY}::TestNoAnswer::test_becomes_unknown_and_books_nothing",
        ),
        schedules=50,
    ),
    Bug(
        4,
        "check, then act, without the lock",
        (
            Change(
                "tenantry/records/companies/queries.py",
                "    return Company.objects.select_for_update(no_key=True).get(id=company_id)\n",
                "    return Company.objects.get(id=company_id)\n",
            ),
        ),
        ("tests/actions/test_locks.py::TestPaying::test_waits_its_turn",),
        racer="Pay",
    ),
    Bug(
        5,
        "no index for the one open attempt",
        (
            Change(
                PAYMENTS_TABLES,
                'condition=models.Q(("outcome", "")), fields=("intent",), name="one_open_attempt_per_intent"',
                'fields=("intent", "id"), name="one_open_attempt_per_intent"',
            ),
        ),
        (f"{GUARDS}::TestMoney::test_one_default_one_live_intent_one_open_attempt",),
    ),
    Bug(
        6,
        "no index for the one live intent",
        (
            Change(
                PAYMENTS_TABLES,
                'condition=models.Q(("state__in", ("cancelled", "returned")), _negated=True),\n'
                '                fields=("invoice",),\n',
                'fields=("invoice", "id"),\n',
            ),
        ),
        (f"{GUARDS}::TestMoney::test_one_default_one_live_intent_one_open_attempt",),
    ),
    Bug(
        7,
        "the attempt written after the call",
        (
            Change(
                FLOW,
                "order.by_kind, order.request_key)\n        yield Commit(started.writes)\n"
                "        return (yield from _carry_out(loaded, started.intent, started.attempt,"
                " is_new=started.is_new))",
                "order.by_kind, order.request_key)\n        yield _NOTHING\n"
                "        reply = yield from _create(loaded, started.intent, is_new=started.is_new)\n"
                "        loaded = yield from load_under_lock(Load(invoice_id=order.invoice_id))\n"
                "        yield Commit(started.writes)\n"
                "        return (yield from _carry_out(loaded, started.intent, started.attempt,"
                " is_new=started.is_new, reply=reply))",
            ),
            Change(
                FLOW,
                "attempt: AttemptFacts, *, is_new: bool) -> Flow:",
                "attempt: AttemptFacts, *, is_new: bool, reply=None) -> Flow:",
            ),
            Change(
                FLOW,
                "    reply = yield from _create(loaded, intent, is_new=is_new)\n",
                "    reply = reply or (yield from _create(loaded, intent, is_new=is_new))\n",
            ),
        ),
        (f"{PAY}::TestStraightPath::test_is_committed_before_each_call",),
        schedules=50,
    ),
    Bug(
        8,
        "the call inside the transaction",
        (
            Change(
                DRIVER,
                "                write(effect.writes, actor)\n                open_phase.close()\n",
                "                write(effect.writes, actor)\n",
            ),
            Change(
                DRIVER,
                "            open_phase.close()\n            if isinstance(effect, Call):\n"
                "                answer = _called(effect)\n                continue\n",
                "            if isinstance(effect, Call):\n"
                "                answer = _called(effect)\n                continue\n            open_phase.close()\n",
            ),
        ),
        ("tests/actions/test_reviews.py::TestByHand::test_not_taken_makes_the_invoice_payable_again",),
        stopped_by="inside a database transaction",
    ),
    Bug(
        9,
        "an intent for each attempt instead of each generation",
        (Change(OPENING, "    is_new = before is None or not before.is_live\n", "    is_new = True\n"),),
        (f"{PAY}::TestDeclined::test_the_next_try_is_the_next_attempt_on_the_same_intent",),
        schedules=50,
    ),
    Bug(
        10,
        "confirmed before the id is saved",
        (
            Change(
                FLOW,
                "    yield Commit(done.writes)\n    mine = done.attempt_of(attempt.id)\n",
                "    yield _NOTHING\n    mine = done.attempt_of(attempt.id)\n",
            ),
        ),
        (f"{PAY}::TestStraightPath::test_is_committed_before_each_call",),
        schedules=50,
    ),
    Bug(
        11,
        "sent again without asking",
        (
            Change(
                FLOW,
                "        return _outcome(loaded, intent_id)\n    yield _NOTHING\n"
                "    reply = yield from _call(FindIntent(intent.customer, gateway_id=intent.gateway_id))\n",
                "        return _outcome(loaded, intent_id)\n    yield _NOTHING\n"
                "    reply = GatewayReply(Event.EXISTS, intent.gateway_id, intent.customer, intent.amount)\n",
            ),
        ),
        (f"{RESOLVE}::TestUnknown::test_never_confirms_before_asking",),
        schedules=50,
    ),
    Bug(
        12,
        "sent again by its key after 23 hours",
        (
            Change(
                DUNNING,
                "    return attempt.sent_at is not None and now - attempt.sent_at < KEY_WINDOW\n",
                "    return attempt.sent_at is not None\n",
            ),
        ),
        (f"{RESOLVE}::TestUnknown::test_is_given_up_after_23_hours_instead_of_sent_again",),
    ),
    Bug(
        13,
        "given up without the confirmed cancel",
        (
            Change(
                FLOW,
                '    reply = yield from _call(CancelIntent(f"{intent.create_key}:cancel", intent.gateway_id))\n',
                "    reply = GatewayReply(Event.CANCELLED, intent.gateway_id, intent.customer, intent.amount)\n",
            ),
        ),
        (f"{RESOLVE}::TestGiveUp::test_only_the_gateways_cancel_opens_the_next_generation",),
        schedules=100,
    ),
    Bug(
        14,
        "leaving unknown schedules nothing",
        (
            Change(
                DUNNING,
                "State.CANCELLING:\n            return now + ask_after(intent.times_asked)\n",
                "State.CANCELLING:\n            return None\n",
            ),
        ),
        (
            "tests/core/test_dunning_and_returns.py::TestNextAsk::test_by_state",
            f"{RESOLVE}::TestUnknown::test_is_asked_again_later_and_later_then_daily_with_an_alarm",
        ),
        schedules=50,
    ),
    Bug(
        15,
        "the amount of the answer not compared",
        (
            Change(
                SETTLEMENT,
                "    if reply.amount != intent.amount and (",
                "    if (reply.amount and reply.amount.currency) != intent.amount.currency and (",
            ),
        ),
        (f"{PAY}::TestNotOurs::test_books_nothing_opens_a_review_and_holds_the_billing[change0-amount]",),
        schedules=1500,
    ),
    Bug(
        16,
        "the currency of the answer not compared",
        (
            Change(
                SETTLEMENT,
                "    if reply.amount != intent.amount and (",
                "    if (reply.amount and reply.amount.minor) != intent.amount.minor and (",
            ),
        ),
        (f"{PAY}::TestNotOurs::test_books_nothing_opens_a_review_and_holds_the_billing[change1-amount]",),
        schedules=4000,
    ),
    Bug(
        17,
        "“not sent” booked as declined",
        (
            Change(
                STATES,
                "    if event in (Event.NOT_SENT, Event.NO_ANSWER):\n        return Outcome.NOT_SENT\n",
                "    if event in (Event.NOT_SENT, Event.NO_ANSWER):\n        return Outcome.DECLINED\n",
            ),
        ),
        (f"{PAY}::TestNothingSent::test_a_confirm_that_was_not_sent_can_be_paid_again",),
        schedules=50,
    ),
    Bug(
        18,
        "the method read before the lock",
        (
            Change(
                DRIVER,
                "    company = lock_company(actor.company_id)\n    invoice_id = effect.invoice_id or"
                " queries.invoice_of_intent(actor.company_id, effect.intent_id)\n",
                "    invoice_id = effect.invoice_id or"
                " queries.invoice_of_intent(actor.company_id, effect.intent_id)\n"
                "    used = queries.PaymentAttempt.objects.filter(intent__invoice_id=invoice_id)\n"
                "    early = queries.method_facts(actor.company_id, also=used.values_list('method_id', flat=True))\n"
                "    company = lock_company(actor.company_id)\n",
            ),
            Change(
                DRIVER,
                "    return queries.load(company, invoice, now=clock.now(), new_id=new_id,",
                "    return replace(queries.load(company, invoice, now=clock.now(), new_id=new_id,",
            ),
            Change(
                DRIVER,
                " request_key=effect.request_key, lock=True)\n\n\ndef call(",
                " request_key=effect.request_key, lock=True), methods=early)\n\n\ndef call(",
            ),
            Change(
                DRIVER,
                "from contextlib import ExitStack\n",
                "from contextlib import ExitStack\nfrom dataclasses import replace\n",
            ),
        ),
        ("tests/actions/test_locks.py::TestPaying::test_a_method_that_was_removed_while_it_waited_is_not_charged",),
        racer="Remove",
    ),
)
