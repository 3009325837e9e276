"""A plain confirmation: what will happen, one button that does it, one that does not."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.ui.parts import Notice


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a statement: a label and its value, with a second line where needed."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage:
    """Templates `portal/confirm.html` and `portal/confirm_dialog.html`: make default, remove, and the like.

    Where `submit_label` is empty there is nothing to confirm: `notice` says why, and `Close` is the only button.
    """

    title: str
    action_url: str
    cancel_url: str
    sentences: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    submit_label: str = ""
    is_danger: bool = False
    request_key: str = ""
    notice: Notice | None = None
