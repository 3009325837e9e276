"""Rules about the people of a company: someone always keeps Modify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenantry.core.permissions import ACCOUNT_MANAGEMENT, Grant, Level
from tenantry.core.refusal import Refusal

MODIFY = Grant(ACCOUNT_MANAGEMENT, Level.MODIFY)
MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One member as far as the rule goes."""

    may_sign_in: bool
    group_ids: frozenset[str]


def someone_keeps_modify(
    people: Iterable[MemberFacts], grants_of_group: Mapping[str, frozenset[Grant]]
) -> Refusal | None:
    """Refuse a change after which nobody could look after the subscription."""
    able = {group_id for group_id, grants in grants_of_group.items() if MODIFY in grants}
    if any(person.may_sign_in and person.group_ids & able for person in people):
        return None
    return Refusal("last_modify")


def group_name(name: str) -> Refusal | None:
    """Refuse a group name that is empty or longer than 255 characters."""
    if not 1 <= len(name.strip()) <= MAX_NAME:
        return Refusal("name_length", {"most": MAX_NAME})
    return None
