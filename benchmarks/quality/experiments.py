"""Do experiments that are looked at every day find differences where there are none, and those that there are?

    python benchmarks/quality/experiments.py --out benchmarks/results/experiments.json

Simulated shops: users come during the first two weeks, their activity is heavy-tailed (Pareto), so is what they spend
(lognormal), and how readily each buys is his own (beta). Both arms are looked at after each of 28 days and the
experiment ends at the first interval that excludes 0. Beside it the same looks with a fixed-sample 95 % interval.
Then estimators of other policies' values on bandits whose truth is known: how often their interval holds it.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtri

from tastemaker.core import generator
from tastemaker.evaluation.offpolicy import Logs, Predicted, doubly_robust, ips, snips
from tastemaker.evaluation.sequential import difference, radius, ratio, sums_of, width

DAYS = 28
FIXED = float(ndtri(0.975))


@dataclass(frozen=True)
class Shop:
    """Users are both arms' together.

    Attributes:
        users: How many ever come.
        lists: Mean lists a user and day; the most active hundredth has about a tenth of them all.
        bought: Mean share of lists that are answered by a purchase.
        tail: Exponent of the Pareto law of activity: below 2 it would have no variance.
        spread: Of the logarithm of what a purchase brings.
    """

    users: int = 20_000
    lists: float = 0.5
    bought: float = 0.05
    tail: float = 2.5
    spread: float = 1.0


HARSH = Shop(users=2_000, bought=0.01, tail=2.1, spread=1.5)
CASES = (  # name, shop, effect, effect looked for, how many times as many experiments
    ("", Shop(), 0.0, 0.1, 1),
    ("few heavy-tailed buyers, ", HARSH, 0.0, 0.1, 10),
    ("", Shop(5_000), 0.0, 0.1, 5),
    ("", Shop(2_000), 0.0, 0.3, 5),
    ("", Shop(10_000), 0.1, 0.1, 1),
    ("", Shop(20_000), 0.1, 0.1, 1),
    ("", Shop(30_000), 0.1, 0.1, 1),
    ("", Shop(40_000), 0.1, 0.1, 1),
    ("", Shop(20_000), 0.1, 0.05, 1),
)


def looks(shop: Shop, effect: float, rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Sums of `ratio` after each day, for the control and the treated, each (6, days), by metric."""
    arm = rng.random(shop.users) < 0.5
    begin = rng.integers(0, DAYS // 2, shop.users) * (rng.random(shop.users) < 0.5)  # half are there from the start
    rate = (rng.pareto(shop.tail, shop.users) + 1) * shop.lists * (shop.tail - 1) / shop.tail
    chance = np.minimum(rng.beta(2, 2 / shop.bought - 2, shop.users) * np.where(arm, 1 + effect, 1.0), 1.0)
    lists, bought, spent = np.zeros((3, shop.users))
    first = np.full(shop.users, DAYS)
    found = {name: ([], []) for name in ("conversion", "revenue")}
    for day in range(DAYS):
        new = rng.poisson(rate * (begin <= day))
        sales = rng.binomial(new, chance)
        lists += new
        bought += sales
        buyers = np.repeat(np.arange(shop.users), sales)
        spent += np.bincount(buyers, rng.lognormal(3, shop.spread, len(buyers)), minlength=shop.users)
        first = np.where((first == DAYS) & (new > 0), day, first)
        for side, sums in ((~arm, 0), (arm, 1)):
            there = side & (lists > 0)
            found["conversion"][sums].append(sums_of(bought[there], lists[there]))
            found["revenue"][sums].append(sums_of(spent[there], day + 1.0 - first[there]))
    return {name: (np.stack(one, axis=1), np.stack(other, axis=1)) for name, (one, other) in found.items()}


def ends(control: np.ndarray, treated: np.ndarray, effect: float) -> dict[str, int | None]:
    """The day (from 1) at which each kind of interval first excludes 0, None where never; by what it then says."""
    a, b = ratio(treated), ratio(control)
    mean, variance = difference(a, b)
    widths = {"always valid": radius(variance, width(a, b, effect)), "fixed, peeking": FIXED * np.sqrt(variance)}
    return {name: int(np.argmax(out)) + 1 if (out := np.abs(mean) > half).any() else None
            for name, half in widths.items()}  # fmt: skip


def experiments(shop: Shop, effect: float, runs: int, seed: int, sought: float = 0.05) -> dict:
    """Share of the experiments that end before 28 days are over, and the day at which half of these have."""
    found: dict[str, list] = {}
    for run in range(runs):
        for metric, sums in looks(shop, effect, generator(seed + run, f"shop-{effect}")).items():
            for kind, day in ends(*sums, sought).items():
                found.setdefault(f"{metric}, {kind}", []).append(day)
    return {name: told(days) for name, days in found.items()}


def told(days: list[int | None]) -> dict:
    """Share of those that ended, its 95 % interval (Wilson), and their median day."""
    done = [day for day in days if day is not None]
    n, p, z = len(days), len(done) / len(days), FIXED
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (float((middle + sign * half) / (1 + z * z / n)) for sign in (-1, 1))
    return {"share": p, "low": max(low, 0.0), "high": high, "median day": float(np.median(done)) if done else None}


def bandit(lists: int, rng: np.random.Generator, actions: int = 8, places: int = 3) -> tuple[Logs, Predicted, float]:
    """Logs of a softmax policy over items by a user's taste, a judged policy that is sharper, and its true value.

    The model that predicts is wrong by a tenth, so that nothing is right but the chances.
    """
    world = np.random.default_rng(7)
    taste = world.normal(size=(5, actions))
    falling = 1 / np.log2(2 + np.arange(places))
    chance = (0.6 / (1 + np.exp(-taste)))[:, :, None] * falling  # reward by group, item, place
    logging, judged = (np.exp(s * taste) / np.exp(s * taste).sum(axis=1, keepdims=True) for s in (0.3, 2.0))
    truth = float((judged[:, :, None] * chance).sum(axis=(1, 2)).mean())
    group = rng.integers(0, 5, lists)
    edges = logging.cumsum(axis=1)[group]
    shown = np.minimum((rng.random((lists, places))[:, :, None] > edges[:, None, :]).sum(axis=2), actions - 1)
    place, who = np.arange(places), group[:, None]
    reward = (rng.random((lists, places)) < chance[who, shown, place]).astype(float)
    logs = Logs(reward, logging[who, shown], judged[who, shown])
    guess = 0.9 * chance + 0.02
    return logs, Predicted(guess[who, shown, place], (judged[:, :, None] * guess).sum(axis=1)[group]), truth


def coverage(runs: int, lists: int, seed: int) -> dict:
    """Share of intervals that hold the truth, mean error and mean width, by estimator."""
    found: dict[str, list[tuple[bool, float, float]]] = {}
    for run in range(runs):
        logs, predicted, truth = bandit(lists, generator(seed + run, "bandit"))
        values = (ips(logs), ips(logs, clip=3.0), snips(logs), doubly_robust(logs, predicted),
                  doubly_robust(logs, predicted, switch=3.0), ips(logs.whole()), snips(logs.whole()))  # fmt: skip
        names = ("ips", "ips clipped at 3", "snips", "dr", "dr switched at 3", "ips of whole lists",
                 "snips of whole lists")  # fmt: skip
        for name, v in zip(names, values, strict=True):
            found.setdefault(name, []).append((v.low <= truth <= v.high, v.mean - truth, v.high - v.low))
    return {name: dict(zip(("holds", "error", "width"), np.mean(rows, axis=0).tolist(), strict=True))
            for name, rows in found.items()}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="False alarms and power of experiments; coverage of estimators.")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found: dict[str, dict] = {}

    def tell(name: str, rows: dict, since: float) -> None:
        found[name] = rows
        print(f"{name} ({time.time() - since:.0f} s)", flush=True)
        for kind, row in rows.items():
            print(f"  {kind:28}", {k: v if v is None else round(v, 4) for k, v in row.items()}, flush=True)

    for label, shop, effect, sought, times in CASES:
        start, runs = time.time(), args.runs * times
        name = f"{runs} experiments, {label}{shop.users} users, effect {effect:+.0%}, {sought:.0%} looked for"
        tell(name, experiments(shop, effect, runs, args.seed, sought), start)
    start = time.time()
    tell("2000 bandits of 2000 lists", coverage(2000, 2000, args.seed), start)
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
