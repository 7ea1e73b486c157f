"""A few users' lists with titles, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tastemaker.core import generator
from tastemaker.pipeline import Pipeline

USERS, LIKED, LISTED = 4, 5, 5


@dataclass(frozen=True)
class Sample:
    """One user: titles of what he liked last (newest first) and of what he is recommended."""

    user: str
    liked: tuple[str, ...]
    listed: tuple[str, ...]

    def text(self) -> str:
        """Two lines."""
        return f"{self.user} liked {'; '.join(self.liked) or 'nothing yet'}\n  -> {'; '.join(self.listed)}"


def samples(pipeline: Pipeline, users: tuple[str, ...], seed: int) -> tuple[Sample, ...]:
    """Lists of a few of `users`, drawn by `seed`."""
    chosen = generator(seed, "samples").permutation(len(users))[:USERS]
    names = [users[n] for n in sorted(chosen)]
    queries = pipeline.queries(names)
    recs = pipeline.answer(queries, LISTED)
    title = pipeline.data.title
    return tuple(
        Sample(name, tuple(title(i) for i in query.liked[::-1][:LIKED]), tuple(title(i) for i in row[row >= 0]))
        for name, query, row in zip(names, queries, np.asarray(recs.items), strict=True)
    )
