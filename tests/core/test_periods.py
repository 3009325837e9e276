from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tenantry.core.periods import (
    BillingPeriod,
    Interval,
    day_start_instant,
    local_date,
    nth_period,
    nth_start,
    period_after,
    period_before,
    period_containing,
)
from tests.core.oracle import first_instant
from tests.core.random_company import ZONES


class TestPeriods:
    def test_the_31st_comes_back_after_february(self) -> None:
        starts = [nth_start(date(2026, 1, 31), n) for n in range(5)]
        assert starts == [
            date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)
        ]  # fmt: skip

    def test_a_leap_day_in_months_and_in_years(self) -> None:
        leap = date(2024, 2, 29)
        assert [nth_start(leap, n) for n in (1, 11, 12, 48)] == [
            date(2024, 3, 29), date(2025, 1, 29), date(2025, 2, 28), date(2028, 2, 29)
        ]  # fmt: skip
        assert [nth_start(leap, n, Interval.YEAR) for n in (1, 4)] == [date(2025, 2, 28), date(2028, 2, 29)]

    @pytest.mark.parametrize("interval", list(Interval))
    def test_periods_tile_for_every_anchor(self, interval: Interval) -> None:
        """I-17: consecutive, half-open, no gap, no overlap; the day is min(anchor, last day of the month)."""
        for day in range(1, 32):
            anchor = date(2023, 12, day)
            periods = [nth_period(anchor, n, interval) for n in range(-60, 120)]
            for one, following in pairwise(periods):
                assert one.end == following.start
                assert period_after(anchor, one, interval) == following
                assert period_before(anchor, following, interval) == one
            for period in periods:
                last_of_month = (period.start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
                assert period.start.day == min(day, last_of_month.day)

    def test_each_day_belongs_to_exactly_one_period(self) -> None:
        for day in (1, 15, 28, 29, 30, 31):
            anchor = date(2023, 12, day)
            for interval in Interval:
                for offset in range(-800, 800):
                    today = anchor + timedelta(days=offset)
                    period = period_containing(anchor, today, interval)
                    assert today in period
                    assert period.start not in period_before(anchor, period, interval)
                    assert period.end not in period

    def test_a_period_has_days(self) -> None:
        february = BillingPeriod(date(2028, 2, 1), date(2028, 3, 1))
        assert (february.days, february.last_day) == (29, date(2028, 2, 29))
        with pytest.raises(ValueError, match="ends after it starts"):
            BillingPeriod(date(2028, 2, 1), date(2028, 2, 1))


class TestDays:
    @pytest.mark.parametrize(
        ("day", "zone", "expected"),
        [
            (date(2026, 11, 1), "America/Chicago", "2026-11-01T05:00"),
            (date(2026, 11, 2), "America/Chicago", "2026-11-02T06:00"),  # the clock was set back on the 1st
            (date(2022, 9, 11), "America/Santiago", "2022-09-11T04:00"),  # 00:00 does not exist: it starts at 01:00
            (date(2024, 3, 31), "Asia/Beirut", "2024-03-30T22:00"),  # neither here
            (date(2023, 4, 28), "Africa/Cairo", "2023-04-27T22:00"),
            (date(2026, 11, 1), "America/Havana", "2026-11-01T04:00"),  # midnight comes twice: the first
            (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00"),  # the whole day does not exist
            (date(2011, 12, 31), "Pacific/Apia", "2011-12-30T10:00"),
            (date(2026, 1, 1), "Asia/Kathmandu", "2025-12-31T18:15"),
        ],
    )
    def test_a_day_starts_at_its_first_instant(self, day: date, zone: str, expected: str) -> None:
        assert day_start_instant(day, zone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)

    def test_a_jump_that_begins_before_midnight(self) -> None:
        # Toronto, 31 March 1919: 23:30 became 00:30, and that was the first instant of the 31st
        assert day_start_instant(date(1919, 3, 31), "America/Toronto") == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)

    def test_the_hour_after_a_midnight_that_was_taken_back_belongs_to_the_new_day(self) -> None:
        # St John's, 7 November 2010: at 00:01 the clock went back to 23:01 of the 6th
        zone = "America/St_Johns"
        starts_at = day_start_instant(date(2010, 11, 7), zone)
        assert starts_at == datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
        again = starts_at + timedelta(minutes=30)
        assert again.astimezone(ZoneInfo(zone)).date() == date(2010, 11, 6)
        assert local_date(again, zone) == date(2010, 11, 7)

    def test_dates_never_go_back(self) -> None:
        for zone in ("America/St_Johns", *ZONES):
            at = datetime(2010, 10, 25, tzinfo=UTC)
            days = [local_date(at + timedelta(minutes=20 * n), zone) for n in range(72 * 30)]
            assert days == sorted(days)

    def test_every_zone_agrees_with_a_scan_of_its_wall_clock(self) -> None:
        """Each change of each zone in 2022 to 2024, and the days around it."""
        missing = 0
        for zone in sorted(available_timezones()):
            for day in _days_of_change(zone):
                starts_at = day_start_instant(day, zone)
                assert starts_at == first_instant(day, zone), f"{zone} {day}"
                assert local_date(starts_at, zone) == day
                assert local_date(starts_at - timedelta(seconds=1), zone) == day - timedelta(days=1)
                missing += starts_at.astimezone(ZoneInfo(zone)).hour != 0
        assert missing >= 20  # so that the case is known to have been met

    def test_a_local_date_is_that_of_the_zone(self) -> None:
        late = datetime(2026, 11, 12, 5, 30, tzinfo=UTC)
        assert local_date(late, "America/Chicago") == date(2026, 11, 11)
        assert local_date(late, "UTC") == date(2026, 11, 12)

    def test_days_tile_the_time_line(self) -> None:
        random = Random("tile")
        for zone in ZONES:
            for _ in range(200):
                at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(60 * 24 * 365 * 7))
                day = local_date(at, zone)
                assert day_start_instant(day, zone) <= at < day_start_instant(day + timedelta(days=1), zone)


def _days_of_change(zone: str) -> list[date]:
    """Find the days around each change of a zone's offset in 2022 to 2024, week by week."""
    info, found = ZoneInfo(zone), []
    for week in range(156):
        noon = datetime(2022, 1, 1, 12, tzinfo=UTC) + timedelta(days=7 * week)
        days = [noon + timedelta(days=n) for n in range(8)]
        if days[0].astimezone(info).utcoffset() != days[7].astimezone(info).utcoffset():
            for one, following in pairwise(days):
                if one.astimezone(info).utcoffset() != following.astimezone(info).utcoffset():
                    found += [one.date(), following.date(), following.date() + timedelta(days=1)]
    return found
