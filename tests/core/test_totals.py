from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tenantry.core.billable import RatedLine, Reason
from tenantry.core.money import MOST_MINOR, CurrencyMismatch, Money
from tenantry.core.tax_rates import NO_TAX, TaxRate, TaxRates
from tenantry.core.totals import ArithmeticBreach, Discount, TaxShare, add_up, check, rates_charged, tax_on
from tests.core.sample import DECEMBER, usd

TEXAS = TaxRates("fixed", (TaxRate("Texas", 625), TaxRate("Austin", 200)))


def line(minor: int, already: int = 0) -> RatedLine:
    return RatedLine(
        "addon", "x", "X", "", "p", DECEMBER, 1, usd(0), 31, 31, 0, minor + already, already, minor, Reason.ADVANCE
    )


def sums(*minors: int, **kwargs: object) -> dict[str, int]:
    totals = add_up([line(minor) for minor in minors], "USD", **kwargs)  # type: ignore[arg-type]
    names = ("subtotal", "discount", "tax", "total", "credit_applied", "amount_due", "credit_left_over")
    return {name: getattr(totals, name).minor for name in names if getattr(totals, name).minor}


class TestTotals:
    def test_lines_tax_and_total(self) -> None:
        # 18700 × 8.25 % = 1542.75
        assert sums(26600, -7900, tax_rates=TEXAS) == {
            "subtotal": 18700,
            "tax": 1543,
            "total": 20243,
            "amount_due": 20243,
        }

    def test_no_lines_are_nothing(self) -> None:
        assert sums() == {}

    def test_credit_is_used_as_far_as_it_goes(self) -> None:
        assert sums(5000, credit_available=usd(1200)) == {
            "subtotal": 5000,
            "total": 5000,
            "credit_applied": 1200,
            "amount_due": 3800,
        }

    def test_no_more_credit_is_used_than_there_is_to_pay(self) -> None:
        assert sums(5000, credit_available=usd(9000)) == {"subtotal": 5000, "total": 5000, "credit_applied": 5000}

    def test_a_debt_is_asked_for_beside_the_total(self) -> None:
        assert sums(5000, credit_available=usd(-1200)) == {
            "subtotal": 5000,
            "total": 5000,
            "credit_applied": -1200,
            "amount_due": 6200,
        }
        totals = add_up([line(5000)], "USD", credit_available=usd(-1200))
        assert (totals.brought_forward, totals.credit_used, totals.amount_due) == (usd(1200), usd(0), usd(6200))
        assert add_up([line(5000)], "USD", credit_available=usd(1200)).brought_forward == usd(0)

    @pytest.mark.parametrize(("debt", "left"), [(2000, 367), (1633, 0), (1000, 0)])
    def test_what_the_invoice_itself_gives_back_pays_a_debt_off(self, debt: int, left: int) -> None:
        totals = add_up([line(-1633)], "USD", credit_available=usd(-debt))
        assert (totals.total, totals.credit_left_over) == (usd(0), usd(1633))
        assert (totals.brought_forward, totals.amount_due) == (usd(left), usd(left))

    def test_a_total_below_zero_becomes_credit_with_its_tax(self) -> None:
        # D10: -1633 and 8.25 % of it, -134.7
        assert sums(-1633, tax_rates=TEXAS, credit_available=usd(500)) == {
            "subtotal": -1633,
            "tax": -135,
            "credit_left_over": 1768,
        }

    def test_a_percentage_is_taken_before_tax_and_back_from_a_credit(self) -> None:
        ten = (Discount("Launch", basis_points=1000),)
        # 1005 - 100.5 (away from zero: 101) = 904, tax 74.58
        assert sums(1005, tax_rates=TEXAS, discounts=ten) == {
            "subtotal": 1005,
            "discount": 101,
            "tax": 75,
            "total": 979,
            "amount_due": 979,
        }
        assert sums(-1000, discounts=ten) == {"subtotal": -1000, "discount": -100, "credit_left_over": 900}

    def test_an_amount_off_never_gives_back(self) -> None:
        off = (Discount("Goodwill", amount=usd(700)),)
        assert sums(500, discounts=off) == {"subtotal": 500, "discount": 500}
        assert sums(900, discounts=off) == {"subtotal": 900, "discount": 700, "total": 200, "amount_due": 200}
        assert sums(-500, discounts=off) == {"subtotal": -500, "credit_left_over": 500}

    def test_discounts_together_take_at_most_everything(self) -> None:
        both = (Discount("Half", basis_points=5000), Discount("Most", basis_points=8000), Discount("x", amount=usd(1)))
        totals = add_up([line(1000)], "USD", discounts=both)
        assert [share.amount for share in totals.discount_shares] == [usd(500), usd(500), usd(0)]
        back = add_up([line(-1000)], "USD", discounts=both)
        assert [share.amount for share in back.discount_shares] == [usd(-500), usd(-500), usd(0)]

    def test_everything_is_in_one_currency(self) -> None:
        with pytest.raises(CurrencyMismatch):
            add_up([line(5)], "EUR")
        with pytest.raises(CurrencyMismatch):
            add_up([line(5)], "USD", credit_available=Money(1, "EUR"))

    def test_any_sums_hold(self) -> None:
        random = Random("totals")
        for _ in range(3000):
            lines = [line(random.randrange(-50000, 50000)) for _ in range(random.randrange(6))]
            rates = TaxRates(
                "fixed", tuple(TaxRate(str(n), random.randrange(2500)) for n in range(random.randrange(4)))
            )
            discounts = random.sample(
                [
                    Discount("a", basis_points=random.randrange(1, 10001)),
                    Discount("b", amount=usd(random.randrange(9000))),
                ],
                random.randrange(3),
            )
            credit = usd(random.randrange(-20000, 40000))
            t = add_up(lines, "USD", rates, credit_available=credit, discounts=discounts)
            assert t.subtotal - t.discount + t.tax == t.total - t.credit_left_over
            assert t.total - t.credit_applied == t.amount_due
            assert min(t.total.minor, t.credit_left_over.minor) == 0 <= t.amount_due.minor
            assert min(0, credit.minor) <= t.credit_applied.minor


