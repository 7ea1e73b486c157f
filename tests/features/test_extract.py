import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from made import dataset
from tastemaker.core import DataError, Run
from tastemaker.data import Column, Features
from tastemaker.features import files as files_module
from tastemaker.features.attributes import Attributes
from tastemaker.features.cache import FeatureCache
from tastemaker.features.extract import extract
from tastemaker.features.texts import LONGEST, item_texts
from tastemaker.features.vectors import Vectors

Image = pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")


class Colours:
    """Mean colour: a pure encoder that tells how often it was asked."""

    name, source, side, dim = "colours", "image", 8, 3

    def __init__(self, mark="1"):
        self.mark, self.seen = mark, 0

    def encode(self, content):
        self.seen += len(content)
        return np.array([picture.mean((0, 1)) for picture in content], np.float32)

    def fingerprint(self):
        return f"colours/{self.mark}"


class Loudness:
    name, source, rate, dim = "loudness", "audio", 1_000, 1

    def encode(self, content):
        return np.array([[np.abs(sound).mean()] for sound in content], np.float32)

    def fingerprint(self):
        return "loudness/1"


class Lengths:
    name, source, dim = "lengths", "text", 2

    def __init__(self, bad=""):
        self.bad, self.seen = bad, []

    def encode(self, content):
        self.seen += content
        rows = np.array([[len(text), text.count("e")] for text in content], np.float32)
        rows[[bool(self.bad) and self.bad in text for text in content]] = np.nan
        return rows

    def fingerprint(self):
        return "lengths/1"


@pytest.fixture
def cache(tmp_path):
    made = FeatureCache(tmp_path / "cache")
    yield made
    made.close()


