"""The error of every check on money that runs in production."""

from __future__ import annotations


class MoneyBreach(Exception):
    """A sum on a money path does not hold: nothing is written, charged or sent, and the company's billing is held."""
