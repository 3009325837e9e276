"""One JSON object a line on standard output: no line injection, no bodies, no secrets."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

SIGNATURE = re.compile(r"([?&]s=)[^&\s\"]+")
FACTS = ("request_id", "event", "company", "user", "route", "code", "about", "work", "count", "address")


class JsonLines(logging.Formatter):
    """Format a record as one line of JSON; the signature of a download link is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": SIGNATURE.sub(r"\1…", record.getMessage()),
        }
        line |= {name: getattr(record, name) for name in FACTS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
