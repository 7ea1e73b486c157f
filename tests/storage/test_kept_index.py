"""An approximate index is built once for what it is of, and anew wherever that, or what is kept, has changed."""

import os

import numpy as np
import pytest

from tastemaker.storage.index import kept
from tastemaker.storage.index.ann import FaissIndex
from tastemaker.storage.index.choose import index_for

VECTORS = np.random.default_rng(3).normal(size=(3000, 16)).astype(np.float32)
QUERIES = np.random.default_rng(4).normal(size=(40, 16)).astype(np.float32)


@pytest.fixture
def builds(monkeypatch):
    """How often lists were built."""
    counted, build = [], FaissIndex.build
    monkeypatch.setattr(FaissIndex, "build", lambda self, queries=None: counted.append(1) or build(self, queries))
    return counted


def made(folder, vectors=VECTORS, queries=QUERIES, recall=0.9):
    return index_for(vectors, exact_up_to=0, queries=queries, recall=recall, kept=folder)


def test_the_second_start_reads_what_the_first_built(tmp_path, builds):
    first, again = made(tmp_path / "kept"), made(tmp_path / "kept")
    assert len(builds) == 1
    for found, same in zip(first.search(QUERIES, 20), again.search(QUERIES, 20), strict=True):
        assert np.array_equal(found, same)
    assert again.fresh == 0
    again.put(np.array([3000], np.int32), 100 * QUERIES[:1])
    assert again.search(QUERIES[:1], 3)[0][0, 0] == 3000


@pytest.mark.parametrize(
    "other", [{"vectors": VECTORS + np.float32(0.1)}, {"vectors": VECTORS[:-1]}, {"queries": None}, {"recall": 0.8}]
)
def test_other_content_is_never_answered_by_these_lists(tmp_path, builds, other):
    made(tmp_path)
    made(tmp_path, **other)
    assert len(builds) == 2


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "manifest", "efforts"])
def test_what_is_damaged_is_built_anew_and_kept_whole(tmp_path, builds, damage):
    made(tmp_path)
    (own,) = tmp_path.iterdir()
    lists, manifest = own / "lists.faiss", own / "component.json"
    content = lists.read_bytes()
    match damage:
        case "cut":
            lists.write_bytes(content[:-100])
        case "changed":
            lists.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "gone":
            lists.unlink()
        case "manifest":
            manifest.write_text("{")
        case "efforts":
            manifest.write_text(manifest.read_text().replace("efforts", "effort"))
    made(tmp_path)
    made(tmp_path)
    assert len(builds) == 2


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path, builds, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(kept, "write_json", full)
    assert len(made(tmp_path).search(QUERIES, 5)[0]) == 40
    assert not list(tmp_path.iterdir())


def test_nothing_to_find_is_kept_too(tmp_path, builds):
    empty = np.zeros((5, 16), np.float32)
    assert (made(tmp_path, empty).search(QUERIES, 3)[0] == -1).all()
    assert (made(tmp_path, empty).search(QUERIES, 3)[0] == -1).all()
    assert len(builds) == 1


def test_only_the_newest_stay(tmp_path):
    for n in range(kept.NEWEST + 2):
        made(tmp_path, VECTORS[: 500 + n])
        for at, folder in enumerate(tmp_path.iterdir()):
            os.utime(folder, (n + at, n + at))
    assert len(list(tmp_path.iterdir())) == kept.NEWEST


def test_without_the_package_the_fingerprint_names_no_version(monkeypatch):
    from importlib import metadata

    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert kept.content(FaissIndex(dim=4), None)


def test_a_disk_that_is_full_costs_the_building_alone(tmp_path, builds, monkeypatch, caplog):
    def full(index, folder):
        raise RuntimeError("write error")  # as of faiss

    monkeypatch.setattr(FaissIndex, "write_lists", full)
    assert made(tmp_path).search(QUERIES, 20)[0].shape == (40, 20)
    assert "not kept" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_is_read_stays(tmp_path):
    left = tmp_path / ".killed.part"
    left.mkdir()
    os.utime(left, (0, 0))
    first = made(tmp_path)
    assert not left.exists()
    (own,) = tmp_path.iterdir()
    os.utime(own, (0, 0))
    made(tmp_path)
    assert own.stat().st_mtime > 0
    assert first.fresh == 0
