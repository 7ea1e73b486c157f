"""What a larger encoder buys: lists by the content of one encoder after the other, beside what encoding costs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.core import Run, TastemakerError, generator, spec_of
from tastemaker.data import Dataset
from tastemaker.evaluation.catalog import METRICS
from tastemaker.evaluation.measured import Measured, plain, with_intervals
from tastemaker.features.base import Encoder
from tastemaker.features.cache import FeatureCache
from tastemaker.features.extract import extract
from tastemaker.learning.bench import OBJECTIVE, Bench
from tastemaker.learning.cost import Cost, metered, watt_hours
from tastemaker.models.base import Recommender
from tastemaker.models.catalog import RECOMMENDERS

SAMPLE = 200  # items that are encoded to time an encoder
WARM = 2  # items before, which load its weights


@dataclass(frozen=True)
class Rung:
    """One encoder.

    Attributes:
        name: Of the encoder.
        spec: Its specification.
        source: What it reads.
        dim: Width of its vectors.
        ndcg: Of the test users, with its vectors as the only content.
        change: Less that of the first encoder, the same users; None for the first.
        seconds: To encode 1,000 items, decoding included, on this machine.
        energy: Estimate for 1,000 items, Wh.
        memory: Highest of the process meanwhile, MB.
    """

    name: str
    spec: dict[str, Any]
    source: str
    dim: int
    ndcg: Measured
    change: Measured | None
    seconds: float
    energy: float
    memory: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        change = None if self.change is None else self.change.to_json()
        costs = {name: plain(getattr(self, name)) for name in ("seconds", "energy", "memory")}
        said = {"name": self.name, "encoder": self.spec, "source": self.source, "dim": self.dim}
        return {**said, "ndcg": self.ndcg.to_json(), "change": change, **costs}


def climb(data: Dataset, bench: Bench, encoders: Sequence[Encoder], model: Any) -> tuple[list[Rung], dict[str, str]]:
    """A rung for each encoder that can be used; why the others cannot.

    Args:
        data: With the items' content.
        bench: Of the same items; its vectors are of no matter.
        encoders: Small ones first.
        model: Name or specification of a model that ranks by content.
    """
    found: list[tuple[Encoder, Cost, int, Any]] = []
    failed: dict[str, str] = {}
    for encoder in encoders:
        bench.run.say(f"{encoder.name} ...")
        try:
            cost, items = timed(data, encoder, bench.run)
            values, dim = _values(data, bench, encoder, RECOMMENDERS.build(model))
        except TastemakerError as error:
            failed[encoder.name] = str(error).splitlines()[0]
            bench.run.say(f"{encoder.name} cannot be used: {failed[encoder.name]}")
            continue
        per = 1000 / max(items, 1)
        found.append((encoder, Cost(cost.seconds * per, cost.cpu * per, cost.memory), dim, values))
    return _rungs(found, bench.run.seed), failed


def timed(data: Dataset, encoder: Encoder, run: Run, most: int = SAMPLE) -> tuple[Cost, int]:
    """What encoding some items costs, nothing kept from before, weights loaded; and how many these are."""
    some = [
        row for name, content in data.content.items() if name == encoder.source for row, c in enumerate(content) if c
    ]
    order = generator(run.seed, "ladder").permutation(np.array(some, np.int64))
    with tempfile.TemporaryDirectory() as folder:
        for number, rows in enumerate((order[:WARM], order[WARM : WARM + most])):
            part = _only(data, encoder.source, rows)
            with metered() as cost:
                if len(rows):
                    extract(
                        part, [encoder], cache=FeatureCache(Path(folder) / str(number)), run=replace(run, bars=False)
                    )
    return cost, len(order[WARM : WARM + most])


def _only(data: Dataset, source: Any, rows: np.ndarray) -> Dataset:
    kept = set(rows.tolist())
    content = [entry if row in kept else () for row, entry in enumerate(data.content.get(source, ()))]
    return replace(data, content={source: content})


def _values(data: Dataset, bench: Bench, encoder: Encoder, model: Recommender) -> tuple[np.ndarray, int]:
    """NDCG of each test user, and the width of the vectors."""
    features = extract(data, [encoder], run=bench.run).features
    ground = bench.with_features(features)
    recs = ground.lists(ground.fitted(model, bench.run), bench.k, bench.run)
    metric = METRICS.build({"name": OBJECTIVE, "k": bench.k})
    return metric.measure(recs, ground.held, ground.known), next(iter(features.values())).dim


def _rungs(found: Sequence[tuple[Encoder, Cost, int, Any]], seed: int) -> list[Rung]:
    columns = {f"{n}": values for n, (*_, values) in enumerate(found)}
    changes = {f"{n}-": values - found[0][-1] for n, (*_, values) in enumerate(found) if n}
    measured = with_intervals(columns | changes, seed)
    return [
        Rung(
            encoder.name,
            spec_of(encoder),
            encoder.source,
            dim,
            measured[f"{n}"],
            measured.get(f"{n}-"),
            cost.seconds,
            watt_hours(cost.cpu),
            cost.memory,
        )
        for n, (encoder, cost, dim, _) in enumerate(found)
    ]
