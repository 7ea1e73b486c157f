"""Settings of reading and cleaning: the table ``[data]`` of ``tastemaker.toml``."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Ge, Le
from pydantic import Field, field_validator, model_validator
from pydantic_core import ArgsKwargs

from tastemaker.core import BadSetting, component
from tastemaker.core.component import refused
from tastemaker.core.errors import hint
from tastemaker.core.files import read_toml
from tastemaker.data.columns import ROLES

NAME = "tastemaker.toml"
Repeats = Literal["merge", "last", "first", "all"]


@component
class DataSettings:
    """How a source is read and cleaned.

    Attributes:
        columns: Our column name -> theirs, such as ``{user_id = "who"}``; ``""`` says that there is none.
        events: Event -> weight, over the default weights; 0 is neutral, below 0 negative feedback.
        positive_from: Ratings from here on are positive, those below neutral (below 0 negative). None: every
            rating above 0 is positive, 0 neutral, below 0 negative.
        repeats: What becomes of several interactions of one user with one item. "merge": one row at the place
            and with the sign of the last, with the strongest value of that sign (ratings: the last rating);
            "last", "first": that row alone; "all": every row stays.
        core: Keep only users and items with at least so many interactions among themselves; 0 keeps all.
        places: More columns that are places.
        categories: Columns of numbers that are codes, not quantities.
        ignore: Columns that are no attributes.
        rating_range: Lowest and highest possible rating; rows outside are dropped. None: any finite rating.
        outliers: Users with more than so many times the interactions of the 99th percentile are flagged; 0 off.
        outlier_rate: Users with 500 interactions and more at more than so many a minute are flagged; 0 off.
        near_duplicates: Flag items whose title and text are nearly the same.
    """

    columns: dict[str, str] = Field(default_factory=dict)
    events: dict[str, float] = Field(default_factory=dict)
    positive_from: float | None = None
    repeats: Repeats = "merge"
    core: Annotated[int, Ge(0), Le(10_000)] = 0
    places: list[str] = Field(default_factory=list)
    categories: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    rating_range: tuple[float, float] | None = None
    outliers: Annotated[float, Ge(0)] = 20.0
    outlier_rate: Annotated[float, Ge(0)] = 60.0
    near_duplicates: bool = True

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        keys = given.kwargs if isinstance(given, ArgsKwargs) else given
        _refuse_unknown("setting of [data]", keys or {}, [f.name for f in fields(cls)])
        return given

    @field_validator("columns")
    @classmethod
    def _known_roles(cls, columns: dict[str, str]) -> dict[str, str]:
        _refuse_unknown("column", columns, ROLES)
        return columns

    @field_validator("events")
    @classmethod
    def _finite(cls, events: dict[str, float]) -> dict[str, float]:
        wrong = [name for name, weight in events.items() if not math.isfinite(weight)]
        if wrong:
            raise ValueError(f"the weight of {wrong[0]!r} must be a finite number")
        return events

    @field_validator("rating_range")
    @classmethod
    def _ascending(cls, limits: tuple[float, float] | None) -> tuple[float, float] | None:
        if limits and limits[0] >= limits[1]:
            raise ValueError(f"the lowest rating must be below the highest, such as [1, 5]; got {list(limits)}")
        return limits

    @property
    def of_log(self) -> DataSettings:
        """What of these says how behaviour is understood, without what drops or flags rows or is about items."""
        usual = DataSettings(near_duplicates=False)
        return replace(
            usual,
            columns=self.columns,
            events=self.events,
            positive_from=self.positive_from,
            repeats=self.repeats,
            rating_range=self.rating_range,
        )


def _refuse_unknown(kind: str, given: Any, known: list[str] | tuple[str, ...]) -> None:
    for key in given:
        if key not in known:
            raise ValueError(f"There is no {kind} called {key!r}.{hint(str(key), known)} Known: {', '.join(known)}.")


def settings_beside(source: Path, usual: DataSettings | None = None) -> DataSettings:
    """The table ``[data]`` of the ``tastemaker.toml`` in a folder, or beside a file; else `usual`, or the defaults.

    Raises:
        DataError: the file cannot be read or is no TOML.
        BadSetting: a key or a value is not understood.
    """
    path = (source if source.is_dir() else source.parent) / NAME
    if not path.is_file():
        return usual or DataSettings()
    return settings_from(read_toml(path).get("data", {}), f"{path}, table [data],")


def settings_from(table: Any, where: str) -> DataSettings:
    """Settings from plain values; raises `BadSetting` that names `where`."""
    if not isinstance(table, dict):
        raise BadSetting(f"{where} must be a table of settings, such as `[data]` and `core = 5`; got {table!r}.")
    try:
        return DataSettings(**{str(key): value for key, value in table.items()})
    except pydantic.ValidationError as error:
        raise refused(f"{where} has settings that cannot be taken:", error) from error
