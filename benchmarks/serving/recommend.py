"""Lists a second over HTTP, and what an approximate index finds of the true best: ``python recommend.py [--short]``.

One worker, 100,000 items of 128 numbers, 10,000 users with 50 events each, lists of 20: plain, under a filter and a
cap, and under a filter that keeps 1 %. A second process asks over 1, 12 and 32 connections, at first for users of whom
none has asked before; all others have asked in the minutes before, and are not read again. Judge by requests a
processor second where others use the machine too.
"""

import argparse
import json
import os

from events import first_answer
from shops import SMALL, Size, pipeline

from running import RESULTS, running, scratch, write, wrk

RULES = {"user": "%s", "k": 20, "filter": "price < 80", "caps": {"category": 3}}
PLAIN = {"user": "%s", "k": 20}
RARE = "rare == 'yes'"
BODIES = {"rules": RULES, "plain": PLAIN, "one in a hundred": {**PLAIN, "filter": RARE}}
MANY = 12  # connections of the load that nobody has asked before
SETTINGS = '[serve]\nindex = "{}"\n'
ASKED = 100  # users whose lists are compared


def load(server, size, seconds, connections):
    """Figures by number of connections: of first lists, and after a warm-up."""
    first = wrk(server, "ask.lua", seconds, MANY, str(size.users), json.dumps(RULES))
    found = {f"rules, first lists, {MANY} connections": first}
    for name, body in BODIES.items():
        wrk(server, "ask.lua", 2, 4, str(size.users), json.dumps(body))
        for many in connections:
            found[f"{name}, {many} connections"] = wrk(
                server, "ask.lua", seconds, many, str(size.users), json.dumps(body)
            )
    return found


def lists(server, users, text):
    """What each user gets within a filter."""
    asked = ({"user": f"u{n}", "k": 20, "filter": text} for n in users)
    return [[one["item"] for one in server.ask("/v1/recommend", body)["items"]] for body in asked]


def share(true, found):
    """Of the true items that were found, the mean over lists."""
    return sum(len({*a} & {*b}) / max(len(a), 1) for a, b in zip(true, found, strict=True)) / len(true)


def measured(size, seconds, connections):
    """Both indexes over the same shop."""
    users = range(0, size.users, max(1, size.users // ASKED))
    found, listed = {}, {}
    with scratch() as folder:
        pipeline(size).save(folder / "shop.tm")
        for index in ("exact", "ann"):
            config = folder / f"{index}.toml"
            config.write_text(SETTINGS.format(index))
            with running(folder / "shop.tm", folder / "home", "--config", str(config)) as server:
                found[index] = load(server, size, seconds, connections)
                listed[index] = [lists(server, users, text) for text in ("", RARE)]
                found[index]["memory_mib"] = round(server.memory())
                found[index]["resident_mib"] = round(server.memory("VmRSS"))
                server.stop()
                found[index]["first_answer"] = first_answer(server)
    for name, true, near in zip(("all", "one in a hundred"), listed["exact"], listed["ann"], strict=True):
        found["ann"][f"recall@20, {name}"] = round(share(true, near), 4)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a small shop and two seconds; nothing is written")
    short = parser.parse_args().short
    before = os.getloadavg()[0]
    found = measured(SMALL if short else Size(), 1 if short else 5, (4,) if short else (1, MANY, 32))
    found = {"cores": os.cpu_count(), "load_before": round(before, 2), **found}
    write("serving_recommend", found, None if short else RESULTS)


if __name__ == "__main__":
    main()
