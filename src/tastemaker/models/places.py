"""Two trained towers as arrays: where histories and attributes put a query, and where the items stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError
from tastemaker.data import FeatureSet, Query
from tastemaker.models.histories import matrix

Reals = NDArray[np.float32]


@dataclass(frozen=True)
class People:
    """Users' attributes side by side.

    Attributes:
        names: Encoders of users' attributes, sorted.
        dims: Widths of their vectors.
    """

    names: tuple[str, ...] = ()
    dims: tuple[int, ...] = ()

    @classmethod
    def of(cls, users: FeatureSet | None) -> Self:
        """Those of the users' vectors that come from attributes."""
        names = sorted(name for name, found in (users or {}).items() if found.source == "attributes")
        return cls(tuple(names), tuple((users or {})[name].dim for name in names))

    def known(self, users: FeatureSet | None, n: int) -> Reals:
        """The `n` known users' attributes, (n, sum of dims), zeros where absent."""
        blocks = [users[name].vectors * users[name].present[:, None] for name in self.names] if users else []
        return np.concatenate([np.zeros((n, 0), np.float32), *blocks], axis=1).astype(np.float32)

    def asked(self, queries: Sequence[Query]) -> Reals:
        """The same of queries, (q, sum of dims)."""
        out = np.zeros((len(queries), sum(self.dims)), np.float32)
        ends = np.cumsum((0, *self.dims))
        for row, query in enumerate(queries):
            for number, name in enumerate(self.names):
                if name in query.profile:
                    out[row, ends[number] : ends[number + 1]] = query.profile[name]
        return out


@dataclass(frozen=True)
class Places:
    """``z = sum_h give_h + people`` and ``score = z want_i + bias_i``.

    Attributes:
        give: What an item adds to a history, (n, d); zeros where nothing is known of it.
        items: Vectors of the items and their biases, (n, d + 1); zeros where nothing is known.
        weights: From attributes to places, (a, d).
        people: How attributes are read.
    """

    give: Reals
    items: Reals
    weights: Reals
    people: People

    def __call__(self, queries: Sequence[Query]) -> Reals:
        """Where queries stand, (q, d + 1), the last entry 1; zeros where nothing is known."""
        taken = matrix(queries, len(self.give))
        z = np.asarray(taken @ self.give + self.people.asked(queries) @ self.weights, np.float32)
        return np.concatenate([z, z.any(axis=1, keepdims=True)], axis=1).astype(np.float32)

    def pack(self) -> dict[str, NDArray[Any]]:
        """Everything as arrays."""
        names = np.frombuffer(json.dumps(self.people.names).encode(), np.uint8)
        arrays = {name: getattr(self, name) for name in ("give", "items", "weights")}
        return {**arrays, "people.names": names, "people.dims": np.array(self.people.dims, np.int64)}

    @classmethod
    def unpack(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """What `pack` took apart; raises `SavedError` where it is damaged."""
        try:
            names = tuple(json.loads(state["people.names"].tobytes()))
            people = People(names, tuple(state["people.dims"].tolist()))
            give, items, weights = (state[name] for name in ("give", "items", "weights"))
        except (ValueError, KeyError) as error:
            raise SavedError(f"The saved towers are damaged ({error!r}). Fit them anew.") from error
        if len(give) != len(items) or give.shape[1] + 1 != items.shape[1] or weights.shape[1] != give.shape[1]:
            raise SavedError("The saved towers do not fit together. Fit them anew.")
        return cls(give, items, weights, people)
