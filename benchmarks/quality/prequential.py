"""What are live histories and live counts worth, beside the same model with everything as of the last midnight?

    python benchmarks/quality/prequential.py TASTEMAKER_DATA --out benchmarks/results/prequential.json

Test, then learn, over the events of deskdrop-social in their order. A model learns from the first 60 % and is never
learned anew. Before each event on an item that its user has not had, a list of 10 is asked of the serving engine, and
it is a hit if it holds that item; then the event goes into the store and the counts ("live"), or waits for the next
midnight, UTC ("daily"). How much the trend counts is chosen on the next 10 %, for live and daily each on its own; the
last 30 % are reported. Items that came after the model have no content here, so only counts can list them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from tastemaker.core import Run, generator
from tastemaker.data.read import read
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline
from tastemaker.serving.ask import Ask, Scenario, Weights
from tastemaker.serving.engine import Engine
from tastemaker.serving.live import Live
from tastemaker.serving.settings import ServeSettings
from tastemaker.storage.base import Event
from tastemaker.storage.open import open_store

K, DAY = 10, 86_400
LEARNED, CHOSEN = 0.6, 0.7
TRENDS = (0.0, 0.3, 1.0, 3.0, 10.0)
SCENARIOS = {
    **{f"trend {t:g}": Scenario(sources=("model", "trending"), weights=Weights(trend=t)) for t in TRENDS},
    "popular": Scenario(sources=("popular",)),
    "trending": Scenario(sources=("trending",)),
}


class State:
    """A store, a model and counts that follow it."""

    def __init__(self, folder, pipeline, past):
        self.shop = open_store(f"sqlite:///{folder}/store.db").shop()
        self.live = Live(pipeline, "v1", past[-1].time)
        self.engine = Engine(self.shop, self.live, ServeSettings(scenarios=SCENARIOS, history=10_000))
        self.revision = 0
        self.take(past, ever=False)

    def take(self, events, ever=True):
        """What happened: stored, items that are new get a row, and all is counted."""
        if events:
            self.shop.append(events)
            items = self.shop.changed_items(self.revision)
            self.live.take(items)
            self.revision = items[-1].revision if items else self.revision
            self.live.count(events, ever)

    def hits(self, event, scenarios, exclude=()):
        """Whether each scenario's list holds the event's item."""
        asks = [Ask(user=event.user, k=K, scenario=name, exclude=list(exclude)) for name in scenarios]
        return [event.item in {one.item for one in answer.items} for answer in self.engine.recommend(asks)]


def events_of(data):
    log = data.interactions
    rows = zip(log.user.tolist(), log.item.tolist(), log.kind.tolist(), log.time.tolist(), strict=True)
    return [
        Event(data.users.ids[u], data.items.ids[i], data.events[k], 1.0, float(t), f"e{n}")
        for n, (u, i, k, t) in enumerate(rows)
    ]


def replay(states, events, begin, names):
    """One row an event on a new item from `begin` on: its number, user, and a hit for each way and scenario."""
    live, daily = states
    had = {(event.user, event.item) for event in events[:begin]}
    waiting, today, at, users, rows = [], {}, [], [], []
    for number, event in enumerate(events[begin:], begin):
        if waiting and event.time // DAY > waiting[0].time // DAY:
            daily.take(waiting)
            waiting, today = [], {}
        if (event.user, event.item) not in had:
            had.add((event.user, event.item))
            seen = today.get(event.user, ())
            at.append(number)
            users.append(event.user)
            rows.append([*live.hits(event, names), *daily.hits(event, names), *daily.hits(event, names, exclude=seen)])
        live.take([event])
        waiting.append(event)
        today.setdefault(event.user, set()).add(event.item)
    return np.array(at), np.array(users), np.array(rows, float).reshape(len(rows), 3, len(names))


def compared(users, a, b, seed=0):
    """Hit rates of both, and how much more a has, with an interval over resampled users."""
    _, of = np.unique(users, return_inverse=True)
    sums = np.stack([np.bincount(of, column) for column in (a, b)])
    rng, n = generator(seed, "prequential"), sums.shape[1]
    drawn = np.array([(sums[:, rng.integers(0, n, n)]).sum(axis=1) for _ in range(2000)])
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1] - 1, [0.025, 0.975])
    return {"hit rate": a.mean(), "beside": b.mean(), "more": a.mean() / b.mean() - 1, "low": low, "high": high}


def measured(folder, seconds):
    data = read(folder).data
    events = events_of(data)
    learned, chosen = (int(len(events) * share) for share in (LEARNED, CHOSEN))
    pipeline = Pipeline(RECOMMENDERS.build("auto")).fit(
        data.only(np.arange(len(events)) < learned), run=Run(say=print, seconds=seconds)
    )
    names = list(SCENARIOS)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        states = [State(place, pipeline, events[:learned]) for place in (one, other)]
        at, users, hits = replay(states, events, learned, names)
    first = hits[at < chosen, :, : len(TRENDS)].mean(axis=0)
    best = {way: names[int(rates.argmax())] for way, rates in zip(WAYS, first, strict=True)}
    late = at >= chosen
    return told(users[late], hits[late], best, names) | {"events learned from": learned, "chosen by": chosen - learned}


WAYS = ("live", "daily", "daily, without what was seen today")


def told(users, hits, best, names):
    column = {(way, name): hits[:, at, n] for at, way in enumerate(WAYS) for n, name in enumerate(names)}
    model = {way: column[way, best[way]] for way in WAYS}
    controls = {
        f"{name}, live beside daily": compared(users, column["live", name], column["daily", name])
        for name in ("popular", "trending")
    }
    return {
        "lists": len(users),
        "users": len(np.unique(users)),
        "chosen": best,
        "model, live beside daily": compared(users, model["live"], model["daily"]),
        "model, live beside daily without what was seen today": compared(users, model["live"], model[WAYS[2]]),
        **controls,
        "model, live beside popular, live": compared(users, model["live"], column["live", "popular"]),
        "model, live beside trending, live": compared(users, model["live"], column["live", "trending"]),
        "hit rates": {f"{way}, {name}": values.mean() for (way, name), values in column.items()},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that deskdrop-social lies in")
    parser.add_argument("--budget", type=float, default=120, help="seconds for the choice of a model")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    began = time.perf_counter()
    found = measured(args.data / "deskdrop-social", args.budget)
    text = json.dumps(found | {"seconds": round(time.perf_counter() - began)}, indent=1, default=float)
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
