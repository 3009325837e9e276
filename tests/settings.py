"""Settings of the tests: the product's own, in a home that goes away, before a database is known."""

from __future__ import annotations

import os
import tempfile

HOME = tempfile.mkdtemp(prefix="tenantry-test-")
os.environ.update(
    {
        "TENANTRY_HOME": HOME,
        "TENANTRY_POOL": "0",
        "TENANTRY_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "TENANTRY_LINK_KEYS": '[["2", "only-for-tests-second"], ["1", "only-for-tests-first"]]',
        "TENANTRY_HOST_APPS": os.environ.get("TENANTRY_TEST_HOST_APPS", "alarm_crm"),
        "TENANTRY_VENDOR_NAME": "SecurityTrax",
        "TENANTRY_VENDOR_ADDRESS": "1 Vendor Way|Lehi, UT 84043",
        "TENANTRY_VENDOR_EMAIL": "billing@securitytrax.test",
        "DATABASE_URL": "postgresql://tenantry_app@/none?host=/none",
        "DATABASE_OWNER_URL": "postgresql://tenantry_owner@/none?host=/none",
    }
)

from tenantry.project.settings import *  # noqa: E402, F403

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
os.makedirs(os.path.join(HOME, "static"), exist_ok=True)
