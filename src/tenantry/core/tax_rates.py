"""The rates of tax that hold for a company, as the tax port decides them."""

from __future__ import annotations

from dataclasses import dataclass

BASIS_POINTS = 10_000
"""A rate of 10,000 basis points is 100 %."""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One tax, by the name that its line on the invoice has; 825 basis points are 8.25 %."""

    name: str
    basis_points: int

    def __post_init__(self) -> None:
        """Refuse a rate below zero or above 100 %.

        Raises:
            ValueError: the rate is out of bounds.
        """
        if not 0 <= self.basis_points <= BASIS_POINTS:
            raise ValueError(f"a tax rate lies between 0 and {BASIS_POINTS} basis points: {self.basis_points}")


@dataclass(frozen=True, slots=True)
class TaxRates:
    """What the tax port decided for a company: `kind` is its name (`none`, `fixed`).

    `exemption` says why nothing is taken although rates are known: `exempt` or `reverse_charge`; else empty.
    """

    kind: str = "none"
    rates: tuple[TaxRate, ...] = ()
    exemption: str = ""

    @property
    def is_charged(self) -> bool:
        """Tell whether any tax is added."""
        return not self.exemption and any(rate.basis_points for rate in self.rates)


NO_TAX = TaxRates()
