"""Generated worlds: equal seeds, honest words, true truth."""

import csv
import json

import numpy as np
import pytest

from tastemaker.core import BadSetting, DataError
from tastemaker.data.worlds import Oracle, WorldSettings, make_world, oracle_scores, parse_settings, read_truth
from tastemaker.data.worlds.behaviour import behave
from tastemaker.data.worlds.tastes import imagine

SMALL = {"users": 30, "items": 40, "events": 8, "size": 32, "seconds": 0.5}
LABELS = {
    "image": ["stripe", "dot", "landscape", "check", "tartan", "ring", "mosaic", "shard", "cloud", "scribble"],
    "audio": ["guitar", "pluck", "drum", "pad", "flute", "wind", "wave", "surf", "bell", "chip", "bass"],
    "all": ["sound", "picture", "mixed", "switch"],
}


def contents(folder):
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def table(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "w"
    summary = make_world(folder, WorldSettings(**SMALL, video=0.1))
    return folder, summary


def test_equal_seeds_write_equal_bytes(world, tmp_path):
    folder, summary = world
    assert make_world(tmp_path / "again", WorldSettings(**SMALL, video=0.1)) == summary
    assert contents(tmp_path / "again") == contents(folder)


def test_another_seed_writes_another_world(world, tmp_path):
    make_world(tmp_path / "w", WorldSettings(**SMALL, video=0, seed=1))
    assert contents(tmp_path / "w")["items.csv"] != contents(world[0])["items.csv"]


def test_the_summary_counts_what_was_written(world):
    folder, summary = world
    events, items, users = (table(folder, name) for name in ("interactions", "items", "users"))
    assert (summary.users, summary.items, summary.events) == (len(users), len(items), len(events))
    assert summary.reviews == sum(bool(row["comment"]) for row in events) > 0
    for field, place in (("pictures", "images"), ("sounds", "audio"), ("clips", "video")):
        assert getattr(summary, field) == len(list((folder / place).iterdir())) > 0


def test_no_word_of_an_item_is_a_label_of_its_hidden_classes(world):
    words = {w for row in table(world[0], "items") for w in f"{row['title']} {row['text']}".lower().split()}
    words |= {w for row in table(world[0], "interactions") for w in row["comment"].lower().split()}
    assert [label for labels in LABELS.values() for label in labels if {label, f"{label}s"} & words] == []


def test_file_names_and_ids_are_numbers_that_tell_nothing(world):
    folder, _ = world
    truth = read_truth(folder)
    row = {item: n for n, item in enumerate(truth.items.ids)}
    for column, suffix in (("image", "jpg"), ("audio", "flac"), ("video", "mp4")):
        named = [(r["item_id"], r[column]) for r in table(folder, "items") if r[column]]
        for item, path in named:
            name, end = path.split("/")[1].split(".")
            assert name.isdecimal()
            assert end == suffix
            assert item.isdecimal()
        if len(named) > 20:
            numbers = [int(path.split("/")[1][:5]) for _, path in named]
            kinds = [truth.kinds[column][row[item]] for item, _ in named]
            assert abs(np.corrcoef(numbers, kinds)[0, 1]) < 0.5


def test_titles_are_all_different_even_in_a_large_world(tmp_path):
    settings = WorldSettings(items=3000, users=2, events=1, kinds=2, image_missing=1, audio_missing=1, video=0)
    make_world(tmp_path / "w", settings)
    titles = [row["title"] for row in table(tmp_path / "w", "items")]
    assert len(set(titles)) == len(titles)
    assert not (tmp_path / "w" / "images").exists()


def test_the_truth_has_a_preference_for_every_user_and_item(world):
    truth = read_truth(world[0])
    assert truth.preference.shape == (SMALL["users"], SMALL["items"])
    assert np.isfinite(truth.preference).all()
    assert {r["user_id"] for r in table(world[0], "users")} == set(truth.users.ids)
    assert {r["item_id"] for r in table(world[0], "items")} == set(truth.items.ids)


@pytest.mark.parametrize("taste", ["mixed", "text", "image", "audio", "switch", "attributes", "order"])
def test_users_take_what_they_like_once_and_in_order_of_time(taste):
    settings = WorldSettings(**SMALL, taste=taste)
    tastes = imagine(settings)
    did = behave(settings, tastes)
    assert (np.diff(did.time) >= 0).all()
    assert len(set(zip(did.user.tolist(), did.item.tolist(), strict=True))) == len(did.user)
    assert tastes.early[did.user, did.item].mean() > 0.3, "liked items are taken more than others"


def test_taste_in_one_modality_is_constant_within_its_classes():
    for taste in ("text", "image", "audio"):
        tastes = imagine(WorldSettings(**SMALL, taste=taste, hidden=0, appeal=0))
        for kind in range(8):
            assert np.ptp(tastes.early[:, tastes.kinds[taste] == kind], axis=1).max() < 1e-5


def test_switched_taste_follows_the_text_of_one_half_and_the_picture_of_the_other():
    tastes = imagine(WorldSettings(**SMALL, taste="switch", hidden=0, appeal=0))
    for told, source in enumerate(("text", "image")):
        for kind in range(8):
            same = tastes.early[:, (tastes.told == told) & (tastes.kinds[source] == kind)]
            assert not same.size or np.ptp(same, axis=1).max() < 1e-5


def test_users_with_equal_attributes_are_alike_in_an_attribute_world():
    tastes = imagine(WorldSettings(users=400, items=40, taste="attributes", hidden=0, appeal=0))
    cells, own = tastes.profiles.cell, tastes.early
    alike = np.mean([np.corrcoef(own[cells == c])[np.triu_indices((cells == c).sum(), 1)].mean() for c in range(24)])
    assert alike > 0.7


def test_in_an_order_world_what_was_taken_last_decides_what_comes():
    settings = WorldSettings(users=100, items=80, events=10, taste="order")
    tastes, did = imagine(settings), behave(settings, imagine(settings))
    hits = []
    for user in range(100):
        kinds = tastes.kinds["text"][did.item[did.user == user]]
        hits += (kinds[1:] == tastes.follows[kinds[:-1]]).tolist()
    assert sorted(tastes.follows) == list(range(8))
    assert np.mean(hits) > 0.4


def test_drift_turns_tastes_and_the_truth_is_the_last_of_them(tmp_path):
    still, turned = (imagine(WorldSettings(**SMALL, drift=d)).preference(0, d) for d in (0, 1))
    assert abs(np.corrcoef(still, turned)[0, 1]) < 0.7
    settings = WorldSettings(**SMALL, drift=1, image_missing=1, audio_missing=1, video=0)
    make_world(tmp_path / "w", settings)
    assert np.allclose(read_truth(tmp_path / "w").preference[0], turned)
    behave(settings, imagine(settings))


def test_shares_of_missing_modalities_are_as_set(tmp_path):
    settings = WorldSettings(
        users=5, items=200, events=2, image_missing=1, audio_missing=1, text_missing=0.5, video=0, chinese=0.5
    )
    make_world(tmp_path / "w", settings)
    rows = table(tmp_path / "w", "items")
    assert not any(row["image"] or row["audio"] for row in rows)
    assert 70 < sum(not row["text"] for row in rows) < 130
    assert 70 < sum(any(c > "一" for c in row["title"]) for row in rows) < 130


def test_ratings_are_whole_stars_and_follow_taste(tmp_path):
    settings = WorldSettings(**SMALL, feedback="ratings", image_missing=1, audio_missing=1, video=0)
    make_world(tmp_path / "w", settings)
    truth, rows = read_truth(tmp_path / "w"), table(tmp_path / "w", "interactions")
    stars = np.array([int(row["rating"]) for row in rows])
    user, item = truth.users.rows([r["user_id"] for r in rows]), truth.items.rows([r["item_id"] for r in rows])
    assert set(stars) <= {1, 2, 3, 4, 5}
    assert np.corrcoef(stars, truth.preference[user, item])[0, 1] > 0.5


def test_parquet_tables_hold_the_same_as_csv(tmp_path):
    import pyarrow.parquet

    quiet = {"image_missing": 1, "audio_missing": 1, "video": 0}
    make_world(tmp_path / "p", WorldSettings(**SMALL, **quiet, table="parquet"))
    make_world(tmp_path / "c", WorldSettings(**SMALL, **quiet))
    read = pyarrow.parquet.read_table(tmp_path / "p" / "interactions.parquet").to_pylist()
    plain = [{k: "" if v is None else str(v) for k, v in row.items()} for row in read]
    assert plain == table(tmp_path / "c", "interactions")


def test_dirt_spoils_rows_and_files(tmp_path):
    summary = make_world(tmp_path / "w", WorldSettings(**SMALL, dirt=0.3, video=0))
    rows = table(tmp_path / "w", "interactions")
    assert summary.broken > 4
    assert summary.events == len(rows)
    assert any(not row["user_id"] for row in rows)
    assert any(not row["item_id"] for row in rows)
    assert len({tuple(row.values()) for row in rows}) < len(rows)
    sizes = [f.stat().st_size for f in (tmp_path / "w").glob("*/*")]
    assert 0 in sizes


def test_a_world_is_read_as_an_ordinary_folder(world):
    from tastemaker.data.read import read

    data = read(world[0]).data
    assert len(data.users), len(data.items) == (SMALL["users"], SMALL["items"])
    assert {"text", "image", "audio", "video"} <= {name for name, content in data.content.items() if any(content)}
    assert data.user_attributes["place"].kind == "place"
    assert data.clock == "time"


def test_the_oracle_ranks_by_true_preference_and_leaves_out_what_was_seen(world):
    from tastemaker.data.read import read

    data = read(world[0]).data
    oracle = Oracle.of(world[0], data)
    truth = read_truth(world[0])
    recs = oracle.recommend(data.users.ids[:5], k=SMALL["items"])
    for line, user in enumerate(data.users.ids[:5]):
        seen = set(data.interactions.item[data.rows_of(line)].tolist())
        listed = [item for item in recs.items[line].tolist() if item >= 0]
        assert set(listed) == set(range(len(data.items))) - seen
        liking = truth.preference[truth.users.row(user), truth.items.rows([data.items.ids[i] for i in listed])]
        assert (np.diff(liking) <= 0).all()


def test_the_oracle_refuses_a_stranger(world):
    from tastemaker.core import UnknownName
    from tastemaker.data.read import read

    with pytest.raises(UnknownName, match="no user called 'nobody'"):
        Oracle.of(world[0], read(world[0]).data).recommend(["nobody"])


def test_in_an_order_world_the_oracle_knows_what_was_taken_last(tmp_path):
    from tastemaker.data.read import read

    settings = WorldSettings(**SMALL, taste="order", image_missing=1, audio_missing=1, video=0)
    make_world(tmp_path / "w", settings)
    data, truth = read(tmp_path / "w").data, read_truth(tmp_path / "w")
    assert 'split = "last"' in (tmp_path / "w" / "tastemaker.toml").read_text("utf-8")
    scores = oracle_scores(tmp_path / "w", data)
    last = data.interactions.item[data.rows_of(0)[-1]]
    item = truth.items.rows(data.items.ids)
    own = truth.preference[truth.users.row(data.users.ids[0]), item]
    kind = truth.kinds["text"][item]
    lifted = scores[0] - own > 1
    assert lifted.any()
    assert len(set(kind[lifted])) == 1
    assert (kind[lifted] != kind[last]).all()


def test_the_settings_are_written_beside_the_world(world):
    said = json.loads((world[0] / "world.json").read_text("utf-8"))
    assert WorldSettings(**said["settings"]) is not None
    assert said["settings"]["users"] == SMALL["users"]


def test_a_world_may_be_replaced_but_nothing_else(world, tmp_path):
    quiet = WorldSettings(**SMALL, image_missing=1, audio_missing=1, video=0)
    make_world(tmp_path / "w", quiet)
    make_world(tmp_path / "w", WorldSettings(**SMALL, image_missing=1, audio_missing=1, video=0, seed=2))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years of work")
    with pytest.raises(DataError, match="is no generated world"):
        make_world(mine, quiet)
    assert (mine / "thesis.txt").read_text() == "ten years of work"


def test_a_missing_or_damaged_truth_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="data make world"):
        read_truth(tmp_path)
    (tmp_path / "truth.npz").write_bytes(b"no zip")
    with pytest.raises(DataError, match="damaged"):
        read_truth(tmp_path)


