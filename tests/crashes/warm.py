"""The warm parent: a process that has everything imported, no connection open and no thread, and forks on demand.

A child of it is a process of its own within milliseconds, where a fresh Python takes a second. The tests' own process
can't be it: it has rendered papers, which starts threads, and holds connections.
"""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django

django.setup()
import httpcore  # noqa: E402, F401
from django.core.mail import get_connection  # noqa: E402
from django.template.loader import get_template  # noqa: E402

from tenantry.jobs import schedule  # noqa: E402, F401
from tests.crashes import child, seams, workloads  # noqa: E402, F401
from tests.settings import HOME  # noqa: E402

get_connection()
get_template("mail/receipt.txt")
shutil.rmtree(HOME, ignore_errors=True)  # each process that imports the settings makes a home
