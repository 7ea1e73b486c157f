"""A leaderboard as Markdown, for pages that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tastemaker.learning.board import Board, Entry
from tastemaker.learning.cells import COSTS, METRICS, SHORT, best, kept, settings
from tastemaker.learning.cost import WATTS


def markdown(board: Board) -> str:
    """The whole page: accuracy and beyond, differences, costs, less known, settings, and the command."""
    parts = [f"# {board.title}", f"```sh\n{board.command}\n```", _facts(board)]
    if board.entries:
        parts += [_metrics(board), _differences(board), _costs(board), _stress(board), _settings(board)]
    parts += [_failed(board), *board.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column begins at the left, the others end at the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _facts(board: Board) -> str:
    facts = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in board.facts.items()
    )
    return f"{facts}; lists of {board.k}. Each model: {board.limits}. Seeds: {', '.join(map(str, board.seeds))}."


def _metrics(board: Board) -> str:
    columns = [c for c in kept(METRICS, board.entries) if c.head in SHORT]
    tops = {column.head: best(column, board.entries) for column in columns}
    rows = []
    for entry in board.entries:
        cells = [f"**{c.text(entry)}**" if c.of(entry) == tops[c.head] else c.text(entry) for c in columns]
        rows.append([_name(entry, board), *cells, _ends(entry)])
    return table(["model", *(f"{c.head}@{board.k}" for c in columns), f"95 % of ndcg@{board.k}"], rows)


def _name(entry: Entry, board: Board) -> str:
    return f"{entry.name} (baseline)" if entry.name == board.baseline else entry.name


def _ends(entry: Entry) -> str:
    found = entry.report.measures["ndcg"]
    return f"{found.low:.4f} to {found.high:.4f}"


def _differences(board: Board) -> str:
    found = board.differences.get("ndcg", ())
    if not found:
        return ""
    rows = [
        [d.name, f"{d.mean:+.4f}", f"{d.low:+.4f} to {d.high:+.4f}", f"{d.p:.4f}", f"{d.holm:.4f}", d.verdict]
        for d in found
    ]
    head = [f"less {board.baseline}", f"ndcg@{board.k}", "95 %", "p", "p (Holm)", "verdict"]
    return f"Against {board.baseline}, the simple model with the best validation figure:\n\n{table(head, rows)}"


def _costs(board: Board) -> str:
    columns = kept(COSTS, board.entries)
    rows = [[entry.name, *(c.text(entry) for c in columns)] for entry in board.entries]
    note = f"Wh: processor seconds of tuning, fits and lists at {WATTS:g} W a busy core (assumed, not measured)."
    return f"{table(['model', *(c.head for c in columns)], rows)}\n\n{note}"


def _stress(board: Board) -> str:
    kinds = list(dict.fromkeys(what for entry in board.entries for what in entry.stress))
    if not kinds:
        return ""
    rows = [
        [entry.name, f"{entry.report['ndcg']:.4f}", *(_stressed(entry, what) for what in kinds)]
        for entry in board.entries
    ]
    return f"NDCG where less is known (first seed):\n\n{table(['model', 'all known', *kinds], rows)}"


def _stressed(entry: Entry, what: str) -> str:
    return f"{entry.stress[what]['ndcg']:.4f}" if what in entry.stress else "-"


def _settings(board: Board) -> str:
    rows = [[e.name, f"{e.default:.4f}", f"{e.validation:.4f}", f"`{settings(e)}`"] for e in board.entries]
    return f"Settings chosen on the validation:\n\n{table(['model', 'default', 'chosen', 'settings'], rows)}"


def _failed(board: Board) -> str:
    return "\n".join(f"* {name}: not run: {reason}" for name, reason in board.failed.items())
