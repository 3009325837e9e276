"""The frame of the vendor's pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffNavEntry:
    """One entry of the navigation. `icon` is a lucide name."""

    label: str
    url: str
    icon: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffShell:
    """The top bar and navigation. In templates: `shell`."""

    user_name: str
    user_email: str
    home_url: str
    sign_out_url: str
    entries: tuple[StaffNavEntry, ...]
    password_url: str = ""
