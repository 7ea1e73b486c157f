"""Whole extraction from files (hash, open, encode, keep) beside the plain way with the libraries alone, in turns.

Run: ``OMP_NUM_THREADS=2 TASTEMAKER_DATA=FOLDER python benchmarks/speed/bench_media.py posters large texts audio``.
Each of the rounds takes its own share of the entries (every third) and begins with an empty feature cache; engines
are chosen and networks loaded before the first. ``--most N`` takes N entries, evenly drawn from all. The plain ways:

* pictures: Pillow open, convert, resize, crop; the carrier package's network as it is, float32, batches of 32;
* texts: transformers' tokenizer and model in float32, batches of 32 of like length, the longest first, padded, mean
  over the tokens, as `encode` of sentence-transformers does it; both read 256 word pieces a text;
* audio: none, seconds of sound a second are counted.
"""

import argparse
import csv
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tastemaker.data import Dataset, Interactions, Vocabulary
from tastemaker.features import weights
from tastemaker.features.cache import FeatureCache
from tastemaker.features.catalog import ENCODERS
from tastemaker.features.extract import extract

DATA = Path(os.environ.get("TASTEMAKER_DATA", "data"))
LARGE = 500  # generated pictures of 1,600 pixels


def posters(most):
    return evenly(sorted((DATA / "ml100k-posters/images").glob("*.jpg")), most)


def large(most, folder):
    """Posters blown up to 1,600 x 1,200 with grain, so that the files are as large as photographs."""
    from PIL import Image

    if len(made := sorted(folder.glob("*.jpg"))) == min(LARGE, most):
        return made

    rng = np.random.default_rng(0)
    paths = []
    for source in posters(min(LARGE, most)):
        picture = np.asarray(Image.open(source).convert("RGB").resize((1600, 1200), Image.Resampling.BICUBIC), float)
        grain = picture + rng.normal(0, 6, (1200, 1600, 1))
        paths.append(folder / source.name)
        Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)).save(paths[-1], quality=88)
    return paths


def texts(most):
    """Titles and texts of 5,000 products."""
    with (DATA / "amazon-office-industrial/items.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        found = [f"{row.get('title') or ''}. {row.get('text') or ''}"[:1500] for row in rows]
    different = list(dict.fromkeys(found))[:5000]
    return evenly([different[at] for at in np.random.default_rng(0).permutation(len(different))], most)


def evenly(entries, most):
    return [entries[at] for at in np.linspace(0, len(entries) - 1, min(most, len(entries))).astype(int)]


def ours(encoder, kind):
    def work(entries):
        items = Vocabulary(tuple(map(str, range(len(entries)))))
        content = {kind: [(one,) for one in entries]}
        data = Dataset(Vocabulary(("u",)), items, Interactions.of([0], [0]), content=content)
        with tempfile.TemporaryDirectory() as folder:
            cache = FeatureCache(Path(folder))
            vectors = extract(data, [encoder], cache=cache).features[encoder.name].vectors
            cache.close()
            return np.array(vectors)

    return work


def plain_pictures():
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    model = EfficientNet.from_name("efficientnet-lite0")
    file = next(weights.folder("efficientnet").glob("*.pth"))
    model.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    model.eval()
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])

    def one(path):
        picture = Image.open(path).convert("RGB")
        scale = 256 / min(picture.size)
        picture = picture.resize([max(256, round(edge * scale)) for edge in picture.size], Image.Resampling.BICUBIC)
        left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
        return (np.asarray(picture.crop((left, top, left + 224, top + 224)), np.float32) / 255 - mean) / std

    def work(paths):
        with torch.inference_mode():
            made = []
            for at in range(0, len(paths), 32):
                batch = torch.from_numpy(np.stack([one(path) for path in paths[at : at + 32]])).permute(0, 3, 1, 2)
                made.append(model.extract_features(batch.contiguous()).mean((2, 3)).numpy())
            return np.concatenate(made)

    return work


