"""Between the host's people and ours: find a person, make one, read their name and address.

A host with a user model of its own names another module in `TENANTRY_IDENTITY` with the same functions.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist


def person_for(*, email: str, name: str, now: datetime) -> str:
    """Give the id of the user with this e-mail; make one who can't sign in yet where there is none.

    The address is kept in lower case, since the sign-in library looks for it so.
    """
    if custom := _custom("person_for"):
        return str(custom(email=email, name=name, now=now))
    model: Any = get_user_model()
    address = email.strip().lower()
    found = model._default_manager.filter(**{f"{model.get_email_field_name()}__iexact": address}).first()
    if found is None:
        fields = {"name": name, "joined_at": now, model.USERNAME_FIELD: address, "full_name": name}
        found = model(**{model.get_email_field_name(): address})
        for field, value in fields.items():
            if _has(model, field):
                setattr(found, field, value)
        found.set_unusable_password()
        found.save()
    return str(found.pk)


def name_of(user: Any) -> str:
    """Give the name that people know this user by."""
    if custom := _custom("name_of"):
        return str(custom(user))
    for attribute in ("name", "full_name"):
        if getattr(user, attribute, ""):
            return str(getattr(user, attribute))
    full_name = getattr(user, "get_full_name", None)
    return str(full_name()) if full_name and full_name() else str(user.get_username())


def email_of(user: Any) -> str:
    """Give the address that mails go to."""
    if custom := _custom("email_of"):
        return str(custom(user))
    return str(getattr(user, user.get_email_field_name()))


def first_password_url(user: Any) -> str:
    """Give the address where somebody without a password chooses one; empty where they have one or sign in elsewhere.

    It is a secret for that person alone: it is made when it is mailed, and kept nowhere.
    """
    where = getattr(settings, "TENANTRY_FIRST_PASSWORD", "")
    if not where or user.has_usable_password():
        return ""
    module, _, function = where.rpartition(".")
    return str(getattr(import_module(module), function)(user))


def _custom(function: str) -> Any:
    module = getattr(settings, "TENANTRY_IDENTITY", "")
    return getattr(import_module(module), function) if module else None


def _has(model: Any, field: str) -> bool:
    try:
        model._meta.get_field(field)
    except FieldDoesNotExist:
        return False
    return True
