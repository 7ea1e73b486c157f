"""Times: from what a source says to seconds since 1970, or to plain positions."""

from __future__ import annotations

import time as clock_time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.data.dataset import UNKNOWN_TIME, Clock
from tastemaker.data.numbers import flat, numbers_of
from tastemaker.data.receipt import Ledger

EARLIEST = 631_152_000  # 1990-01-01: no logged behaviour is older
POSITIONS_BELOW = 100_000_000  # as seconds this is 1973, so such numbers count events instead
DAY = 86_400
ROUNDING = 1e-6  # seconds: nanoseconds as float64 are this rough
LOWEST = -(2**63)  # stands for no time in columns of int64
_UNITS = (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9))
_ISO = (
    r"^\s*(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:[T ]+(?P<clock>\d{1,2}:\d{2})(?::(?P<second>\d{2}))?"
    r"(?:[.,](?P<part>\d+))?\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{0,2})?)?\s*$"
)


@dataclass(frozen=True)
class Times:
    """Times of n rows.

    Attributes:
        seconds: Seconds since 1970 or positions, int64, shape (n,); -1 unknown.
        order: What to sort by, int64, shape (n,): as fine as the source; unknown rows are -1.
        clock: "time", "positions" or "none".
    """

    seconds: NDArray[np.int64]
    order: NDArray[np.int64]
    clock: Clock


def times_of(column: Any, ledger: Ledger, now: float | None = None) -> Times:
    """Times of an Arrow column: numbers in any usual unit, ISO 8601 (UTC without a zone), or positions.

    Times that are no time, before 1990 or more than a day ahead become unknown and are told.

    Args:
        column: A `pyarrow.ChunkedArray`, shape (n,).
        ledger: Learns what was repaired.
        now: Seconds since 1970, for tests; None asks the computer's clock.
    """
    import pyarrow as pa

    column = flat(column)
    if pa.types.is_temporal(column.type):
        micro, wrong = _micro(column), np.zeros(len(column), bool)
        return _clocked(micro, wrong, column, ledger, now)
    if pa.types.is_integer(column.type):
        whole = column.cast(pa.int64(), safe=False)
        values = (whole.fill_null(LOWEST) if whole.null_count else whole).to_numpy()
        return _numeric(values, np.zeros(len(values), bool), column, ledger, now)
    floats, wrong = numbers_of(column)
    if wrong.any() and pa.types.is_string(column.type) and 2 * wrong.sum() >= np.isfinite(floats).sum():
        micro, wrong = _parse(column)
        return _clocked(micro, wrong, column, ledger, now)
    known = np.isfinite(floats) & (np.abs(floats) < 9e18)
    wrong |= ~known & ~np.isnan(floats)
    return _numeric(np.where(known, floats, float(LOWEST)), wrong, column, ledger, now)


