"""People as another product keeps them: a numeric key, a login that is no e-mail, other names for everything."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class People(BaseUserManager["Person"]):
    """Find people by their login."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> Person:
        """Make one."""
        person = self.model(login=login, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A person of the host."""

    login = models.CharField(max_length=150, unique=True)
    mail = models.EmailField(blank=True)
    full_name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    objects = People()

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "mail"
