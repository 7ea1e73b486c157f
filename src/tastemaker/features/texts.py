"""The text of an item: its title, what it belongs to, and what is written about it."""

from __future__ import annotations

from tastemaker.data import Dataset

LONGEST = 100_000  # characters of an item's text that are read; encoders cut far earlier


def item_texts(data: Dataset) -> list[str]:
    """One text an item, "" where it has none: first text (the title), categories, then the other texts.

    Category attributes (genres, makers, actors ...) are words that large models understand, so they are read
    as text too; an item without any text of its own stays without.
    """
    contents = data.content.get("text", [()] * len(data.items))
    columns = [c.values.tolist() for _, c in sorted(data.item_attributes.items()) if c.kind == "category"]
    out = []
    for row, texts in enumerate(contents):
        said = [text for text in texts if text.strip()]
        named = [column[row].replace("|", ", ") for column in columns if column[row]]
        out.append(sound("\n".join([*said[:1], *named, *said[1:]])) if said else "")
    return out


def sound(text: str) -> str:
    """The text as every encoder can take it: halves of characters become "?", endless texts are cut."""
    if text.isascii():
        return text[:LONGEST].strip()
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8").strip()
