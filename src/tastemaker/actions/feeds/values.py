"""Cells of tables, texts often, as what a store keeps. What cannot be is a `ValueError` that says why."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from tastemaker.storage.base import Attribute

LONGEST_ID = 256
LATEST = 1e11  # larger numbers are milliseconds, microseconds or nanoseconds
NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def missing(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def name_of(value: Any, what: str) -> str:
    """An id: a text, or a whole number."""
    if missing(value):
        raise ValueError(f"there is no {what}")
    said = str(int(value)) if isinstance(value, float | Decimal) and value == int(value) else str(value).strip()
    if not said or len(said) > LONGEST_ID or "\0" in said:
        raise ValueError(f"{said[:40]!r} is no {what}; expected 1 to {LONGEST_ID} characters")
    return said


def text_of(value: Any) -> str:
    """A text, "" for nothing."""
    return "" if missing(value) else str(value)


def number_of(value: Any, what: str) -> float:
    """A finite number."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no {what}; expected a number")
    return found


def truth_of(value: Any, what: str) -> bool:
    """True or false."""
    found = TRUTHS.get(str(value).strip().lower())
    if found is None:
        raise ValueError(f"{value!r} is no {what}; expected true or false")
    return found


def seconds_of(value: Any) -> float:
    """Seconds since 1970, from numbers in any usual unit, and from dates (UTC where they name no zone)."""
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{value!r} is no time; expected seconds since 1970 or 2026-11-24T12:00:00Z") from None
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    found = number_of(value, "time")
    if found < 0:
        raise ValueError(f"{value!r} is no time: it lies before 1970")
    while found > LATEST:
        found /= 1000
    return found


def attribute_of(value: Any) -> Attribute:
    """A number, a truth, a text, or several texts, which a text of its own gives with ``|`` between them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return number_of(value, "number")
    if isinstance(value, str):
        if NUMBER.fullmatch(value):
            return float(value)
        return value.split("|") if "|" in value else value
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return list(value)
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError(f"{value!r} is no attribute; expected a number, a truth, a text, or several texts")


def attributes_of(values: Mapping[str, Any]) -> dict[str, Attribute]:
    """Those that are there."""
    return {name: attribute_of(value) for name, value in values.items() if not missing(value)}
