"""Payments in review as the vendor sees them: the list, and one of them."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.backoffice.pages.companies import Stat
from tenantry.ui.parts import Badge, FormPart, Link, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One review of the list. `opened` is a `<time>` element, `age` how long it has stood, or how it ended."""

    title: str
    url: str
    company: str
    company_url: str
    opened: str
    age: str
    number: str = ""
    amount: str = ""
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsPage:
    """Template `backoffice/reviews.html`. `more` says how many open ones are not shown."""

    open: tuple[ReviewRow, ...]
    closed: tuple[ReviewRow, ...]
    stats: tuple[Stat, ...]
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """Template `backoffice/review.html`.

    `known` is what the review was opened with, `stands` how the payment stands now. `ask_url` is empty where there is
    nothing to ask; `close_url` where it is closed, or where only the processor's answer ends it (`no_close` says so).
    """

    title: str
    meaning: str
    next_step: str
    back_url: str
    company: Link
    stands: tuple[Stat, ...]
    known: tuple[Stat, ...]
    form: FormPart
    badges: tuple[Badge, ...] = ()
    ask_url: str = ""
    close_url: str = ""
    ended: tuple[Stat, ...] = ()
    notice: Notice | None = None
