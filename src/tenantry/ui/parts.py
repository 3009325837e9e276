"""The values that the shared parts show: links, badges, notices, fields. Text is ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """What a badge, notice or timeline entry feels like. Color never stands alone: words and an icon say the same."""

    NEUTRAL = "neutral"
    INFO = "info"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its words and its address. `hint` is a second line where the part shows one."""

    label: str
    url: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the breadcrumb; the last one has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Badge:
    """A status in one or two words. `icon` is a lucide name."""

    text: str
    tone: Tone = Tone.NEUTRAL
    icon: str = "circle-dot"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that needs attention, with at most one action."""

    text: str
    tone: Tone = Tone.INFO
    action: Link | None = None


@dataclass(frozen=True, slots=True)
class FilterLink:
    """One choice of a filter: a link that shows which one is on."""

    label: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Pager:
    """Keyset pages: newer and older, each empty where there is none."""

    newer_url: str = ""
    older_url: str = ""


ONE_PAGE = Pager()
"""Nothing newer, nothing older."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a field. `disabled_reason` says why it can't be chosen."""

    value: str
    label: str
    hint: str = ""
    is_chosen: bool = False
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    `kind` is text, email, password, number, date, textarea, select, radio, checkboxes, checkbox, switch or hidden.
    `is_on` belongs to checkbox and switch.
    """

    name: str
    label: str
    kind: str = "text"
    id: str = ""
    value: str = ""
    is_on: bool = False
    error: str = ""
    hint: str = ""
    is_required: bool = False
    autocomplete: str = ""
    inputmode: str = ""
    max_length: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def hint_id(self) -> str:
        """Give the id of the hint's element."""
        return f"{self.id}-hint"

    @property
    def error_id(self) -> str:
        """Give the id of the error's element."""
        return f"{self.id}-error"

    @property
    def described_by(self) -> str:
        """Give the ids that describe the control, for aria-describedby."""
        return " ".join([self.hint_id] * bool(self.hint) + [self.error_id] * bool(self.error))

    @property
    def shown(self) -> str:
        """Give the value as people read it: of a choice its words."""
        chosen = [choice.label for choice in self.choices if choice.is_chosen]
        return ", ".join(chosen) if self.choices else self.value

    @property
    def first_id(self) -> str:
        """Give the id of the control that a link to the field leads to."""
        return f"{self.id}_0" if self.kind in {"radio", "checkboxes"} else self.id


@dataclass(frozen=True, slots=True)
class FormPart:
    """A form as a page shows it: fields by name, errors that belong to no field, and those to list on top."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    general_errors: tuple[str, ...] = ()

    @property
    def hidden(self) -> tuple[Field, ...]:
        """Give the hidden fields."""
        return tuple(one for one in self.fields.values() if one.kind == "hidden")

    @property
    def visible(self) -> tuple[Field, ...]:
        """Give the fields that a person sees, in order."""
        return tuple(one for one in self.fields.values() if one.kind != "hidden")

    @property
    def faulty(self) -> tuple[Field, ...]:
        """Give the fields that have an error, in order."""
        return tuple(one for one in self.fields.values() if one.error)

    @property
    def has_errors(self) -> bool:
        """Tell whether anything is wrong."""
        return bool(self.general_errors or self.faulty)


@dataclass(frozen=True, slots=True)
class DemoStrip:
    """The demo's strip on each page: today by the demo's clock, and where its one button posts to (D14).

    `seen` is posted back: the day that the strip showed ("2026-11-12").
    """

    today: str
    advance_url: str
    seen: str = ""
    next_billing_date: str = ""
    back_url: str = ""


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """A page that says no: what happened, what to do, one link that does it, and the request id in small print."""

    status: int
    title: str
    sentence: str
    next_step: str = ""
    link: Link | None = None
    request_id: str = ""