def plain_texts():
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = weights.folder("minilm")
    tokens, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def work(lines):
        made = []
        with torch.inference_mode():
            order = sorted(range(len(lines)), key=lambda n: -len(lines[n]))
            for at in range(0, len(lines), 32):
                batch = tokens(
                    [lines[n] for n in order[at : at + 32]],
                    padding=True,
                    truncation=True,
                    max_length=256,
                    return_tensors="pt",
                )
                mask = batch["attention_mask"][..., None].float()
                mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
                made.append(torch.nn.functional.normalize(mean, dim=1).numpy())
        vectors = np.concatenate(made)
        vectors[order] = vectors.copy()
        return vectors

    return work


def rounds(ways, shares):
    """Seconds of each round and all vectors of each way; a round is one share of the entries, the ways in turns."""
    seconds, vectors = {name: [] for name in ways}, {name: [] for name in ways}
    for share in shares:
        for name, work in ways.items():
            start = time.perf_counter()
            vectors[name].append(work(share))
            seconds[name].append(round(time.perf_counter() - start, 3))
            print(f"  {name:8} {seconds[name][-1]:8.1f} s", file=sys.stderr, flush=True)
    return seconds, {name: np.concatenate(made) for name, made in vectors.items()}


def cosines(one, other):
    found = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    return {"mean": round(float(found.mean()), 6), "min": round(float(found.min()), 6)}


def measured(how, kind, entries, plain, count):
    encoder = ENCODERS.build(how)
    few = entries[:: max(1, len(entries) // 64)][:64]
    chosen = ours(encoder, kind)(few)  # the choice of an engine is made and kept, the network loaded
    ways = {"ours": ours(encoder, kind)}
    if plain:
        ways["plain"] = plain()
        ways["plain"](few[:32])
    seconds, vectors = rounds(ways, [entries[start::count] for start in range(count)])
    engine = getattr(getattr(encoder, "_chosen", None), "engine", "torch")
    result = {"n": len(entries), "encoder": how, "engine": engine, "seconds": seconds}
    result["per_second"] = round(len(entries) / sum(seconds["ours"]), 2)
    if plain:
        ratios = [b / a for a, b in zip(seconds["ours"], seconds["plain"], strict=True)]
        result |= {"ratio": round(statistics.median(ratios), 2), "cosine_to_plain": cosines(*vectors.values())}
        exact = ours(ENCODERS.build(how | {"engine": "torch"}), kind)(few)
        result["cosine_to_torch_float32"] = cosines(chosen, exact)
    if kind == "audio":
        result["times_real_time"] = round(24 * result["per_second"], 1)
    return result


def part_of(part, engine, most, folder):
    """Encoder, kind of content, entries and the plain way of one part."""
    pictures, plots = {"name": "efficientnet", "engine": engine}, {"name": "minilm", "engine": engine, "chunks": 1}
    if part == "posters":
        return pictures, "image", posters(most), plain_pictures
    if part == "large":
        return pictures, "image", large(most, folder), plain_pictures
    if part == "texts":
        return plots, "text", texts(most), plain_texts
    return {"name": "musicnn"}, "audio", evenly(sorted((DATA / "emotify-music/audio").iterdir()), most), None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=["posters", "large", "texts", "audio"])
    parser.add_argument("--most", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--pictures", type=Path, help="a folder where the large pictures lie, or are made")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "results/bench_media.json")
    given = parser.parse_args()
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    for part in given.parts:
        with tempfile.TemporaryDirectory() as folder:
            where = given.pictures or Path(folder)
            made = measured(*part_of(part, given.engine, given.most, where), given.rounds)
        made |= {"threads": threads, "load": [round(one, 1) for one in os.getloadavg()]}
        name = f"{part}, {threads} threads" + (f", {given.engine}" if given.engine != "auto" else "")
        found = json.loads(given.out.read_text()) if given.out.exists() else {}
        given.out.write_text(json.dumps(found | {name: made}, indent=2) + "\n", encoding="utf-8")
        print(name, json.dumps(made))


if __name__ == "__main__":
    main()
