"""What to fix or collect first: sentences with counts, the most pressing first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tastemaker.learning.exploring.languages import NAMES, UNKNOWN

if TYPE_CHECKING:
    from tastemaker.learning.exploring.explored import Explored

Kind = Literal["fix", "collect", "know"]
SHORT = 5  # words: a shorter text says little
SMALL = 96  # pixels of a short side: less shows little
QUIET = -40.0  # dBFS
FEW = 5  # events
WORDS = {"image": "picture", "audio": "sound", "video": "video", "text": "text"}


@dataclass(frozen=True)
class Advice:
    """One thing to do or to know.

    Attributes:
        kind: "fix" what is wrong, "collect" what is missing, or "know" what it means for learning.
        said: A sentence with its numbers.
        count: How many items, users, files or rows it is about.
        weight: How pressing it is: the share it is about times how much that hurts.
    """

    kind: Kind
    said: str
    count: int
    weight: float


def advise(found: Explored) -> tuple[Advice, ...]:
    """All advice, the most pressing first; what is about nothing is left out."""
    parts = (
        _broken,
        _missing,
        _unreachable,
        _few,
        _twins,
        _pictures,
        _sounds,
        _suspects,
        _texts,
        _skew,
        _clock,
        _likes,
    )
    every = [one for part in parts for one in part(found) if one.count > 0]
    return tuple(sorted(every, key=lambda one: -one.weight))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _broken(found: Explored) -> Iterator[Advice]:
    for kind in ("image", "audio"):
        bad = [one for one in found.media.broken if one.modality == kind]
        good = len(found.media.pictures if kind == "image" else found.media.sounds)
        if bad:
            reason, times = Counter(one.reason for one in bad).most_common(1)[0]
            yield Advice(
                "fix",
                f"{len(bad):,} of {len(bad) + good:,} {WORDS[kind]} files cannot be opened; most often ({times:,}): "
                f"{reason}. Their items count as having no {WORDS[kind]}.",
                len(bad),
                1.5 * _share(len(bad), len(bad) + good) + 0.02,
            )


def _missing(found: Explored) -> Iterator[Advice]:
    n = len(found.data.items)
    for kind in ("text", "image", "audio"):
        share = found.shares.get(kind, (0.0, 0.0))[0]
        lacking = n - round(share * n)
        if 0 < share < 1:
            yield Advice(
                "collect", f"{lacking:,} of {n:,} items have no {WORDS[kind]} while others do.", lacking, 1 - share
            )
    if not any(found.shares.get(kind) for kind in ("text", "image", "audio", "attributes", "vectors")):
        yield Advice(
            "collect", f"None of the {n:,} items has any content: new items cannot be recommended at all.", n, 0.9
        )


def _unreachable(found: Explored) -> Iterator[Advice]:
    n, without = len(found.data.items), found.facts.get("items without content or events", 0)
    yield Advice(
        "fix",
        f"{without:,} of {n:,} items have neither content nor an event: nothing can recommend them.",
        without,
        _share(without, n),
    )


def _few(found: Explored) -> Iterator[Advice]:
    for what, spread in (("users", found.users), ("items", found.items)):
        few, none = spread.fewer[FEW], spread.fewer[1]
        more = "their lists rest on" if what == "users" else "they live on"
        rest = "attributes and what is popular" if what == "users" else "their content"
        yield Advice(
            "collect",
            f"{few:,} of {spread.n:,} {what} have fewer than {FEW} events ({none:,} have none): {more} {rest}.",
            few,
            0.5 * _share(few, spread.n),
        )


def _twins(found: Explored) -> Iterator[Advice]:
    n = max(len(found.texts.words), 1)  # items that were looked at
    for groups, what in ((found.texts.twins, "text"), (found.picture_twins, "picture")):
        more = sum(len(group.items) - 1 for group in groups)
        same = sum(len(group.items) - 1 for group in groups if group.exact)
        largest = max((len(group.items) for group in groups), default=0)
        yield Advice(
            "fix",
            f"{more:,} items repeat the {what} of an earlier one ({same:,} exactly; the largest group has "
            f"{largest:,}): merge what is one item, and replace place-holders.",
            more,
            1.2 * _share(more, n) + 0.01 * (more > 0),
        )


def _pictures(found: Explored) -> Iterator[Advice]:
    pictures = found.media.pictures
    blank = sum(picture.blank for picture in pictures)
    small = sum(min(picture.width, picture.height) < SMALL for picture in pictures)
    of = f"of {len(pictures):,} pictures"
    yield Advice("fix", f"{blank:,} {of} are of one colour and show nothing.", blank, _share(blank, len(pictures)))
    yield Advice(
        "collect",
        f"{small:,} {of} have a short side under {SMALL} pixels: larger ones tell more.",
        small,
        0.4 * _share(small, len(pictures)),
    )


def _sounds(found: Explored) -> Iterator[Advice]:
    sounds = found.media.sounds
    of = f"of {len(sounds):,} sounds"
    silent = sum(sound.silent for sound in sounds)
    quiet = sum(sound.loudness < QUIET and not sound.silent for sound in sounds)
    clipped = sum(sound.clipped > 0.01 for sound in sounds)
    yield Advice("fix", f"{silent:,} {of} are silent.", silent, 1.2 * _share(silent, len(sounds)))
    yield Advice("fix", f"{quiet:,} {of} are quieter than {QUIET:g} dBFS.", quiet, 0.3 * _share(quiet, len(sounds)))
    yield Advice(
        "fix",
        f"{clipped:,} {of} are cut off at full scale in more than 1 % of their samples.",
        clipped,
        0.2 * _share(clipped, len(sounds)),
    )


def _suspects(found: Explored) -> Iterator[Advice]:
    for one in found.suspects:
        yield Advice(
            "fix",
            f"{len(one.items):,} of {one.compared:,} items have a {one.other} that does not go with their {one.one}: "
            "look at them for mix-ups.",
            len(one.items),
            0.5 * _share(len(one.items), one.compared),
        )


def _texts(found: Explored) -> Iterator[Advice]:
    words, n = found.texts.words, len(found.texts.words)
    short = sum(count < SHORT for count in words)
    yield Advice(
        "collect",
        f"{short:,} of {n:,} texts have fewer than {SHORT} words: a sentence about each would tell more.",
        short,
        0.5 * _share(short, n),
    )
    main = {name: count for name, count in found.texts.languages.items() if name != UNKNOWN and count >= 0.02 * n}
    if len(main) > 1:
        shown = ", ".join(f"{NAMES[name]} {count:,}" for name, count in main.items())
        other = sum(main.values()) - max(main.values())
        yield Advice(
            "know",
            f"Texts are in {len(main)} languages ({shown}): the encoder `use` reads 16, `minilm` English only.",
            other,
            0.5 * _share(other, n),
        )


def _skew(found: Explored) -> Iterator[Advice]:
    spread = found.items
    if spread.gini > 0.6 and spread.events:
        tenth = max(1, spread.n // 10)
        yield Advice(
            "know",
            f"The busiest {tenth:,} items (10 %) take {100 * spread.top[1]:.0f} % of the events (Gini "
            f"{spread.gini:.2f}): measure coverage and novelty beside accuracy.",
            tenth,
            0.3 * (spread.gini - 0.5),
        )


def _clock(found: Explored) -> Iterator[Advice]:
    if found.data.clock != "time" and found.items.events:
        yield Advice(
            "collect",
            f"None of the {found.items.events:,} events has a time: trends stay unknown.",
            found.items.events,
            0.25,
        )


def _likes(found: Explored) -> Iterator[Advice]:
    log = found.data.interactions
    if found.data.explicit and len(log) and (log.sign > 0).all() and log.value.min() < log.value.max():
        low = int((log.value < log.value.max() / 2 + 0.5).sum())
        yield Advice(
            "know",
            f"All {len(log):,} ratings count as liked, {low:,} low ones too: say from where on they do, such as "
            f"positive_from = {np.ceil(log.value.max() * 0.75):g} in [data].",
            low,
            0.4 * _share(low, len(log)),
        )
