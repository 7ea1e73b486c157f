"""Recommenders on disk."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from made import dataset, item_vectors
from tastemaker.core import SavedError
from tastemaker.data import Query
from tastemaker.models import RECOMMENDERS, load
from tastemaker.models.base import array
from tastemaker.models.linear import Linear
from tastemaker.models.sparse import pack, unpack

CLASSIC = ["content", "ease", "fallback", "item_knn", "popular", "rp3beta", "user_knn"]


def saved(folder, name="item_knn", seed=0):
    model = RECOMMENDERS.build(name).fit(dataset(seed), items=item_vectors(seed))
    model.save(folder)
    return model


def test_a_saved_recommender_is_two_files(tmp_path):
    saved(tmp_path / "m")
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == ["component.json", "state.safetensors"]


def test_saving_again_replaces_the_old_version(tmp_path):
    saved(tmp_path / "m", "popular")
    new = saved(tmp_path / "m", "item_knn")
    np.testing.assert_array_equal(load(tmp_path / "m").score([Query.of([1])]), new.score([Query.of([1])]))
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_failed_save_leaves_the_old_version_whole(tmp_path, monkeypatch):
    old = saved(tmp_path / "m")
    monkeypatch.setattr("tastemaker.models.saving.write_json", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        saved(tmp_path / "m", seed=3)
    np.testing.assert_array_equal(load(tmp_path / "m").score([Query.of([1])]), old.score([Query.of([1])]))
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


ENDLESS = """
import sys, pathlib
from made import dataset
from tastemaker.models import RECOMMENDERS
model = RECOMMENDERS.build("item_knn").fit(dataset(1, users=200, items=300, n=9000))
print("ready", flush=True)
while True:
    model.save(pathlib.Path(sys.argv[1]))
"""


@pytest.mark.parametrize("wait", [0.02, 0.05, 0.11])
def test_a_killed_save_leaves_a_whole_version(tmp_path, wait):
    saved(tmp_path / "m")
    where = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", ENDLESS, str(tmp_path / "m")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": where}) as process:
        assert process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
    model = load(tmp_path / "m")
    assert np.isfinite(model.score([Query.of([1])])).any()


@pytest.mark.parametrize("name", CLASSIC)
@pytest.mark.parametrize("file", ["component.json", "state.safetensors"])
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "noise", "list"])
def test_damaged_files_are_refused(tmp_path, name, file, damage):
    saved(tmp_path / "m", name)
    path = tmp_path / "m" / file
    content = path.read_bytes()
    if damage == "absent":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "cut": content[:-40], "noise": os.urandom(200), "list": b"[1]"}[damage])
    with pytest.raises(SavedError):
        load(tmp_path / "m")


@pytest.mark.parametrize("name", CLASSIC)
def test_a_state_without_its_arrays_is_refused(name):
    with pytest.raises(SavedError):
        RECOMMENDERS.build(name).restore({"other": np.zeros(1)})


@pytest.mark.parametrize("change", [('"recommender"', '"fusion"'), ('"format": 1', '"format": 99')])
def test_other_kinds_and_formats_are_refused(tmp_path, change):
    saved(tmp_path / "m")
    path = tmp_path / "m" / "component.json"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(SavedError, match="expected a 'recommender' of format 1"):
        load(tmp_path / "m")


@pytest.mark.parametrize("change", [('"item_knn"', '"item_nn"'), ('"shrink": ', '"shrunk": ')])
def test_names_and_settings_of_other_versions_are_refused(tmp_path, change):
    saved(tmp_path / "m")
    path = tmp_path / "m" / "component.json"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(SavedError, match="cannot build"):
        load(tmp_path / "m")


def test_a_matrix_that_does_not_fit_together_is_refused():
    from scipy.sparse import csr_array

    state = pack("m", csr_array(np.eye(3, dtype=np.float32)))
    assert unpack("m", state).toarray().tolist() == np.eye(3).tolist()
    with pytest.raises(SavedError, match="'m' is incomplete or damaged"):
        unpack("m", {**state, "m.indices": np.array([0, 1, 7], np.int32)})


def test_an_absent_array_is_named():
    with pytest.raises(SavedError, match="no array 'a'; it has: b"):
        array({"b": np.zeros(1)}, "a")
    with pytest.raises(SavedError, match=r"w\.weights"):
        Linear.unpack("w", {})
