"""Text made plain: Unicode NFC, no markup, no control characters, single blanks."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

_TAGS = (
    "a abbr address article aside audio b big blockquote body br button caption center cite code col dd del div dl dt"
    " em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input"
    " ins kbd label legend li link main map mark meta nav object ol option p param pre q s samp section select small"
    " source span strike strong sub sup svg table tbody td textarea tfoot th thead title tr tt u ul var video"
)
_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS.split())})(?:\s[^<>]{{0,4000}})?/?>", re.IGNORECASE)
_HIDDEN = re.compile(
    r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<!doctype[^<>]*>", re.IGNORECASE | re.DOTALL
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u2060\ufeff\ud800-\udfff]")


def plain_text(text: str) -> str:
    """`text` without HTML markup, entities, control characters and surplus blanks, in Unicode NFC.

    Only known HTML tags are markup: ``x < y`` and ``<3`` stay. Applying it twice changes nothing more.
    """
    if _nothing_to_do(text):
        return text
    for _ in range(50):  # &amp;lt;p&amp;gt; is a tag in the third round
        plain = _once(text)
        if plain == text:
            break
        text = plain
    return text


def _nothing_to_do(text: str) -> bool:
    """Whether it is ASCII without ``&``, ``<``, ``>`` and control characters, with single blanks inside."""
    return (
        text.isascii()
        and text.isprintable()
        and not (
            "  " in text or "&" in text or "<" in text or ">" in text or text.startswith(" ") or text.endswith(" ")
        )
    )


def _once(text: str) -> str:
    if "<" in text:
        text = _TAG.sub(" ", _HIDDEN.sub(" ", text))
    if "&" in text:
        text = unescape(text)
    return " ".join(unicodedata.normalize("NFC", _CONTROL.sub("", text)).split())
