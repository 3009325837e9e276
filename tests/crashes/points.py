"""The points of each workload, in the order in which it passes them: a point before and a point after each.

A verb that gains a commit or a call has a place more where it can end; the tests fail until it stands here.
"""

from __future__ import annotations

_PASSED = """
pay · commit of pay · create_intent by pay · commit of pay · confirm by pay · commit of pay
pay, declined · commit of pay · create_intent by pay · commit of pay · confirm by pay · commit of pay
pay after a decline · commit of pay · confirm by pay · commit of pay
pay, the bank asks · commit of pay · create_intent by pay · commit of pay · confirm by pay · commit of pay
come back from the bank · commit of settle · find by settle · commit of settle
give up a payer · commit of resolve · find by resolve · commit of resolve · commit of resolve · find by resolve · commit of resolve · commit of resolve · cancel by resolve · commit of resolve
collect · commit of collect · commit of collect · create_intent by collect · commit of collect · confirm by collect · commit of collect
look at a charge · commit of settle · find by settle · commit of settle
hear of a charge · commit of accept_gateway_event
follow what was heard · commit of heed · find by heed · commit of heed · commit of apply_gateway_event
refund · commit of refund · find_refund by refund · refund by refund · commit of refund
ask: a refund went out · commit of resolve · find by resolve · commit of resolve · commit of resolve_refund · find_refund by resolve_refund · commit of resolve_refund
ask: a refund never arrived · commit of resolve · find by resolve · commit of resolve · commit of resolve_refund · find_refund by resolve_refund · commit of resolve_refund
hear of a refund by hand · list_changes by apply_gateway_event._refunds · commit of take_in · commit of apply_gateway_event
compare books · list_changes by reconcile_gateway · commit of take_up · commit of take_up · find by take_up · commit of take_up · commit of reconcile_gateway._pass · commit of end_recovery
compare books after a restore · find_customer by reconcile_gateway._lost_customer · commit of reconcile_gateway._lost_customer · list_changes by reconcile_gateway · read_method by _lost_methods.known_or_kept · commit of _lost_methods._keep · commit of take_up · commit of take_up · commit of take_up · find by take_up · commit of take_up · commit of reconcile_gateway._pass · commit of end_recovery
compare books, never confirmed · list_changes by reconcile_gateway · commit of take_up · cancel by take_up · commit of take_up · commit of reconcile_gateway._pass · commit of end_recovery
compare books with a stranger · list_changes by reconcile_gateway · commit of begin_recovery · commit of reconcile_gateway._put_before_a_person · commit of reconcile_gateway._pass · commit of end_recovery
begin a recovery · commit of begin_recovery
end a recovery · commit of end_recovery
read payouts · commit of read_payouts · list_payouts by read_payouts · commit of read_payouts._book · commit of read_payouts._clear · commit of read_payouts._book
end a review · commit of close_review._ended
end a review by a person's word · commit of close_review._ended · commit of settle_by_hand · find by settle_by_hand · commit of settle_by_hand
end a refund's review by a person's word · commit of close_review._ended · commit of settle_refund_by_hand · find_refund by settle_refund_by_hand · commit of settle_refund_by_hand
ask: it was taken · commit of resolve · find by resolve · commit of resolve
ask: it never arrived · commit of resolve · find by resolve · commit of resolve · confirm by resolve · commit of resolve
ask: it was declined · commit of resolve · find by resolve · commit of resolve
ask: it never arrived, too late · commit of resolve · find by resolve · commit of resolve · commit of resolve · cancel by resolve · commit of resolve
ask: a debit came back · commit of resolve · find by resolve · commit of resolve · commit of resolve · find by resolve · commit of resolve
bill · commit of run_billing · commit of issue_invoices · commit of bill_companies._note
print · print by store_document · commit of store_document
mail · commit of send_notice · mail by send_notice · commit of send_notice
credit · commit of make_way · commit of issue_credit_note._issue
print a credit note · print by store_credit_note_document · commit of store_credit_note_document._keep
credit after a decline · commit of make_way · commit of make_way · cancel by make_way · commit of make_way · commit of make_way · commit of issue_credit_note._issue
void · commit of make_way · commit of void_invoice._void
write off · commit of make_way · commit of write_off_invoice._write_off
start a setup · commit of start_method_setup._check · create_setup by start_method_setup · commit of start_method_setup._keep
start the first setup · commit of start_method_setup._check · create_customer by start_method_setup._make_customer · commit of start_method_setup._save_customer · create_setup by start_method_setup · commit of start_method_setup._keep
add · read_setup by add_payment_method · commit of add_payment_method._save
add the same card twice · read_setup by add_payment_method · commit of add_payment_method._save · detach_method by add_payment_method._forget
renew a card · read_setup by add_payment_method · commit of add_payment_method._save · detach_method by add_payment_method
remove · commit of remove_payment_method._remove · detach_method by remove_payment_method
make default · commit of make_default
verify · commit of verify_bank_account._token · verify_bank_account by verify_bank_account · commit of verify_bank_account._verified
verify, wrong amounts · commit of verify_bank_account._token · verify_bank_account by verify_bank_account · commit of verify_bank_account._not_matching
remind · commit of remind_of_expiry
enable · commit of enable_addon
disable · commit of disable_addon
change a price · commit of publish_price
count seats · commit of record_seats
"""  # noqa: E501 - a line is a workload


def _read(text: str) -> dict[str, tuple[str, ...]]:
    rows = (line.split(" · ") for line in text.strip().splitlines())
    return {name: tuple(events) for name, *events in rows}


PASSED = _read(_PASSED)


def points_of(name: str) -> list[tuple[str, int]]:
    """Give each point of a workload with each of its hits, in order."""
    trace = trace_of(name)
    return [(point, trace[: at + 1].count(point)) for at, point in enumerate(trace)]


def trace_of(name: str) -> list[str]:
    """Give the points of a workload as it passes them."""
    return [f"{side} {event}" for event in PASSED[name] for side in ("before", "after")]
