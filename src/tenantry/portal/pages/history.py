"""Who did what when (O11): the recent changes at the foot of each section, and the whole history."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.ui.parts import ONE_PAGE, FilterLink, Pager


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: `at` is a `<time>` element, `who` a name, `what` a sentence, `words` the text that they saw."""

    at: str
    who: str
    what: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """The foot of a section: the latest changes and the link to all of them."""

    changes: tuple[Change, ...]
    all_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Template `portal/history.html`."""

    changes: tuple[Change, ...]
    filters: tuple[FilterLink, ...] = ()
    pager: Pager = ONE_PAGE
