import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from tastemaker.core.fingerprints import of_bytes
from tastemaker.features.cache import FeatureCache
from tastemaker.features.shelf import FORMAT


def keyed(n, dim=4, seed=0):
    rng = np.random.default_rng(seed)
    return {of_bytes(f"{seed}/{i}".encode()): rng.normal(size=dim).astype(np.float32) for i in range(n)}


@pytest.fixture
def said():
    return []


@pytest.fixture
def cache(tmp_path, said):
    made = FeatureCache(tmp_path / "features", said.append)
    yield made
    made.close()


def same(found, expected):
    assert found.keys() == expected.keys()
    for key, vector in expected.items():
        np.testing.assert_array_equal(found[key], vector)


def got(cache, fingerprint, keys):
    return {key: vector for found in cache.get(fingerprint, dict.fromkeys(keys)) for key, vector in found.items()}


def only_file(cache, but="files"):
    return next(p for p in cache.folder.glob("*.sqlite") if p.stem != but)


def test_gives_back_what_was_put_and_nothing_else(cache):
    vectors = keyed(1200)
    cache.put("a", vectors)
    some = dict(list(vectors.items())[:30])
    same(got(cache, "a", [*some, of_bytes(b"unknown")]), some)
    same(got(cache, "a", vectors), vectors)
    assert got(cache, "a", []) == {}


def test_another_fingerprint_has_its_own_vectors(cache):
    vectors = keyed(3)
    cache.put("a", vectors)
    assert got(cache, "b", vectors) == {}


def test_a_later_vector_takes_the_place_of_an_earlier(cache):
    vectors = keyed(3)
    cache.put("a", vectors)
    cache.put("a", {k: v + 1 for k, v in vectors.items()})
    same(got(cache, "a", vectors), {k: v + 1 for k, v in vectors.items()})


def test_another_object_and_a_closed_one_read_the_same_folder(cache):
    vectors = keyed(3)
    cache.put("a", vectors)
    cache.close()
    same(got(FeatureCache(cache.folder), "a", vectors), vectors)
    same(got(cache, "a", vectors), vectors)


def test_hashes_are_known_while_the_stamp_is_the_same(cache):
    content = of_bytes(b"x")
    cache.remember({"/p/a.png": ((1, 2, 3), content), "/p/b.png": ((1, 2, 3), content)})
    assert cache.hashes({"/p/a.png": (1, 2, 3), "/p/b.png": (1, 9, 3), "/p/c.png": (1, 2, 3)}) == {"/p/a.png": content}


def test_odd_names_of_files_are_kept(cache):
    names = ["/p/ä ö.png", "/p/'; DROP TABLE files; --", "/p/\n", "/p/\U0001f600"]
    cache.remember({name: ((n,), of_bytes(name.encode())) for n, name in enumerate(names)})
    assert len(cache.hashes({name: (n,) for n, name in enumerate(names)})) == len(names)


def test_without_a_folder_the_users_cache_folder_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    assert FeatureCache().folder == tmp_path / "home" / "features"


