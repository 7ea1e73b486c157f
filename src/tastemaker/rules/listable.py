"""What may be listed at all."""

from __future__ import annotations

from tastemaker.rules.cells import Mask
from tastemaker.rules.columns import Viewed
from tastemaker.rules.expression import Rule

ALWAYS = Rule.parse("deleted == false and not hidden and not stock == 0")


def listable(columns: Viewed, now: float) -> Mask:
    """Items that are not hidden, deleted, out of stock or expired at `now` (seconds since 1970), shape (n,)."""
    view = columns.view()
    expires = view.cells["expires"].numbers
    known = ALWAYS.mask(view)
    return known if expires is None else known & ~(expires <= now)
