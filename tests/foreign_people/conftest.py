"""These tests are only true under the foreign model, which `python -m tests.foreign_people` chooses."""

from __future__ import annotations

from django.conf import settings

from tests.foreign_people.__main__ import WITH_FOREIGN_PEOPLE

collect_ignore = [] if WITH_FOREIGN_PEOPLE["TENANTRY_USER_MODEL"] == settings.AUTH_USER_MODEL else ["test_in_use.py"]
