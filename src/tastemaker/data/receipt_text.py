"""The receipt as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from tastemaker.data.receipt import Receipt, Rule, when


def text(receipt: Receipt) -> str:
    """The whole receipt, one thing a line, columns aligned."""
    blocks = [_head(receipt), _columns(receipt), _events(receipt), _shares(receipt), _attributes(receipt)]
    return "\n\n".join("\n".join(block) for block in [*blocks, _rules(receipt)] if block)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows with aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    return [
        "  ".join(cell.rjust(w) if c else cell.ljust(w) for c, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]


def _head(receipt: Receipt) -> list[str]:
    before, after = receipt.before, receipt.after
    lines = [
        f"{receipt.source} ({receipt.kind})",
        *_table(
            [
                ("", "came in", "stayed"),
                ("interactions", f"{before.rows:,}", f"{after.rows:,}"),
                ("users", f"{before.users:,}", f"{after.users:,}"),
                ("items", f"{before.items:,}", f"{after.items:,}"),
            ]
        ),
        "feedback: {:,} positive, {:,} neutral, {:,} negative".format(*receipt.signs),
    ]
    if receipt.ratings:
        lines.append("ratings: {:g} to {:g}, middle {:g}".format(*(receipt.ratings[i] for i in (0, 2, 1))))
    return [*lines, _clock(receipt)]


def _clock(receipt: Receipt) -> str:
    if receipt.clock == "none":
        return "clock: none"
    first, last = (when(time, receipt.clock) for time in (receipt.first, receipt.last))
    return f"clock: {receipt.clock}, {first} to {last}"


def _columns(receipt: Receipt) -> list[str]:
    return [
        f"{table}: " + ", ".join(ours if ours == theirs else f"{ours} = {theirs}" for ours, theirs in names.items())
        for table, names in receipt.columns.items()
    ]


def _events(receipt: Receipt) -> list[str]:
    rows = [(e.name or "(no event)", f"{e.weight:g}", f"{e.rows:,}") for e in receipt.events]
    return _table([("event", "weight", "rows"), *rows]) if rows else []


def _shares(receipt: Receipt) -> list[str]:
    rows = [(name, f"{share.items:.1%}", f"{share.interactions:.1%}") for name, share in receipt.shares.items()]
    return _table([("has", "of items", "of interactions"), *rows]) if rows else []


def _attributes(receipt: Receipt) -> list[str]:
    return [
        f"attributes of {whose}: " + ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
        for whose, kinds in receipt.attributes.items()
        if kinds
    ]


def _rules(receipt: Receipt) -> list[str]:
    return [line for rule in receipt.rules for line in _rule(rule)] or ["nothing to clean"]


def _rule(rule: Rule) -> Iterator[str]:
    yield f"{rule.action}: {rule.name}: {rule.hits:,}"
    if rule.examples:
        yield "  " + "; ".join(rule.examples)
