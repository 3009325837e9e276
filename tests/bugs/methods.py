"""Bugs 28 to 31: cards and bank accounts on file."""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

RULES = "tenantry/core/payment_methods.py"

BUGS = (
    Bug(
        28,
        "no index for the one default",
        (
            Change(
                "tenantry/records/payments/migrations/0001_initial.py",
                'condition=models.Q(("is_default", True)), fields=("company_id",), name="one_default_method"',
                'condition=models.Q(("is_default", True)), fields=("company_id", "id"), name="one_default_method"',
            ),
        ),
        ("tests/actions/test_guards.py::TestMoney::test_one_default_one_live_intent_one_open_attempt",),
    ),
    Bug(
        29,
        "the number of rows of Make Default not checked",
        (
            Change(
                "tenantry/records/payments/methods.py",
                "    if rows.filter(id=method_id).update(is_default=True) != 1:\n        raise RowsMoved(method_id)\n",
                "    rows.filter(id=method_id).update(is_default=True)\n",
            ),
        ),
        ("tests/actions/test_methods_kept.py::TestMakeDefault::test_rows_that_moved_roll_back",),
    ),
    Bug(
        30,
        "removed while a payment is in progress",
        (Change(RULES, "    if method.is_in_use:\n", "    if method.is_in_use and method.is_removed:\n"),),
        ("tests/core/test_payment_methods.py::TestRemovable::test_neither_default_nor_in_use",),
        racer="Remove",
    ),
    Bug(
        31,
        "a bank account that waits for its verification can be the default",
        (
            Change(RULES, "from dataclasses import dataclass\n", "from dataclasses import dataclass, replace\n"),
            Change(
                RULES,
                "    return why_not_usable(method, today)\n\n\ndef why_not_removable",
                "    return why_not_usable(replace(method, is_verified=True), today)\n\n\ndef why_not_removable",
            ),
        ),
        ("tests/core/test_payment_methods.py::TestDefault::test_only_what_can_be_charged_may_become_it",),
    ),
)
