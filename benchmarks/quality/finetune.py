"""Does tuning an encoder pay on items that nobody has had?

    TASTEMAKER_DATA=... python benchmarks/quality/finetune.py --ways side --seeds 0 1 2 --control with --out FILE.json

`cold_items` splits; tuning sees the known items alone and holds some of them out to stop by. Then `content`, in closed
form and on one text encoder alone, is fitted on all known items with the frozen and with the tuned vectors, and lists
of the unknown items are compared, once: NDCG@10 with paired 95 % intervals over users. The control tunes with pairs in
which other items go together: its gain must be gone. Results of several calls are merged into one file. Training inside
the encoder is dear: `--users O_` keeps the users whose ids begin so, and the items that they had; `--epochs`
and `--length` (tokens read of a text, by the frozen encoder too) set the budget.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from content_models import cold
from content_pays import Case, ahead

from tastemaker.core import Run
from tastemaker.data import Dataset, Features
from tastemaker.data.read import read
from tastemaker.data.splits import parse
from tastemaker.features.tuned.base import base_of, opened
from tastemaker.learning.finetune.lesson import Lesson
from tastemaker.learning.finetune.settings import FinetuneSettings
from tastemaker.learning.finetune.tuning import Source, finetune

MODEL = {"name": "content", "prior": 0.0}
SHORT = {"epochs": 4}
BUDGET = {"side": {}, "lora": SHORT, "full": SHORT, "mlm": SHORT}
CONTROLS = {"without": (False,), "with": (False, True), "alone": (True,)}


def measured(case: Case, vectors: np.ndarray, present: np.ndarray):
    """Lists of the unknown items by `content` on these vectors alone."""
    return cold(case, MODEL, {"minilm": Features("text", vectors, present)})


def tuned(case: Case, source: Source, settings: FinetuneSettings, seed: int, control: bool, frozen) -> dict:
    """Figures of one way of tuning on one split."""
    lesson = Lesson.of(case.known, source.states.present, settings.held, seed)
    start = time.time()
    run = Run(seed=seed, device="cpu", say=lambda line: print("  ", line, flush=True))
    found = finetune(source, lesson.shuffled(seed) if control else lesson, settings, run)
    seconds = time.time() - start
    report = measured(case, found.vectors, source.states.present)
    gain = found.gain
    return {
        "test": float(report.measures["ndcg"].mean),
        "tuned - frozen": ahead(report, frozen),
        "validation gain": (float(gain.mean), float(gain.low), float(gain.high)),
        "best epoch": found.history.best_epoch,
        "epochs": len(found.history.losses),
        "seconds a step": found.step,
        "seconds": seconds,
        "trained": found.trained,
    }


def fresh(source: Source, length: int) -> Source:
    """The source with its network opened anew: tuning changes it in place."""
    return replace(source, open=opened(source.encoder, length))


def part_of(data: Dataset, users: str) -> Dataset:
    """The data of the users whose ids begin so; items that they did not have lose their texts and are never listed."""
    if not users:
        return data
    chosen = np.array([name.startswith(users) for name in data.users.ids])
    part = data.only(chosen[data.interactions.user])
    had = np.bincount(part.interactions.item, minlength=len(part.items)) > 0
    content = {
        source: tuple(entry if there else () for entry, there in zip(entries, had, strict=True))
        for source, entries in part.content.items()
    }
    return replace(part, content=content)


def main() -> None:
    parser = argparse.ArgumentParser(description="Does tuning an encoder pay on items that nobody has had?")
    parser.add_argument("--data", nargs="*", default=["ml100k-posters", "amazon-office-industrial"])
    parser.add_argument("--ways", nargs="*", default=["side", "lora", "full", "mlm"], choices=list(BUDGET))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--control", default="without", choices=list(CONTROLS), help="the control beside each way")
    parser.add_argument("--users", default="", help="what the ids of the users that are kept begin with")
    parser.add_argument("--epochs", type=int, help="of 30 steps, for ways through the encoder (default 4)")
    parser.add_argument("--length", type=int, default=FinetuneSettings().max_length)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    for name in args.data:
        data = part_of(read(Path(os.environ["TASTEMAKER_DATA"]) / name).data, args.users)
        name += args.users and f" {args.users}"
        name += "" if args.length == FinetuneSettings().max_length else f", {args.length} tokens"
        source = Source.of(data, base_of("minilm"), args.length, Run())
        for seed in args.seeds:
            cut = next(iter(parse("cold_items", seed).split(data)))
            case = Case(Path(name), cut.train, cut.validation, cut.test, {})
            frozen = measured(case, source.frozen, source.states.present)
            row = {"test": float(frozen.measures["ndcg"].mean), "users": len(frozen.users)}
            keep(args.out, name, "frozen", seed, row)
            for way in args.ways:
                budget = {**BUDGET[way], **({"epochs": args.epochs} if args.epochs else {})}
                settings = FinetuneSettings(how=way, max_length=args.length, **budget)
                for control in CONTROLS[args.control]:
                    row = tuned(case, fresh(source, args.length), settings, seed, control, frozen)
                    keep(args.out, name, f"{way}, other pairs" if control else way, seed, row)


def keep(out: Path | None, *at) -> None:
    """Print a row, and put it into the file beside those that are there."""
    *path, row = at
    print(*path, row, flush=True)
    if out is None:
        return
    whole = json.loads(out.read_text()) if out.is_file() else {}
    place = whole
    for key in path[:-1]:
        place = place.setdefault(str(key), {})
    place[str(path[-1])] = row
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
