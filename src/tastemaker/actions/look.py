"""Looking at data: init, read, export."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tastemaker.actions.config import NAME, Config, load_config
from tastemaker.core import BadSetting, DataError, Run

if TYPE_CHECKING:
    from tastemaker.data import Features
    from tastemaker.data.read import Reading
    from tastemaker.features.extract import Extraction

ROWS = 8192  # vectors that are written at once


@dataclass(frozen=True)
class InitRequest:
    """A source to look at, and whether its settings are written."""

    source: Path
    write: bool = True
    force: bool = False


@dataclass(frozen=True)
class Understood:
    """What `init` understood, and where the settings lie."""

    toml: str
    lines: tuple[str, ...]
    written: Path | None

    def text(self) -> str:
        """What was understood, then the settings or where they lie."""
        end = f"written: {self.written}" if self.written else self.toml
        return "\n".join([*self.lines, "", end])

    def to_json(self) -> Any:
        """The same as an object."""
        return {
            "understood": list(self.lines),
            "toml": self.toml,
            "written": self.written and str(self.written),
        }


def init(request: InitRequest) -> Understood:
    """Look at a source and write ``tastemaker.toml`` into it (or beside a single file)."""
    from tastemaker.core.files import write_text
    from tastemaker.data.init import init as look

    place = request.source if request.source.is_dir() else request.source.parent
    target = place / NAME
    if request.write and target.exists() and not request.force:
        raise BadSetting(f"{target} is there already; it is left as it is. Use --force to replace it.")
    toml, lines = look(request.source)
    if request.write:
        write_text(target, toml)
    return Understood(toml, tuple(lines), target if request.write else None)


@dataclass(frozen=True)
class ReadRequest:
    """A folder to read."""

    folder: Path
    config: Path | None = None
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class ReadAnswer:
    """The receipt."""

    reading: Reading

    def text(self) -> str:
        """The receipt as a table."""
        return self.reading.receipt.text()

    def to_json(self) -> Any:
        """The receipt as an object."""
        return self.reading.receipt.to_json()


def read(request: ReadRequest) -> ReadAnswer:
    """Read and clean a folder."""
    return ReadAnswer(reading(request.folder, load_config(request.folder, request.config), request.run))


def reading(folder: Path, config: Config, run: Run) -> Reading:
    """Read a folder under its settings."""
    from tastemaker.data.read import read as read_source

    if not folder.exists():
        raise DataError(f"There is no folder or file {folder}.")
    return read_source(folder, config.data, run=run)


@dataclass(frozen=True)
class ExportRequest:
    """Which folder's features go where."""

    folder: Path
    out: Path
    config: Path | None = None
    verify: bool = False
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Exported:
    """What was encoded and written."""

    extraction: Extraction
    files: tuple[Path, ...]

    def text(self) -> str:
        """One line a file, and what could not be read."""
        counts = [f"{name}: {counts_line(c)}" for name, c in self.extraction.counts.items()]
        broken = [f"broken: {b.item} {b.path}: {b.reason}" for b in self.extraction.broken[:20]]
        return "\n".join([*counts, *broken, *(f"written: {path}" for path in self.files)])

    def to_json(self) -> Any:
        """Counts, broken media and files."""
        return {**extraction_json(self.extraction), "files": [str(path) for path in self.files]}


def counts_line(counts: Any) -> str:
    """Such as ``12 encoded, 3 cached, 1 missing``."""
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number) or "nothing"


def extraction_json(extraction: Extraction) -> dict[str, Any]:
    """Counts and broken media as plain values."""
    from dataclasses import asdict

    return {"counts": dict(extraction.counts), "broken": [asdict(b) for b in extraction.broken]}


def export(request: ExportRequest) -> Exported:
    """Encode the items and write ``NAME.npy`` (n, dim) float32, nan rows where absent, and ``NAME.ids``."""
    from tastemaker.actions.choose import encoders_for
    from tastemaker.core.files import replacing, write_text
    from tastemaker.features.extract import extract

    config = load_config(request.folder, request.config)
    data = reading(request.folder, config, request.run).data
    extraction = extract(
        data, encoders_for(data, config.encoders, request.run.say), run=request.run, verify=request.verify
    )
    files = []
    for name, found in extraction.features.items():
        path = request.out / f"{name.replace(':', '_')}.npy"
        with replacing(path) as temporary:
            _write(found, temporary)
        write_text(path.with_suffix(".ids"), "".join(f"{name}\n" for name in data.items.ids))
        files += [path, path.with_suffix(".ids")]
    return Exported(extraction, tuple(files))


def _write(found: Features, path: Path) -> None:
    """Vectors as an array on the disk, some at a time."""
    import numpy as np
    from numpy.lib.format import open_memmap

    from tastemaker.core.arrays import release

    out = open_memmap(path, "w+", np.float32, found.vectors.shape)
    for start in range(0, len(out), ROWS):
        rows = slice(start, start + ROWS)
        out[rows] = np.where(found.present[rows, None], found.vectors[rows], np.float32("nan"))
        for array in (out, found.vectors):
            release(array)
    out.flush()
