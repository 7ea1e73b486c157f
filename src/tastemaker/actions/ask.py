"""Asking a saved pipeline: lists, ratings, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.actions.tables import check_ending, read_columns, write_columns
from tastemaker.core import BadSetting, DataError, Run
from tastemaker.data import Query, Recommendations

if TYPE_CHECKING:
    from tastemaker.pipeline import Pipeline

SHOWN = 10  # users whose lists are printed


@dataclass(frozen=True)
class RecommendRequest:
    """Who asks (`users` or `events`), for how many, from what."""

    pipeline: Path
    users: Sequence[str] | None = None
    events: Path | None = None
    k: int = 20
    out: Path | None = None
    repeat: bool = False
    candidates: Path | None = None
    exclude: Path | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Rows:
    """A table as an answer: its columns, and where it was written."""

    columns: dict[str, list[Any]]
    out: Path | None = None
    titles: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The table, or where it lies."""
        n = len(next(iter(self.columns.values())))
        if self.out is not None:
            return f"{n} rows -> {self.out}"
        rows = zip(*self.columns.values(), strict=True)
        lines = ["\t".join(map(_cell, row)) + self._title(row) for row in rows]
        return "\n".join(["\t".join([*self.columns, "title"][: len(self.columns) + bool(self.titles)]), *lines])

    def to_json(self) -> Any:
        """Rows as objects, or where they lie."""
        if self.out is not None:
            return {"rows": len(next(iter(self.columns.values()))), "out": str(self.out)}
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]

    def _title(self, row: tuple[Any, ...]) -> str:
        item = dict(zip(self.columns, row, strict=True)).get("item_id", "")
        return f"\t{self.titles.get(item, '')}" if self.titles else ""


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def recommend(request: RecommendRequest) -> Rows:
    """Top-N lists; seen items are left out unless `repeat`."""
    from tastemaker.pipeline import load

    if request.k < 1:
        raise BadSetting(f"-k must be at least 1 (got {request.k}).")
    if request.out is not None:
        check_ending(request.out)
    pipeline = load(request.pipeline)
    names, queries = _asking(pipeline, request)
    allowed = _allowed(pipeline, request.candidates, request.exclude)
    recs = pipeline.answer(queries, min(request.k, len(pipeline.data.items)), repeat=request.repeat, allowed=allowed)
    columns = lists_table(pipeline, names, recs)
    if request.out is not None:
        write_columns(request.out, columns)
        return Rows(columns, request.out)
    shown = {
        item: pipeline.data.title(row)
        for item in columns["item_id"]
        if (row := pipeline.data.items.row(item)) is not None
    }
    return Rows(columns, titles=shown)


def lists_table(pipeline: Pipeline, names: Sequence[str], recs: Recommendations) -> dict[str, list[Any]]:
    """Columns user_id, item_id, rank (1 is best), score; padded places are left out."""
    row, place = np.nonzero(recs.items >= 0)
    ids = pipeline.data.items.ids
    return {
        "user_id": [names[int(r)] for r in row],
        "item_id": [ids[i] for i in recs.items[row, place]],
        "rank": (place + 1).tolist(),
        "score": recs.scores[row, place].astype(float).tolist(),
    }


def _asking(pipeline: Pipeline, request: RecommendRequest) -> tuple[list[str], list[Query]]:
    if request.events is not None:
        return pipeline.strangers(request.events)
    names = _users(pipeline, request.users or [])
    return names, pipeline.queries(names)


def _users(pipeline: Pipeline, users: Sequence[str]) -> list[str]:
    """`all`, a file with a column user_id, or ids; each must be known."""
    ids = pipeline.data.users
    if list(users) == ["all"]:
        return list(ids.ids)
    if len(users) == 1 and ids.row(users[0]) is None and Path(users[0]).is_file():
        return list(dict.fromkeys(read_columns(Path(users[0]), ("user_id",))["user_id"]))
    for name in users:
        if ids.row(name) is None:
            raise DataError(
                f"There is no user {name!r} in this pipeline and no such file. Known are {len(ids)} users, such as "
                f"{', '.join(map(repr, ids.ids[:3]))}. Strangers come with their events: --events FILE."
            )
    return list(users)


def _allowed(pipeline: Pipeline, candidates: Path | None, exclude: Path | None) -> NDArray[np.bool_] | None:
    if candidates is None and exclude is None:
        return None
    allowed = np.ones(len(pipeline.data.items), bool)
    if candidates is not None:
        allowed[:] = False
        allowed[_rows(pipeline, candidates)] = True
        if not allowed.any():
            raise DataError(f"None of the items in {candidates} is known to this pipeline.")
    if exclude is not None:
        allowed[_rows(pipeline, exclude)] = False
    return allowed


def _rows(pipeline: Pipeline, path: Path) -> NDArray[np.int32]:
    rows = pipeline.data.items.rows(read_columns(path, ("item_id",))["item_id"])
    return rows[rows >= 0]


@dataclass(frozen=True)
class RateRequest:
    """Pairs to predict."""

    pipeline: Path
    pairs: Path
    out: Path | None = None


def rate(request: RateRequest) -> Rows:
    """Predicted ratings, one a pair, in the order of the file."""
    from tastemaker.pipeline import load

    if request.out is not None:
        check_ending(request.out)
    pipeline = load(request.pipeline)
    pairs = read_columns(request.pairs, ("user_id", "item_id"))
    ratings = pipeline.rate(pairs["user_id"], pairs["item_id"])
    columns: dict[str, list[Any]] = {**pairs, "rating": ratings.astype(float).tolist()}
    if request.out is not None:
        write_columns(request.out, columns)
    return Rows(columns, request.out)


@dataclass(frozen=True)
class SimilarRequest:
    """An item or a user, and how many neighbours."""

    pipeline: Path
    item: str | None = None
    user: str | None = None
    k: int = 10


def similar(request: SimilarRequest) -> Rows:
    """Items like an item by content and behaviour, or users like a user by what they did."""
    from tastemaker.pipeline import load

    if (request.item is None) == (request.user is None):
        raise BadSetting("Name one item, or one user with --user; not both, not neither.")
    pipeline = load(request.pipeline)
    if request.item is not None:
        ids, scores, by = pipeline.similar_items(request.item, request.k)
        titles = {i: pipeline.data.title(r) for i in ids if (r := pipeline.data.items.row(i)) is not None}
        return Rows({"item_id": ids, "score": scores, "by": [by] * len(ids)}, titles=titles)
    ids, scores, by = pipeline.similar_users(str(request.user), request.k)
    return Rows({"user_id": ids, "score": scores, "by": [by] * len(ids)})
