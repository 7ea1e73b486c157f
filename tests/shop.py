"""A small data folder on disk, and the command line called in this process."""

import csv
import json

import numpy as np

from tastemaker.cli.main import main

WORDS = {
    "cook": ["soup", "bread", "oven", "pepper", "kitchen", "recipe", "dinner", "spoon", "butter", "onion"],
    "sail": ["harbour", "mast", "wind", "anchor", "deck", "rope", "tide", "captain", "compass", "storm"],
    "star": ["planet", "comet", "telescope", "orbit", "galaxy", "night", "moon", "lens", "crater", "sky"],
}


SETTINGS = """encoders = ["tfidf", "attributes"]
[fusion]
name = "weighted"
weights = {tfidf = 3.0, attributes = 1.0}
"""


def write_shop(folder, users=30, items=24, per_user=8, seed=0, ratings=False):
    """Users like items of one topic; texts tell the topic. No weights are needed: tfidf does."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    topics = list(WORDS)
    with (folder / "items.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["item_id", "title", "text", "category", "price"])
        for i in range(items):
            words = rng.choice(WORDS[topics[i % 3]], 6)
            out.writerow([f"i{i}", f"Thing {i}", " ".join(words), "big|new" if i % 2 else "small", 5 + i])
    with (folder / "users.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["user_id", "age", "gender", "country"])
        for u in range(users):
            out.writerow([f"u{u}", 20 + u, "FM"[u % 2], ["BR", "US"][u % 2]])
    with (folder / "interactions.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["user_id", "item_id", "rating" if ratings else "event", "timestamp"])
        time = 1_500_000_000
        for _ in range(per_user):
            for u in range(users):
                mine = [i for i in range(items) if i % 3 == u % 3]
                i = int(rng.choice(mine)) if rng.random() < 0.85 else int(rng.integers(items))
                value = (5 if i % 3 == u % 3 else 2) if ratings else ["view", "like"][int(rng.integers(2))]
                time += 60
                out.writerow([f"u{u}", f"i{i}", value, time])
    (folder / "tastemaker.toml").write_text(SETTINGS)
    return folder


def call(capsys, *words):
    """Exit code, standard output and standard error of one command."""
    code = main([str(w) for w in words])
    out, err = capsys.readouterr()
    return code, out, err


def call_json(capsys, *words):
    code, out, err = call(capsys, *words, "--json", "--quiet")
    assert code == 0, err
    return json.loads(out)
