"""Settings of a generated world."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Ge, Gt, Le

from tastemaker.core import BadSetting, component
from tastemaker.core.component import refused
from tastemaker.core.errors import hint

Taste = Literal["mixed", "text", "image", "audio", "switch", "attributes", "order"]
Share = Annotated[float, Ge(0), Le(1)]


@component
class WorldSettings:
    """What a generated catalogue is like.

    Attributes:
        taste: What decides who likes what: "text", "image", "audio" (that modality alone), "mixed" (all three, and
            the users' attributes a little), "switch" (half of the items are told by their text, the others by their
            picture), "attributes" (age x gender x place of the users decides), "order" (what was taken last decides).
        users: Number of users.
        items: Number of items.
        events: Mean number of events a user.
        kinds: Hidden classes of each modality.
        temperature: How much chance is in what is taken: 0.1 nearly none, 2 mostly chance.
        zipf: How unequally items are seen, whatever they are: exponent of exposure by rank; 0 equally.
        hidden: Share of the variance of taste that no content tells (found from behaviour alone).
        appeal: Share of the variance of taste that all users have in common (better and worse items).
        drift: Turns of every taste during the year, in quarter turns: 1 makes it unlike what it was.
        feedback: "events" (view, like, purchase, dislike) or "ratings" (1 to 5).
        comments: Share of the events other than views (of all ratings) that come with a review.
        text_missing: Share of items with a title but no description.
        image_missing: Share of items without a picture; 1 draws none.
        audio_missing: Share of items without sound; 1 plays none.
        video: Share of items with a clip; 0 films none.
        profile_missing: Share of the users' attributes that are empty.
        chinese: Share of items whose words are Chinese; the others are English.
        size: Width and height of a picture, in pixels.
        seconds: Length of a sound.
        dirt: Share of rows and files that are spoilt: rows twice or without an id, files broken or not there.
        table: Format of the tables.
        seed: Equal seeds give equal worlds, byte by byte on one machine.
    """

    taste: Taste = "mixed"
    users: Annotated[int, Ge(2), Le(1_000_000)] = 300
    items: Annotated[int, Ge(10), Le(100_000)] = 240
    events: Annotated[int, Ge(1), Le(10_000)] = 20
    kinds: Annotated[int, Ge(2), Le(8)] = 8
    temperature: Annotated[float, Gt(0), Le(100)] = 0.4
    zipf: Annotated[float, Ge(0), Le(3)] = 0.4
    hidden: Annotated[float, Ge(0), Le(0.9)] = 0.15
    appeal: Annotated[float, Ge(0), Le(0.9)] = 0.05
    drift: Annotated[float, Ge(0), Le(4)] = 0.0
    feedback: Literal["events", "ratings"] = "events"
    comments: Share = 0.3
    text_missing: Share = 0.05
    image_missing: Share = 0.1
    audio_missing: Share = 0.2
    video: Share = 0.05
    profile_missing: Share = 0.05
    chinese: Share = 0.1
    size: Annotated[int, Ge(32), Le(1024)] = 128
    seconds: Annotated[float, Ge(0.5), Le(60)] = 3.0
    dirt: Annotated[float, Ge(0), Le(0.5)] = 0.0
    table: Literal["csv", "parquet"] = "csv"
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0


def parse_settings(pairs: Sequence[str], seed: int = 0) -> WorldSettings:
    """Settings from texts such as ``"users=500"``, with `seed` unless the texts name one.

    Raises:
        BadSetting: A text has no ``=``, or names no setting, or a value that it cannot take.
    """
    given: dict[str, Any] = {"seed": seed}
    known = [f.name for f in fields(WorldSettings)]
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise BadSetting(f"A setting of a world is NAME=VALUE, such as users=500 (got {pair!r}).")
        if name not in known:
            raise BadSetting(f"A world has no setting {name!r}.{hint(name, known)} Known: {', '.join(known)}.")
        given[name] = _value(value)
    try:
        return WorldSettings(**given)
    except pydantic.ValidationError as error:
        raise refused("A world cannot take these settings:", error) from error


def _value(text: str) -> Any:
    """A number where it is one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
