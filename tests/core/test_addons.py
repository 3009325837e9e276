from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core.addons import (
    AddOnFacts,
    MayConfigure,
    MayDisable,
    MayEnable,
    OnPeriod,
    Others,
    is_on,
    may_configure,
    may_confirm_enable,
    may_disable,
    may_enable,
    period_at,
)
from tenantry.core.refusal import Refusal
from tests.core.sample import at

NOW = at("2026-11-12 09:00")
MARCH = OnPeriod(at("2026-03-04"))
PAST = OnPeriod(at("2026-03-04"), at("2026-05-01"))
OFF = AddOnFacts("cc", is_offered=True, places=2)
ON = replace(OFF, periods=(PAST, OnPeriod(at("2026-06-01"))))
NOT_OFFERED = replace(OFF, is_offered=False)


KNOWN = frozenset({"cc", "edoc", "payable", "old"})


def enable(addon: AddOnFacts, *on_codes: str, has_usable_method: bool = True) -> MayEnable | Refusal:
    others = Others(KNOWN, frozenset(on_codes))
    return may_enable(addon, NOW, others=others, has_usable_method=has_usable_method)


class TestIsOn:
    def test_from_its_first_instant_until_before_its_last(self) -> None:
        period = OnPeriod(NOW, NOW + timedelta(hours=1))
        tick = timedelta(microseconds=1)
        moments = (NOW - tick, NOW, NOW + timedelta(hours=1) - tick, NOW + timedelta(hours=1))
        assert [is_on((period,), moment) for moment in moments] == [False, True, True, False]

    def test_without_an_end_until_further_notice(self) -> None:
        assert is_on((MARCH,), NOW)
        assert not is_on((), NOW)
        assert not is_on((OnPeriod(NOW, NOW),), NOW)

    def test_an_end_in_the_future_is_not_here_yet(self) -> None:
        later = OnPeriod(at("2026-03-04"), NOW + timedelta(days=1))
        assert period_at((PAST, later), NOW) is later


class TestMayEnable:
    def test_what_is_offered_and_off(self) -> None:
        assert enable(OFF) == MayEnable(0)
        assert enable(replace(OFF, periods=(PAST,), terms_version=3)) == MayEnable(3)

    def test_what_is_not_offered_does_not_exist(self) -> None:
        assert enable(replace(NOT_OFFERED, needs=("x",))) == Refusal("not_offered", {"addon": "cc"})

    @pytest.mark.parametrize("is_offered", [True, False])
    def test_what_is_on_is_on(self, is_offered: bool) -> None:
        refusal = enable(replace(ON, is_offered=is_offered))
        assert refusal == Refusal("already_enabled", {"addon": "cc", "since": at("2026-06-01")})

    def test_what_it_needs_and_what_it_excludes_is_named(self) -> None:
        addon = replace(OFF, needs=("edoc", "payable"), excludes=("old",))
        assert enable(addon, "payable") == Refusal("addon_needs_another", {"addon": "cc", "needs": ("edoc",)})
        assert enable(addon, "payable", "edoc", "old") == Refusal(
            "addon_excludes_another", {"addon": "cc", "excludes": ("old",)}
        )
        assert enable(addon, "payable", "edoc") == MayEnable(0)

    def test_what_it_needs_and_the_company_is_not_offered_is_out_of_its_reach(self) -> None:
        addon = replace(OFF, needs=("edoc", "elsewhere"))
        for on_codes in ((), ("edoc",)):
            refusal = enable(addon, *on_codes)
            needs = tuple(code for code in addon.needs if code not in on_codes)
            assert refusal == Refusal("addon_needs_unoffered", {"addon": "cc", "needs": needs})

    def test_a_method_is_asked_for_only_where_the_vendor_says_so(self) -> None:
        assert enable(OFF, has_usable_method=False) == MayEnable(0)  # D3
        needing = replace(OFF, needs_method=True)
        assert enable(needing, has_usable_method=False) == Refusal("method_required", {"addon": "cc"})
        assert enable(needing) == MayEnable(0)

    @pytest.mark.parametrize(("accepted", "allowed"), [(0, False), (2, False), (3, True), (4, False)])
    def test_the_terms_in_force_are_accepted_at_confirm(self, accepted: int, allowed: bool) -> None:
        addon = replace(OFF, terms_version=3)
        answer = may_confirm_enable(
            addon, NOW, others=Others(), has_usable_method=True, accepted_terms_version=accepted
        )
        refused = Refusal("terms_required", {"addon": "cc", "terms_version": 3})
        assert answer == (MayEnable(3) if allowed else refused)

    def test_without_terms_nothing_is_asked_for(self) -> None:
        for accepted in (0, 7):
            answer = may_confirm_enable(
                OFF, NOW, others=Others(), has_usable_method=True, accepted_terms_version=accepted
            )
            assert answer == MayEnable(0)

    def test_confirm_asks_everything_else_too(self) -> None:
        answer = may_confirm_enable(ON, NOW, others=Others(), has_usable_method=True, accepted_terms_version=0)
        assert answer == Refusal("already_enabled", {"addon": "cc", "since": at("2026-06-01")})


class TestMayDisable:
    @pytest.mark.parametrize("is_offered", [True, False])
    def test_what_is_on(self, is_offered: bool) -> None:
        assert may_disable(replace(ON, is_offered=is_offered), NOW) == MayDisable(at("2026-06-01"))

    def test_what_is_off(self) -> None:
        already = Refusal("already_disabled", {"addon": "cc"})
        assert may_disable(OFF, NOW) == already
        assert may_disable(replace(NOT_OFFERED, periods=(PAST,)), NOW) == already
        assert may_disable(NOT_OFFERED, NOW) == Refusal("not_offered", {"addon": "cc"})

    def test_not_while_another_needs_it(self) -> None:
        refusal = may_disable(ON, NOW, needed_by=("edoc",))
        assert refusal == Refusal("addon_needed_by_another", {"addon": "cc", "needed_by": ("edoc",)})


class TestMayConfigure:
    def test_what_is_on_and_has_places(self) -> None:
        assert may_configure(ON, NOW) == MayConfigure(2)
        assert may_configure(OFF, NOW) == Refusal("not_enabled", {"addon": "cc"})
        assert may_configure(NOT_OFFERED, NOW) == Refusal("not_offered", {"addon": "cc"})

    def test_nothing_to_configure_is_said_first(self) -> None:
        for addon in (ON, OFF):
            assert may_configure(replace(addon, places=0), NOW) == Refusal("nothing_to_configure", {"addon": "cc"})
