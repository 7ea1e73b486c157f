"""How long a server asks to wait."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime


def asked_to_wait(said: str | None) -> float | None:
    """Seconds of a head ``Retry-After``, a number or a date, 0 at least; None where it says nothing.

    Source: RFC 9110, section 10.2.3.
    """
    try:
        return max(0.0, float(said or ""))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said or "").timestamp() - time.time())
    except (TypeError, ValueError):
        return None
