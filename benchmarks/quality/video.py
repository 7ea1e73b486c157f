"""Video where only motion, only the order of scenes or only the sound tells the class: what the vectors know.

A logistic regression on the clips' vectors, five folds; the share of clips whose class is found, with its 95 % interval
(Wilson), beside the mean of the frames alone, which knows neither order nor sound.

    PYTHONPATH=src python benchmarks/quality/video.py [--clips 80]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from films import WORLDS  # noqa: E402
from made import dataset  # noqa: E402
from tastemaker.features.cache import FeatureCache  # noqa: E402
from tastemaker.features.extract import extract  # noqa: E402
from tastemaker.features.video.video import Video  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=80)
    clips = parser.parse_args().clips
    encoder = Video()
    found = {}
    for name, world in WORLDS.items():
        with tempfile.TemporaryDirectory() as place:
            paths, classes = world(Path(place), clips)
            data = dataset(items=clips, content={"video": [(path,) for path in paths]})
            made = extract(data, [encoder], cache=FeatureCache(Path(place) / "cache"))
        rows = made.features["video"].vectors
        found[name] = {
            "chance": 1 / len(set(classes)),
            "video": share(rows, classes),
            "mean of the frames": share(rows[:, : encoder.image.dim], classes),
        }
        print(name, json.dumps(found[name]), flush=True)
    target = ROOT / "benchmarks" / "results" / "video.json"
    target.write_text(json.dumps({"clips": clips, "worlds": found}, indent=2) + "\n")


def share(rows, classes):
    """Share of clips whose class is found, and its interval."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    n, right = len(classes), float((cross_val_predict(model, rows, classes, cv=folds) == classes).mean())
    z = 1.96
    middle = (right + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(right * (1 - right) / n + z**2 / (4 * n**2))
    return {"share": round(right, 3), "from": round(middle - half, 3), "to": round(min(1.0, middle + half), 3)}


if __name__ == "__main__":
    main()
