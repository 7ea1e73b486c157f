"""A service that is killed under load, again and again: ``python kill.py [--times N] [--out FILE]``.

Threads post events in small batches, each event with an id; the process is killed at a random moment. After the
restart every event whose post was answered must be there, once; then all are posted again, and none may count twice.
"""

import argparse
import http.client
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median

from shops import SMALL, pipeline

from running import RESULTS, Server, scratch, write

THREADS, BATCH = 4, 5
LONGEST = 1.5  # seconds under load before a kill


class Poster(threading.Thread):
    """Posts until the service is gone.

    Attributes:
        answered: Batches whose post was answered.
        sent: All batches, the one that was under way among them.
    """

    def __init__(self, server, name):
        super().__init__()
        self.user, self.answered, self.sent = name, [], []
        self._server = server

    def run(self):
        connection, headers = connect(self._server)
        for number in range(10**9):
            batch = [f"{self.user} {number} {n}" for n in range(BATCH)]
            self.sent.append(batch)
            try:
                post(connection, headers, self.user, batch)
            except (OSError, http.client.HTTPException):
                return
            self.answered.append(batch)


def connect(server):
    headers = {"X-API-Key": server.key, "Content-Type": "application/json"}
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=30), headers


def post(connection, headers, user, batch):
    """The answer to events of these ids."""
    events = ",".join(f'{{"user": "{user}", "item": "i{hash(one) % 50}", "id": "{one}"}}' for one in batch)
    connection.request("POST", "/v1/events", f"[{events}]", headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"posting answered {answer.status}: {said[:300]}")


def stored(server, user):
    """How often each event of a user is in the store, page by page through his export."""
    return Counter(event["id"] for event in server.ask(f"/v1/users/{user}/export")["events"])


def once(server, turn, rng):
    """One kill: what was lost, what is there twice, seconds to be ready again, and events that were answered."""
    posters = [Poster(server, f"turn{turn}-{n}") for n in range(THREADS)]
    for poster in posters:
        poster.start()
    time.sleep(rng.uniform(0.1, LONGEST))
    server.kill()
    for poster in posters:
        poster.join()
    ready = server.start()
    spent = server.cpu()
    lost = twice = 0
    for poster in posters:
        there = stored(server, poster.user)
        answered = [one for batch in poster.answered for one in batch]
        lost += sum(there[one] < 1 for one in answered)
        connection, headers = connect(server)
        for batch in poster.sent:
            post(connection, headers, poster.user, batch)
        there = stored(server, poster.user)
        lost += sum(there[one] < 1 for batch in poster.sent for one in batch)
        twice += sum(count > 1 for count in there.values())
    acknowledged = sum(BATCH * len(poster.answered) for poster in posters)
    return {"lost": lost, "twice": twice, "ready_s": ready, "ready_cpu_s": spent, "acknowledged": acknowledged}


def killed(times, seed=0):
    """Sums over all kills, and the slowest and the median restart."""
    rng = random.Random(seed)
    with scratch() as folder:
        pipeline(SMALL).save(folder / "shop.tm")
        server = Server(folder / "shop.tm", folder / "home")
        try:
            server.start()
            turns = [once(server, turn, rng) for turn in range(times)]
        finally:
            server.stop()
    found = {name: sum(turn[name] for turn in turns) for name in ("lost", "twice", "acknowledged")}
    slowest = {name: round(max(turn[name] for turn in turns), 2) for name in ("ready_s", "ready_cpu_s")}
    usual = {"ready_median_s": round(median(turn["ready_s"] for turn in turns), 2)}
    return {"kills": times, **found, **slowest, **usual, "load": [round(one, 1) for one in os.getloadavg()]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50, help="kills (default 50); only 50 and more are written down")
    parser.add_argument("--out", type=Path, help="where figures of fewer are written, such as restart.json")
    args = parser.parse_args()
    found = killed(args.times)
    write("serving_kill", found, RESULTS if args.times >= 50 else None)
    if args.out:
        args.out.write_text(json.dumps(found, indent=2) + "\n")
    sys.exit(bool(found["lost"] or found["twice"] or not found["acknowledged"]))


if __name__ == "__main__":
    main()
