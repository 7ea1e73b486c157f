"""How fast `transformer` learns, beside RecTools' SASRec: `python bench_transformer.py SPLIT RECTOOLS.json [OUT.json]`.

SPLIT holds train.csv and valid.csv; RECTOOLS.json is what `rectools_sasrec.py` wrote. Same width, blocks, heads,
length, dropout; one thread; processor seconds of training alone, until Recall@10 of the validation items, all users,
reaches .100 or the best that RecTools reached, whichever is lower.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from tastemaker.core import Run
from tastemaker.data.read import read
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.models.judging import Judge
from tastemaker.models.nets.sequences import Plan, Task
from tastemaker.models.ranking import Wish, rank
from tastemaker.training import TrainSettings
from tastemaker.training.devices import seeded
from tastemaker.training.loop import train

GOAL = 0.1


class Enough(Exception):
    """The goal is reached."""


def parts(split: Path, root: Path):
    """Training events, and the validation event of each user, which is his last."""
    lines = [(split / f"{name}.csv").read_text().splitlines() for name in ("train", "valid")]
    (root / "interactions.csv").write_text("\n".join([*lines[0], *lines[1][1:]]) + "\n")
    data = read(root).data
    order, start = data.by_user
    held = np.zeros(len(data.interactions), bool)
    held[order[start[1:] - 1]] = True
    return data.only(~held), data.only(held)


def recall(judge: Judge, score) -> float:
    items = rank(score, judge.asking, Wish(10)).items
    hits = np.isin(judge.users[:, None] * judge._items + items.astype(np.int64), judge._pairs) & (items >= 0)
    return float(hits.any(axis=1).mean())


def main(split: Path, rectools: Path, out: Path | None = None) -> None:
    torch.set_num_threads(1)
    theirs = json.loads(rectools.read_text())
    goal = min(GOAL, max(found for _, found in theirs["curve"]))
    shape = theirs["shape"]
    model = RECOMMENDERS.build(
        {
            "name": "transformer",
            "dim": shape["n_factors"],
            "blocks": shape["n_blocks"],
            "heads": shape["n_heads"],
            "length": shape["session_max_len"],
            "dropout": shape["dropout_rate"],
        }
    )
    with tempfile.TemporaryDirectory() as root:
        data, held = parts(split, Path(root))
    judge, curve, clock = Judge(data, held, 10**9), [], [0.0, 0.0]
    plan = Plan(model._shape(), **{name: getattr(model, name) for name in Plan._fields[1:]})
    with seeded(0, "weights"):
        task = Task(plan, data, None, Run(device="cpu", threads=1))

    def validate() -> float:
        clock[0] += time.process_time() - clock[1]
        curve.append((round(clock[0], 1), round(recall(judge, task.scorer()), 5)))
        print(*curve[-1], flush=True)
        if curve[-1][1] >= goal:
            raise Enough
        clock[1] = time.process_time()
        return curve[-1][1]

    settings = TrainSettings(rate=model.learning_rate, epochs=model.epochs, patience=99, schedule="cosine")
    clock[1] = time.process_time()
    with suppress(Enough):
        train(
            task.module,
            task.batches,
            task.loss,
            settings=settings,
            validate=validate,
            run=Run(device="cpu", threads=1),
        )
    slow = next(seconds for seconds, found in theirs["curve"] if found >= goal)
    said = {"goal": goal, "seconds": curve[-1][0], "RecTools": slow, "ratio": slow / curve[-1][0], "curve": curve}
    print(json.dumps({name: said[name] for name in ("goal", "seconds", "RecTools", "ratio")}))
    if out:
        out.write_text(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
