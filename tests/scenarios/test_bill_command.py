"""`tenantry bill`, as a process of its own: by date, one company, looking only, twice at once, killed half-way."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tenantry.core.periods import local_date, nth_start
from tests.builders import Place, open_place, set_up_plan, subscribe
from tests.database import TestServer
from tests.operations import processes
from tests.untouched import Unchanged

ZONE = "America/Denver"
MONTHS = 30
SLUGS = ("anna", "bert", "cora", "dora")
Bill = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def first_day() -> date:
    """The day on which the companies began: so many months ago."""
    return nth_start(local_date(datetime.now(UTC), ZONE), -MONTHS)


@pytest.fixture
def places(database: str, first_day: date) -> list[Place]:
    """Companies on a flat plan that were never billed."""
    began = datetime(first_day.year, first_day.month, first_day.day, 18, tzinfo=UTC)
    set_up_plan(amount_minor=29900, now=began)
    found = [open_place(slug, now=began) for slug in SLUGS]
    for place in found:
        subscribe(place, now=began)
    return found


@pytest.fixture
def bill(postgres: TestServer, database: str, tmp_path: Path) -> Bill:
    """Give `bill(*options)`: the command, started as an operator would, with the app role's rights only."""

    def start(*options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            processes.python("-m", "tenantry", "bill", *options),
            env=processes.environment(
                DATABASE_URL=postgres.named(postgres.app_url, database),
                TENANTRY_HOME=str(tmp_path),
                TENANTRY_SECRET_KEY="only-for-tests",
                TENANTRY_LINK_KEYS='[["1", "only-for-tests"]]',
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def numbers(postgres: TestServer, database: str) -> Callable[[], list[tuple[str, int, date]]]:
    """Give `numbers()`: company, number and first day of each invoice."""
    question = """
        select c.slug, i.sequence, i.period_start from tenantry_invoices_invoice i
        join tenantry_companies_company c on c.id = i.company_id order by c.slug, i.sequence
    """

    def ask() -> list[tuple[str, int, date]]:
        with psycopg.connect(postgres.named(postgres.superuser_url, database)) as connection:
            return [(str(row[0]), int(row[1]), row[2]) for row in connection.execute(question)]

    return ask


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a command; give its answer and what it said on both ways."""
    said, complained = process.communicate(timeout=120)
    return process.returncode, said, complained


def in_full(first: date, months: int) -> list[tuple[str, int, date]]:
    """Give what is to stand in the books: every month of every company once, numbered without a gap."""
    return [(slug, n + 1, nth_start(first, n)) for slug in SLUGS for n in range(months)]


def test_looking_writes_nothing_and_names_each_period(
    places: list[Place], bill: Bill, unchanged: Unchanged, first_day: date
) -> None:
    ahead = (local_date(datetime.now(UTC), ZONE) + timedelta(days=40)).isoformat()
    with unchanged():
        code, said, _ = ended(bill("--dry-run", "--date", ahead))
        as_json = ended(bill("--dry-run", "--date", ahead, "--company", "bert", "--json"))
    assert code == 0
    # All months until today's, today's, and the one that begins in 28 to 31 days: the first of them is rated.
    assert said.splitlines()[-1] == f"{4 * (MONTHS + 2)} invoices would be issued. Nothing was written."
    assert [line.split()[0] for line in said.splitlines()[:-1]] == list(SLUGS)
    assert all(line.endswith(f"$299.00  and {MONTHS + 1} later") for line in said.splitlines()[:-1])
    (only,) = json.loads(as_json[1])["would_issue"]
    assert (only["company"], only["total"], only["later"]) == ("bert", "$299.00", MONTHS + 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--date", "2999-01-01"), "A date in the future can only be looked at: add --dry-run."),
        (("--company", "nobody"), "There is no company at nobody."),
        (("--date", "2026-02-30"), "'2026-02-30' is not a date like 2026-11-03"),
    ],
)
def test_wrong_use_is_said_and_changes_nothing(
    places: list[Place], bill: Bill, unchanged: Unchanged, options: tuple[str, ...], words: str
) -> None:
    with unchanged():
        code, said, complained = ended(bill(*options))
    assert (code, said) == (2, "")
    assert words in complained


def test_a_past_date_bills_what_was_due_by_then_then_the_rest(
    places: list[Place], bill: Bill, numbers: Callable[[], list[tuple[str, int, date]]], first_day: date
) -> None:
    day = nth_start(first_day, 2) + timedelta(days=3)
    code, said, _ = ended(bill("--date", day.isoformat(), "--company", "cora"))
    assert (code, said) == (0, "Companies due: 1. Invoices issued: 3. Set aside: 0.\n")
    assert numbers() == [("cora", n + 1, nth_start(first_day, n)) for n in range(3)]
    code, said, _ = ended(bill("--json"))
    wanted = {"companies": 4, "issued": 4 * (MONTHS + 1) - 3, "set_aside": [], "busy": []}
    assert (code, json.loads(said)) == (0, wanted)
    assert numbers() == in_full(first_day, MONTHS + 1)
    assert ended(bill())[:2] == (0, "Companies due: 0. Invoices issued: 0. Set aside: 0.\n")


def test_two_at_once_bill_each_month_once(
    places: list[Place], bill: Bill, numbers: Callable[[], list[tuple[str, int, date]]], first_day: date
) -> None:
    both = [bill("--json") for _ in range(2)]
    told = [ended(process) for process in both]
    assert [code for code, _, _ in told] == [0, 0]
    assert sum(json.loads(said)["issued"] for _, said, _ in told) == 4 * (MONTHS + 1)
    assert numbers() == in_full(first_day, MONTHS + 1)


def test_killed_half_way_it_goes_on_without_a_gap(
    places: list[Place], bill: Bill, numbers: Callable[[], list[tuple[str, int, date]]], first_day: date
) -> None:
    for at_least in (1, 40):
        process = bill()
        while len(numbers()) < at_least and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        found = numbers()
        assert at_least <= len(found) < 4 * (MONTHS + 1)
        # What was committed is whole: no number without its month, no month twice.
        assert set(found) <= set(in_full(first_day, MONTHS + 1))
        assert len(found) == len(set(found))
    assert ended(bill())[0] == 0
    assert numbers() == in_full(first_day, MONTHS + 1)