class TestTax:
    def test_it_is_rounded_once_and_split_by_largest_remainder(self) -> None:
        # 1001 × 8.25 % = 82.58: 83, of which 62.88 and 20.12
        assert tax_on(usd(1001), TEXAS) == (TaxShare("Texas", 625, usd(63)), TaxShare("Austin", 200, usd(20)))

    @pytest.mark.parametrize("reason", ["exempt", "reverse_charge"])
    def test_an_exempt_company_sees_its_rates_with_nothing_taken(self, reason: str) -> None:
        shares = tax_on(usd(1001), replace(TEXAS, exemption=reason))
        assert shares == (
            TaxShare("Texas", 625, usd(0), is_exempt=True),
            TaxShare("Austin", 200, usd(0), is_exempt=True),
        )

    def test_no_tax_has_no_lines(self) -> None:
        assert tax_on(usd(1001), NO_TAX) == ()
        assert tax_on(usd(1001), TaxRates("fixed", (TaxRate("Oregon", 0),))) == (TaxShare("Oregon", 0, usd(0)),)

    @pytest.mark.parametrize("basis_points", [-1, 10001])
    def test_a_rate_has_bounds(self, basis_points: int) -> None:
        with pytest.raises(ValueError, match="basis points"):
            TaxRate("x", basis_points)

    @pytest.mark.parametrize(
        "wrong", [{}, {"basis_points": 5, "amount": usd(1)}, {"basis_points": 10001}, {"amount": usd(-1)}]
    )
    def test_a_discount_is_one_thing_within_bounds(self, wrong: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="discount"):
            Discount("x", **wrong)  # type: ignore[arg-type]


UTAH, NEVADA = TaxRates("fixed", (TaxRate("Utah", 725),)), TaxRates("fixed", (TaxRate("Nevada", 0),))
EXEMPT = replace(UTAH, exemption="exempt")

Shares = list[tuple[str, int, int | None]]


def of_each(*minors: int) -> list[RatedLine]:
    """Give a line for each of several add-ons."""
    return [line(minor)._replace(code=f"addon-{at}") for at, minor in enumerate(minors)]


def shares(minors: tuple[int, ...], today: TaxRates, charged_at: TaxRates | None) -> Shares:
    found = add_up(of_each(*minors), "USD", today, charged_at=charged_at).tax_shares
    return [(share.name, share.amount.minor, share.of and share.of.minor) for share in found]


