"""search through the command line: by words, by a picture, by a model with one space; refusals in one line."""

import csv

import numpy as np
import pytest

from shop import call_json, write_shop
from tastemaker.cli.main import main

Image = pytest.importorskip("PIL.Image")
COLOURS = {0: (220, 30, 30), 1: (30, 30, 220), 2: (30, 200, 60)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A small shop whose things of a topic look alike; item i5 has a picture alone."""
    folder = write_shop(tmp_path_factory.mktemp("data") / "shop")
    (folder / "images").mkdir()
    draw = np.random.default_rng(0)
    with (folder / "items.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for n, row in enumerate(rows):
        pixels = np.clip(draw.normal(COLOURS[n % 3], 25, (48, 48, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{row['item_id']}.png")
        if n == 5:
            row["text"] = row["title"] = ""
    with (folder / "items.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    return folder


def need(*names):
    from tastemaker.core import TastemakerError
    from tastemaker.features.catalog import ENCODERS

    for name in names:
        try:
            ENCODERS.build(name).fingerprint()
        except TastemakerError as error:
            pytest.skip(f"no weights of {name}: {error}")


def test_words_find_items_and_say_by_what(capsys, shop):
    need("use")
    found = call_json(capsys, "search", shop, "--text", "a telescope and the moon", "-k", "5")
    assert len(found) == 5
    assert all(int(row["item_id"][1:]) % 3 == 2 for row in found)
    assert {row["by"] for row in found} <= {"text", "image"}
    assert [row["score"] for row in found] == sorted((row["score"] for row in found), reverse=True)


def test_a_picture_finds_what_looks_like_it(capsys, shop):
    need("efficientnet")
    found = call_json(capsys, "search", shop, "--image", shop / "images" / "i4.png", "-k", "3")
    assert found[0]["item_id"] == "i4"


@pytest.mark.parametrize(
    "words",
    [
        ("--text", " "),
        ("--image", "nothing.png"),
        ("--text", "moon", "-k", "0"),
        ("--text", "moon", "--model", "no/where"),
    ],
)
def test_what_cannot_be_searched_is_an_error_of_one_line(capsys, shop, words):
    need("use", "efficientnet")
    assert main(["search", str(shop), *words, "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
