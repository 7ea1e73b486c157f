"""Names of splitters."""

from __future__ import annotations

from tastemaker.core import Catalog
from tastemaker.data.split import Splitter

SPLITTERS: Catalog[Splitter] = Catalog("splitter")


@SPLITTERS.entry("time")
def _time() -> type[Splitter]:
    from tastemaker.data.splits.time import Time

    return Time


@SPLITTERS.entry("last")
def _last() -> type[Splitter]:
    from tastemaker.data.splits.last import Last

    return Last


@SPLITTERS.entry("random")
def _random() -> type[Splitter]:
    from tastemaker.data.splits.random import Random

    return Random


@SPLITTERS.entry("ratings")
def _ratings() -> type[Splitter]:
    from tastemaker.data.splits.ratings import Ratings

    return Ratings


@SPLITTERS.entry("cold_items")
def _cold_items() -> type[Splitter]:
    from tastemaker.data.splits.cold_items import ColdItems

    return ColdItems


@SPLITTERS.entry("cold_users")
def _cold_users() -> type[Splitter]:
    from tastemaker.data.splits.cold_users import ColdUsers

    return ColdUsers


@SPLITTERS.entry("given")
def _given() -> type[Splitter]:
    from tastemaker.data.splits.given import Given

    return Given


@SPLITTERS.entry("files")
def _files() -> type[Splitter]:
    from tastemaker.data.splits.files import Files

    return Files
