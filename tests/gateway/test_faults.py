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
    ],
)
def test_a_fault_is_read(text: str, fault: Fault) -> None:
    assert parse(text) == fault
    assert parse(fault.text) == fault


@pytest.mark.parametrize("text", ["", "flood", "slow:nan", "slow:-1", "slow:x", "garbage:1", "timeout_after:99999"])
def test_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text)


def test_every_kind_says_whether_it_executes_and_answers() -> None:
    table = {kind.value: (Fault(kind).executes, Fault(kind).answers) for kind in FaultKind}
    assert table == {
        "decline": (True, True),
        "timeout_before": (False, False),
        "timeout_after": (True, False),
        "cut_before": (False, False),
        "cut_after": (True, False),
        "error_before": (False, False),
        "error_after": (True, False),
        "busy": (False, True),
        "garbage": (True, False),
        "wrong_amount": (True, True),
        "wrong_currency": (True, True),
        "wrong_object": (True, True),
        "slow": (True, True),
    }


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
