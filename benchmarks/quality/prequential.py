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
CHOICE = {f"trend {t:g}": Scenario(sources=("model", "trending"), weights=Weights(trend=t)) for t in TRENDS}
CONTROLS = {name: Scenario(sources=(name,)) for name in ("popular", "trending")}
HISTORIES = "trend 0"
WITHOUT = "daily without what was seen today"


class State:
    """A store, and counts that follow it, under the model and under none."""

    def __init__(self, folder, pipeline, none, past):
        self.shop = open_store(f"sqlite:///{folder}/store.db").shop()
        self.lives = [Live(one, "v1", past[-1].time) for one in (pipeline, none)]
        settings = ServeSettings(scenarios={**CHOICE, **CONTROLS}, history=10_000)
        self.model, self.none = (Engine(self.shop, live, settings) for live in self.lives)
        self.revision = 0
        self.take(past, ever=False)

    def take(self, events, ever=True):
        """What happened: stored, items that are new get a row, and all is counted."""
        self.shop.append(events)
        items = self.shop.changed_items(self.revision)
        self.revision = items[-1].revision if items else self.revision
        for live in self.lives:
            live.take(items)
            live.count(events, ever)

    def hits(self, event, names, exclude=()):
        """Whether the list of each scenario holds the event's item."""
        return hits(self.model, event, names, exclude) | hits(self.none, event, CONTROLS, exclude)


def hits(engine, event, names, exclude):
    asks = [Ask(user=event.user, k=K, scenario=name, exclude=list(exclude)) for name in names]
    lists = [{one.item for one in answer.items} for answer in engine.recommend(asks)]
    return {name: event.item in items for name, items in zip(names, lists, strict=True)}


def events_of(data):
    log = data.interactions
    rows = zip(log.user.tolist(), log.item.tolist(), log.kind.tolist(), log.time.tolist(), strict=True)
    return [
        Event(data.users.ids[u], data.items.ids[i], data.events[k], 1.0, float(t), f"e{n}")
        for n, (u, i, k, t) in enumerate(rows)
    ]


def replay(states, events, begin, names):
    """One row an event on a new item from `begin` on: its number, user, and hits by way and scenario.

    Args:
        states: "live" and "daily".
        events: All.
        begin: What comes before is in the states.
        names: Which scenarios of the model are asked for at a number of an event, by way.
    """
    had = {(event.user, event.item) for event in events[:begin]}
    waiting, today, rows = [], {}, []
    for number, event in enumerate(events[begin:], begin):
        if waiting and event.time // DAY > waiting[0].time // DAY:
            states["daily"].take(waiting)
            waiting, today = [], {}
        if (event.user, event.item) not in had:
            had.add((event.user, event.item))
            ask = names(number, rows)
            found = {way: state.hits(event, ask[way]) for way, state in states.items()}
            if number >= ask["from"]:
                found[WITHOUT] = states["daily"].hits(event, ask["daily"], today.get(event.user, ()))
            rows.append((number, event.user, found))
        states["live"].take([event])
        waiting.append(event)
        today.setdefault(event.user, set()).add(event.item)
    return rows


class Choice:
    """All trends until `end`; from then on the best of each way, and none."""

    def __init__(self, end):
        self.end, self.best = end, {}

    def __call__(self, number, rows):
        if number < self.end:
            return {"from": self.end, "live": CHOICE, "daily": CHOICE}
        if not self.best:
            for way in ("live", "daily"):
                rates = {name: np.mean([found[way][name] for _, _, found in rows]) for name in CHOICE}
                self.best[way] = max(rates, key=rates.get)
        return {"from": self.end, **{way: {name: None, HISTORIES: None} for way, name in self.best.items()}}


def compared(users, a, b, seed=0):
    """Hit rates of both, and how much more a has, with an interval over resampled users."""
    _, of = np.unique(users, return_inverse=True)
    sums = np.stack([np.bincount(of, column) for column in (a, b)])
    rng, n = generator(seed, "prequential"), sums.shape[1]
    drawn = np.array([(sums[:, rng.integers(0, n, n)]).sum(axis=1) for _ in range(2000)])
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1] - 1, [0.025, 0.975])
    return {"hit rate": a.mean(), "beside": b.mean(), "more": a.mean() / b.mean() - 1, "low": low, "high": high}


def snapshot(past):
    """What a service's training would read then: no item or user that came later."""
    with tempfile.TemporaryDirectory() as place:
        shop = open_store(f"sqlite:///{place}/store.db").shop()
        shop.append(past)
        return shop.snapshot()


def measured(folder, seconds):
    data = read(folder).data
    events = events_of(data)
    learned, chosen = (int(len(events) * share) for share in (LEARNED, CHOSEN))
    past = snapshot(events[:learned])
    pipeline = Pipeline(RECOMMENDERS.build("auto")).fit(past, run=Run(say=print, seconds=seconds))
    none = Pipeline(RECOMMENDERS.build("popular")).fit(past, run=Run())
    choice = Choice(chosen)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        states = {
            way: State(place, pipeline, none, events[:learned]) for way, place in (("live", one), ("daily", other))
        }
        rows = replay(states, events, learned, choice)
    late = [row for row in rows if row[0] >= chosen]
    return told(late, choice.best) | {"events learned from": learned, "chosen by": len(rows) - len(late)}


def told(rows, best):
    users = np.array([user for _, user, _ in rows])

    def column(way, name):
        return np.array([found[way][name] for _, _, found in rows], float)

    ways = {"live": best["live"], "daily": best["daily"], WITHOUT: best["daily"]}
    model = {way: column(way, name) for way, name in ways.items()}
    same = ("trending", "popular", HISTORIES)
    return {
        "lists": len(rows),
        "users": len(np.unique(users)),
        "chosen": best,
        "model, live beside daily": compared(users, model["live"], model["daily"]),
        f"model, live beside {WITHOUT}": compared(users, model["live"], model[WITHOUT]),
        **{f"{name}, live beside daily": compared(users, column("live", name), column("daily", name)) for name in same},
        **{
            f"model beside {name}, both live": compared(users, model["live"], column("live", name))
            for name in ("trending", "popular")
        },
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