@pytest.mark.parametrize("damage", ["noise", "short", "text", "zeros", "middle"])
def test_a_damaged_file_is_made_anew_with_a_line(cache, said, damage):
    vectors = keyed(400, dim=64)
    cache.put("a", vectors)
    cache.close()
    file = only_file(cache)
    whole = file.read_bytes()
    file.write_bytes(
        {
            "noise": np.random.default_rng(0).bytes(len(whole)),
            "short": whole[: len(whole) // 2],
            "text": b"this is no database\n" * 100,
            "zeros": bytes(len(whole)),
            "middle": whole[:16384] + np.random.default_rng(0).bytes(len(whole) - 16384),
        }[damage]
    )
    found = got(cache, "a", vectors)
    assert not found.keys() - vectors.keys()
    for key, vector in found.items():
        np.testing.assert_array_equal(vector, vectors[key])
    if len(found) < len(vectors) and damage != "zeros":
        assert any("damaged" in line for line in said)
    cache.put("a", vectors)
    same(got(cache, "a", vectors), vectors)


def test_a_vector_that_does_not_match_its_checksum_is_not_there(cache):
    vectors = keyed(5)
    cache.put("a", vectors)
    cache.close()
    bad, short, good, *_ = vectors
    with sqlite3.connect(only_file(cache)) as base:
        base.execute("UPDATE vectors SET vector = ? WHERE key = ?", (b"\1" * 16, bytes.fromhex(bad)))
        base.execute("UPDATE vectors SET vector = ? WHERE key = ?", (b"\1" * 7, bytes.fromhex(short)))
    base.close()
    found = got(cache, "a", vectors)
    assert bad not in found
    assert short not in found
    assert good in found


def test_a_file_of_another_format_is_made_anew(cache):
    vectors = keyed(3)
    cache.put("a", vectors)
    cache.close()
    with sqlite3.connect(only_file(cache)) as base:
        base.execute(f"PRAGMA user_version={FORMAT + 1}")
    base.close()
    assert got(cache, "a", vectors) == {}
    cache.put("a", vectors)
    same(got(cache, "a", vectors), vectors)


def test_where_nothing_can_be_written_the_run_goes_on(tmp_path, said):
    (tmp_path / "taken").write_text("a file where the folder should be")
    cache = FeatureCache(tmp_path / "taken" / "features", said.append)
    vectors = keyed(3)
    cache.put("a", vectors)
    same(got(cache, "a", vectors), vectors)
    assert len(said) == 1
    assert "cannot be used" in said[0]
    cache.close()


def test_a_folder_in_the_place_of_the_file_does_not_stop_the_run(cache, said):
    cache.put("a", keyed(1))
    cache.close()
    file = only_file(cache)
    file.unlink()
    file.mkdir()
    assert got(cache, "a", keyed(1)) == {}
    assert "cannot be used" in said[0]


BESIDE = """
import sys, numpy as np
from pathlib import Path
from tastemaker.core.fingerprints import of_bytes
from tastemaker.features.cache import FeatureCache
cache = FeatureCache(Path(sys.argv[1]))
for n in range(40):
    cache.put("a", {of_bytes(f"{sys.argv[2]}/{n}".encode()): np.full(4, n, np.float32)})
"""


def test_processes_write_at_the_same_time(tmp_path):
    several = [subprocess.Popen([sys.executable, "-c", BESIDE, str(tmp_path), str(n)]) for n in range(3)]
    assert [process.wait() for process in several] == [0, 0, 0]
    cache = FeatureCache(tmp_path)
    keys = [of_bytes(f"{n}/{i}".encode()) for n in range(3) for i in range(40)]
    assert len(got(cache, "a", keys)) == 120
    cache.close()


WRITER = """
import sys, numpy as np
from pathlib import Path
from tastemaker.core.fingerprints import of_bytes
from tastemaker.features.cache import FeatureCache
cache = FeatureCache(Path(sys.argv[1]))
for n in range(10**9):
    cache.put("a", {of_bytes(str(n).encode()): np.full(384, n, np.float32)})
    print(n, flush=True)
"""


def test_what_was_put_outlives_a_killed_process(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    for _ in range(20):
        last = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    cache = FeatureCache(tmp_path)
    keys = [of_bytes(str(n).encode()) for n in range(last + 1)]
    found = got(cache, "a", keys)
    assert [float(found[key][0]) for key in keys] == list(range(last + 1))
    cache.close()


def test_ten_thousand_vectors_are_found_quickly(cache):
    vectors = keyed(10_000, dim=384)
    cache.put("a", vectors)
    start = time.perf_counter()
    found = got(cache, "a", vectors)
    assert len(found) == len(vectors)
    assert time.perf_counter() - start < 2.0  # about 0.06 s on an idle machine
