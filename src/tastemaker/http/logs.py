"""Logs as lines of JSON; they name no user, no item and no key."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


class Lines(logging.Formatter):
    """One record a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message and, where there is one, the error with its places in the code."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["at"] = " < ".join(f"{f.name}:{f.lineno}" for f in reversed(traceback.extract_tb(record.exc_info[2])))
        return json.dumps(said, ensure_ascii=False)


def set_up() -> None:
    """Everything from "info" on, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
