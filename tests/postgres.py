"""A real PostgreSQL server for tests: private, in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest


def binaries():
    """The folder of `initdb` and `pg_ctl`, newest version first; None without."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    found = shutil.which("initdb")
    folders = [*debian, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def _account():
    """Whom the server runs as: it refuses root."""
    if os.getuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")


class Server:
    """A server with durable commits and one data base; `emptied` gives its URL."""

    def __init__(self, bin_folder):
        self._bin, self._who = bin_folder, _account()
        self.folder = Path(tempfile.mkdtemp(prefix="tastemaker-postgres-"))
        if self._who:
            os.chown(self.folder, self._who["user"], self._who["group"])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._do("initdb", "-D", "data", "-U", "tastemaker", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def _do(self, program, *arguments):
        done = subprocess.run(
            [self._bin / program, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,  # the server would hold it open
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            **self._who,
        )
        assert done.returncode == 0, (program, arguments, done.stdout, self.log())

    def log(self):
        file = self.folder / "log"
        return file.read_text()[-2000:] if file.exists() else ""

    def start(self):
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=on -c synchronous_commit=on"
        self._do("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def stop(self, how="immediate"):
        self._do("pg_ctl", "stop", "-w", "-D", "data", "-m", how)

    def url(self, name):
        return f"postgresql://tastemaker@127.0.0.1:{self.port}/{name}"

    def _run(self, statement):
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            return connection.execute(statement)

    def bare(self):
        """The URL, with no table left."""
        self._run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return self.url("postgres")

    def emptied(self):
        """The URL, with no row left: much faster."""
        self._run("""
            DO $$ DECLARE name text; BEGIN
                FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'about' LOOP
                    EXECUTE format('DELETE FROM %I', name);
                END LOOP;
            END $$""")
        return self.url("postgres")


@pytest.fixture(scope="session")
def postgres():
    """The server of this test process."""
    pytest.importorskip("psycopg")
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian and Ubuntu: apt install postgresql)")
    server = Server(folder)
    yield server
    server.stop()
    shutil.rmtree(server.folder)
