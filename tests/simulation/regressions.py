"""Seeds that once failed. Each is run at every change; what it showed also has a test of its own, named here.

A seed means the same as long as the world draws in the same order. After a change of the world it is one more seed, so
the test named beside it is what holds.
"""

from __future__ import annotations

REGRESSIONS = {
    12: "What was given up before its late create was known raised an alarm in the daily comparison, and held the"
    " billing (test_one_that_was_closed_before_its_id_was_known_moved_nothing_either).",
    56: "Who paid by one form was told of another form's attempt (TestAnotherAttempt).",
    180: "A company counted as compared although the truth of a payment could not be read; after three such days a"
    " lost dispute was forgotten (test_a_truth_that_was_not_read_counts_as_not_compared).",
    857: "A decline that forbids another try was lost in a restore, and the card was charged again"
    " (test_a_lost_decline_that_forbids_another_try_blocks_the_method_again).",
    3797: "After a forgotten restore a payment was asked for again under its key with another card, and the row kept"
    " that card (test_a_payment_under_a_lost_key_is_of_the_card_that_was_charged).",
    8667: "An invoice that was taken at another amount than is due could be paid again, and that failed with an error"
    " (test_taken_at_another_amount_than_is_due_waits_for_a_person).",
    9057: "A payment that was closed before anybody confirmed it was not taken up after a restore, but a later one of"
    " its invoice was (test_lost_generations_that_were_never_confirmed_come_back_closed_before_a_later_one).",
    10880: "A return whose truth came bent twice and then once as if nothing had happened was not asked about again"
    " (test_one_calm_answer_ends_no_asking_while_nobody_has_judged_it).",
    11077: "Credit that a bank took back after an invoice had used it left a debt that nothing asked for"
    " (test_what_was_overpaid_and_used_is_asked_for_again_when_it_goes_back).",
    11217: "As 9057, with three companies.",
    15917: "As 11077, three months later.",
    17267: "As 9057, the later one having been declined.",
    23127: "A confirm that had not arrived stayed unknown for as long as another payment held the company's billing"
    " (test_is_given_up_while_billing_is_held_too).",
}
