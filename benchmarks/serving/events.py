"""Events over HTTP, how soon they change a list, memory, and the start: ``python events.py [--short]``.

One worker, 100,000 items, 1,000,000 events in the store. Every post is durable when it is answered.
"""

import argparse
import http.client
import json
import os
import threading
import time
from contextlib import contextmanager

from shops import SMALL, Size, pipeline

from running import RESULTS, Server, scratch, write, wrk

FULL = Size(users=20_000)
RATE = 50  # requests a second of the mixed load
TRIES = 100


class Client:
    """One connection that stays open."""

    def __init__(self, server):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._headers = {"X-API-Key": server.key, "Content-Type": "application/json"}

    def post(self, path, body):
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {said[:300]}")
        return json.loads(said)


@contextmanager
def mixed(server, size, rate=RATE):
    """Lists and events in turn at a steady rate, by a thread of this process, until the block ends."""
    ended = threading.Event()

    def ask():
        client, due = Client(server), time.perf_counter()
        for n in range(10**9):
            user, item = f"u{n * 7919 % size.users}", f"i{n * 104729 % size.items}"
            if n % 5:
                client.post("/v1/recommend", {"user": user, "k": 20})
            else:
                client.post("/v1/events", {"user": user, "item": item, "kind": "click"})
            due += 1 / rate
            if ended.wait(max(0.0, due - time.perf_counter())):
                return

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def to_change(server, size, tries):
    """Milliseconds from sending an event to a list that has changed by it: the item of the event is gone from it."""
    client, times = Client(server), []
    with mixed(server, size):
        for n in range(tries):
            ask = {"user": f"u{(n * 31 + 7) % size.users}", "k": 20}
            first = client.post("/v1/recommend", ask)["items"][0]["item"]
            began = time.perf_counter()
            client.post("/v1/events", {"user": ask["user"], "item": first, "kind": "like"})
            while any(one["item"] == first for one in client.post("/v1/recommend", ask)["items"]):
                pass
            times.append(1000 * (time.perf_counter() - began))
    times.sort()
    return {"p50_ms": round(times[tries // 2], 1), "p95_ms": round(times[int(0.95 * tries)], 1)}


def first_answer(server):
    """Seconds, and of the processor, from the start to the first list, over a store that has everything."""
    began = time.perf_counter()
    server.start()
    Client(server).post("/v1/recommend", {"user": "u1", "k": 20})
    return {"seconds": round(time.perf_counter() - began, 2), "processor": server.cpu()}


def batches(server, seconds, many, shop):
    """Posts of 500 events each by so many connections."""
    load = wrk(server, "post.lua", seconds, many, *shop, "500")
    return {**load, "events_per_second": round(500 * load["per_second"])}


def measured(server, size, seconds, tries):
    """All figures of a service that has just been filled."""
    shop = (str(size.users), str(size.items))
    found = {"memory_mib": {"filled by this process": round(server.memory())}}
    server.stop()
    found["first_answer"] = first_answer(server)
    found["memory_mib"]["started anew"] = round(server.memory())
    found["changed_list"] = to_change(server, size, tries)
    found["single"] = {many: wrk(server, "post.lua", seconds, many, *shop, "1") for many in (32, 128)}
    found["batches of 500"] = {many: batches(server, seconds, many, shop) for many in (4, 8)}
    found["memory_mib"]["after the load"] = round(server.memory())
    found["memory_mib"]["after the load, with pages of files"] = round(server.memory("VmRSS"))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a small shop and a second each; nothing is written")
    args = parser.parse_args()
    size = SMALL if args.short else FULL
    found = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    with scratch() as folder:
        pipeline(size).save(folder / "shop.tm")
        server = Server(folder / "shop.tm", folder / "home")
        try:
            server.start()
            found |= measured(server, size, 1 if args.short else 8, 20 if args.short else TRIES)
        finally:
            server.stop()
    write("serving_events", found, None if args.short else RESULTS)


if __name__ == "__main__":
    main()
