"""Rules as text: safe expressions over the attributes of items, the user and the time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tastemaker.rules.cells import Mask, Numbers
from tastemaker.rules.columns import View, Viewed
from tastemaker.rules.nodes import Node, numbers, truth
from tastemaker.rules.parsing import parse
from tastemaker.rules.scene import Scene
from tastemaker.storage.base import Attribute


@dataclass(frozen=True)
class Rule:
    """A filter such as ``category == "shoes" and price < 50``, or a boost such as ``2 if "sale" in tags else 1``.

    Any comparison with a missing value is false, so ``not`` of one is true. The language is in docs/guide/rules.md.

    Attributes:
        text: As it was given.
        root: Its parts.
    """

    text: str
    root: Node

    @classmethod
    def parse(cls, text: str) -> Rule:
        """The rule that `text` says.

        Raises:
            BadSetting: It is not an expression, too large, or has something in it that rules may not have.
        """
        return cls(text, parse(text))

    @property
    def pure(self) -> bool:
        """Whether neither the user nor the time is asked for."""
        return self.root.pure

    def mask(self, columns: Viewed, user: Mapping[str, Attribute] | None = None, now: float | None = None) -> Mask:
        """Where the rule is true, shape (n,); may not be written to.

        Args:
            columns: `Columns`, or a view of them.
            user: Attributes of who asks.
            now: Seconds since 1970; None takes the clock.

        Raises:
            BadSetting: It names an attribute that no item has, compares what is never comparable, or is not a truth.
        """
        view = columns.view()
        return truth(self.root, _scene(view, user, now)) if view.size else np.zeros(0, np.bool_)

    def number(self, columns: Viewed, user: Mapping[str, Attribute] | None = None, now: float | None = None) -> Numbers:
        """The rule's number in every row, shape (n,), finite and at least 0; 1 where it is missing.

        Raises:
            BadSetting: As of `mask`; or it is not a number, or below 0 for an item.
        """
        view = columns.view()
        if not view.size:
            return np.ones(0)
        found = np.broadcast_to(numbers(self.root, _scene(view, user, now)), view.size)
        below = np.flatnonzero(found < 0)
        if len(below):
            raise self.root.place.error(
                f"A factor is at least 0, but this is {found[below[0]]:g} for {len(below)} items."
            )
        return np.where(np.isnan(found), 1.0, found)


def _scene(view: View, user: Mapping[str, Attribute] | None, now: float | None) -> Scene:
    return Scene(view, user or {}, time.time() if now is None else now)
