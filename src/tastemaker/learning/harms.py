"""What is done to data to see how models bear it: content missing or wrong, fake ratings, less behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tastemaker.core import BadSetting, generator
from tastemaker.data import Dataset, Features, FeatureSet
from tastemaker.learning.bench import Bench, Ground
from tastemaker.learning.fakes import liars, pushers
from tastemaker.learning.stress import sources, without

GONE = (0.0, 0.2, 0.4, 0.6, 0.8)
WRONG = (0.0, 0.25, 0.5)
FAKE = (0.0, 0.1, 0.3, 1.0)
PUSHED = (0.0, 0.01, 0.03, 0.1)
KEPT = (1.0, 0.7, 0.4, 0.2, 0.1)
LATEST = (0.0, 20.0, 10.0, 5.0, 2.0)
Change = Callable[[FeatureSet, str, NDArray[np.intp]], dict[str, Features]]
KINDS = ("sources", "missing", "new", "wrong", "fake", "pushed", "less", "short")


@dataclass(frozen=True)
class Harm:
    """One way to make data worse.

    Attributes:
        name: Such as ``missing-image``.
        said: For people.
        unit: What the doses are.
        doses: The first is none.
        ground: The test after training on data with a dose of it.
    """

    name: str
    said: str
    unit: str
    doses: tuple[float, ...]
    ground: Callable[[float], Ground]


def harms(bench: Bench, kinds: Sequence[str]) -> Iterator[Harm]:
    """All harms of these kinds that the data can suffer.

    * sources: each modality gone altogether, and each alone, where there are several;
    * missing: a modality gone for a share of the items, in training and in the test;
    * new: the same for those items alone that training never saw;
    * wrong: a share of the items have each other's content of a modality;
    * fake: so many users more, by share, who took at random what others rated;
    * pushed: so many users more, by share, who like what is popular, and one item that few like;
    * less: a share of the events that are known;
    * short: the latest events of each user alone (0: all).

    Raises:
        BadSetting: there is no such kind.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise BadSetting(f"There is no harm called {kind!r}; there are: {', '.join(KINDS)}.")
        yield from MAKERS[kind](bench)


def _sources(bench: Bench) -> Iterator[Harm]:
    there = sources(bench.features)
    for source in there if len(there) > 1 else ():
        others = [other for other in there if other != source]
        yield _absent(bench, f"without-{source}", f"without {source}", [source])
        if len(others) > 1:  # else it is the other one's absence
            yield _absent(bench, f"alone-{source}", f"{source} alone", others)


def _absent(bench: Bench, name: str, said: str, gone: Sequence[str]) -> Harm:
    def ground(dose: float) -> Ground:
        features = bench.features
        for source in gone:
            features = without(features, source, _first(np.arange(len(bench.split.train.items)), dose))
        return bench.with_features(features)

    return Harm(name, said, "", (0.0, 1.0), ground)


def _missing(bench: Bench) -> Iterator[Harm]:
    yield from _content(bench, "missing-{}", "{} missing", GONE, without)


def _new(bench: Bench) -> Iterator[Harm]:
    known = bench.testing.known
    new = np.bincount(known.interactions.item, minlength=len(known.items)) == 0
    if new[bench.testing.held.interactions.item].any():
        yield from _content(bench, "new-{}", "{} of new items missing", GONE, without, among=new)


def _wrong(bench: Bench) -> Iterator[Harm]:
    yield from _content(bench, "wrong-{}", "{} of other items", WRONG, swapped)


def _content(  # noqa: PLR0913 - what is done, and how it is called
    bench: Bench,
    name: str,
    said: str,
    doses: tuple[float, ...],
    change: Change,
    *,
    among: NDArray[np.bool_] | None = None,
) -> Iterator[Harm]:
    """One harm a modality; a higher dose takes what a lower one took, and more."""
    for source in sources(bench.features):
        order = generator(bench.run.seed, name.format(source)).permutation(len(bench.split.train.items))
        order = order if among is None else order[among[order]]
        unit = "share of the items" if among is None else "share of the new items"
        yield Harm(name.format(source), said.format(source), unit, doses, _changing(bench, source, order, change))


def _changing(bench: Bench, source: str, order: NDArray[np.intp], change: Change) -> Callable[[float], Ground]:
    return lambda dose: bench.with_features(change(bench.features, source, _first(order, dose)))


def _fake(bench: Bench) -> Iterator[Harm]:
    yield Harm("fake", "users who take at random", "share of the users", FAKE, lambda dose: _lied(bench, dose, liars))


def _pushed(bench: Bench) -> Iterator[Harm]:
    yield Harm(
        "pushed", "users who push an item", "share of the users", PUSHED, lambda dose: _lied(bench, dose, pushers)
    )


def _less(bench: Bench) -> Iterator[Harm]:
    order = generator(bench.run.seed, "less").permutation(len(bench.testing.known.interactions))
    yield Harm(
        "less", "fewer events", "share of the events", KEPT, lambda dose: _only(bench, np.sort(_first(order, dose)))
    )


def _short(bench: Bench) -> Iterator[Harm]:
    yield Harm(
        "short",
        "short histories",
        "latest events of each user (0: all)",
        LATEST,
        lambda dose: _only(bench, latest(bench.testing.known, int(dose))),
    )


MAKERS: Mapping[str, Callable[[Bench], Iterator[Harm]]] = {
    "sources": _sources,
    "missing": _missing,
    "new": _new,
    "wrong": _wrong,
    "fake": _fake,
    "pushed": _pushed,
    "less": _less,
    "short": _short,
}


def swapped(features: FeatureSet, source: str, rows: NDArray[np.intp]) -> dict[str, Features]:
    """`features` where each of `rows` has the content of `source` of the next, and the last that of the first."""
    place = np.arange(len(next(iter(features.values())).present))
    place[rows] = np.roll(rows, -1)
    return {
        name: Features(found.source, found.vectors[place], found.present[place]) if found.source == source else found
        for name, found in features.items()
    }


def latest(data: Dataset, events: int) -> NDArray[np.int64]:
    """Ascending rows of the latest `events` interactions of each user; 0: all of them."""
    order, start = data.by_user
    if not events:
        return np.arange(len(order))
    end = np.repeat(start[1:], np.diff(start))
    return np.sort(order[np.arange(len(order)) >= end - events])


def _first(order: NDArray[np.intp], share: float) -> NDArray[np.intp]:
    return order[: round(share * len(order))]


def _only(bench: Bench, rows: NDArray[np.integer]) -> Ground:
    """Learn from some of the events; the others say nothing, and keep their items out of lists."""
    known = bench.testing.known
    sign = np.zeros_like(known.interactions.sign)
    sign[rows] = known.interactions.sign[rows]
    return bench.after(replace(known, interactions=replace(known.interactions, sign=sign)))


def _lied(bench: Bench, dose: float, lie: Callable[[Dataset, int, int], Dataset]) -> Ground:
    """Learn also from users who are none."""
    known = bench.testing.known
    return bench.after(lie(known, round(dose * len(known.users)), bench.run.seed))
