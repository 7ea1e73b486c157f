"""Items a second of whole extraction (hash, open, encode, keep) beside the plain library calls on the same inputs.

Run: ``python benchmarks/speed/bench_encoders.py``. Inputs are drawn; the two ways alternate, medians are printed.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.features import weights
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract

N, ROUNDS = 128, 3
WORDS = [f"{a} {b}" for a in ("brave", "lost", "rival", "northern") for b in ("sailor", "keeper", "captain", "sea")]


def data(**content):
    items = Vocabulary(tuple(map(str, range(N))))
    return Dataset(Vocabulary(("u",)), items, Interactions.of([0], [0]), content=content)


def texts(rng):
    return [" ".join(rng.choice(WORDS, int(rng.integers(8, 60)))) for _ in range(N)]


def pictures(rng, folder):
    from PIL import Image

    paths = []
    for n in range(N):
        small = rng.integers(0, 256, (9, 6, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((224, 336), Image.Resampling.BICUBIC)
        paths.append(folder / f"{n}.jpg")
        picture.save(paths[-1], quality=85)
    return paths


def plain_bert(lines):
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = weights.folder("minilm")
    tokens, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def work():
        with torch.inference_mode():
            for at in range(0, N, 32):
                batch = tokens(lines[at : at + 32], padding=True, truncation=True, max_length=256, return_tensors="pt")
                model(**batch)

    return work


def plain_cnn(paths):
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    model = EfficientNet.from_name("efficientnet-lite0").eval()

    def work():
        with torch.inference_mode():
            for at in range(0, N, 32):
                images = [np.asarray(Image.open(p).convert("RGB").resize((224, 224))) for p in paths[at : at + 32]]
                model.extract_features(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255).mean(
                    (2, 3)
                )

    return work


def ours(name, content):
    encoder = ENCODERS.build(name)
    made = data(**content)

    def work():
        with tempfile.TemporaryDirectory() as folder:
            extract(made, [encoder], cache=FeatureCache(Path(folder)))

    return work


def compare(name, mine, plain):
    seconds = {"ours": [], "plain": []}
    for work in (mine, plain):
        work()  # loads the weights
    for _ in range(ROUNDS):
        for way, work in (("ours", mine), ("plain", plain)):
            start = time.perf_counter()
            work()
            seconds[way].append(time.perf_counter() - start)
    ours_s, plain_s = (N / statistics.median(seconds[way]) for way in ("ours", "plain"))
    print(f"{name:14} {ours_s:8.1f} items/s   plain library {plain_s:8.1f} items/s   ratio {ours_s / plain_s:.2f}")


def main():
    rng = np.random.default_rng(0)
    lines = texts(rng)
    compare("minilm", ours("minilm", {"text": [(line,) for line in lines]}), plain_bert(lines))
    with tempfile.TemporaryDirectory() as folder:
        paths = pictures(rng, Path(folder))
        compare("efficientnet", ours("efficientnet", {"image": [(path,) for path in paths]}), plain_cnn(paths))


if __name__ == "__main__":
    main()
