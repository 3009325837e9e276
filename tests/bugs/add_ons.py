"""Bugs 46 to 48: what is on, and what that costs. (45 is about the snapshot of entitlements, which isn't built.)"""

from __future__ import annotations

from tests.bugs.bug import Bug, Change

BUREAUS = "alarm_crm/views/credit_bureaus.py"

BUGS = (
    Bug(
        46,
        "a write path without its guard: only the button is hidden",
        (
            Change(BUREAUS, "@require_addon(FEATURE)\ndef new_bureau(", "def new_bureau("),
            Change(
                BUREAUS,
                "            writing_with(page.company_id, FEATURE), lambda: _insert(",
                "            writing(page), lambda: _insert(",
            ),
            Change(BUREAUS, "Tone, company_page\n", "Tone, company_page, writing\n"),
        ),
        ("tests/faces/test_alarm_crm_bureaus.py::TestOff::test_direct_addresses_and_writes_are_refused",),
    ),
    Bug(
        47,
        "the quote's fingerprint not compared",
        (
            Change(
                "tenantry/actions/subscriptions/enable_addon.py",
                "        if quote.fingerprint != confirmed.fingerprint:\n",
                "        if not confirmed.fingerprint:\n",
            ),
        ),
        (
            "tests/actions/test_add_ons.py::TestEnableRefused::test_with_the_quote_of_an_older_price",
            "tests/actions/test_add_ons.py::TestEnableRefused::test_when_the_seats_changed",
        ),
    ),
    Bug(
        48,
        "a charge for each click",
        (
            Change(
                "tenantry/core/proration.py",
                "        span = _span(stretch, line, next_first)\n",
                "        span = _span(stretch, line, len(line))\n",
            ),
        ),
        (
            "tests/core/test_rating.py::TestSwitchedWithinAPeriod::test_any_number_of_switches_in_one_day_costs_that_day",
        ),
        schedules=1500,
    ),
)
