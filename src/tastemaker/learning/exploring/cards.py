"""Cards of items with their pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tastemaker.evaluation.page import picture
from tastemaker.evaluation.svg import percent, short, tag, words
from tastemaker.learning.exploring.explored import Explored, Suspects
from tastemaker.learning.exploring.groups import Cluster
from tastemaker.learning.exploring.media import first_pictures, thumbnail
from tastemaker.learning.exploring.relations import Mismatch
from tastemaker.learning.exploring.twins import Group

SIDE = 84  # pixels of the height of a picture on the page
PICTURES = 240  # on one page: about a megabyte
EACH = 5  # pictures or titles of a card


class Cards:
    """Makes cards for one page; embeds each item's picture while the page is not too large."""

    def __init__(self, found: Explored) -> None:
        self._found = found
        self._pictures = first_pictures(found.media.pictures)
        self._made: dict[int, str] = {}

    def twins(self, what: str, group: Group) -> str:
        """Items that are nearly the same."""
        n = len(group.items)
        kind = "the same" if group.exact else f"alike ({math.floor(100 * group.likeness)} % or more)"
        return self._card(f"{n} items, {what} {kind}", group.items[:EACH], more=n - EACH)

    def suspect(self, found: Suspects, one: Mismatch) -> str:
        """An item whose picture does not go with its text, beside what its text is like."""
        text = max(self._found.data.content["text"][one.item], key=len, default="")
        said = f"{one.z:.1f} deviations; {one.shared} of 10 neighbours the same"
        like = tag("p", words(f"by its {found.one} it is like:"), class_="note")
        shown = self._thumbs((one.item,)) + tag("p", words(short(text, 160)), class_="soft")
        rest = like + self._thumbs(one.like) + self._titles(one.like)
        title = tag("h3", words(short(self._title(one.item), 80)))
        return tag("div", title + tag("p", words(said), class_="note") + shown + rest, class_="card")

    def cluster(self, group: Cluster) -> str:
        """A kind of items."""
        name = ", ".join(group.name) or "nothing stands out"
        note = f"{group.size:,} items, {percent(group.share)}"
        return self._card(name, group.members[:EACH], note=note)

    def segment(self, group: Cluster) -> str:
        """A taste of users."""
        name = ", ".join(group.name) or "nothing stands out"
        ids = ", ".join(self._found.data.users.ids[row] for row in group.members[:3])
        note = f"{group.size:,} users, {percent(group.share)}; such as {short(ids, 70)}"
        return tag("div", tag("h3", words(name)) + tag("p", words(note), class_="note"), class_="card")

    def _card(self, title: str, items: Iterable[int], note: str = "", more: int = 0) -> str:
        items = tuple(items)
        said = tag("p", words(note), class_="note") if note else ""
        rest = tag("p", words(f"and {more:,} more"), class_="note") if more > 0 else ""
        return tag(
            "div", tag("h3", words(title)) + said + self._thumbs(items) + self._titles(items) + rest, class_="card"
        )

    def _title(self, item: int) -> str:
        data = self._found.data
        return data.title(item) if data.titles else f"item {data.items.ids[item]}"

    def _titles(self, items: Iterable[int]) -> str:
        ids = self._found.data.items.ids
        lines = (tag("li", words(short(self._title(row), 70)) + tag("small", words(ids[row]))) for row in items)
        return tag("ul", "".join(lines))

    def _thumbs(self, items: Iterable[int]) -> str:
        made = "".join(filter(None, map(self._thumb, items)))
        return tag("div", made, class_="thumbs") if made else ""

    def _thumb(self, item: int) -> str:
        if item not in self._made and item in self._pictures and len(self._made) < PICTURES:
            self._made[item] = picture(thumbnail(self._pictures[item].pixels, SIDE), self._title(item))
        return self._made.get(item, "")
