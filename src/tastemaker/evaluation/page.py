"""The frame of a page: one HTML file that asks for nothing outside itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tastemaker.evaluation.style import CSS
from tastemaker.evaluation.svg import tag, words

HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)


def page(title: str, main: str) -> str:
    """A whole page around `main`, which is markup."""
    head = f"{HEAD}<title>{words(title)}</title><style>{CSS}</style>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{tag("main", main)}</body></html>\n'


def picture(address: str, alt: str = "") -> str:
    """A picture that the page holds itself, as a ``data:`` address."""
    return f'<img src="{words(address)}" alt="{words(alt)}">'


def section(title: str, parts: Iterable[str]) -> Iterator[str]:
    """A heading and its parts; nothing where they are empty."""
    body = "".join(parts)
    if body:
        yield tag("h2", words(title)) + body


def grid(cards: Iterable[str]) -> str:
    """Cards side by side."""
    body = "".join(cards)
    return tag("div", body, class_="grid") if body else ""


def folded(title: str, body: str) -> str:
    """A part that opens when asked to."""
    return tag("details", tag("summary", words(title)) + body)


def tiles(values: Iterable[tuple[str, str]]) -> str:
    """Numbers with what they are, side by side."""
    body = (tag("b", words(value)) + tag("span", words(name)) for name, value in values)
    return tag("div", "".join(tag("div", tile, class_="tile") for tile in body), class_="tiles")
