"""Faults strike whom they should, as often as they should, and the same way for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox_gateway import codec
from sandbox_gateway.faults import Fault, FaultKind, FaultPlan, FaultRates, FaultRule, FaultShare, parse


def struck(plan: FaultPlan, calls: int, operation: str = "confirm_intent", customer: str = "cus_a") -> list[str]:
    found = []
    for _ in range(calls):
        fault, plan = plan.choose(operation=operation, customer=customer)
        found.append(fault.text if fault else "")
    return found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("decline", Fault(FaultKind.DECLINE, code="generic_decline")),
        ("decline:lost_card", Fault(FaultKind.DECLINE, code="lost_card")),
        ("timeout_before", Fault(FaultKind.TIMEOUT_BEFORE, seconds=30.0)),
        ("timeout_after:0.5", Fault(FaultKind.TIMEOUT_AFTER, seconds=0.5)),
        ("slow:2", Fault(FaultKind.SLOW, seconds=2.0)),
        ("garbage", Fault(FaultKind.GARBAGE)),
        ("pending", Fault(FaultKind.PENDING, number=10)),
        ("pending:8", Fault(FaultKind.PENDING, number=8)),
        ("returned:R61", Fault(FaultKind.RETURNED, code="R61")),
        ("returned_late", Fault(FaultKind.RETURNED_LATE, code="R10", number=60)),
        ("returned_late:R07:30", Fault(FaultKind.RETURNED_LATE, code="R07", number=30)),
        ("dispute_won:duplicate:100", Fault(FaultKind.DISPUTE_WON, code="duplicate", number=100)),
        ("stale:60", Fault(FaultKind.STALE, seconds=60.0)),
        ("late", Fault(FaultKind.LATE)),
        ("late:259200", Fault(FaultKind.LATE, seconds=259200.0)),
        ("doubled", Fault(FaultKind.DOUBLED)),
        ("doubled:5", Fault(FaultKind.DOUBLED, number=5)),
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    assert parse(text) == fault
    assert parse(fault.text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "flood",
        "slow:nan",
        "slow:-1",
        "slow:x",
        "garbage:1",
        "timeout_after:99999",
        "decline:Lost Card",
        "decline:lost_card:1",
        "returned:X01",
        "returned:R1",
        "returned_late:R01:731",
        "returned_late:R01:x",
        "pending:0",
        "doubled:1",
        "doubled:6",
        "late:259201",
        "lost:1",
    ],
)
def test_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text)


def test_every_kind_says_whether_it_executes_and_answers() -> None:
    not_executed = {"timeout_before", "cut_before", "error_before", "busy"}
    unanswered = {"timeout_before", "timeout_after", "cut_before", "cut_after", "cut_answer", "error_before"}
    unanswered |= {"error_after", "garbage"}
    assert {kind.value for kind in FaultKind if not Fault(kind).executes} == not_executed
    assert {kind.value for kind in FaultKind if not Fault(kind).answers} == unanswered


def test_every_kind_strikes_where_it_can() -> None:
    can = {
        kind.value: [
            name
            for name in ("confirm_intent", "verify_method", "list_intents", "read_intent", "webhook")
            if Fault(kind).strikes(name)
        ]
        for kind in FaultKind
    }
    calls = ["confirm_intent", "verify_method", "list_intents", "read_intent"]
    of_a_confirm = {
        "decline",
        "asks_payer",
        "pending",
        "returned",
        "returned_late",
        "dispute_lost",
        "dispute_won",
        "key_forgotten",
    }
    of_webhooks = {"lost", "doubled", "late", "reordered", "forged", "replayed", "unknown_type", "other_mode"}
    of_webhooks |= {"other_account", "other_version", "too_big"}
    assert {name for name, where in can.items() if where == ["confirm_intent"]} == of_a_confirm
    assert {name for name, where in can.items() if where == ["webhook"]} == of_webhooks
    assert (can["wrong_deposits"], can["stale"]) == (["verify_method"], ["list_intents"])
    others = set(can) - of_a_confirm - of_webhooks - {"wrong_deposits", "stale"}
    assert {name: can[name] for name in others} == dict.fromkeys(others, calls)


def test_a_rule_waits_for_a_call_that_it_can_strike() -> None:
    plan = FaultPlan(rules=(FaultRule(parse("decline:lost_card"), times=1), FaultRule(parse("lost"), times=1)))
    assert struck(plan, 2, operation="read_intent") == ["", ""]
    assert struck(plan, 2) == ["decline:lost_card", ""]
    assert struck(plan, 2, operation="webhook") == ["lost", ""]


def test_chance_passes_over_what_it_can_not_strike() -> None:
    plan = FaultPlan(rates=FaultRates(seed=1, shares=(FaultShare(parse("lost"), 1_000_000),)))
    assert struck(plan, 2) == ["", ""]
    assert struck(plan, 2, operation="webhook") == ["lost", "lost"]


def test_a_header_that_can_not_strike_is_refused() -> None:
    with pytest.raises(ValueError, match="stale can't strike confirm_intent"):
        FaultPlan().choose(operation="confirm_intent", customer="", header="stale")
    fault, _ = FaultPlan().choose(operation="confirm_intent", customer="", header="lost")
    assert fault == Fault(FaultKind.LOST)


def test_a_rule_strikes_one_customer_so_many_times() -> None:
    plan = FaultPlan(rules=(FaultRule(parse("cut_after"), customer="cus_a", times=2),))
    assert struck(plan, 3) == ["cut_after", "cut_after", ""]
    assert struck(plan, 2, customer="cus_b") == ["", ""]


def test_a_rule_strikes_one_operation_for_ever() -> None:
    plan = FaultPlan(rules=(FaultRule(parse("busy"), operation="create_intent"),))
    assert struck(plan, 3, operation="create_intent") == ["busy"] * 3
    assert struck(plan, 1) == [""]


def test_the_next_rule_takes_over() -> None:
    rules = (FaultRule(parse("cut_after"), times=1), FaultRule(parse("garbage"), times=1))
    assert struck(FaultPlan(rules=rules), 3) == ["cut_after", "garbage", ""]


def test_the_header_goes_first_and_uses_no_rule_up() -> None:
    plan = FaultPlan(rules=(FaultRule(parse("garbage"), times=1),))
    fault, after = plan.choose(operation="x", customer="", header="slow:1")
    assert fault == Fault(FaultKind.SLOW, seconds=1.0)
    assert after.rules == plan.rules


def test_chance_is_the_same_for_the_same_seed_and_keeps_its_rate() -> None:
    shares = (FaultShare(parse("cut_after"), 100_000), FaultShare(parse("cut_before"), 200_000))
    plan = FaultPlan(rates=FaultRates(seed=7, shares=shares))
    first = struck(plan, 10_000)
    assert first == struck(plan, 10_000)
    assert first != struck(FaultPlan(rates=FaultRates(seed=8, shares=shares)), 10_000)
    counted = Counter(first)
    assert abs(counted["cut_after"] - 1000) < 120
    assert abs(counted["cut_before"] - 2000) < 160


def test_chance_can_be_kept_to_one_operation() -> None:
    rates = FaultRates(seed=1, shares=(FaultShare(parse("busy"), 1_000_000),), operation="confirm_intent")
    assert struck(FaultPlan(rates=rates), 2) == ["busy", "busy"]
    assert struck(FaultPlan(rates=rates), 2, operation="read_intent") == ["", ""]


def test_a_plan_survives_being_written_down() -> None:
    plan = FaultPlan(
        rules=(FaultRule(parse("decline:lost_card"), customer="cus_a", times=3),),
        rates=FaultRates(seed=7, shares=(FaultShare(parse("slow:1.5"), 5),), operation="x"),
        judged=12,
    )
    assert codec.loads(FaultPlan, codec.dumps(plan)) == plan
