"""A real server process on this machine, and the loads that a second process puts on it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results"
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """One service; its own process and those that it starts are measured and ended together.

    Args:
        model: A saved pipeline, or None where `home` has one.
        home: Its folder.
        more: Further words of the command line.
    """

    def __init__(self, model, home, *more):
        self.home, self.port = Path(home), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        words = [sys.executable, "-m", "tastemaker", "serve", *([str(model)] if model else []), "--home", str(home)]
        self._words = [*words, "--port", str(self.port), *more]
        self.log = self.home.with_name(self.home.name + ".log")
        self.process = None

    def start(self, patience=180.0):
        """Start; seconds until it was ready."""
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        began = time.perf_counter()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._words, env=environment, stdout=log, stderr=log)
        while time.perf_counter() - began < patience:
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended: {self.log.read_text()[-2000:]}")
            if self.get("/health/ready") is not None:
                return time.perf_counter() - began
            time.sleep(0.02)
        raise RuntimeError("The server does not become ready.")

    @property
    def key(self):
        """Of the first start."""
        return (self.home / "key").read_text().strip()

    def ask(self, path, body=None, method=None):
        """The answer, parsed."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"X-API-Key": self.key}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def get(self, path):
        """The answer's body without a key; None where there is none."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            return None

    def cpu(self):
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, of="RssAnon"):
        """MiB of its own now, without pages of files, such as the store's, that are dropped when room is short.

        VmRSS has them too, as far as this process has looked at them.
        """
        said = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{of}:\s+(\d+)", said).group(1)) / 1024

    def kill(self):
        """As a power cut."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Let it end by itself."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def running(model, home, *more):
    """A server that is ready, and ends with the block."""
    server = Server(model, home, *more)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def scratch():
    """A folder that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="tastemaker-load-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wrk(server, script, seconds, connections, *words):
    """Requests a second, milliseconds (p50, p90, p99), answers that were no success, and processor time a request."""
    before = server.cpu()
    asked = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(Path(__file__).with_name(script)), server.url]
    said = subprocess.run([*asked, "--", server.key, *words], check=True, capture_output=True, text=True).stdout
    told = json.loads(said[said.rindex("{") :])
    spent = server.cpu() - before
    return {
        "per_second": round(told["requests"] / told["seconds"], 1),
        "p50_ms": round(told["p50"], 2),
        "p90_ms": round(told["p90"], 2),
        "p99_ms": round(told["p99"], 2),
        "failed": told["failed"],
        "requests": told["requests"],
        "per_cpu_second": round(told["requests"] / max(spent, 1e-9), 1),
    }


def write(name, found, folder=RESULTS):
    """Figures onto the terminal, and into a folder where there is one."""
    print(json.dumps(found, indent=2))
    if folder is not None:
        (folder / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
