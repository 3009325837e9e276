"""`python -m tenantry` is the `tenantry` command."""

from __future__ import annotations

import sys

from tenantry.project.cli import main

sys.exit(main())
