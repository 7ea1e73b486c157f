"""The text of an item: its title, what it belongs to, and what is written about it."""

from __future__ import annotations

from tastemaker.data import Dataset


def item_texts(data: Dataset) -> list[str]:
    """One text an item, "" where it has none: first text (the title), categories, then the other texts.

    Category attributes (genres, makers, actors ...) are words that large models understand, so they are read
    as text too; an item without any text of its own stays without.
    """
    contents = data.content.get("text", [()] * len(data.items))
    columns = [c.values for _, c in sorted(data.item_attributes.items()) if c.kind == "category"]
    out = []
    for row, texts in enumerate(contents):
        said = [text for text in texts if text]
        named = [str(column[row]).replace("|", ", ") for column in columns if column[row]]
        out.append("\n".join([*said[:1], *named, *said[1:]]) if said else "")
    return out
