"""How many requests fail while versions of a model are swapped under load?

    python benchmarks/serving/hot_swap.py DATA --out benchmarks/results/hot_swap.json

Two versions of DATA are saved, `tastemaker serve` runs as a process of its own, clients ask for lists without a pause,
and another process (this one) promotes and rolls back in the store while they do.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np

from tastemaker.actions.life import Place, models
from tastemaker.core import Run
from tastemaker.data.read import read
from tastemaker.models.catalog import RECOMMENDERS
from tastemaker.pipeline import Pipeline

KEY = "hot-swap-benchmark-key"


class Load:
    """Clients that ask until `requests` answers have come."""

    def __init__(self, url, users, requests, clients):
        self.url, self.users, self.requests = url, users, requests
        self.answers, self.seconds = Counter(), []
        self.threads = [threading.Thread(target=self.ask, args=(n,)) for n in range(clients)]

    def ask(self, seed):
        rng = np.random.default_rng(seed)
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30) as client:
            while len(self.seconds) < self.requests:
                began = time.perf_counter()
                try:
                    answer = client.post("/v1/recommend", json={"user": str(rng.choice(self.users)), "k": 10})
                    said = answer.json()
                    full = answer.status_code == 200 and len(said["items"]) == 10 and not said["degraded"]
                    self.answers[said["model"] if full else f"failed: {answer.status_code}"] += 1
                except httpx.HTTPError as error:
                    self.answers[f"failed: {type(error).__name__}"] += 1
                self.seconds.append(time.perf_counter() - began)


def saved(data, model, out):
    Pipeline(RECOMMENDERS.build(model)).fit(data, run=Run()).save(out)
    return out


def swaps(place, load, every):
    """Promote and roll back while the clients ask."""
    n = 0
    while any(thread.is_alive() for thread in load.threads):
        time.sleep(every)
        models(place, *(("promote", "v0002") if n % 2 == 0 else ("rollback",)))
        n += 1
    return n


def measured(folder, args):
    with tempfile.TemporaryDirectory() as place:
        home, data = Path(place) / "shop.service", read(folder).data
        first, second = saved(data, "item_knn", Path(place) / "a.tm"), saved(data, "rp3beta", Path(place) / "b.tm")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = [sys.executable, "-m", "tastemaker.cli", "serve", str(first), "--home", str(home), "--port", str(port)]
        service = subprocess.Popen(
            words, env=os.environ | {"TASTEMAKER_KEY": KEY}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait(url)
            with Place(home).open() as (shop, own):
                own.register(shop, second, {})
            load = Load(url, data.users.ids, args.requests, args.clients)
            began = time.perf_counter()
            for thread in load.threads:
                thread.start()
            changes = swaps(Place(home), load, args.every)
            return told(load, changes, time.perf_counter() - began)
        finally:
            service.terminate()
            service.wait()


def wait(url):
    for _ in range(600):
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not start")


def told(load, changes, seconds):
    times = np.array(load.seconds) * 1000
    failed = {name: n for name, n in load.answers.items() if name.startswith("failed")}
    return {
        "requests": len(times),
        "failed": sum(failed.values()),
        "failures": failed,
        "by version": {name: n for name, n in sorted(load.answers.items()) if name not in failed},
        "swaps": changes,
        "seconds": round(seconds, 1),
        "ms": {f"p{p}": round(float(np.percentile(times, p)), 1) for p in (50, 95, 99, 100)},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a data folder")
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between swaps")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found = json.dumps(measured(args.data, args), indent=1)
    print(found)
    if args.out:
        args.out.write_text(found + "\n")


if __name__ == "__main__":
    main()
