"""Subjects on which a host's permission groups can hold grants."""

from __future__ import annotations

from tenantry.core.permissions import (
    ACCOUNT_MANAGEMENT,
    INTEGRATIONS,
    PERMISSION_GROUPS,
    SUPPORT,
    USER_ACCOUNTS,
    Level,
)
from tenantry.outside import host
from tenantry.outside.host import DeclaredPermission, Words

__all__ = [
    "ACCOUNT_MANAGEMENT",
    "INTEGRATIONS",
    "PERMISSION_GROUPS",
    "SUPPORT",
    "USER_ACCOUNTS",
    "DeclaredPermission",
    "Level",
    "declare_permission",
]


def declare_permission(subject: str, label: Words, *levels: Level) -> DeclaredPermission:
    """Add a subject to those that permission groups offer; the owners of new companies get all its levels.

    Call it in `AppConfig.ready`. `label` is what people read: "You need {label} with View to open this page."; it may
    be lazy (`gettext_lazy`).
    """
    declared = DeclaredPermission(subject, label, levels)
    host.add_permission(declared)
    return declared
