import json
import os

import pytest

from tastemaker.core import files, fingerprints
from tastemaker.core.places import home


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"x": 1})
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert json.loads(path.read_text()) == {"x": 1}
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_is_replaced_as_a_whole(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    folder = tmp_path / "saved"
    for text in ("old", "new"):
        with files.replacing_folder(folder) as new:
            (new / "part").write_text(text)
    assert (folder / "part").read_text() == "new"
    assert os.listdir(tmp_path) == ["saved"]


def test_a_folder_that_fails_half_way_leaves_the_old_one(tmp_path):
    folder = tmp_path / "saved"
    with files.replacing_folder(folder) as new:
        (new / "part").write_text("old")
    with pytest.raises(RuntimeError), files.replacing_folder(folder) as new:
        (new / "part").write_text("half")
        raise RuntimeError
    assert (folder / "part").read_text() == "old"
    assert os.listdir(tmp_path) == ["saved"]


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "a.json", float("nan"))
    assert os.listdir(tmp_path) == []


def test_fingerprints_follow_content_alone(tmp_path):
    (tmp_path / "a").write_bytes(b"same")
    assert fingerprints.of_file(tmp_path / "a") == fingerprints.of_bytes(b"same")
    assert fingerprints.of_json({"a": 1, "b": 2}) == fingerprints.of_json({"b": 2, "a": 1})
    assert fingerprints.of_json({"a": 1}) != fingerprints.of_json({"a": 2})


def test_home_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("TASTEMAKER_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert home() == tmp_path / "tastemaker"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".cache" / "tastemaker"
