"""Object storage on this machine: a real server that speaks WebHDFS over a folder."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class Storage:
    """`fetched` has the names of files that were sent; `fails` is asked before each with its name."""

    def __init__(self, folder):
        self.folder, self.fetched, self.fails = folder, [], lambda name: False

    def answer(self, path, asked):
        """Status and body."""
        at = self.folder / unquote(path).removeprefix("/webhdfs/v1").strip("/")
        if not at.exists():
            said = {"exception": "FileNotFoundException", "message": f"no {at.name}"}
            return 404, json.dumps({"RemoteException": said}).encode()
        if asked["op"] == ["OPEN"]:
            start = int(asked.get("offset", ["0"])[0])
            if start == 0:
                self.fetched.append(at.relative_to(self.folder).as_posix())
            if self.fails(at.name):
                said = {"exception": "IOException", "message": "a disk died, see http://inner/?token=geheim"}
                return 500, json.dumps({"RemoteException": said}).encode()
            body = at.read_bytes()
            return 200, body[start : start + int(asked["length"][0])] if "length" in asked else body[start:]
        if asked["op"] == ["GETFILESTATUS"]:
            return 200, json.dumps({"FileStatus": status(at, "")}).encode()
        files = [status(one, one.name) for one in sorted(at.iterdir())] if at.is_dir() else [status(at, "")]
        return 200, json.dumps({"FileStatuses": {"FileStatus": files}}).encode()


def status(path, suffix):
    state = path.stat()
    kind = "DIRECTORY" if path.is_dir() else "FILE"
    size = 0 if path.is_dir() else state.st_size
    return {"pathSuffix": suffix, "type": kind, "length": size, "modificationTime": state.st_mtime_ns}


@contextmanager
def storing(folder):
    storage = Storage(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            parts = urlsplit(self.path)
            code, body = storage.answer(parts.path, parse_qs(parts.query))
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    storage.url = f"webhdfs://127.0.0.1:{server.server_port}"
    try:
        yield storage
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
