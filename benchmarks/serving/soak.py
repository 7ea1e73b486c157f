"""Does memory stay while a service works on? ``python soak.py [--minutes 10] [--rate 40] [--short]``.

One worker under a steady mixed load of single requests: lists (plain, filtered and capped, of visitors, explained,
explored by chance and by what was learned), events that answer them, singly and by the fifty, changed items,
likeness, and Gorse's addresses. Users and items stay as many as they were; 300,000 events are posted first, by which
the cache of the store's writer (64 MiB) is full. Every few seconds the resident memory of the process is read: all of
it, and without pages of files. The first third is its warming; over the rest a line is laid, with the interval of its
slope from ten blocks of time.
"""

import argparse
import os
import threading
import time

import numpy as np
from events import Client
from shops import Size, pipeline

from running import RESULTS, Server, scratch, write

SIZE = Size(items=20_000, users=4_000)
FIRST = 60  # posts of 5,000 events
EACH = 3.0  # seconds between two looks
BLOCKS = 10
CONFIG = """[serve.bandit]
by = "category"
wait = 20
"""


class Visitors:
    """Requests in turn, over one connection.

    Args:
        server: What is asked.
        size: Of the shop.

    Attributes:
        asked: How many.
    """

    def __init__(self, server, size):
        self._client, self._size, self.asked = Client(server), size, 0
        self._turns = [self._list, self._answered, self._event, self._ruled, self._list, self._events, self._tried]
        self._turns += [self._visitor, self._list, self._item, self._around, self._explained, self._event, self._gorse]

    def fill(self):
        """Events before it begins."""
        for n in range(0, FIRST * 5000, 5000):
            named = [self._names(n + m) for m in range(5000)]
            self._client.post("/v1/events", [{"user": user, "item": item} for user, item in named])

    def next(self):
        """One more; an answer that is no success ends the program."""
        self._turns[self.asked % len(self._turns)](self.asked)
        self.asked += 1

    def _names(self, n):
        return f"u{n * 7919 % self._size.users}", f"i{n * 104729 % self._size.items}"

    def _recommend(self, n, **more):
        return self._client.post("/v1/recommend", {"user": self._names(n)[0], "k": 20, **more})

    def _list(self, n):
        self._recommend(n)

    def _ruled(self, n):
        self._recommend(n, filter=f'price < {20 + n % 60} and rare == "no"', caps={"category": 3})

    def _explained(self, n):
        self._recommend(n, explain=True, diversity=0.3, scenario="")

    def _visitor(self, n):
        did = [{"item": self._names(n + m)[1], "kind": "click"} for m in range(3)]
        self._recommend(n, user="", session=f"s{n}", events=did)

    def _tried(self, n):
        answer = self._recommend(n, explore=0.3, explore_by=("linucb", "chance")[n % 2])
        self._click(n, answer, 4)

    def _answered(self, n):
        self._click(n, self._recommend(n), 0)

    def _click(self, n, answer, place):
        said = {"user": self._names(n)[0], "item": answer["items"][place]["item"], "request": answer["request"]}
        self._client.post("/v1/events", {**said, "kind": "click", "id": f"answer {n}"})

    def _event(self, n):
        user, item = self._names(n)
        self._client.post("/v1/events", {"user": user, "item": item, "kind": "view", "value": 12.0})

    def _events(self, n):
        named = [self._names(n + m) for m in range(50)]
        self._client.post("/v1/events", [{"user": u, "item": i, "id": f"{n} {u} {i}"} for u, i in named])

    def _item(self, n):
        name = self._names(n)[1]
        said = {"id": name, "title": f"Thing {n}", "attributes": {"category": f"c{n % 100}", "price": n % 100}}
        self._client.post("/v1/items", [{**said, "stock": n % 7}])

    def _around(self, n):
        item = self._names(n)[1]
        self._client.post("/v1/similar", {"item": item, "k": 10})
        self._client.post("/v1/bought-together", {"item": item, "k": 10, "filter": f"price < {20 + n % 60}"})

    def _gorse(self, n):
        user, item = self._names(n)
        said = {"FeedbackType": "star", "UserId": user, "ItemId": item, "Value": 1.0}
        self._client.post("/api/feedback", [{**said, "Timestamp": "2026-01-01"}])


def loaded(server, size, rate, seconds):
    """Looks at the memory (seconds, MiB without and with files), and how many requests were answered meanwhile."""
    visitors, ended, wrong, seen = Visitors(server, size), threading.Event(), [], []
    visitors.fill()

    def ask():
        due = time.perf_counter()
        try:
            while not ended.wait(max(0.0, due - time.perf_counter())):
                due = max(due + 1 / rate, time.perf_counter() - 1)
                visitors.next()
        except Exception as error:  # told by the thread that waits
            wrong.append(error)

    thread, began = threading.Thread(target=ask), time.perf_counter()
    thread.start()
    while (spent := time.perf_counter() - began) < seconds and not wrong:
        seen.append((spent, server.memory(), server.memory("VmRSS")))
        time.sleep(min(EACH, seconds / 20))
    ended.set()
    thread.join()
    if wrong:
        raise wrong[0]
    return np.array(seen), visitors.asked


def slope(seconds, mib, blocks=BLOCKS):
    """MiB an hour by least squares, with a 95 % interval from the means of as many blocks of time."""
    hours = seconds / 3600
    means = np.array([[part.mean() for part in np.array_split(values, blocks)] for values in (hours, mib)])
    x, y = means - means.mean(axis=1, keepdims=True)
    line = float(x @ y / (x @ x))
    error = 2.306 * float(np.sqrt(((y - line * x) ** 2).sum() / (blocks - 2) / (x @ x)))  # t of 8 degrees
    return [round(value, 1) for value in (line, line - error, line + error)]


def told(seen, asked):
    """Figures of one run."""
    late = seen[seen[:, 0] > seen[-1, 0] / 3]
    own = late[:, 1]
    third = max(1, len(own) // 5)
    return {
        "seconds": round(float(seen[-1, 0])),
        "requests": asked,
        "per_second": round(asked / float(seen[-1, 0]), 1),
        **{
            f"{name}_mib": {"first": seen[0, n].round(1), "warm": late[0, n].round(1), "last": late[-1, n].round(1)}
            for n, name in ((1, "own"), (2, "rss"))
        },
        "own_mib_an_hour": slope(late[:, 0], own),
        "grew_mib": round(float(own[-third:].mean() - own[:third].mean()), 2),
        "own_mib_seen": np.round(seen[:, 1], 1).tolist(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second, about")
    parser.add_argument("--short", action="store_true", help="nothing is written")
    args = parser.parse_args()
    found = {"cores": os.cpu_count(), "items": SIZE.items, "users": SIZE.users}
    with scratch() as folder:
        pipeline(SIZE).save(folder / "shop.tm")
        (folder / "service.toml").write_text(CONFIG)
        server = Server(folder / "shop.tm", folder / "home", "--config", str(folder / "service.toml"))
        try:
            server.start()
            seen, asked = loaded(server, SIZE, args.rate, 60 * args.minutes)
            found |= told(seen, asked) | {"processor_s": round(server.cpu(), 1)}
        finally:
            server.stop()
    write("serving_soak", found, None if args.short else RESULTS)


if __name__ == "__main__":
    main()