def paint(folder, n, tint=0):
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i in range(n):
        paths.append(folder / f"{i}.png")
        Image.new("RGB", (12, 9), (i % 256, i // 256, tint)).save(paths[-1])
    settle()
    return paths


def settle():
    time.sleep(0.12)  # younger files are hashed again, by design


def pictures(paths, root=None, **more):
    return dataset(items=len(paths), content={"image": [(p,) if p else () for p in paths]}, root=root, **more)


def counts(data, encoder, cache, **how):
    found = extract(data, [encoder], cache=cache, **how)
    return found.counts[encoder.name]


def counted(encoded=0, cached=0, missing=0, broken=0):
    return {"encoded": encoded, "cached": cached, "missing": missing, "broken": broken}


def test_each_item_gets_the_vector_of_its_picture(tmp_path, cache):
    data = pictures([*paint(tmp_path / "d", 5), None], tmp_path / "d")
    found = extract(data, [Colours()], cache=cache).features["colours"]
    assert found.source == "image"
    assert found.present.tolist() == [True] * 5 + [False]
    np.testing.assert_array_equal(found.vectors[:5, 0], np.arange(5))
    assert not found.vectors[5].any()


def test_a_second_run_encodes_nothing(tmp_path, cache):
    data = pictures(paint(tmp_path / "d", 40))
    first = extract(data, [Colours()], cache=cache)
    assert first.counts["colours"] == counted(encoded=40)
    again = Colours()
    second = extract(data, [again], cache=FeatureCache(cache.folder))
    assert second.counts["colours"] == counted(cached=40)
    assert again.seen == 0
    np.testing.assert_array_equal(first.features["colours"].vectors, second.features["colours"].vectors)


def test_one_changed_byte_costs_one_item(tmp_path, cache):
    paths = paint(tmp_path / "d", 10)
    data = pictures(paths)
    counts(data, Colours(), cache)
    paths[3].write_bytes(paths[3].read_bytes() + b"\0")
    assert counts(data, Colours(), cache) == counted(encoded=1, cached=9)


def test_one_new_item_costs_one_item(tmp_path, cache):
    paths = paint(tmp_path / "d", 10)
    counts(pictures(paths[:9]), Colours(), cache)
    assert counts(pictures(paths), Colours(), cache) == counted(encoded=1, cached=9)


def test_a_change_that_keeps_size_and_date_is_noticed(tmp_path, cache):
    paths = paint(tmp_path / "d", 3)
    data = pictures(paths)
    counts(data, Colours(), cache)
    before = paths[0].stat()
    content = bytearray(paths[0].read_bytes())
    content[-1] ^= 1
    paths[0].write_bytes(content)
    os.utime(paths[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(data, Colours(), cache)["cached"] == 2


def test_files_are_hashed_once_and_again_on_demand(tmp_path, cache, monkeypatch):
    hashed = []
    real = files_module.hash_media
    monkeypatch.setattr(files_module, "hash_media", lambda path, root: hashed.append(path) or real(path, root))
    data = pictures(paint(tmp_path / "d", 5))
    for verify, total in ((False, 5), (False, 5), (True, 10)):
        counts(data, Colours(), cache, verify=verify)
        assert len(hashed) == total


def test_a_moved_folder_encodes_nothing(tmp_path, cache):
    paint(tmp_path / "d", 5)
    counts(pictures(sorted((tmp_path / "d").iterdir())), Colours(), cache)
    (tmp_path / "d").rename(tmp_path / "e")
    assert counts(pictures(sorted((tmp_path / "e").iterdir())), Colours(), cache) == counted(cached=5)


def test_equal_contents_are_encoded_once(tmp_path, cache):
    path = paint(tmp_path / "d", 1)[0]
    (tmp_path / "d" / "copy.png").write_bytes(path.read_bytes())
    encoder = Colours()
    found = extract(pictures([path, tmp_path / "d" / "copy.png", path]), [encoder], cache=cache)
    assert encoder.seen == 1
    assert found.features["colours"].present.all()


def test_other_settings_encode_anew(tmp_path, cache):
    data = pictures(paint(tmp_path / "d", 3))
    counts(data, Colours("1"), cache)
    assert counts(data, Colours("2"), cache) == counted(encoded=3)


def test_several_pictures_are_averaged_and_broken_ones_left_out(tmp_path, cache):
    a, b, c = paint(tmp_path / "d", 3)
    (tmp_path / "d" / "bad.png").write_bytes(b"no picture")
    data = dataset(items=2, content={"image": [(a, c, tmp_path / "d" / "bad.png"), (b,)]}, root=tmp_path / "d")
    found = extract(data, [Colours()], cache=cache)
    np.testing.assert_array_equal(found.features["colours"].vectors[:, 0], [1, 1])
    assert found.counts["colours"] == counted(encoded=3, broken=1)
    [bad] = found.broken
    assert (bad.item, bad.path, bad.modality) == ("i0", "bad.png", "image")


def test_broken_files_are_reported_for_each_item_and_count_as_missing(tmp_path, cache):
    good, *_ = paint(tmp_path / "d", 1)
    bad, pipe = tmp_path / "d" / "bad.png", tmp_path / "d" / "pipe.png"
    bad.write_bytes(b"no picture")
    os.mkfifo(pipe)
    paths = [good, bad, bad, pipe, tmp_path / "d", tmp_path / "d" / "gone.png", None]
    start = time.monotonic()
    for _ in range(2):
        found = extract(pictures(paths, tmp_path / "d"), [Colours()], cache=cache)
        assert [b.item for b in sorted(found.broken, key=lambda b: b.item)] == ["i1", "i2", "i3", "i4", "i5"]
        assert found.counts["colours"]["missing"] == 6
        assert found.counts["colours"]["broken"] == 5
        assert found.features["colours"].present.tolist() == [True] + [False] * 6
        assert np.isfinite(found.features["colours"].vectors).all()
    assert time.monotonic() - start < 20


def test_a_file_that_cannot_be_read_is_broken(tmp_path, cache, monkeypatch):
    paths = paint(tmp_path / "d", 3)
    real = os.open

    def refuse(path, *how):
        if str(path).endswith("1.png"):
            raise PermissionError(13, "Permission denied")
        return real(path, *how)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(files_module, "MANY", 1)
    found = extract(pictures(paths), [Colours()], cache=cache)
    assert [(b.item, b.reason) for b in found.broken] == [("i1", "it may not be read (permission denied)")]
    assert found.counts["colours"] == counted(encoded=2, missing=1, broken=1)


def test_where_every_file_is_broken_the_width_stays(tmp_path, cache):
    found = extract(pictures([tmp_path / "gone.png"] * 2), [Colours()], cache=cache)
    assert found.features["colours"].vectors.shape == (2, 3)
    assert not found.features["colours"].present.any()


def test_links_out_of_the_data_folder_are_broken(tmp_path, cache):
    outside = paint(tmp_path / "o", 1)[0]
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x.png").symlink_to(outside)
    found = extract(pictures([tmp_path / "d" / "x.png"], tmp_path / "d"), [Colours()], cache=cache)
    assert [b.reason for b in found.broken] == ["it leads out of the data folder"]


def test_sound_is_read_at_the_rate_of_the_encoder(tmp_path, cache):
    for n, level in enumerate((0.1, 0.4)):
        soundfile.write(tmp_path / f"{n}.wav", np.full(8_000, level), 8_000, subtype="FLOAT")
    data = dataset(items=3, content={"audio": [(tmp_path / "0.wav",), (), (tmp_path / "1.wav",)]})
    found = extract(data, [Loudness()], cache=cache).features["loudness"]
    np.testing.assert_allclose(found.vectors[:, 0], [0.1, 0, 0.4], atol=0.02)
    assert found.present.tolist() == [True, False, True]


def worded(texts, **more):
    return dataset(items=len(texts), content={"text": texts}, **more)


def test_texts_of_an_item_are_read_as_one_with_its_categories():
    genre = Column("category", np.array(["a|b", "", "c"], object))
    age = Column("number", np.array([1.0, 2, 3]))
    data = worded([("title", "long"), ("alone",), ()], item_attributes={"genre": genre, "age": age})
    assert item_texts(data) == ["title\na, b\nlong", "alone", ""]


def test_texts_that_encoders_cannot_take_are_repaired():
    said = item_texts(worded([("\ud800 half",), ("x" * (LONGEST + 9),), ("  ", "\n"), ("", "b")]))
    assert said[0] == "? half"
    assert len(said[1]) == LONGEST
    assert said[2:] == ["", "b"]


def test_equal_texts_are_encoded_once_and_others_from_the_cache(cache):
    encoder = Lengths()
    data = worded([("one",), ("three",), ("one",), ()])
    first = extract(data, [encoder], cache=cache)
    assert first.counts["lengths"] == counted(encoded=2, missing=1)
    assert sorted(encoder.seen) == ["one", "three"]
    np.testing.assert_array_equal(first.features["lengths"].vectors, [[3, 1], [5, 2], [3, 1], [0, 0]])
    assert counts(worded([("one",), ("four",)]), encoder, cache) == counted(encoded=1, cached=1)


@pytest.mark.parametrize("n", [1, 63, 64, 65, 200])
def test_every_text_is_encoded_whatever_the_batch(cache, n):
    found = extract(worded([("x" * (1 + i * 7 % n),) for i in range(n)]), [Lengths()], cache=cache)
    np.testing.assert_array_equal(found.features["lengths"].vectors[:, 0], [1 + i * 7 % n for i in range(n)])


def test_a_vector_that_is_no_number_counts_as_missing_and_is_not_kept(cache):
    data = worded([("fine",), ("bad",)])
    found = extract(data, [Lengths(bad="bad")], cache=cache)
    assert found.features["lengths"].present.tolist() == [True, False]
    assert [(b.item, b.modality) for b in found.broken] == [("i1", "text")]
    assert counts(data, Lengths(), cache) == counted(encoded=1, cached=1)


def test_a_picture_whose_vector_is_no_number_is_broken(tmp_path, cache):
    class Odd(Colours):
        def encode(self, content):
            rows = super().encode(content)
            rows[rows[:, 0] == 1] = np.inf
            return rows

    found = extract(pictures(paint(tmp_path / "d", 3)), [Odd()], cache=cache)
    assert [b.item for b in found.broken] == ["i1"]
    assert found.features["colours"].present.tolist() == [True, False, True]


def test_damaged_caches_are_made_anew_with_a_line(tmp_path, cache):
    said = []
    data = pictures(paint(tmp_path / "d", 3))
    counts(data, Colours(), cache)
    cache.close()
    for file in cache.folder.glob("*.sqlite"):
        file.write_bytes(b"damage" * 5000)
    found = extract(data, [Colours()], cache=FeatureCache(cache.folder, said.append))
    assert found.counts["colours"] == counted(encoded=3)
    assert len(said) == 2
    assert all("damaged" in line for line in said)


def test_what_was_encoded_before_an_error_is_kept(tmp_path, cache):
    class Fails(Colours):
        def encode(self, content):
            if self.seen:
                raise MemoryError
            return super().encode(content)

    data = pictures(paint(tmp_path / "d", 100))
    with pytest.raises(MemoryError):
        counts(data, Fails(), cache)
    assert counts(data, Colours(), cache) == counted(encoded=68, cached=32)


SCRIPT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_extract import Colours, pictures
from tastemaker.features import filling
from tastemaker.features.cache import FeatureCache
from tastemaker.features.extract import extract
filling.FLUSH = 0.0

class Slow(Colours):
    def encode(self, content):
        rows = super().encode(content)
        print(self.seen, flush=True)
        time.sleep(0.2 if self.seen > 64 else 0)
        return rows

extract(pictures(sorted(Path(sys.argv[2]).iterdir())), [Slow()], cache=FeatureCache(Path(sys.argv[3])))
"""


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    paint(tmp_path / "d", 320)
    here = os.path.dirname(__file__)
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(here)}
    run = [sys.executable, "-c", SCRIPT, here, str(tmp_path / "d"), str(tmp_path / "cache")]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, env=environment)
    for line in process.stdout:
        if int(line) >= 128:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    cache = FeatureCache(tmp_path / "cache")
    encoder = Colours()
    found = extract(pictures(sorted((tmp_path / "d").iterdir())), [encoder], cache=cache)
    cache.close()
    assert 96 <= found.counts["colours"]["cached"] < 320
    assert encoder.seen == 320 - found.counts["colours"]["cached"]
    assert found.features["colours"].present.all()


def test_memory_does_not_grow_with_the_folder(tmp_path, cache, monkeypatch):
    """Decoded files that wait are counted: never more than those ahead and one batch."""
    from tastemaker.features import media

    alive = most = 0

    class Counted(np.ndarray):
        def __del__(self):
            nonlocal alive
            alive -= 1

    real = media.Worker.ask

    def ask(self, job):
        nonlocal alive, most
        found = real(self, job).view(Counted)
        alive += 1
        most = max(most, alive)
        return found

    monkeypatch.setattr(media.Worker, "ask", ask)
    counts(pictures(paint(tmp_path / "d", 300)), Colours(), cache)
    assert most <= media.AHEAD["image"] + 2 * 32 + 8


def test_attributes_and_ready_vectors_take_part(cache):
    ready = np.arange(6, dtype=np.float32).reshape(3, 2)
    ready[1, 0] = np.nan
    data = dataset(
        items=3,
        item_attributes={"age": Column("number", np.array([1.0, np.nan, 3]))},
        vectors={"clip": Features("vectors", ready, np.array([True, True, False]))},
    )
    found = extract(data, [Attributes(), Vectors()], cache=cache)
    assert found.features["attributes"].present.tolist() == [True, False, True]
    assert found.features["vectors"].present.tolist() == [True, False, False]
    assert np.isfinite(found.features["vectors"].vectors).all()
    assert found.counts["vectors"] == counted(encoded=1, missing=2, broken=1)
    assert [(b.item, b.modality) for b in found.broken] == [("i1", "vectors")]
    assert found.counts["attributes"] == counted(encoded=2, missing=1)


@pytest.mark.parametrize("encoder", [Colours(), Lengths(), Loudness(), Attributes(), Vectors()])
def test_an_encoder_without_its_source_says_what_there_is(cache, encoder):
    with pytest.raises(DataError, match=f"needs {encoder.source}, but the items have only: no content at all"):
        extract(dataset(), [encoder], cache=cache)
    with pytest.raises(DataError, match="no content at all"):
        extract(dataset(content={"image": [()] * 15, "text": [()] * 15, "audio": [()] * 15}), [encoder], cache=cache)


def test_vectors_of_another_width_are_made_anew(cache):
    encoder = Lengths()
    data = worded([("one",), ("three",), ("seven!!",)])
    extract(data, [encoder], cache=cache)
    from tastemaker.core.fingerprints import of_bytes

    cache.put("lengths/1", {of_bytes(b"three"): np.ones(9, np.float32)})
    assert counts(data, encoder, cache) == counted(encoded=1, cached=2)


def test_several_encoders_keep_their_names(cache):
    class Other(Lengths):
        name = "others"

    found = extract(worded([("a",)]), [Lengths(), Other()], cache=cache, run=Run(bars=False))
    assert list(found.features) == ["lengths", "others"]


@pytest.mark.weights
def test_real_encoders_run_over_real_files(tmp_path, cache):
    from tastemaker.core import WeightsError
    from tastemaker.features.image.efficientnet import EfficientNet

    data = pictures(paint(tmp_path / "d", 3))
    try:
        found = extract(data, [EfficientNet()], cache=cache)
    except WeightsError as error:
        pytest.skip(str(error))
    assert found.features["efficientnet"].vectors.shape == (3, 1280)
    assert counts(data, EfficientNet(), cache) == counted(cached=3)
