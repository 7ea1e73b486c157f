"""Elements of SVG and HTML, escaped; scales and numbers of charts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

SERIES = 8  # colours of the style sheet; further series are grey


def tag(name: str, body: str = "", /, **attributes: object) -> str:
    """One element; names of attributes may end in ``_`` and hold ``_`` for ``-``; values are escaped.

    `body` is markup and must be escaped already.
    """
    parts = (f'{key.rstrip("_").replace("_", "-")}="{escape(_text(v))}"' for key, v in attributes.items())
    return f"<{' '.join([name, *parts])}>{body}</{name}>"


def words(text: object) -> str:
    """Text as markup."""
    return escape(str(text))


def label(x: float, y: float, text: str, class_: str = "", anchor: str = "start") -> str:
    """A text in a chart."""
    return tag("text", words(text), x=x, y=y, class_=class_, text_anchor=anchor)


def drawing(width: float, height: float, parts: Iterable[str], title: str) -> str:
    """A chart that scales with the page; `title` is read to people who do not see it."""
    body = "".join(parts)
    return tag("svg", body, viewBox=f"0 0 {_text(width)} {_text(height)}", role="img", aria_label=title)


def series(number: int) -> str:
    """Class of the colour of a series; -1 and those beyond the colours are grey."""
    return f"s{number + 1}" if 0 <= number < SERIES else "s0"


def short(text: str, length: int) -> str:
    """`text`, cut to `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def number(value: float) -> str:
    """A number for people: about four digits that matter."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.3g}" if abs(value) >= 10 else f"{value:.3f}"


def tick(value: float) -> str:
    """A round number on an axis."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def percent(value: float) -> str:
    """A share for people."""
    if not math.isfinite(value):
        return "–"
    return f"{100 * value:.0f} %" if value in (0, 1) or value >= 0.1 else f"{100 * value:.1f} %"


def _text(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Scale:
    """From values between `low` and `high` to places between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where `value` stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from at most `low` to at least `high`, about `wanted` steps apart."""
    if not high > low:
        high = low + 1
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]
