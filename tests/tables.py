"""Small table files for tests of reading."""

import csv

from tastemaker.data.read import read


def write(path, text):
    """Write a file (str as UTF-8, bytes as they are) and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(path, header, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(lines)
    return path


def folder(path, interactions, items=None, users=None, toml=None):
    """A data folder from texts of CSV files."""
    for name, text in (("interactions", interactions), ("items", items), ("users", users)):
        if text is not None:
            write(path / f"{name}.csv", text)
    if toml is not None:
        write(path / "tastemaker.toml", toml)
    return path


def log(reading):
    """(user id, item id, value, time, event, sign) of each interaction, in order."""
    data = reading.data
    x = data.interactions
    return [
        (
            data.users.ids[u],
            data.items.ids[i],
            round(float(v), 4),
            int(t),
            data.events[k],
            int(s),
        )
        for u, i, v, t, k, s in zip(x.user, x.item, x.value, x.time, x.kind, x.sign, strict=True)
    ]


def pairs(reading):
    return [row[:2] for row in log(reading)]


def hits(reading, name):
    rule = reading.receipt.rule(name)
    return 0 if rule is None else rule.hits


__all__ = ["folder", "hits", "log", "pairs", "read", "rows", "write"]