@pytest.mark.parametrize(("package", "extra"), [("PIL", "image"), ("soundfile", "audio"), ("av", "video")])
def test_a_missing_package_leaves_nothing_behind(package, extra, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"tastemaker\[{extra}\]"):
        make_world(tmp_path / "w", WorldSettings(**SMALL, video=0.5))
    assert list(tmp_path.iterdir()) == []


def test_settings_come_from_texts():
    settings = parse_settings(["users=500", "taste=image", "temperature = 0.5"], seed=3)
    assert (settings.users, settings.taste, settings.temperature, settings.seed) == (500, "image", 0.5, 3)
    assert parse_settings(["seed=9"], seed=3).seed == 9


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("users", "NAME=VALUE"),
        ("user=5", "Did you mean 'users'"),
        ("users=0", "users: .*greater"),
        ("users=many", "users: .*got 'many'"),
        ("taste=smell", "taste: "),
        ("temperature=0", "temperature: "),
        ("temperature=NaN", "temperature: "),
        ("kinds=9", "kinds: "),
        ("video=1.5", "video: "),
    ],
)
def test_settings_out_of_bounds_are_refused(text, says):
    with pytest.raises(BadSetting, match=says):
        parse_settings([text])


def test_in_a_switch_world_the_modality_that_does_not_tell_looks_plain(tmp_path):
    """The picture of an item that its words tell is an article on white; the words of the others are boilerplate."""
    from PIL import Image

    make_world(tmp_path / "w", WorldSettings(**SMALL, taste="switch", audio_missing=1, video=0, image_missing=0))
    truth, white = read_truth(tmp_path / "w"), {0: [], 1: []}
    for row in table(tmp_path / "w", "items"):
        told = int(truth.told[truth.items.row(row["item_id"])])
        corner = np.asarray(Image.open(tmp_path / "w" / row["image"]))[:4, :4].mean()
        white[told].append(corner > 235)
    assert np.mean(white[0]) == 1
    assert np.mean(white[1]) < 0.5