def _numeric(values: Any, wrong: Any, column: Any, ledger: Ledger, now: float | None) -> Times:
    """Times from numbers; the lowest int64 stands for none."""
    none = values == LOWEST
    known = values if not (none.any() or wrong.any()) else values[~none & ~wrong]
    if not len(known):
        return _nothing(len(values), wrong, column, ledger)
    if known.max() < POSITIONS_BELOW:
        return _positions(values, none, wrong, column, ledger)
    some = known[:: 1 + len(known) // 100_000]
    middle = float(np.median(some[some > 0])) if (some > 0).any() else float(known.max())
    unit, per_second = min(_UNITS, key=lambda u: abs(np.log(middle / u[1] / 1.2e9)))
    ledger.add(f"times in {unit}", "noted", int(per_second > 1) * len(known))
    exact = values.dtype.kind == "i"
    seconds = (
        (values // per_second if per_second > 1 else values) if exact else np.floor(values / per_second + ROUNDING)
    )
    bad = wrong | (~none & _impossible(seconds, now))
    _tell(bad, column, ledger)
    unknown = none | bad
    fine = values if exact else np.where(unknown, 0, values) * (1e6 / per_second)
    if not unknown.any():
        return _times(seconds, fine)
    return _times(np.where(unknown, UNKNOWN_TIME, seconds), np.where(unknown, UNKNOWN_TIME, fine))


def _positions(values: Any, none: Any, wrong: Any, column: Any, ledger: Ledger) -> Times:
    bad = wrong | (~none & (values < 0))
    if (none | bad).all():
        return _nothing(len(values), bad, column, ledger)
    _tell(bad, column, ledger)
    order = np.where(none | bad, UNKNOWN_TIME, values).astype(np.int64)
    return Times(order, order, "positions")


def _clocked(micro: Any, wrong: Any, column: Any, ledger: Ledger, now: float | None) -> Times:
    """Times from microseconds since 1970; the lowest int64 stands for none."""
    none = micro == LOWEST
    bad = wrong | (~none & _impossible(micro / 1e6, now))
    if (none | bad).all():
        return _nothing(len(micro), bad, column, ledger)
    _tell(bad, column, ledger)
    return _times(np.where(none | bad, -1, micro // 1_000_000), np.where(none | bad, -1, micro))


def _times(seconds: Any, order: Any) -> Times:
    if seconds is order:
        same = seconds.astype(np.int64, copy=False)
        return Times(same, same, "time")
    return Times(seconds.astype(np.int64, copy=False), order.astype(np.int64, copy=False), "time")


def _nothing(n: int, wrong: Any, column: Any, ledger: Ledger) -> Times:
    _tell(wrong, column, ledger)
    nothing = np.full(n, UNKNOWN_TIME, np.int64)
    return Times(nothing, nothing, "none")


def _impossible(seconds: Any, now: float | None) -> Any:
    latest = int(clock_time.time() if now is None else now) + DAY
    if len(seconds) and seconds.min() >= EARLIEST and seconds.max() <= latest:
        return np.zeros(len(seconds), bool)
    return (seconds < EARLIEST) | (seconds > latest)


def _tell(bad: NDArray[np.bool_], column: Any, ledger: Ledger) -> None:
    rows = np.flatnonzero(bad)
    examples = (f"row {row + 1}: {column[int(row)].as_py()!r}" for row in rows[:5])
    ledger.add("impossible times (now unknown)", "repaired", len(rows), examples)


def _micro(column: Any) -> NDArray[np.int64]:
    """Microseconds since 1970 of a column of timestamps or dates; the lowest int64 where null."""
    import pyarrow as pa

    zone = getattr(column.type, "tz", None)
    stamps = column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    values: NDArray[np.int64] = stamps.fill_null(LOWEST).to_numpy()
    return values


def _parse(column: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds of texts (the lowest int64: none) and which of them are no time."""
    import pyarrow as pa
    from pyarrow import compute as pc

    empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
    said = pc.if_else(empty, pa.scalar(None, column.type), column)
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return _micro(said.cast(kind)), np.zeros(len(column), bool)
        except pa.ArrowException:
            continue
    micro = _micro(_by_parts(said))
    wrong = (micro == LOWEST) & ~np.asarray(empty.to_numpy(), bool)
    return micro, wrong


def _by_parts(said: Any) -> Any:
    """Timestamps of texts in mixed forms, null where a text is no time."""
    import pyarrow as pa
    from pyarrow import compute as pc

    found = pc.extract_regex(said, _ISO)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    date, clock, second, part, zone = (pc.struct_field(found, n) for n in ("date", "clock", "second", "part", "zone"))
    date = pc.replace_substring_regex(date, r"[/.]", "-")
    text = pc.binary_join_element_wise(date, _or(clock, "00:00"), " ")
    text = pc.binary_join_element_wise(text, _or(second, "00"), ":")
    base = pc.strptime(text, "%Y-%m-%d %H:%M:%S", "us", error_is_null=True).cast(pa.int64())
    micro = pc.utf8_slice_codeunits(pc.utf8_rpad(_or(part, "0"), 6, "0"), 0, 6).cast(pa.int64())
    total = pc.subtract(pc.add(base, micro), pc.multiply(_offset(zone), 1_000_000))
    return total.cast(pa.timestamp("us"))


def _or(column: Any, default: str) -> Any:
    from pyarrow import compute as pc

    return pc.if_else(pc.equal(pc.coalesce(column, ""), ""), default, column)


def _offset(zone: Any) -> Any:
    """Seconds to take off for zones such as ``+0530``, ``-03:00``, ``Z``."""
    import pyarrow as pa
    from pyarrow import compute as pc

    digits = pc.utf8_rpad(pc.replace_substring_regex(_or(zone, "+0000"), r"[^0-9]", ""), 4, "0")
    hours, minutes = (pc.utf8_slice_codeunits(digits, a, a + 2).cast(pa.int64()) for a in (0, 2))
    size = pc.add(pc.multiply(hours, 3600), pc.multiply(minutes, 60))
    return pc.if_else(pc.starts_with(pc.coalesce(zone, ""), "-"), pc.negate(size), size)
