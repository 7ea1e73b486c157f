"""How fast RecTools' SASRec learns: `python rectools_sasrec.py SPLIT OUT.json [MINUTES [NEGATIVES]]`.

SPLIT holds train.csv and valid.csv (user_id, item_id, timestamp). After each epoch Recall@10 of the validation items
is taken, seen items left out; seconds are processor seconds of training alone, on one thread. Runs in an environment
of its own with rectools[torch] 0.19 and NumPy < 2.
"""

import json
import logging
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import torch
from pytorch_lightning import Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

SHAPE = {"n_factors": 64, "n_blocks": 2, "n_heads": 1, "session_max_len": 50, "dropout_rate": 0.2}


def trainer() -> Trainer:
    return Trainer(
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )


def main(split: Path, out: Path, minutes: float = 60.0, negatives: int = 256) -> None:
    torch.set_num_threads(1)
    rows = pd.read_csv(split / "train.csv", dtype={"user_id": str, "item_id": str})
    frame = pd.DataFrame({Columns.User: rows.user_id, Columns.Item: rows.item_id, Columns.Weight: 1.0})
    frame[Columns.Datetime] = pd.to_datetime(rows.timestamp, unit="s")
    wanted = pd.read_csv(split / "valid.csv", dtype={"user_id": str, "item_id": str}).set_index("user_id").item_id
    data = Dataset.construct(frame)
    loss = {"loss": "sampled_softmax", "n_negatives": negatives} if negatives else {"loss": "softmax"}
    torch.manual_seed(0)
    model = SASRecModel(**SHAPE, **loss, lr=1e-3, batch_size=128, epochs=1, get_trainer_func=trainer)
    spent, curve = 0.0, []
    while spent < 60 * minutes:
        began = time.process_time()
        model.fit_partial(data, min_epochs=1, max_epochs=1)
        spent += time.process_time() - began
        told = model.recommend(wanted.index.to_numpy(), data, k=10, filter_viewed=True)
        hits = (told[Columns.Item] == told[Columns.User].map(wanted)).sum()
        curve.append((round(spent, 1), round(hits / len(wanted), 5)))
        print(*curve[-1], flush=True)
        out.write_text(json.dumps({"shape": SHAPE, **loss, "curve": curve}))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:4]), *map(int, sys.argv[4:5]))
