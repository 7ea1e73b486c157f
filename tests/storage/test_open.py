"""From a URL to a store, and what a wrong URL is told."""

import stat
import sys

import pytest

from tastemaker.core.errors import BadSetting, DataError, MissingExtra, ServiceError
from tastemaker.storage.open import open_store


def test_the_file_is_made_with_its_folder_for_this_user_alone(tmp_path):
    open_store(f"sqlite:///{tmp_path}/new/store.db").shop().note("n", 1)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert "store.db" in modes


def test_a_relative_path_is_taken_from_where_the_process_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///here/store.db")
    monkeypatch.chdir("/")
    store.check()
    store.close()
    assert (tmp_path / "here" / "store.db").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("store.db", "names no store"),
        ("", "names no store"),
        ("mysql://host/shop", "no store of the kind 'mysql'"),
        ("oracle+x://host/shop", "no store of the kind 'oracle'"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://store.db", "names no file"),
        ("sqlite:///store.db?mode=ro", "names no file"),
        ("postgresql://host:port/shop", "names no store"),
    ],
)
def test_a_wrong_url_is_told_what_is_expected(url, says):
    with pytest.raises(BadSetting, match=f"{says}.*[Ee]xpected sqlite:///path|{says}.*expected sqlite"):
        open_store(url)


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[postgres\]"):
        open_store("postgresql://localhost/shop")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingExtra, match=r"tastemaker\[serve\]"):
        open_store(f"sqlite:///{tmp_path}/store.db")


def test_a_server_that_is_not_there_is_told_without_the_password():
    with pytest.raises(ServiceError, match="PostgreSQL data base postgresql") as caught:
        open_store("postgresql://me:secret@127.0.0.1:1/shop")
    assert "secret" not in str(caught.value)


def test_a_data_base_that_is_not_there_is_told(postgres):
    with pytest.raises(ServiceError, match="createdb"):
        open_store(postgres.url("nowhere"))
    with pytest.raises(ServiceError, match="user"):
        open_store(postgres.url("postgres").replace("tastemaker@", "stranger@"))


def test_a_file_that_is_no_data_base_is_left_alone(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("not a data base, but long enough to have a header" * 10)
    with pytest.raises(ServiceError, match="no SQLite data base"):
        open_store(f"sqlite:///{file}")
    assert file.read_text().startswith("not a data base")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ServiceError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/file/store.db")


def test_both_names_of_postgresql_are_understood(postgres):
    open_store(postgres.bare().replace("postgresql:", "postgres:")).close()


def test_a_closed_store_lets_go_of_its_files(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.shop().note("n", 1)
    store.shop().history("ann")
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_json_is_the_same_without_orjson(monkeypatch):
    import importlib

    from tastemaker.storage import compact

    value = {"é": [1, 2.5, None, True, "\n"]}
    fast = compact.dumps(value)
    monkeypatch.setitem(sys.modules, "orjson", None)
    importlib.reload(compact)
    try:
        assert compact.dumps(value) == fast
        assert compact.loads(fast) == value
        with pytest.raises(DataError, match="expected a value of JSON"):
            compact.dumps({1, 2})
    finally:
        monkeypatch.undo()
        importlib.reload(compact)
    with pytest.raises(DataError, match="expected a value of JSON"):
        compact.dumps(object())
