"""Which encoders suit a data set, when nobody said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tastemaker.core import TastemakerError
from tastemaker.data import Dataset
from tastemaker.features.base import Encoder
from tastemaker.features.catalog import ENCODERS

LATIN_END = "\u024f"  # the last letter of Latin Extended-B
FOREIGN = 0.1  # share of letters beyond Latin from which on the multilingual encoder is taken
SAMPLE = 500

Say = Callable[[str], None]


def encoders_for(data: Dataset, named: Iterable[str | dict[str, Any]] | None, say: Say) -> list[Encoder]:
    """The named encoders; else one a modality that is there, falling back where weights are not."""
    if named is not None:
        return [ENCODERS.build(spec) for spec in named]
    wanted = [_text(data, say), *_media(data, say), *_tables(data)]
    return [encoder for encoder in wanted if encoder is not None]


def _text(data: Dataset, say: Say) -> Encoder | None:
    if not _has(data, "text"):
        return None
    first = "use" if _foreign(data) > FOREIGN else "minilm"
    return _ready(first, say) or ENCODERS.build("tfidf")


def _media(data: Dataset, say: Say) -> list[Encoder | None]:
    pairs = (("image", "efficientnet"), ("audio", "musicnn"))
    return [_ready(name, say) for source, name in pairs if _has(data, source)]


def _tables(data: Dataset) -> list[Encoder | None]:
    pairs = ((data.item_attributes, "attributes"), (data.vectors, "vectors"))
    return [ENCODERS.build(name) for table, name in pairs if table]


def _has(data: Dataset, source: Any) -> bool:
    return any(data.content.get(source, ()))


def _foreign(data: Dataset) -> float:
    """Share of letters outside the Latin script, over a sample of the texts."""
    texts = [text for entry in data.content.get("text", ()) for text in entry]
    step = max(1, len(texts) // SAMPLE)
    letters = [c for text in texts[::step] for c in text[:1000] if c.isalpha()]
    return float(sum(c > LATIN_END for c in letters)) / max(1, len(letters))


def _ready(name: str, say: Say) -> Encoder | None:
    """The encoder, if its packages and weights are here; else a line that says what to do."""
    encoder = ENCODERS.build(name)
    try:
        encoder.fingerprint()
    except TastemakerError as error:
        say(f"note: no {name}: {error}")
        return None
    return encoder