class TestGivenBackAtTheRatesOfItsInvoice:
    @pytest.mark.parametrize(
        ("minors", "today", "charged_at", "found"),
        [
            ((-933333,), UTAH, NEVADA, [("Nevada", 0, -933333)]),  # nothing was taken, nothing comes back
            ((-933333,), UTAH, NO_TAX, []),
            ((-933333,), NEVADA, UTAH, [("Utah", -67667, -933333)]),
            ((-933333,), NO_TAX, UTAH, [("Utah", -67667, -933333)]),
            ((-933333,), EXEMPT, UTAH, [("Utah", -67667, -933333)]),
            ((-933333,), EXEMPT, NEVADA, [("Utah", 0, None)]),  # nothing in either: the same rates
            ((10000, -19000), UTAH, NO_TAX, [("Utah", 725, 10000)]),
            (
                (10000, -19000),
                UTAH,
                TEXAS,
                [("Utah", 725, 10000), ("Texas", -1188, -19000), ("Austin", -380, -19000)],
            ),
            ((10000, -19000), UTAH, UTAH, [("Utah", -653, None)]),  # the same rates: rounded once, as ever
            ((10000, -19000), UTAH, None, [("Utah", -653, None)]),
            ((10000, 2500), UTAH, TEXAS, [("Utah", 906, None)]),  # what comes on top is of today
        ],
    )
    def test_only_what_is_given_back(
        self, minors: tuple[int, ...], today: TaxRates, charged_at: TaxRates | None, found: Shares
    ) -> None:
        assert shares(minors, today, charged_at) == found

    def test_lines_of_one_subject_give_back_only_what_they_come_to_together(self) -> None:
        """Two prices within a period: the first price's line is below zero, but no money comes back."""
        found = add_up([line(-2450), line(2950)], "USD", UTAH, charged_at=TEXAS).tax_shares
        assert found == (TaxShare("Utah", 725, usd(36)),)
        found = add_up([line(-2450), line(1450), of_each(0, 500)[1]], "USD", UTAH, charged_at=TEXAS).tax_shares
        assert [(x.name, x.amount.minor, x.of) for x in found] == [
            ("Utah", 36, usd(500)),
            ("Texas", -63, usd(-1000)),
            ("Austin", -20, usd(-1000)),
        ]

    def test_the_sums_hold_whatever_the_rates(self) -> None:
        random = Random("charged at")
        for _ in range(3000):
            lines = of_each(*(random.randrange(-50000, 50000) for _ in range(random.randrange(1, 6))))
            today, then = (
                TaxRates("fixed", tuple(TaxRate(str(n), random.randrange(2500)) for n in range(random.randrange(3))))
                for _ in range(2)
            )
            t = add_up(lines, "USD", today, charged_at=then, credit_available=usd(random.randrange(-9000, 9000)))
            back = sum(min(0, each.amount_minor) for each in lines)
            given_back = [share for share in t.tax_shares if share.of and share.of.is_negative]
            exact = back * sum(rate.basis_points for rate in then.rates)
            assert not given_back or abs(sum(x.amount.minor for x in given_back) * 10_000 - exact) <= 5_000
            assert t.subtotal + t.tax == t.total - t.credit_left_over

    @pytest.mark.parametrize(
        ("net", "found", "rates"),
        [
            (10000, tax_on(usd(10000), UTAH), UTAH.rates),
            (10000, tax_on(usd(10000), EXEMPT), ()),
            (1, tax_on(usd(1), UTAH), UTAH.rates),  # rounded to nothing, but charged
            (1, tax_on(usd(1), EXEMPT), ()),
            (10000, (TaxShare("Utah", 725, usd(0)),), ()),  # stored before invoices said that they are exempt
            (-9000, add_up(of_each(10000, -19000), "USD", UTAH, charged_at=TEXAS).tax_shares, UTAH.rates),
            (-9000, add_up(of_each(10000, -19000), "USD", NO_TAX, charged_at=TEXAS).tax_shares, ()),
            (-9000, add_up(of_each(10000, -19000), "USD", EXEMPT, charged_at=TEXAS).tax_shares, ()),
            (10000, (), ()),
        ],
    )
    def test_an_invoice_tells_at_which_rates_it_charged(
        self, net: int, found: tuple[TaxShare, ...], rates: tuple[TaxRate, ...]
    ) -> None:
        assert rates_charged(found, usd(net)).rates == rates


class TestBreach:
    GOOD = add_up([line(1000), line(-300, already=900)], "USD", TEXAS, credit_available=usd(200))

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"subtotal": usd(701)}, "subtotal = lines"),
            ({"discount": usd(1)}, "discount = its shares"),
            ({"tax": usd(57)}, "tax = its shares"),
            ({"total": usd(757)}, "total"),
            ({"credit_left_over": usd(1)}, "total or credit"),
            ({"amount_due": usd(557)}, "amount due"),
            ({"credit_applied": usd(201)}, "credit used"),
            ({"credit_applied": usd(-1)}, "credit used"),
        ],
    )
    def test_a_sum_that_does_not_hold_is_named(self, change: dict[str, Money], named: str) -> None:
        lines = [line(1000), line(-300, already=900)]
        check(self.GOOD, lines, usd(200))
        with pytest.raises(ArithmeticBreach, match=named):
            check(replace(self.GOOD, **change), lines, usd(200))

    def test_a_line_that_does_not_add_up(self) -> None:
        with pytest.raises(ArithmeticBreach, match="line = owed - already"):
            add_up([line(5)._replace(owed_minor=6)], "USD")

    def test_no_amount_is_out_of_bounds(self) -> None:
        assert sums(MOST_MINOR)["total"] == MOST_MINOR
        with pytest.raises(ArithmeticBreach, match="bounds"):
            add_up([line(MOST_MINOR + 1)], "USD")
