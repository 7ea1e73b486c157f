"""A small server that speaks OpenAI's /v1/embeddings, on a port of this machine."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

KEY = "sk-secret-4711"


def vector(text, dim=8):
    """A vector that is the text's alone."""
    return np.random.default_rng(list(hashlib.sha256(text.encode()).digest())).normal(size=dim)


class Service:
    """What the server has seen, and what it is to do next.

    Attributes:
        seen: (headers, question) of each request.
        plan: Functions of the handler, one a request; when none is left, an honest answer is given.
    """

    def __init__(self, url):
        self.url, self.seen, self.plan = url, [], []

    @property
    def texts(self):
        return [text for _, asked in self.seen for text in asked["input"]]


def answer(handler, status=200, body=None, **head):
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(raw)), **head}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(raw)


def honest(handler, asked, dim=8):
    texts = asked["input"]
    rows = [{"index": n, "embedding": vector(t, asked.get("dimensions", dim)).tolist()} for n, t in enumerate(texts)]
    used = sum(len(text.split()) for text in texts)
    answer(handler, body={"data": rows[::-1], "usage": {"total_tokens": used}})


@contextmanager
def serving():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.seen.append((dict(self.headers), asked))
            (service.plan.pop(0) if service.plan else honest)(self, asked)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Service(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
