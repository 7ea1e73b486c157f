"""Where a user stands before he has done anything: what his attributes say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import SavedError, generator
from tastemaker.data import Dataset, FeatureSet, Query, queries
from tastemaker.models.linear import Linear, ridge

SAMPLE = 5000  # users the regression learns from at most
FEWEST = 10  # users below which nothing is learned

Place = Callable[[Sequence[Query]], NDArray[np.float32]]


@dataclass(frozen=True)
class UserPrior:
    """Ridge regression from users' attributes to where their histories stand.

    Attributes:
        names: Encoders of users' attributes, sorted.
        dims: Widths of their vectors.
        line: The regression.
    """

    names: tuple[str, ...]
    dims: tuple[int, ...]
    line: Linear

    @classmethod
    def fit(cls, data: Dataset, users: FeatureSet, place: Place, seed: int) -> Self | None:
        """Learn from users with attributes and a history; None where there are fewer than `FEWEST`.

        Args:
            data: The users' histories.
            users: Vectors of the users by encoder; those made from attributes are used.
            place: Where histories stand, shape (q, d).
            seed: Draws the users if there are more than `SAMPLE`.
        """
        names = tuple(sorted(name for name, found in users.items() if found.source == "attributes"))
        if not names:
            return None
        active = np.diff(data.by_user.start) > 0
        there = np.flatnonzero(active & np.any([users[name].present for name in names], axis=0))
        if len(there) > SAMPLE:
            there = np.sort(generator(seed, "user prior").choice(there, SAMPLE, replace=False))
        if len(there) < FEWEST:
            return None
        inputs = np.concatenate([users[name].vectors[there] for name in names], axis=1)
        return cls(names, tuple(users[name].dim for name in names), ridge(inputs, place(queries(data, there))))

    def knows(self, asked: Sequence[Query]) -> NDArray[np.bool_]:
        """Which queries come with attributes, shape (q,)."""
        return np.array([any(name in query.profile for name in self.names) for query in asked], bool)

    def place(self, asked: Sequence[Query]) -> NDArray[np.float32]:
        """Where attributes put each query, shape (q, d); an absent encoder counts as zeros, its neutral value."""
        empty = [np.zeros(dim, np.float32) for dim in self.dims]
        rows = [
            np.concatenate([q.profile.get(name, none) for name, none in zip(self.names, empty, strict=True)])
            for q in asked
        ]
        return self.line(np.array(rows).reshape(len(rows), sum(self.dims))).astype(np.float32)

    def pack(self) -> dict[str, NDArray[Any]]:
        """Everything as arrays."""
        names = np.frombuffer(json.dumps(self.names).encode(), np.uint8)
        return {"users.names": names, "users.dims": np.array(self.dims, np.int64), **self.line.pack("users")}

    @classmethod
    def unpack(cls, state: Mapping[str, NDArray[Any]]) -> Self | None:
        """What `pack` took apart; None where there is none; raises `SavedError` where it is damaged."""
        if "users.names" not in state:
            return None
        try:
            names = tuple(json.loads(state["users.names"].tobytes()))
            return cls(names, tuple(state["users.dims"].tolist()), Linear.unpack("users", state))
        except (ValueError, KeyError) as error:
            raise SavedError(f"What was learned of users' attributes is damaged ({error}). Fit it anew.") from error
