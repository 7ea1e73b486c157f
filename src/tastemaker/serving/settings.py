"""Settings of a service: the table ``[serve]`` of a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pydantic
from annotated_types import Ge, Le
from pydantic import Field

from tastemaker.core import BadSetting, component
from tastemaker.core.component import refused
from tastemaker.core.files import read_toml
from tastemaker.serving.actions import ActionWeights
from tastemaker.serving.ask import Scenario
from tastemaker.serving.bandit import BanditSettings
from tastemaker.serving.scoring import Choice


@component
class ServeSettings:
    """How a service answers.

    Attributes:
        scenarios: By name; "default" is the one of requests that name none.
        index: How items are searched where scores are products of vectors: "exact" compares all, "ann" most of the
            best in a part of the time, "auto" is exact up to 200,000 items.
        actions: What each predicted action is worth; the table ``[actions]``.
        bandit: What is tried where lists explore by "linucb".
        history: Latest events of a user that count.
        tick: Seconds between looks at what other processes wrote.
        retain_days: Events and lists older than so many days are erased; 0 keeps all.
        requests_per_second: That one key may make, on average; 0 is no limit.
        body_bytes: Largest body of a request.
        upload_bytes: Largest uploaded file.
    """

    scenarios: dict[str, Scenario] = Field(default_factory=dict)
    index: Choice = "auto"
    actions: ActionWeights = Field(default_factory=ActionWeights)
    bandit: BanditSettings = Field(default_factory=BanditSettings)
    history: Annotated[int, Ge(1), Le(10_000)] = 200
    tick: Annotated[float, Ge(0.01), Le(60)] = 0.25
    retain_days: Annotated[int, Ge(0), Le(36_500)] = 0
    requests_per_second: Annotated[float, Ge(0)] = 0.0
    body_bytes: Annotated[int, Ge(1024), Le(1 << 30)] = 8 << 20
    upload_bytes: Annotated[int, Ge(1024), Le(1 << 32)] = 32 << 20


def read_settings(path: Path | None) -> ServeSettings:
    """The tables ``[serve]`` and ``[actions]`` of a file; the defaults without one.

    Raises:
        BadSetting: a setting cannot be taken.
        DataError: the file cannot be read.
    """
    if path is None:
        return ServeSettings()
    said = read_toml(path)
    tables = {name: said.get(name, {}) for name in ("serve", "actions")}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise BadSetting(f"{path}: [{name}] must be a table of settings; got {table!r}.")
    try:
        return ServeSettings(**{**({"actions": tables["actions"]} if tables["actions"] else {}), **tables["serve"]})
    except pydantic.ValidationError as error:
        raise refused(f"{path}, table [serve] or [actions], has settings that cannot be taken:", error) from error
