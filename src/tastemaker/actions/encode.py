"""Encoding a folder ahead of every other command, wherever there are cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import load_config
from tastemaker.actions.look import counts_line, reading
from tastemaker.core import Run

if TYPE_CHECKING:
    from tastemaker.features.spread import Spread

SHOWN = 20  # broken files that are named


@dataclass(frozen=True)
class EncodeRequest:
    """Which folder, and where the work runs.

    Attributes:
        folder: The data folder.
        executor: "local", "ray" or "ray://host:port".
        workers: Processes; 0 for one a core.
        config: Settings over the folder's.
        run: Progress.
    """

    folder: Path
    executor: str = "local"
    workers: int = 0
    config: Path | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Encoded:
    """The receipt.

    Attributes:
        encoders: What became of each.
        tables: Encoders of tables, that have nothing to keep.
        cache: Folder of the vectors.
    """

    encoders: Mapping[str, Spread]
    tables: tuple[str, ...]
    cache: Path

    def text(self) -> str:
        """One line an encoder, and what could not be read."""
        lines = [f"{name}: {counts_line(s.counts)}, {s.seconds:.1f} s" for name, s in self.encoders.items()]
        lines += [f"{name}: read from the table each time, nothing to keep" for name in self.tables]
        broken = {(b.item, b.path): b for spread in self.encoders.values() for b in spread.broken}
        lines += [f"broken: {b.item} {b.path}: {b.reason}" for b in list(broken.values())[:SHOWN]]
        lines += [f"and {len(broken) - SHOWN} more that are broken (--json has all)"] if len(broken) > SHOWN else []
        return "\n".join([*lines, f"cache: {self.cache}"])

    def to_json(self) -> Any:
        """Counts, parts, seconds and broken contents by encoder."""
        encoders = {
            name: {**s.counts, "parts": s.parts, "seconds": round(s.seconds, 3), "files": [asdict(b) for b in s.broken]}
            for name, s in self.encoders.items()
        }
        return {"encoders": encoders, "tables": list(self.tables), "cache": str(self.cache)}


def encode(request: EncodeRequest) -> Encoded:
    """Encode the items of a folder into the feature cache."""
    from tastemaker.actions.choose import encoders_for
    from tastemaker.compute.choose import executor
    from tastemaker.features.cache import FeatureCache
    from tastemaker.features.extract import distinct
    from tastemaker.features.spread import TABLES, spread

    where = executor(request.executor, request.workers)
    config = load_config(request.folder, request.config)
    quick = replace(config, data=replace(config.data, near_duplicates=False))  # only the receipt would name them
    data = reading(request.folder, quick, request.run).data
    encoders = encoders_for(data, config.encoders, request.run.say)
    distinct(encoders)
    cache = FeatureCache(say=request.run.say)
    tables = tuple(encoder.name for encoder in encoders if encoder.source in TABLES)
    made = {
        encoder.name: spread(data, encoder, where, cache=cache, run=request.run)
        for encoder in encoders
        if encoder.source not in TABLES
    }
    return Encoded(made, tables, cache.folder)
