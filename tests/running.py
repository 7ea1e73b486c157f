"""A service over real HTTP, on a free port of this machine."""

import socket
import threading
import time
from contextlib import contextmanager

import httpx
import uvicorn

from shop import write_shop
from tastemaker.core import Run
from tastemaker.data.read import read
from tastemaker.http.app import application
from tastemaker.http.keys import SCOPES, digest
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline
from tastemaker.serving.service import open_service
from tastemaker.serving.settings import ServeSettings

KEY = "a-key-for-tests-alone"


def fitted(folder, out, model="item_knn", **shop):
    """A saved pipeline of a small shop; without encoders nothing heavy is loaded."""
    data = read(write_shop(folder, **shop)).data
    Pipeline(RECOMMENDERS.build(model)).fit(data, run=Run()).save(out)
    return out


@contextmanager
def running(model, settings=None, secret=b""):
    """The service and a client that has a key."""
    service = open_service(model, None, None, settings or ServeSettings(tick=0.05))
    service.store.put_key(digest(KEY), "default", SCOPES, "tests")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(application(service, secret), port=port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {KEY}"}) as client:
        try:
            yield service, client
        finally:
            server.should_exit = True
            thread.join()


def until(true, seconds=20):
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
