"""Settings of the tests: the product's own, in a home that goes away, before a database is known."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 2**30


def fast_place() -> Path | None:
    """Give memory where there is enough of it: a database for each test is mostly the making of files."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES
    return MEMORY if has_room else None


HOME = tempfile.mkdtemp(prefix="tenantry-test-", dir=fast_place())
os.chmod(HOME, 0o711)  # started as root, the server runs as another user and has to get in


def _leave(process_id: int) -> None:
    """Take the home away with the process that made it, not with one that it forked."""
    if os.getpid() == process_id:
        shutil.rmtree(HOME, ignore_errors=True)


atexit.register(_leave, os.getpid())
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
